"""`heapwise flame` and `heapwise web`: what is written and served, and to whom."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from click.testing import CliRunner, Result

from heapwise.cli.main import app
from heapwise.errors import ProfileError, UsageError
from heapwise.report.embed import inline
from heapwise.report.flame_html import flame_page, live_page
from heapwise.web.access import Access, names_of
from heapwise.web.app import application
from heapwise.web.server import listen
from support.profiles import Sample, profile_bytes
from support.recordings import make_recording

MOST_BYTES = 120_000
"""Of script and style: they are in every file."""


@pytest.fixture
def heap(tmp_path: Path) -> Path:
    """A small profile with a label and source lines."""
    path = tmp_path / "heap.pb.gz"
    samples = [
        Sample(("leaf (src/leaf.go:7)", "main (src/main.go:3)"), (1, 80, 1, 80), {"tenant": "t1"}),
        Sample(("other", "main (src/main.go:4)"), (1, 20, 1, 20), {"tenant": "t2"}),
    ]
    path.write_bytes(profile_bytes(samples, sizes=False))
    return path


def run(*arguments: object) -> Result:
    """A command line."""
    return CliRunner().invoke(app, [str(each) for each in arguments])


def data_of(page: str) -> dict[str, Any]:
    """What a page unpacks."""
    found = re.search(r'id="data">([^<]*)<', page)
    assert found
    data: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(found[1])))
    return data


def test_the_page_holds_everything_and_loads_nothing(heap: Path, tmp_path: Path) -> None:
    """One file with script, style and data inside, and a policy that lets nothing else run."""
    output = tmp_path / "x.html"
    result = run("flame", heap, "-o", output)
    assert (result.exit_code, result.stderr) == (0, f"flame graph in {output}\n")
    page = output.read_text()
    assert not re.findall(r'(?:src|href|action)="', page.split("<script")[0])
    assert "default-src &#39;none&#39;" in page
    assert "connect-src" not in page
    data = data_of(page)
    assert data["names"] == ["leaf", "main", "other"]
    assert [each["name"] for each in data["amounts"]] == [
        "alloc_objects", "alloc_space", "inuse_objects", "inuse_space",
    ]  # fmt: skip
    assert data["amounts"][data["shown"]]["name"] == "inuse_space"


def test_the_same_profile_makes_the_same_page(heap: Path) -> None:
    """No time and no chance is in it; without -o it goes to a pipe."""
    first, second = run("flame", heap), run("flame", heap)
    assert first.exit_code == 0
    assert first.stdout == second.stdout
    assert first.stdout.startswith("<!doctype html>")


def test_script_and_style_stay_small() -> None:
    """Whoever keeps a page a day keeps them a day."""
    assert len(inline("flame.js").code) + len(inline("flame.css").code) <= MOST_BYTES


@pytest.mark.parametrize(("name", "ending"), [("flame.js", "</script"), ("flame.css", "</style")])
def test_nothing_we_inline_can_end_its_own_block(name: str, ending: str) -> None:
    """The bundle does not hold the tag that would cut it short."""
    assert ending not in inline(name).code.lower()


def test_titles_cannot_leave_the_title() -> None:
    """A file's name is text, whatever it holds."""
    page = flame_page("</title><script>alert(1)</script>\u202e", b"").text
    assert "<title>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\u202e" in page


def test_nothing_is_overwritten_without_force(heap: Path, tmp_path: Path) -> None:
    """As everywhere."""
    output = tmp_path / "x.html"
    output.write_text("mine")
    result = run("flame", heap, "-o", output)
    assert isinstance(result.exception, UsageError)
    assert output.read_text() == "mine"


