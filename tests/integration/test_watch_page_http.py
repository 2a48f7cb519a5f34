"""The page of a watcher over HTTP: to whom it answers, what can be written, and how it streams."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack
from typing import Any, Self
from urllib.parse import urlencode

import pytest

from heapwise.errors import RecordingError
from heapwise.model.watch import Health, Severity
from heapwise.web.patience import Patient
from heapwise.web.server import listen
from heapwise.web.watch.board import Board
from heapwise.web.watch.events import MOST_READERS, Feed
from support.profiles import Sample, profile_bytes
from support.watch_page import HOSTILE, PERIOD_S, Imagined, Served, served

HEAP = profile_bytes(
    [Sample(("leaf (src/leaf.go:7)", "main (src/main.go:3)"), (1, 80, 1, 80))], sizes=False
)
FORM = (
    b"POST /api/silences HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 99\r\n\r\nalert="
)
PAGES = ("/", "/alerts", "/service?name=checkout", "/alert?id=leak-0", "/profile/1/")
OTHERS = (
    "/api/timeline?service=checkout", "/profile/1/data", "/profile/1/download", "/events",
    "/metrics", "/healthz",
)  # fmt: skip


def leaking_service() -> Imagined:
    """A service of two instances, one of which leaks, and a profile of it."""
    made = Imagined()
    leaking = made.runs("checkout", "10.0.0.7:6060", grows=4)
    made.runs("checkout", "10.0.0.8:6060")
    made.raises(leaking, captures=(made.took(leaking, 1, HEAP),))
    return made


@pytest.fixture
def watched() -> Imagined:
    """One that a test may change."""
    return leaking_service()


@pytest.fixture
def page(watched: Imagined) -> Iterator[Served]:
    """The real server on loopback."""
    with served(watched, metrics=lambda: (b"up 1\n", "text/plain; version=0.0.4")) as it:
        yield it


@pytest.fixture(scope="module")
def still() -> Iterator[Served]:
    """One that no test changes, for all of them."""
    with served(leaking_service(), metrics=lambda: (b"up 1\n", "text/plain; version=0.0.4")) as it:
        yield it


@pytest.fixture(scope="module")
def locked() -> Iterator[Served]:
    """The same with a token."""
    with served(leaking_service(), token="s3cret", metrics=lambda: (b"", "text/plain")) as it:
        yield it


class Reader:
    """One that listens to the events, over a socket of its own."""

    def __init__(self, page: Served, *headers: str, path: str = "/events", buffer: int = 0) -> None:
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(10)
        self.socket.connect(("127.0.0.1", page.port))
        lines = [f"GET {path} HTTP/1.1", f"Host: localhost:{page.port}", *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        self.text = ""

    def until(self, wanted: str) -> str:
        """Everything received, once there is something of it."""
        deadline = time.monotonic() + 15
        while wanted not in self.text:
            assert time.monotonic() < deadline, self.text[-2000:]
            piece = self.socket.recv(1 << 16)
            assert piece, f"ended without {wanted}: {self.text[-2000:]}"
            self.text += piece.decode(errors="replace")
        return self.text

    def events(self) -> list[tuple[str, dict[str, str | None]]]:
        """Marks and parts of the events so far."""
        found = re.findall(r"id: (\S+)\ndata: (.*)\n", self.text)
        return [(mark, json.loads(data)) for mark, data in found]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


@pytest.mark.parametrize("path", [*PAGES, *OTHERS])
def test_another_name_is_refused_everywhere(path: str, still: Served) -> None:
    """A foreign domain that was pointed at this address learns nothing."""
    answer = still.send(path, host="evil.example")
    assert answer.status == 421
    assert b"checkout" not in answer.body


@pytest.mark.parametrize("path", [*PAGES, *OTHERS])
def test_other_machines_need_the_token_everywhere(path: str, locked: Served) -> None:
    """As a cookie, after it was given once in the address, or as a bearer for programs."""
    assert locked.send(path).status == 403
    assert locked.send(path, authorization="Bearer wrong").status == 403
    if path != "/events":
        assert locked.send(path, authorization="Bearer s3cret").status == 200


def test_the_token_leaves_the_address(locked: Served) -> None:
    """The page that was asked for comes with the next request, whatever else the address had."""
    assert locked.address.endswith("/?token=s3cret")
    answer = locked.send("/service?name=checkout&token=s3cret")
    assert (answer.status, answer.headers["location"]) == (303, "/service?name=checkout")
    cookie, *attributes = answer.headers["set-cookie"].split("; ")
    # Strict ones are kept back when a link in a chat or in Alertmanager is followed.
    assert {"HttpOnly", "SameSite=lax"} <= set(attributes)
    assert locked.send("/", cookie=cookie).status == 200


def test_two_pages_of_one_host_let_the_same_browser_in(locked: Served) -> None:
    """Browsers keep one jar for all ports: each page has a cookie of its own."""
    with served(leaking_service(), token="other") as second:
        cookies = [
            page.send("/?" + page.address.partition("?")[2]).headers["set-cookie"]
            for page in (locked, second)
        ]
        jar = "; ".join(cookie.partition(";")[0] for cookie in cookies)
        assert [page.send("/", cookie=jar).status for page in (locked, second)] == [200, 200]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: ",
        FORM,
    ],
    ids=["nothing", "part of a head", "part of a form"],
)
def test_connections_on_which_no_request_comes_are_closed(
    monkeypatch: pytest.MonkeyPatch, watched: Imagined, sent: bytes
) -> None:
    """They would take all places that there are; who is being answered is not cut off."""
    monkeypatch.setattr(Patient, "patience_s", 0.5)
    with served(watched) as page, ExitStack() as open_ones, Reader(page) as reader:
        reader.until("id: ")
        for _ in range(70):
            one = open_ones.enter_context(socket.create_connection(("127.0.0.1", page.port)))
            one.sendall(sent)
        assert page.send("/healthz").status == 503
        deadline = time.monotonic() + 10
        while page.send("/healthz").status != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(1)
        watched.runs("late", "10.0.0.9:6060")
        reader.until("late")


def test_a_connection_lives_on_after_an_answer_that_took_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The request after it is awaited as long as the first one was."""
    monkeypatch.setattr(Patient, "patience_s", 0.6)

    def slow() -> tuple[bytes, str]:
        time.sleep(0.5)
        return b"", "text/plain"

    with served(leaking_service(), metrics=slow) as page, ExitStack() as stack:
        connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=20)
        stack.callback(connection.close)
        connection.connect()
        at_first = connection.sock
        time.sleep(0.3)  # the first look comes while the request is being answered
        for wait_s in (0.0, 0.3):
            time.sleep(wait_s)
            connection.request("GET", "/metrics", headers={"Host": f"localhost:{page.port}"})
            connection.getresponse().read()
        assert connection.sock is at_first


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_sealed(path: str, still: Served) -> None:
    """Nothing is loaded, framed, guessed at or kept; there is no script but ours."""
    answer = still.send(path)
    assert answer.status == 200
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "connect-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", [*PAGES, *OTHERS])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_only_silences_can_be_written(path: str, method: str, still: Served) -> None:
    """All else is for reading."""
    assert still.send(path, method).status == 405


