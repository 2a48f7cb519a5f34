"""Webhooks, Slack and stdout, each against a receiver of the test's own.

The receivers stand in for the real ones: what they get is compared with what those document.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import re
import ssl
from pathlib import Path

import msgspec
import pytest

from heapwise.errors import HeapwiseError, ServiceError, UsageError
from heapwise.model.envelope import schema
from heapwise.model.watch import Alert, Severity
from heapwise.runtimes.access import Access
from heapwise.watch.config import Alerts, SinkKind
from heapwise.watch.config import Sink as SinkTable
from heapwise.watch.config.secret import Secret
from heapwise.watch.config.tell import TERMINAL
from heapwise.watch.post import Receiver, Rejected, post
from heapwise.watch.scale import Scale
from heapwise.watch.sinks import routes_of
from heapwise.watch.sinks.alertmanager import LAPSES_NS
from heapwise.watch.sinks.slack import Slack
from heapwise.watch.sinks.stdout import Stdout
from heapwise.watch.sinks.webhook import SIGNATURE, Webhook
from support.alerting import MINUTE, START, alert
from support.certificates import make_certificates
from support.faults import FAULTS, refuse, serve
from support.local_http import local_server
from support.witness import OK, moved, witness

HOSTILE = "</pre><script>x</script>\x1b]0;x\x07\n```@channel <!here> <http://e|e> & \u202e`"


def nine(_: str) -> int:
    """Targets of every service."""
    return 9


def hostile() -> Alert:
    """Everything that a service can name is hostile."""
    return msgspec.structs.replace(alert(HOSTILE, service=HOSTILE), summary=HOSTILE)


def test_a_webhook_gets_a_notice_as_json() -> None:
    """What ends is in it, it fits its schema, and it is one POST."""
    jsonschema = pytest.importorskip("jsonschema")
    ended = msgspec.structs.replace(alert("b"), ended_ns=START)
    with local_server() as receiver:
        where = Receiver.parse("hook", f"{receiver.url}/a/b?c=d")
        Webhook(where, nine).send([alert("a"), ended])
    (request,) = receiver.sent
    assert (request.method, request.path) == ("POST", "/a/b?c=d")
    assert request.headers["Content-Type"] == "application/json"
    assert SIGNATURE not in request.headers
    body = json.loads(request.body)
    jsonschema.validate(body, schema("notice"))
    assert (body["schema_version"], body["kind"]) == (1, "notice")
    assert body["data"]["summary"] == "leak on 1 of 9 instances of checkout"
    assert [each["ended_ns"] for each in body["data"]["alerts"]] == [None, START]


def test_a_webhook_signs_what_it_sends() -> None:
    """With the secret as it is at the time; whoever has it can tell ours from others."""
    secrets = iter(["first", "second"])
    with local_server() as receiver:
        hook = Webhook(Receiver.parse("hook", receiver.url), nine, lambda: next(secrets))
        hook.send([alert()])
        hook.send([alert()])
    for request, secret in zip(receiver.sent, (b"first", b"second"), strict=True):
        expected = hmac.new(secret, request.body, hashlib.sha256).hexdigest()
        assert request.headers[SIGNATURE] == f"sha256={expected}"


def test_slack_gets_one_text() -> None:
    """One alert in full, the others on a line each, below what is wrong on how many."""
    with local_server() as receiver:
        where = Receiver.parse("slack", f"{receiver.url}/services/T0/B0/secret")
        Slack(where, nine).send([alert("a"), alert("b")])
    (request,) = receiver.sent
    sent = json.loads(request.body)
    assert list(sent) == ["text"]
    lines = sent["text"].splitlines()
    assert lines[0] == "*page* `leak on 2 of 9 instances of checkout`"
    assert lines[1] == lines[-1] == "```"
    assert "live heap grew by  42.0 %" in sent["text"]
    assert "page leak checkout/b: leak of 42 %" in lines[-2]


def test_nothing_in_a_slack_message_acts() -> None:
    """No name ends the code block, calls people, makes links or is longer than a message may be."""
    with local_server() as receiver:
        slack = Slack(Receiver.parse("slack", receiver.url), nine)
        slack.send([hostile()])
        slack.send([msgspec.structs.replace(hostile(), summary="&" * 20_000)])
    for request in receiver.sent:
        text = json.loads(request.body)["text"]
        assert len(text) < 4000
        assert re.fullmatch(r"\*page\* `[^`\n]*`\n```\n[^`]*\n```", text)
        assert not set("<>\x1b\x07\u202e") & set(text)
        assert not re.search(r"&(?!amp;|lt;|gt;)", text)


def test_slack_gets_a_link_to_the_page_where_there_is_one() -> None:
    """Of the first alert; the address is the operator's own."""
    with local_server() as receiver:
        table = SinkTable(type=SinkKind.SLACK, url=receiver.url)
        (route,) = routes_of([table], Alerts(), nine, Scale(), "https://watch.example")
        route.sink.send([alert("a")])
    (request,) = receiver.sent
    link = " <https://watch.example/alert?id=checkout-a-leak|open>"
    assert json.loads(request.body)["text"].splitlines()[0].endswith(link)