def test_source_text_comes_only_from_below_its_root(heap: Path, tmp_path: Path) -> None:
    """Lines with figures and their neighbours; of other files and without a root nothing."""
    (tmp_path / "root/src").mkdir(parents=True)
    lines = [f"line {number}\t\x1b[31m" for number in range(1, 30)]
    (tmp_path / "root/src/leaf.go").write_text("\n".join(lines))
    assert data_of(run("flame", heap).stdout)["code"] == {}
    data = data_of(run("flame", heap, "--source-root", tmp_path / "root").stdout)
    file = str(data["files"].index("src/leaf.go"))
    assert list(data["code"]) == [file]
    assert list(data["code"][file]) == [str(number) for number in range(3, 12)]
    assert data["code"][file]["7"] == "line 7\t\\x1b[31m"


def test_a_recording_is_shown_per_request(tmp_path: Path) -> None:
    """Without a flag, with only what requests cause, and in objects if those are asked for."""
    recording = make_recording(tmp_path / "x.hw")
    data = data_of(run("flame", recording, "-alloc_objects").stdout)
    assert data["work"] == "req"
    assert data["perWork"] is True
    assert [each["name"] for each in data["amounts"]] == ["alloc_objects", "alloc_space"]
    assert data["amounts"][data["shown"]]["name"] == "alloc_objects"
    live = data_of(run("flame", recording, "-inuse_space").stdout)
    assert (live["work"], [each["name"] for each in live["amounts"]]) == (
        "", ["inuse_objects", "inuse_space"],
    )  # fmt: skip


def test_the_totals_of_a_recording_are_the_exact_ones(tmp_path: Path) -> None:
    """Bytes by their ratio add up to what was counted per request, to the byte."""
    recording = make_recording(tmp_path / "x.hw")
    top = json.loads(run("top", recording, "-per_request", "-alloc_space", "--json").stdout)["data"]
    data = data_of(run("flame", recording).stdout)
    space = data["amounts"][data["shown"]]
    assert space["name"] == "alloc_space"
    assert sum(space["values"]) * space["ratio"] == pytest.approx(top["total"] * top["ratio"])


def test_what_is_live_is_not_shown_per_request(tmp_path: Path) -> None:
    """A page of something else than was asked for would be a lie; `heapwise top` refuses too."""
    recording = make_recording(tmp_path / "a.hw")
    result = run("flame", "-per_request", "-inuse_space", "-o", tmp_path / "a.html", recording)
    assert isinstance(result.exception, UsageError)
    assert "inuse_space is nothing that a request causes" in str(result.exception)


@pytest.mark.parametrize(
    "text", ["8081x", "localhost", ":99999", ":0000080000", ":٣", "::1:-1", ""]
)
def test_what_is_no_address_is_refused(text: str, heap: Path) -> None:
    """A port is a number below 65,536, in digits of ASCII."""
    result = run("web", f"-http={text}", heap)
    assert isinstance(result.exception, UsageError)
    assert "not an address" in str(result.exception)


def test_a_port_that_is_taken_is_said_to_be(heap: Path) -> None:
    """Before a browser is opened on somebody else's page."""
    with listen("127.0.0.1", 0) as taken:
        result = run("web", f"-http=:{taken.getsockname()[1]}", heap)
    assert isinstance(result.exception, UsageError)
    assert "cannot listen" in str(result.exception)


@pytest.mark.parametrize("host", ["a..b", "x" * 70])
def test_what_is_no_host_name_is_said_to_be_none(host: str, heap: Path) -> None:
    """Python finds that out while encoding the name, before any look-up."""
    result = run("web", f"-http={host}:0", heap)
    assert isinstance(result.exception, UsageError)
    assert str(result.exception).startswith(f"cannot listen on {host}:0: it is not a host name")


