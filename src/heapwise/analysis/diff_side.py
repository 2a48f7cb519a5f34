"""One of two profiles that are compared: by function, line and path, with what each may err."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from heapwise.analysis.frames import CallPaths
from heapwise.analysis.granularity import Granularity
from heapwise.analysis.per_request_view import TINY, PerRequestLook
from heapwise.analysis.row_errors import Mass, RowErrors, row_errors, stack_errors
from heapwise.analysis.sampling_error import scaled, unseen
from heapwise.analysis.view import Look
from heapwise.model.finding import Interval

Path = tuple[str, ...]
"""Functions, leaf first."""


@dataclass(frozen=True)
class Side:
    """One of the two profiles, with everything in the unit that is shown."""

    look: Look

    @property
    def per(self) -> str:
        """The unit of work; empty for none."""
        return self.look.work_unit if isinstance(self.look, PerRequestLook) else ""

    @property
    def ratio(self) -> float:
        """From what was sampled to what is shown."""
        return 1 / self.look.query.divide_by

    @cached_property
    def errors(self) -> RowErrors:
        """Of the stacks."""
        return stack_errors(self.look)

    @cached_property
    def total(self) -> Mass:
        """Everything that the filters leave.

        Where the tiny objects are among it, it is an exact total without what the filters took.
        """
        found = sum(self.paths.values(), Mass())
        if (TINY,) not in self.paths:
            return found
        whole = float(self.look.weighed.stacks.sum())
        return Mass(whole, max(0.0, 2 * self._tiny.variance - found.variance), found.hits)

    @property
    def _tiny(self) -> Mass:
        return self.look.tiny if isinstance(self.look, PerRequestLook) else Mass()

    def interval(self, mass: Mass) -> Interval:
        """An amount as it is shown."""
        if self.errors.absent:
            return scaled(Interval(mass.value, mass.value, mass.value), self.ratio)
        pinned = self.look.pinned if isinstance(self.look, PerRequestLook) else None
        return scaled(mass.interval(pinned), self.ratio)

    def nothing(self, other: Side, seen: Mass) -> Interval:
        """What may have gone unseen here of what the other side saw.

        An event stands for as many bytes as there, or for more where this side samples less.
        """
        weight = seen.variance / seen.value if seen.value > 0 else 0.0
        distances = self.look.profile.period / max(1, other.look.profile.period)
        return scaled(unseen(weight * max(1.0, distances)), self.ratio)

    @cached_property
    def functions(self) -> Mapping[str, Mass]:
        """By function."""
        return self._by_node("functions")

    @cached_property
    def lines(self) -> Mapping[str, Mass]:
        """By source line."""
        return self._by_node("lines")

    @cached_property
    def paths(self) -> Mapping[Path, Mass]:
        """By call path."""
        paths, weights = CallPaths(self.look.profile), self.look.weighed.stacks.tolist()
        masses: dict[Path, Mass] = defaultdict(Mass)
        for stack, weight in enumerate(weights):
            if weight:
                path = tuple(frame.function for frame in paths.stack(stack))
                masses[path] += self.errors.mass(stack, weight)
        return masses | {key: self._tiny for key in masses if key == (TINY,)}

    def _by_node(self, granularity: Granularity) -> Mapping[str, Mass]:
        look = replace(self.look, query=replace(self.look.query, granularity=granularity))
        errors = row_errors(look)
        masses: dict[str, Mass] = defaultdict(Mass)
        flat = look.weighed.flat.tolist()
        for node, (name, weight) in enumerate(zip(look.nodes.names, flat, strict=True)):
            if weight:
                masses[name.decode("utf-8", "replace")] += errors.mass(node, weight)
        return masses | {key: self._tiny for key in masses if key == TINY}
