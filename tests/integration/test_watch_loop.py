"""`heapwise watch` on real services, hours lasting seconds: what is told, and what is not."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from heapwise.errors import RecordingError
from heapwise.model.watch import Alert, Health
from heapwise.watch.store import StoreView
from support.disks import small_disk
from support.pyservice import free_port
from support.watching import load, watched_go, watched_python
from support.watchrun import Watch, watch

HOUR = "5s"
INTERVAL = "60ms"
"""Seven polls in a bin of five minutes, which lasts less than half a second."""


def kept(folder: Path) -> tuple[Alert, ...]:
    """Alerts in a store."""
    with StoreView.open(folder) as view:
        return tuple(view.alerts())


def told(watching: Watch, service: str, code: str, severity: str) -> bool:
    return any(
        (each["service"], each["code"], each["severity"]) == (service, code, severity)
        for each in watching.alerts()
    )


@pytest.mark.go
@pytest.mark.load
def test_leaks_of_go_and_python_are_paged_with_the_path_that_leaks(tmp_path: Path) -> None:
    """And of their mended twins under the same load nobody hears anything."""
    with ExitStack() as stack:
        services = []
        for name, flags in (("sick", ()), ("mended", ("-fixed",))):
            address = stack.enter_context(watched_go(*flags))
            stack.enter_context(load(address, "/leak", pause_s=0.02))
            services.append(f"go-{name}={address}")
        for name, flags in (("sick", ()), ("mended", ("--fixed",))):
            address, agent = stack.enter_context(watched_python(*flags))
            stack.enter_context(load(address, "/remember", pause_s=0.02))
            services.append(f"py-{name}={agent}")
        watching = stack.enter_context(
            watch(tmp_path, *services, "--hour", HOUR, "--interval", INTERVAL)
        )
        for service in ("go-sick", "py-sick"):
            watching.wait(lambda: paged(watching, service), 60)  # noqa: B023 - called at once
        assert watching.stop() == 0
    found = kept(watching.store)
    assert not [each for each in found if "mended" in each.service and each.severity == "page"]
    for service, function in (("go-sick", "main.leak"), ("py-sick", "remember")):
        page = next(each for each in found if each.service == service and each.severity == "page")
        assert function in page.grows[0].path
        assert function in page.summary
        assert len(page.captures) >= 3
        assert any("go tool pprof" in command for command in page.commands)


def paged(watching: Watch, service: str) -> bool:
    return any(told(watching, service, code, "page") for code in ("leak", "growing"))


def test_a_target_that_cannot_be_reached_is_a_state_and_no_exit(tmp_path: Path) -> None:
    """It is asked again, and up as soon as it is there."""
    port = free_port()
    with watch(tmp_path, f"late=127.0.0.1:{port}", "--interval", "100ms") as watching:
        watching.wait(lambda: health(watching.store).get("late") == (Health.DOWN, True))
        with socket.create_server(("127.0.0.1", port)):
            watching.wait(lambda: health(watching.store).get("late") == (Health.DOWN, True))
        assert watching.stop() == 0
    assert not watching.process.returncode


def health(store: Path) -> dict[str, tuple[Health, bool]]:
    """How each service does, and whether it is said why not."""
    if not (store / "store.sqlite").exists():
        return {}
    try:
        with StoreView.open(store) as view:
            states = view.states()
    except RecordingError:  # it is just being made
        return {}
    return {each.target.service: (each.health, bool(each.problem)) for each in states}


@pytest.mark.parametrize("told_by", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_order_when_it_is_told_to(tmp_path: Path, told_by: signal.Signals) -> None:
    """What was seen is in the store; the exit code is 0, since that is how one ends a watcher."""
    with watched_python() as (_, agent):
        with watch(tmp_path, f"shop={agent}", "--interval", "100ms") as watching:
            watching.wait(lambda: "shop" in health(watching.store))
            watching.process.send_signal(told_by)
            assert watching.process.wait(20) == 0
        assert health(watching.store)["shop"] == (Health.UP, False)


def test_sighup_takes_over_the_services_of_the_configuration(tmp_path: Path) -> None:
    """A broken one changes nothing, and says so."""
    config = tmp_path / "watch.toml"

    def write(text: str) -> None:
        config.write_text(f'[watch]\ninterval = "100ms"\ndeadline = "100ms"\n{text}')

    def service(name: str, agent: str) -> str:
        return f'[[service]]\nname = "{name}"\ntargets = ["{agent}"]\n'

    with watched_python() as (_, agent):
        write(service("one", agent))
        with watch(tmp_path, str(config)) as watching:
            watching.wait(lambda: "one" in health(watching.store))
            write("[[service]]\nname = 5\n")
            watching.process.send_signal(signal.SIGHUP)
            watching.wait(lambda: "stays as it was" in watching.errors())
            write(service("two", agent))
            watching.process.send_signal(signal.SIGHUP)
            watching.wait(lambda: "two" in health(watching.store))
            assert watching.stop() == 0


def test_two_watchers_do_not_write_one_store(tmp_path: Path) -> None:
    """The second says so in one line and ends with 1."""
    address = f"127.0.0.1:{free_port()}"
    with watch(tmp_path, f"a={address}") as first:
        first.wait((first.store / "store.sqlite").exists)
        done = subprocess.run(
            [sys.executable, "-m", "heapwise", "watch", address, "--store", str(first.store)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "another" in done.stderr.splitlines()[-1] or "watcher" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_an_alert_and_no_exit(tmp_path: Path) -> None:
    """When there is room again it is over, and the store can be read."""
    with small_disk(tmp_path / "disk", 6 << 20) as disk, watched_python() as (_, agent):
        filler = disk / "filler"
        store = disk / "store"
        with watch(
            tmp_path / "out", f"shop={agent}", "--interval", "50ms", "--hour", HOUR, store=store
        ) as watching:
            watching.wait(lambda: "shop" in health(store))
            with suppress(OSError), filler.open("wb", buffering=0) as file:
                while file.write(bytes(1 << 12)):
                    pass
            watching.wait(lambda: told(watching, "heapwise-watch", "store", "page"))
            filler.unlink()
            watching.wait(lambda: any(each["ended_ns"] for each in watching.alerts()), 60)
            assert watching.stop() == 0
        assert health(store)["shop"] == (Health.UP, False)
        assert [each.code for each in kept(store)] == ["store"]


def test_a_leak_in_the_watcher_itself_is_seen_by_the_watcher(tmp_path: Path) -> None:
    """And a watcher that does not leak says nothing of itself."""
    code = (
        "import sys, threading, time\n"
        "from heapwise.cli.main import main\n"
        "kept = []\n"
        "def leak():\n"
        "    while True:\n"
        "        kept.append(bytearray(b'x' * (1 << 18)))\n"
        "        time.sleep(0.02)\n"
        "if sys.argv.pop() == 'leak':\n"
        "    threading.Thread(target=leak, daemon=True).start()\n"
        "main()\n"
    )
    watchers = {
        kind: subprocess.Popen(
            [
                sys.executable, "-c", code, "watch", f"a=127.0.0.1:{free_port()}", "--hour", "3s",
                "--interval", "50ms", "--duration", "20s", "--store", str(tmp_path / kind), "-q",
                kind,
            ],
            stdout=subprocess.DEVNULL,
        )
        for kind in ("leak", "sound")
    }  # fmt: skip
    assert [each.wait(90) for each in watchers.values()] == [0, 0]
    seen = {
        kind: {(each.service, each.code) for each in kept(tmp_path / kind)} for kind in watchers
    }
    assert ("heapwise-watch", "leak") in seen["leak"]
    assert ("heapwise-watch", "leak") not in seen["sound"]