def test_the_table_is_there_without_a_script(still: Served) -> None:
    """What needs somebody stands first, with its figures, in the page itself."""
    text = still.send("/").body.decode()
    row = text[text.index('data-key="service checkout"') :].partition("</tr>")[0]
    assert ">leak</span>" in row
    assert "3.1 %" in row
    assert "300 <span" in row
    assert "62.0 % seen" in row
    assert '<svg class="spark"' in row


def test_hostile_names_are_text_on_every_page(watched: Imagined, page: Served) -> None:
    """Of services, instances, problems, alerts, profiles, builds and sinks."""
    target = watched.runs(HOSTILE, HOSTILE, health=Health.DOWN, problem=HOSTILE)
    evil = watched.raises(
        target, HOSTILE, id="evil", summary=HOSTILE, commands=(HOSTILE,), notes=(HOSTILE,),
        captures=(watched.took(target, 7, HEAP, kind=HOSTILE),),
    )  # fmt: skip
    paths = [*PAGES, f"/service?{urlencode({'name': HOSTILE})}", f"/alert?id={evil.id}"]
    for path in [*paths, "/profile/7/"]:
        body = page.send(path).body.decode()
        assert "<img src=x" not in body
        assert "<script>pwned" not in body
        assert "\u202e" not in body
        assert "\x1b" not in body


