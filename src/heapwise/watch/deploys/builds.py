"""Which build a service runs, and when it began to run another."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from heapwise.model.watch import Deploy, Target


class Builds:
    """The builds of all targets.

    A build is deployed when the first target runs it that none ran before. While old and new run
    side by side, a restart of an old one deploys nothing; a build that comes back after all had
    left it does: that is a rollback.

    Args:
        past: deploys that an earlier watcher saw.
    """

    def __init__(self, past: Iterable[Deploy] = ()) -> None:
        self._running: dict[str, dict[str, str]] = defaultdict(dict)
        self._latest: dict[str, str] = {}
        for deploy in sorted(past, key=lambda each: each.at_ns):
            self._latest[deploy.service] = deploy.build

    def seen(self, target: Target, build: str, at_ns: int) -> Deploy | None:
        """Take note of what a target runs.

        Args:
            target: which.
            build: its build; where it is empty nothing is known, and nothing changes.
            at_ns: when, unix ns.

        Returns:
            The deploy that this is the first of; None if it is none.
        """
        running = self._running[target.service]
        if not build or running.get(target.key) == build:
            return None
        before = self._before(target.service)
        known = build in running.values() or before == build
        running[target.key] = build
        if known:
            return None
        self._latest[target.service] = build
        return Deploy(service=target.service, build=build, before=before, at_ns=at_ns)

    def restore(self, target: Target, build: str) -> None:
        """Take note of what an earlier watcher saw it run, which deploys nothing."""
        if build:
            self._running[target.service][target.key] = build

    def gone(self, target: Target) -> None:
        """A target is watched no more."""
        self._running[target.service].pop(target.key, None)

    def _before(self, service: str) -> str:
        """What most targets run; where none does, what was deployed last."""
        builds = Counter(self._running[service].values())
        return builds.most_common(1)[0][0] if builds else self._latest.get(service, "")