def test_stdout_gets_a_line_an_alert() -> None:
    """Whatever stands in it; each line is JSON by itself."""
    stream = io.BytesIO()
    Stdout("stdout", stream).send([hostile(), alert("b")])
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["kind"], first["data"]["service"]) == ("alert", HOSTILE)
    assert second["data"]["instance"] == "b"


def test_a_stdout_that_is_gone_is_said() -> None:
    """As any other sink that does not take alerts."""

    class Broken(io.BytesIO):
        def write(self, _: object) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    with pytest.raises(ServiceError, match="stdout cannot be written to: Broken pipe"):
        Stdout("stdout", Broken()).send([alert()])


TAKEN = {
    "bomb", "broken_chunks", "compressed_and_cut", "compressed_garbage", "compressed_oddly",
    "drip_body", "empty", "endless_chunks", "html_200", "html_in_disguise", "length_negative",
    "length_of_a_terabyte", "length_too_long", "no_content", "wrong_type",
}  # fmt: skip
"""They say that they have it, and misbehave only then."""


@pytest.mark.parametrize("name", sorted(set(FAULTS) - TAKEN - {"reset"}))
def test_a_receiver_that_misbehaves_is_a_failure_in_one_line(name: str) -> None:
    """Whatever it does, in two seconds, and without the path, in which secrets stand."""
    with serve(FAULTS[name]) as endpoint:
        where = Receiver.parse("hook", f"{endpoint.origin}/secret?token=secret")
        with pytest.raises(ServiceError) as error:
            post(where, b"x" * 100, deadline_s=0.3)
    told = str(error.value)
    assert told.startswith(f"hook ({endpoint.origin}) ")
    assert told.isprintable()
    assert "secret" not in told


@pytest.mark.parametrize("name", sorted(TAKEN))
def test_what_was_taken_is_not_sent_again(name: str) -> None:
    """Nothing but the status of the answer counts, and nothing more of it is read."""
    with serve(FAULTS[name]) as endpoint:
        post(Receiver.parse("hook", endpoint.origin), b"x" * 100, deadline_s=5)


def test_what_another_attempt_would_meet_again_is_told_apart() -> None:
    """Redirects are not followed: they would carry the secret elsewhere."""
    answers = {
        301: Rejected, 400: Rejected, 403: Rejected, 404: Rejected, 413: Rejected,
        401: ServiceError, 408: ServiceError, 429: ServiceError,
        500: ServiceError, 503: ServiceError,
    }  # fmt: skip
    with local_server() as receiver:
        for status, kind in answers.items():
            receiver.status = status
            with pytest.raises(ServiceError) as error:
                post(Receiver.parse("hook", receiver.url), b"{}")
            assert type(error.value) is kind
    with witness() as elsewhere, witness(moved(f"http://{elsewhere.place}/")) as receiver_:
        with pytest.raises(Rejected, match="it redirects; give the address itself"):
            post(Receiver.parse("hook", f"http://{receiver_.place}/"), b"{}")
        assert elsewhere.requests == []