def test_what_is_unknown_is_said_to_be(still: Served) -> None:
    """In one line, without a trace of the inside."""
    for path in ("/service?name=x", "/service", "/alert?id=x", "/profile/99/", "/profile/99/data",
                 f"/profile/{10**30}/download"):  # fmt: skip
        answer = still.send(path)
        assert answer.status == 404
        assert answer.body.count(b"\n") == 1
    assert still.send("/growth/1/99/").status == still.send("/growth/99/1/data").status == 404
    assert still.send("/profile/-1/").status == 404
    assert still.send("/profile/%2e%2e%2f%2e%2e/etc").status == 404


def test_a_store_that_cannot_be_read_is_told_in_one_line(
    watched: Imagined, page: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it is asked for, however soon again, and until it can be read."""

    def broken(*_: object, **__: object) -> Any:
        raise RecordingError("cannot read the store", "it is damaged")

    with monkeypatch.context() as patch:
        for name in ("capture", "alerts", "states"):
            patch.setattr(watched, name, broken)
        for path in ("/", "/", "/alerts", "/alert?id=leak-0", "/service?name=checkout",
                     "/profile/1/", "/profile/1/data", "/profile/1/download"):  # fmt: skip
            answer = page.send(path)
            assert (answer.status, answer.body.count(b"\n")) == (502, 1), path
        assert form(page)[0] == 502
    assert page.send("/").status == 200


def test_profiles_that_wait_to_be_drawn_hold_up_nobody(
    watched: Imagined, page: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many ask for a large one, Prometheus gets its page."""
    done = threading.Event()

    def slow(_: int) -> bytes:
        done.wait(20)
        return HEAP

    monkeypatch.setattr(watched, "profile_bytes", slow)
    try:
        with ExitStack() as readers:
            for _ in range(45):
                readers.enter_context(Reader(page, path="/profile/1/data"))
            with Reader(page, path="/metrics") as prometheus:
                prometheus.socket.settimeout(3)
                prometheus.until("up 1")
    finally:
        done.set()


def test_a_profile_is_handed_out_as_it_was_received(watched: Imagined, page: Served) -> None:
    """To be kept, not shown by the browser, under a name that means nothing to a shell."""
    target = watched.runs(HOSTILE, '../"; rm -rf ~')
    watched.took(target, 8, HEAP)
    answer = page.send("/profile/8/download")
    assert answer.body == HEAP
    assert answer.headers["content-type"] == "application/octet-stream"
    shown = answer.headers["content-disposition"]
    assert re.fullmatch(r'attachment; filename="[A-Za-z0-9._-]+-8-heap\.pb\.gz"', shown)


def test_a_profile_that_cannot_be_drawn_says_why(watched: Imagined, page: Served) -> None:
    """Damaged bytes cost their own page; what is no profile has none."""
    target = watched.runs("checkout", "10.0.0.7:6060")
    watched.took(target, 2, b"\x1f\x8bnonsense")
    watched.took(target, 3, b"")
    watched.took(target, 4, b"trace", kind="trace")
    damaged = page.send("/profile/2/data")
    assert (damaged.status, damaged.body.count(b"\n")) == (502, 1)
    assert page.send("/profile/3/download").body == b"profile 3 is gone\n"
    assert page.send("/profile/4/").status == 404
    assert page.send("/profile/4/download").body == b"trace"


def test_health_and_metrics_are_served(still: Served) -> None:
    """For those who watch the watcher."""
    assert still.send("/healthz").body == b"ok\n"
    answer = still.send("/metrics")
    assert (answer.status, answer.body) == (200, b"up 1\n")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4"


def test_the_timeline_is_finer_than_pixels_and_no_more(watched: Imagined, page: Served) -> None:
    """A month of bins becomes at most 720 points; the floor stays a floor."""
    watched.runs("old", "a:1", hours=30 * 24, grows=0.01)
    data = json.loads(page.send("/api/timeline?service=old&range=all").body)
    (live, *_) = data["charts"]["live"]
    assert 300 < len(live["x"]) <= 720
    assert len(live["y"]) == len(live["x"])
    bins = watched.binned["old/a:1"]
    assert min(live["y"]) == pytest.approx(min(one.live or 0.0 for one in bins), rel=1e-6)
    assert data["coverage"] == pytest.approx(0.62)


# Silences


def form(page: Served, origin: str | None = None, **fields: str) -> tuple[int, str]:
    """Send the form of an alert; status and where it leads, or what it says."""
    known = {"alert": "leak-0", "duration": "8h", "comment": "known, fixed in 1.4.3"} | fields
    headers = {"content_type": "application/x-www-form-urlencoded"}
    if origin != "":
        headers["origin"] = origin or f"http://localhost:{page.port}"
    answer = page.send("/api/silences", "POST", urlencode(known).encode(), **headers)
    return answer.status, answer.headers.get("location") or answer.body.decode()


def test_a_silence_leads_back_to_its_alert(watched: Imagined, page: Served) -> None:
    """It names alert, length and reason."""
    assert form(page) == (303, "/alert?id=leak-0")
    assert watched.silenced == [("leak-0", 8 * 3600 * 10**9, "known, fixed in 1.4.3")]


def assert_nothing_silenced(page: Served) -> None:
    """Whatever was sent had no effect."""
    assert isinstance(page.watched, Imagined)
    assert page.watched.silenced == []


@pytest.mark.parametrize(
    "origin",
    ["", "null", "http://evil.example", "https://localhost", "http://localhost:1", "file://"],
)
def test_no_other_page_can_silence(origin: str, still: Served) -> None:
    """Browsers say which page sent a form; one that does not say is refused as well."""
    status, said = form(still, origin)
    assert (status, said.count("\n")) == (403, 1)
    assert_nothing_silenced(still)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"alert": "gone"}, 404), ({"duration": "99d"}, 400), ({"comment": "  "}, 400),
        ({"comment": "x" * 501}, 400), ({"comment": "x" * 20_000}, 400),
    ],
)  # fmt: skip
def test_a_form_that_is_wrong_is_refused(
    fields: dict[str, str], status: int, still: Served
) -> None:
    """With one line that says what it takes."""
    got, said = form(still, **fields)
    assert (got, said.count("\n")) == (status, 1)
    assert_nothing_silenced(still)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a=1&" * 50, b"%ff%fe=1", b""])
