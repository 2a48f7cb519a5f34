"""Real services that leak, and the same ones mended, under a watcher whose hours are minutes.

    python benchmarks/watch/leaking.py [--minutes 20]

One Go and one Python service (tests/data/watch) under a steady load: about 0.3 % a "minute" of what
they hold. Prints what the watcher told, when, and the path that it named.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1] / "tests")]

from heapwise.model.watch import Alert, Severity  # noqa: E402 - after the tests' place is known
from heapwise.watch.store import StoreView  # noqa: E402 - the same
from support.watching import load, watched_go, watched_python  # noqa: E402 - the tests'
from support.watchrun import watch  # noqa: E402 - the same

GROWTH = frozenset({"leak", "growing"})
PAUSE_S = 0.2


@dataclass(frozen=True)
class Found:
    """What was told of a service.

    Attributes:
        service: its name.
        noticed_h: hours of the detectors until growth was noticed; None for never.
        paged_h: the same until somebody was woken.
        path: that was named.
    """

    service: str
    noticed_h: float | None
    paged_h: float | None
    path: str


def leaking(minutes: float) -> list[Found]:
    """Watch four services for so long."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        services = []
        for kind, flags in (("leaks", ()), ("mended", ("-fixed",))):
            address = stack.enter_context(watched_go("-retain", "50", *flags))
            stack.enter_context(load(address, "/leak", pause_s=PAUSE_S))
            services.append(f"go-{kind}={address}")
        for kind, flags in (("leaks", ()), ("mended", ("--fixed",))):
            address, agent = stack.enter_context(watched_python(*flags))
            stack.enter_context(load(address, "/remember", pause_s=PAUSE_S))
            services.append(f"py-{kind}={agent}")
        began_ns = time.time_ns()
        watching = stack.enter_context(
            watch(folder, *services, "--hour", "1m", "--interval", "250ms")
        )
        pages: dict[str, float] = {}
        while time.time_ns() < began_ns + minutes * 60e9:
            time.sleep(1)
            for alert in watching.alerts():
                if alert["code"] in GROWTH and alert["severity"] == "page":
                    pages.setdefault(alert["service"], (time.time_ns() - began_ns) / 60e9)
        watching.stop()
        with StoreView.open(watching.store) as view:
            alerts = [each for each in view.alerts() if each.code in GROWTH]
    names = [service.partition("=")[0] for service in services]
    return [_found(name, alerts, began_ns, pages.get(name)) for name in names]


def _found(name: str, alerts: list[Alert], began_ns: int, paged: float | None) -> Found:
    mine = sorted((each for each in alerts if each.service == name), key=lambda each: each.began_ns)
    paths = [each.grows[0].path for each in mine if each.grows]
    woke = [each for each in mine if each.severity is Severity.PAGE and each.grows]
    return Found(
        name,
        (mine[0].began_ns - began_ns) / 60e9 if mine else None,
        paged,
        woke[-1].grows[0].path if woke else (paths[-1] if paths else ""),
    )


def main() -> None:
    """Watch, and tell."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--minutes", type=float, default=20.0)
    for found in leaking(arguments.parse_args().minutes):
        print(found)


if __name__ == "__main__":
    main()