@pytest.mark.parametrize("option", [[], ["-base=-"]])
def test_standard_input_is_read_once(
    option: list[str], heap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that is loaded again shows the same, not an empty profile."""
    made: list[bytes] = []

    def load_twice(
        _listener: object, _title: str, data: Callable[[], bytes], _announce: object
    ) -> None:
        made.extend((data(), data()))

    monkeypatch.setattr("heapwise.web.server.serve", load_twice)
    source = [heap] if option else ["-"]
    result = CliRunner().invoke(
        app, ["web", "-http=:0", *option, *map(str, source)], input=heap.read_bytes()
    )
    assert result.exception is None
    assert len(made) == 2
    assert made[0] == made[1]


@contextmanager
def serving(data: Callable[[], bytes], token: str = "") -> Iterator[Callable[..., Any]]:
    """The real server on loopback; yields a function that sends one request."""
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    asgi = application("x", data, Access(names_of("127.0.0.1"), token))
    server = uvicorn.Server(uvicorn.Config(asgi, log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()

    def send(path: str, method: str = "GET", **headers: str) -> tuple[int, str, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request(method, path, headers={"host": f"localhost:{port}"} | headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, body, {key.lower(): value for key, value in answer.getheaders()}

    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield send
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


def test_the_page_is_served_with_its_policy_and_the_data_beside_it() -> None:
    """Data is made anew for every page, and nothing is kept by browsers."""
    made = iter([b"first", b"second"])
    with serving(lambda: next(made)) as send:
        status, page, headers = send("/")
        assert (status, page) == (200, live_page("x").text)
        assert headers["content-security-policy"] == live_page("x").policy
        assert "connect-src 'self'" in headers["content-security-policy"]
        assert send("/data")[:2] == (200, "first")
        status, body, headers = send("/data")
        assert (status, body, headers["cache-control"]) == (200, "second", "no-store")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8081", "localhost.evil.example", "", "[::2]:8081"]
)
def test_another_name_is_refused(host: str) -> None:
    """A foreign domain that was pointed at this address learns nothing."""
    with serving(lambda: b"secret") as send:
        for path in ("/", "/data"):
            status, body, _ = send(path, host=host)
            assert (status, "secret" in body, "heapwise ·" in body) == (421, False, False)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1234", "[::1]:8081", "LOCALHOST:80"])
def test_our_own_names_are_answered(host: str) -> None:
    """With any port, as a tunnel may have another."""
    with serving(lambda: b"x") as send:
        assert send("/data", host=host)[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_written(method: str) -> None:
    """There is nothing but reading."""
    with serving(lambda: b"x") as send:
        assert send("/data", method)[0] == 405
        assert send("/../etc/passwd", method)[0] == 404


def test_other_machines_need_the_token() -> None:
    """It is given once in the address, becomes a cookie, and leaves the address."""
    with serving(lambda: b"x", token="s3cret") as send:
        assert send("/data")[0] == 403
        assert send("/?token=wrong")[0] == 403
        status, _, headers = send("/?token=s3cret")
        assert (status, headers["location"]) == (303, "/")
        cookie, *attributes = headers["set-cookie"].split("; ")
        assert {"HttpOnly", "SameSite=lax"} <= set(attributes)
        assert send("/data", cookie=cookie)[0] == 200
        assert send("/data", cookie="heapwise-token=wrong")[0] == 403


def test_any_address_is_a_name_where_a_token_is_needed() -> None:
    """A server on all addresses of a machine is opened by one that it cannot know beforehand."""
    with serving(lambda: b"x", token="s3cret") as send:
        assert send("/data", host="192.0.2.7:8081")[0] == 403
        assert send("/data?token=s3cret", host="192.0.2.7:8081")[0] == 200
        assert send("/data?token=s3cret", host="[2001:db8::7]:8081")[0] == 200
        assert send("/data?token=s3cret", host="evil.example:8081")[0] == 421


def test_a_source_that_fails_later_is_told_in_one_line() -> None:
    """The service may be gone when the page is loaded again."""

    def gone() -> bytes:
        raise ProfileError("cannot read x", "it is gone")

    with serving(gone) as send:
        assert send("/data")[:2] == (502, "cannot read x: it is gone\n")
