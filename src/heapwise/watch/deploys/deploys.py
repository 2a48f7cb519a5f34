"""Watches services for new builds, and says once at each age what got worse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from heapwise.model.comparison import ComparisonRow, Verdict
from heapwise.model.watch import Bin, Deploy, Number, Severity, Sign, Stretch, Target, Vitals
from heapwise.names import visible
from heapwise.units import format_duration, format_share, format_value
from heapwise.watch.deploys.builds import Builds
from heapwise.watch.deploys.compare import compare_builds
from heapwise.watch.deploys.lives import AGES, Age, Life
from heapwise.watch.scale import Scale

CODE = "deploy"

_MOST_LIVES = 32
"""Processes of one build that are remembered, the newest."""

_BUILDS = 2
"""Builds of a service that are remembered, besides those that are compared."""

_PATIENCE = 1.25
"""Stragglers of a deploy are waited for until the first of it is so many times the age."""

_LASTS_MINUTES = 60.0
"""How long the sign of the last age is shown."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a deploy made of a service, by an age.

    Attributes:
        deploy: which.
        target: key of the first that runs it.
        age_ns: of the processes that were compared, scaled.
        rows: of `METRICS`.
        sign: of what got worse; None where nothing certainly did.
    """

    deploy: Deploy
    target: str
    age_ns: int
    rows: tuple[ComparisonRow, ...]
    sign: Sign | None


@dataclass(slots=True)
class _Watch:
    """A deploy that is not judged at all ages yet."""

    deploy: Deploy
    target: str
    left: list[Age] = field(default_factory=lambda: list(AGES))
    sign: Sign | None = None
    until_ns: int | None = None


class Deploys:
    """Knows builds and what their processes did at each age.

    Args:
        scale: of the ages.
        past: deploys that an earlier watcher saw.
    """

    def __init__(self, scale: Scale, past: Iterable[Deploy] = ()) -> None:
        self._scale = scale
        self._builds = Builds(past)
        self._lives: dict[str, dict[str, list[Life]]] = defaultdict(dict)
        self._alive: dict[str, Life | None] = {}
        self._watched: dict[str, _Watch] = {}

    def restore(self, target: Target, last: Vitals, bins: Iterable[Bin]) -> None:
        """Take what an earlier watcher kept of a target, before its first answer.

        Args:
            target: whose.
            last: what it said last.
            bins: of its process, and of those before.
        """
        self._builds.restore(target, last.build)
        life = self._alive[target.key] = self._born(target, last)
        if life is not None and not any(map(life.saw, AGES)):
            life.restore(bins)

    def seen(self, target: Target, vitals: Vitals, stretch: Stretch | None) -> Deploy | None:
        """Take note of an answer.

        Args:
            target: whose.
            vitals: what it said.
            stretch: since the answer before; None for the first of a process.

        Returns:
            The deploy that this is the first sign of.
        """
        deploy = self._builds.seen(target, vitals.build, vitals.at_ns)
        if deploy is not None and deploy.before:
            self._watched[target.service] = _Watch(deploy, target.key)
        watch = self._watched.get(target.service)
        if watch is not None and watch.target == target.key:
            self._stands(watch, target, vitals.build)
        if stretch is None or target.key not in self._alive:
            self._alive[target.key] = self._born(target, vitals)
        life = self._alive[target.key]
        if life is not None and stretch is not None:
            life.add(stretch)
        return deploy

    def gone(self, target: Target) -> None:
        """A target is watched no more; where it stood for a deploy, another one does."""
        self._builds.gone(target)
        self._alive.pop(target.key, None)
        watch = self._watched.get(target.service)
        if watch is not None and watch.target == target.key:
            watch.target = self._another(watch, target) or target.key

    def judged(
        self,
        now_ns: int,
        over: Callable[[str], AbstractContextManager[object]] = nullcontext,
    ) -> tuple[Judgement, ...]:
        """What can be said now and was not said before; to be asked each time round.

        Args:
            now_ns: now.
            over: given the name of a service, bears what judging it raises, for the others' sake.
        """
        found: list[Judgement | None] = []
        for service, watch in tuple(self._watched.items()):
            with over(service):
                found.append(self._judge(service, watch, now_ns))
        return tuple(judgement for judgement in found if judgement is not None)

    def sign(self, target: Target, now_ns: int) -> Sign | None:
        """What is wrong with the deploy that the target was the first of; for each time round.

        It lasts until a later age has decided otherwise, and for an hour after the last.
        """
        watch = self._watched.get(target.service)
        if watch is None or watch.target != target.key:
            return None
        if watch.until_ns is not None and now_ns >= watch.until_ns:
            watch.sign = None
        return watch.sign

    def _born(self, target: Target, vitals: Vitals) -> Life | None:
        """Begin the life of a process; None where nobody knows how old it is, or what it runs."""
        known = target.key in self._alive  # one that was watched, and began anew
        born_ns = vitals.started_ns or (vitals.at_ns if known else None)
        if born_ns is None or not vitals.build:
            return None
        builds = self._lives[target.service]
        lives = builds.pop(vitals.build, [])
        same = (each for each in lives if (each.target, each.born_ns) == (target.key, born_ns))
        life = next(same, None)  # of a target that was taken from the list for a while
        if life is None:
            life = Life(target.key, vitals.build, born_ns, self._scale, vitals.at_ns)
        else:
            lives.remove(life)
        builds[vitals.build] = [*lives[-_MOST_LIVES + 1 :], life]  # the newest build comes last
        watch = self._watched.get(target.service)
        judged = (watch.deploy.before, watch.deploy.build) if watch is not None else ()
        for build in [*builds][:-_BUILDS]:
            if build not in judged:
                del builds[build]
        return life

    def _stands(self, watch: _Watch, target: Target, build: str) -> None:
        """Whether a target that stands for a deploy still does: not if it runs another build."""
        if build in ("", watch.deploy.build):
            return
        another = self._another(watch, target)
        if another:
            watch.target = another
        else:
            del self._watched[target.service]  # it was taken back

    def _another(self, watch: _Watch, target: Target) -> str:
        """A target besides one that runs the deployed build; empty where none does."""
        lives = self._lives[target.service].get(watch.deploy.build, [])
        others = (each.target for each in lives if self._lasts(each))
        return next((key for key in others if key != target.key), "")

    def _judge(self, service: str, watch: _Watch, now_ns: int) -> Judgement | None:
        lives = self._lives[service]
        after = lives.get(watch.deploy.build, [])
        if not watch.left or not self._ready(after, watch.left[0], now_ns):
            return None
        age = watch.left.pop(0)
        before = [life for life in lives.get(watch.deploy.before, []) if life.past(age)]
        rows = compare_builds(before, [life for life in after if life.past(age)], age)
        age_ns = self._scale.ns(minutes=age.minutes)
        sign = _sign(watch.deploy, rows, age_ns)
        if sign is not None or all(row.verdict is not Verdict.UNDECIDED for row in rows):
            watch.sign = sign
        if not watch.left:
            watch.until_ns = now_ns + self._scale.ns(minutes=_LASTS_MINUTES)
        return Judgement(watch.deploy, watch.target, age_ns, rows, sign)

    def _lasts(self, life: Life) -> bool:
        """Whether its process is still the one that runs."""
        return self._alive.get(life.target) is life

    def _ready(self, lives: Sequence[Life], age: Age, now_ns: int) -> bool:
        """Whether all processes of a build that live are that old, or the first has waited."""
        alive = [life for life in lives if self._lasts(life)]
        # Nothing can be said by who was older when first seen, so nobody is judged for its sake.
        alive = [life for life in alive if life.saw(age) or not life.past(age)] or alive
        if not any(life.past(age) for life in alive):
            return False
        first_ns = min(life.born_ns for life in alive)
        waited = now_ns - first_ns >= _PATIENCE * self._scale.ns(minutes=age.minutes)
        return waited or all(life.past(age) for life in alive)


def _sign(deploy: Deploy, rows: Sequence[ComparisonRow], age_ns: int) -> Sign | None:
    worse = [row for row in rows if row.verdict is Verdict.WORSE]
    if not worse:
        return None
    build, before = (visible(name[:100]) for name in (deploy.build, deploy.before))
    told = ", ".join(map(_told, worse))
    return Sign(
        code=CODE,
        severity=Severity.WARN,
        summary=f"build {build} at {format_duration(age_ns)} of age: {told} than {before}",
        numbers=tuple(number for row in worse for number in _numbers(row)),
        wants=("heap",),
    )


def _told(row: ComparisonRow) -> str:
    before, after = (format_value(value, row.unit) for value in (row.before, row.after))
    change = f"{format_share(row.delta)} more " if row.delta else "more "
    return f"{change}{row.name} ({before} to {after})"


def _numbers(row: ComparisonRow) -> Iterator[Number]:
    for when, value in (("before", row.before), ("after", row.after)):
        if value is not None:
            yield Number(f"{row.name} {when}", value, row.unit)
    if row.delta is not None:
        yield Number(f"{row.name} change", row.delta, "share")
    if row.p is not None:
        yield Number(f"{row.name} p", row.p, "p")
