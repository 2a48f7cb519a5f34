"""A headless Chromium on two pipes: enough of the DevTools protocol to test a page.

With ``--remote-debugging-pipe`` Chromium reads commands from file descriptor 3 and writes replies
and events to 4, each a JSON object that ends in a NUL byte. No port, no websocket, no package.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
    "--disable-dev-shm-usage", "--hide-scrollbars",
)  # fmt: skip
DEADLINE = 60.0
"""Seconds for any one command: Chromium starts slowly on a busy machine."""

GRACE = 10.0
"""Seconds to end in before it is killed."""

ARTEFACTS = Path(__file__).parents[2] / "artefacts"


def find_chromium() -> str | None:
    """The path of a Chromium, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


class BrowserError(Exception):
    """Chromium did not do as it was told."""


@dataclass
class Page:
    """One tab, with everything that happened in it."""

    browser: Browser
    session: str
    requests: list[str] = field(default_factory=list)
    """URL of every request, the page's own included."""
    complaints: list[str] = field(default_factory=list)
    """Console errors and warnings, exceptions, violations of the content security policy."""
    loaded: bool = False

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its result."""
        return self.browser.call(method, session=self.session, **parameters)

    def open(self, url: str) -> None:
        """Load a page and wait until it has loaded and drawn."""
        self.loaded = False
        self.call("Page.navigate", url=url)
        self.browser.pump_until(lambda: self.loaded)
        self.settle()

    def settle(self) -> None:
        """Wait for two frames, so that whatever was asked for is drawn."""
        self.eval(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))"
        )

    def eval(self, expression: str) -> Any:
        """The JSON value of an expression, awaited if it is a promise."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(json.dumps(answer["exceptionDetails"])[:800])
        return answer["result"].get("value")

    def resize(self, width: int, height: int = 900) -> None:
        """Set the size of the window in CSS pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)  # fmt: skip
        self.settle()

    def prefer(self, scheme: str) -> None:
        """Make the reader prefer ``light`` or ``dark``."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=features)
        self.settle()

    def click(self, selector: str) -> None:
        """Press and release the mouse in the middle of an element, as a hand would."""
        where = self.eval(
            f"(() => {{ const it = document.querySelector({json.dumps(selector)});"
            "it.scrollIntoView({block: 'center'});"
            "const box = it.getBoundingClientRect();"
            "return {x: box.x + box.width / 2, y: box.y + box.height / 2}; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **where)
        self.settle()

    def screenshot(self, name: str, *, whole: bool = True) -> Path:
        """Save what the page looks like under ``artefacts/``."""
        image = self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"]
        return _save(name, image)

    def print(self, name: str) -> Path:
        """Save the page as it prints, as PDF."""
        sheet = self.call("Page.printToPDF", printBackground=False, paperWidth=8.27,
                          paperHeight=11.69)["data"]  # fmt: skip
        return _save(name, sheet)

    def note(self, method: str, event: dict[str, Any]) -> None:
        """Remember what an event says."""
        match method:
            case "Page.loadEventFired":
                self.loaded = True
            case "Network.requestWillBeSent":
                self.requests.append(event["request"]["url"])
            case "Log.entryAdded":
                self.complaints.append(event["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(event["exceptionDetails"])[:800])
            case "Runtime.consoleAPICalled":
                self.complaints.append(json.dumps(event["args"])[:800])
            case _:
                pass


class Browser:
    """One Chromium process; every page is a tab of its own."""

    def __init__(self, process: int, commands: int, events: int) -> None:
        self.process = process
        self.commands = commands
        self.events = events
        self.buffer = b""
        self.last_id = 0
        self.results: dict[int, dict[str, Any]] = {}
        self.pages: dict[str, Page] = {}

    def new_page(self) -> Page:
        """An empty tab that reports what happens in it."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self.pages[session] = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        page.resize(1280)
        return page

    def call(self, method: str, *, session: str = "", **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its result."""
        self.last_id += 1
        ident = self.last_id
        command = {"id": ident, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        os.write(self.commands, json.dumps(command).encode() + b"\0")
        self.pump_until(lambda: ident in self.results)
        answer = self.results.pop(ident)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def pump_until(self, done: Any) -> None:
        """Read messages until ``done()``; gives up after `DEADLINE` seconds."""
        deadline = time.monotonic() + DEADLINE
        while not done():
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.events], [], [], left)[0]:
                raise BrowserError("Chromium did not answer in time")
            chunk = os.read(self.events, 1 << 16)
            if not chunk:
                raise BrowserError("Chromium ended")
            *messages, self.buffer = (self.buffer + chunk).split(b"\0")
            for message in messages:
                self._take(json.loads(message))

    def _take(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self.results[message["id"]] = message
        elif page := self.pages.get(message.get("sessionId", "")):
            page.note(message["method"], message["params"])

    def close(self) -> None:
        """Ask it to end, so that its helpers end too; kill what is left of its group; reap it."""
        with suppress(BrowserError, OSError):
            self.call("Browser.close")
        deadline = time.monotonic() + GRACE
        while os.waitid(os.P_PID, self.process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        with suppress(ProcessLookupError):
            os.killpg(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.commands)
        os.close(self.events)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium with a profile of its own, ended with the block."""
    path = find_chromium()
    if path is None:
        raise BrowserError("no Chromium on PATH")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = _start([path, *FLAGS, f"--user-data-dir={profile}", "about:blank"])
        try:
            yield browser
        finally:
            browser.close()


def _start(command: list[str]) -> Browser:
    their_commands, commands = os.pipe()
    events, their_events = os.pipe()
    actions: list[tuple[Any, ...]] = [
        (os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)
    ]
    # Both ends go out of the way first, so that neither is overwritten by the other's number.
    spare = max(their_commands, their_events) + 1
    actions += [
        (os.POSIX_SPAWN_DUP2, their_commands, spare + 10),
        (os.POSIX_SPAWN_DUP2, their_events, spare + 11),
        (os.POSIX_SPAWN_DUP2, spare + 10, 3),
        (os.POSIX_SPAWN_DUP2, spare + 11, 4),
    ]
    process = os.posix_spawn(command[0], command, os.environ, file_actions=actions, setpgroup=0)
    os.close(their_commands)
    os.close(their_events)
    return Browser(process, commands, events)


def _save(name: str, data: str) -> Path:
    ARTEFACTS.mkdir(exist_ok=True)
    path = ARTEFACTS / name
    path.write_bytes(base64.b64decode(data))
    return path