def test_nobody_listens_is_said() -> None:
    """Without a stack of words about profiles."""
    with refuse() as endpoint, pytest.raises(ServiceError, match="does not listen"):
        post(Receiver.parse("hook", endpoint.origin), b"{}")


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alerts go where they are sent."""
    with witness() as proxy, local_server() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{proxy.place}")
        post(Receiver.parse("hook", receiver.url), b"{}")
        assert len(receiver.sent) == 1
        assert proxy.requests == []


def test_a_server_is_known_by_its_certificate(tmp_path: Path) -> None:
    """Over TLS, with headers and password, and not if its certificate is nobody's."""
    made = make_certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    with witness(OK, tls=context) as server:
        access = Access(headers=(("X-Key", "k"),), authority=made.authority)
        url = f"https://ann:pass@{server.place}/x"
        post(Receiver.parse("hook", url, access), b"{}")
        with pytest.raises(ServiceError, match="has no secure connection"):
            post(Receiver.parse("hook", f"https://{server.place}/x"), b"{}")
    (request,) = server.requests
    assert {"X-Key: k", "Authorization: Basic YW5uOnBhc3M="} < set(request.head)


@pytest.mark.parametrize("url", ["ftp://x/secret", "secret", "http://", "http://a b/secret"])
def test_an_address_that_is_none_is_not_repeated(url: str) -> None:
    """It may be a secret that was written in the wrong place."""
    with pytest.raises(UsageError, match="address of hook is no http or https URL") as error:
        Receiver.parse("hook", url)
    assert "secret" not in str(error.value)


def test_nothing_shows_the_secrets_of_a_receiver() -> None:
    """Neither its repr nor its label."""
    where = Receiver.parse("hook", "https://user:secret@example.com/secret?secret")
    assert "secret" not in f"{where!r} {where.label}"


def test_sinks_are_made_of_their_tables(tmp_path: Path) -> None:
    """Each with its address, secret, labels and least severity; names differ."""
    (tmp_path / "url").write_text("http://127.0.0.1:9/services/secret\n")
    tables = [
        SinkTable(type=SinkKind.STDOUT),
        SinkTable(type=SinkKind.SLACK, url_file=Secret(file=tmp_path / "url")),
        SinkTable(type=SinkKind.ALERTMANAGER, url="http://127.0.0.1:9", name="am"),
        SinkTable(type=SinkKind.WEBHOOK, url="http://127.0.0.1:9", min_severity=Severity.PAGE),
    ]
    routes = routes_of(tables, Alerts(), nine, Scale(1 / 60))
    assert [route.sink.name for route in routes] == ["stdout-1", "slack-2", "am", "webhook-4"]
    assert [route.pace.least.value for route in routes] == ["warn", "warn", "warn", "page"]
    assert [route.pace.gather_ns for route in routes] == [500_000_000, 500_000_000, 0, 500_000_000]
    with pytest.raises(UsageError, match="two sinks are called am"):
        routes_of([tables[2], tables[2]], Alerts(), nine, Scale())


def test_an_alertmanager_that_was_away_hears_what_lasts_before_it_lapses() -> None:
    """Two minutes are an update of it: they end no alert, and page nobody a second time."""
    table = SinkTable(type=SinkKind.ALERTMANAGER, url="http://127.0.0.1:9")
    (route,) = routes_of([table], Alerts(), nine, Scale())
    pace = route.pace
    silent_ns = pace.repeat_ns + 2 * MINUTE + pace.longest_wait_ns + table.deadline
    assert silent_ns < LAPSES_NS


def test_no_sink_is_called_as_the_one_that_prints() -> None:
    """What each was told is kept under its name."""
    table = SinkTable(type=SinkKind.STDOUT, name=TERMINAL)
    assert list(table.faults()) == [("name", "'terminal' is the watcher's own")]


def test_labels_of_a_sink_are_added_to_those_of_alerts() -> None:
    """An alert's own stay."""
    with local_server() as receiver:
        table = SinkTable(
            type=SinkKind.WEBHOOK, url=receiver.url, labels={"zone": "eu", "team": "other"}
        )
        (route,) = routes_of([table], Alerts(), nine, Scale())
        route.sink.send([alert()])
    (sent,) = json.loads(receiver.sent[0].body)["data"]["alerts"]
    assert sent["labels"] == [["team", "pay"], ["zone", "eu"]]


def test_a_secret_that_went_is_a_failure_of_the_sink(tmp_path: Path) -> None:
    """Nothing is sent unsigned in its place."""
    table = SinkTable(
        type=SinkKind.WEBHOOK, url="http://127.0.0.1:9", secret_file=Secret(file=tmp_path / "key")
    )
    (route,) = routes_of([table], Alerts(), nine, Scale())
    with pytest.raises(HeapwiseError, match="cannot read the secret"):
        route.sink.send([alert()])