def test_a_body_that_is_no_form_is_refused(body: bytes, still: Served) -> None:
    """Whatever bytes it has, and whatever type they claim to be."""
    origin = f"http://localhost:{still.port}"
    for kind in ("application/x-www-form-urlencoded", "application/json", "multipart/form-data"):
        answer = still.send("/api/silences", "POST", body, content_type=kind, origin=origin)
        assert answer.status in {400, 404}
    assert_nothing_silenced(still)


def test_a_form_without_end_is_cut_short(still: Served) -> None:
    """The answer comes before the gigabyte that was announced."""
    with socket.create_connection(("127.0.0.1", still.port), timeout=10) as client:
        head = (
            f"POST /api/silences HTTP/1.1\r\nHost: localhost:{still.port}\r\n"
            f"Origin: http://localhost:{still.port}\r\nContent-Length: 1000000000\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\nalert="
        )
        client.sendall(head.encode() + b"x" * 20_000)
        assert client.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_a_silence_that_cannot_be_kept_says_why(watched: Imagined, page: Served) -> None:
    """As the watcher puts it; and where silences are impossible no page offers one."""
    watched.refuses = "cannot write silences: the disk is full"
    assert form(page) == (409, "cannot write silences: the disk is full\n")
    assert b'action="/api/silences"' in page.send("/alert?id=leak-0").body
    watched.can_silence = False
    assert b'action="/api/silences"' not in page.send("/alert?id=leak-0").body


# Events


def test_only_what_changed_is_sent(watched: Imagined, page: Served) -> None:
    """First everything that the reader has not seen, then the row and the parts with news."""
    with Reader(page) as reader:
        reader.until("\ndata: ")
        reader.until("service checkout")
        target = watched.runs("search", "10.0.1.1:6060")
        reader.until("service search")
        watched.raises(target, "gc-share", Severity.WARN, summary="a third of the CPU")
        reader.until("a third of the CPU")
        (_, first), (_, second), (_, third) = reader.events()
    assert set(first) == {"service checkout", "counts", "alerts", "sinks"}
    assert set(second) == {"service search", "counts"}
    assert set(third) == {"service search", "counts", "alerts"}


def test_a_service_that_is_gone_is_taken_away(watched: Imagined, page: Served) -> None:
    """Its part is null."""
    watched.runs("search", "10.0.1.1:6060")
    with Reader(page) as reader:
        reader.until("service search")
        del watched.targets["search/10.0.1.1:6060"]
        reader.until('"service search":null')


def test_who_comes_back_goes_on_where_it_was(watched: Imagined, page: Served) -> None:
    """By the last mark it saw; a mark of another server has seen nothing."""
    with Reader(page) as reader:
        reader.until("service checkout")
        ((mark, _),) = reader.events()
    watched.runs("search", "10.0.1.1:6060")
    with Reader(page, f"Last-Event-ID: {mark}", path="/events?since=stale") as reader:
        reader.until("service search")
        ((_, missed),) = reader.events()
    assert set(missed) == {"service search", "counts"}
    for other in ("deadbeef-99999", "x", f"{mark.partition('-')[0]}-{'9' * 400}"):
        with Reader(page, f"Last-Event-ID: {other}") as reader:
            reader.until("service checkout")


def test_the_page_knows_what_it_has_seen(still: Served) -> None:
    """The stream of a page that was just opened has nothing to add."""
    found = re.search(r'data-seen="([^"]+)"', still.send("/").body.decode())
    assert found
    with Reader(still, path=f"/events?since={found[1]}") as reader:
        reader.until("retry: ")
        time.sleep(4 * PERIOD_S)
        assert "data: " not in reader.text


def test_a_place_is_free_again_when_its_reader_goes(page: Served) -> None:
    """Eight listen, the ninth is told to wait, and one that leaves makes room."""
    readers = [Reader(page) for _ in range(MOST_READERS)]
    try:
        for reader in readers:
            reader.until("retry: ")
        with Reader(page) as ninth:
            assert " 503 " in ninth.until("pages are open already")
        readers.pop().socket.close()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with Reader(page) as again:
                if " 200 " in again.until("\r\n\r\n"):
                    break
            time.sleep(0.1)
        else:
            raise AssertionError("the place was not given back")
    finally:
        for reader in readers:
            reader.socket.close()


def test_a_reader_that_takes_nothing_holds_up_nobody(watched: Imagined, page: Served) -> None:
    """Others are told at once, and what it missed is not kept for it."""
    with Reader(page, buffer=4096):
        for number in range(400):
            watched.runs(f"service-{number}", "a:1", hours=3)
        with Reader(page) as other:
            other.until("service service-399")
            watched.runs("late", "a:1")
            other.until("service late")
        assert page.send("/healthz").status == 200


def test_a_connection_whose_other_end_is_gone_is_let_go() -> None:
    """One that never asked for anything too, or places at the server run out over the weeks."""
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        ours, _ = listener.accept()
        with ours:
            assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= 60
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000


def test_a_place_is_taken_from_who_takes_nothing(
    watched: Imagined, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that leaves everything in the pipe is let go; one that reads meanwhile is not."""
    monkeypatch.setattr("heapwise.web.watch.events._PATIENCE_S", 0.2)
    feed = Feed(Board(watched, 0.05), lambda: False, 0.05)
    taken: list[bytes] = []

    async def forever() -> Any:
        await asyncio.Event().wait()

    async def never(_: MutableMapping[str, Any]) -> None:
        await forever()

    async def gladly(message: MutableMapping[str, Any]) -> None:
        taken.append(message.get("body", b""))

    async def both() -> None:
        scope = {"type": "http", "headers": [], "query_string": b""}
        stuck = asyncio.create_task(feed(scope, forever, never))
        reading = asyncio.create_task(feed(scope, forever, gladly))
        await asyncio.wait_for(stuck, 10)
        assert feed.readers == 1
        reading.cancel()
        await asyncio.wait([reading])

    asyncio.run(both())
    assert any(b"service checkout" in piece for piece in taken)


def test_streams_end_with_the_server(watched: Imagined) -> None:
    """It does not wait for its readers, and they are told properly that this was all."""
    with served(watched) as page:
        reader = Reader(page)
        reader.until("service checkout")
        begin = time.monotonic()
    with reader:
        assert time.monotonic() - begin < 5
        reader.until("\r\n0\r\n\r\n")
