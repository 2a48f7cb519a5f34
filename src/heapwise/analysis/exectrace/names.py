"""Names across generations, whose string and stack ids mean something else in each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from heapwise.model.exectrace import Generation
from heapwise.model.profile import Int64s

UNKNOWN = 0
"""The number of the empty name."""

MOST = 50_000
"""Different names that are kept; the rest of a hostile trace is `OTHERS`."""

OTHERS = "(others)"


class Names:
    """Numbers for names, the same in every generation."""

    def __init__(self) -> None:
        self._numbers = {"": UNKNOWN}
        self.names = [""]

    def number(self, name: str) -> int:
        """The number of a name, a new one if it is new."""
        known = self._numbers.get(name)
        if known is not None:
            return known
        if len(self.names) >= MOST:
            return self._numbers[OTHERS]
        # The number of the rest is taken early enough to be there when it is needed.
        name = name if len(self.names) < MOST - 1 else OTHERS
        self._numbers[name] = len(self.names)
        self.names.append(name)
        return self._numbers[name]

    def of_strings(self, generation: Generation, ids: Int64s) -> Int64s:
        """The numbers of strings, int64[n], by their ids in a generation."""
        strings = generation.strings
        return _mapped(ids, lambda each: self.number(strings.get(each, "")))

    def of_roots(self, generation: Generation, ids: Int64s) -> Int64s:
        """The numbers of the outermost functions of stacks: what their goroutines began with."""
        stacks = generation.stacks

        def root(each: int) -> int:
            frames = stacks.get(each)
            return self.number(frames[-1].function) if frames else UNKNOWN

        return _mapped(ids, root)


def is_runtimes(function: str) -> bool:
    """A goroutine begun with this function is the runtime's own, or the tracer's."""
    return function.startswith(("runtime.", "runtime/trace.")) and function != "runtime.main"


def _mapped(ids: Int64s, number: Callable[[int], int]) -> Int64s:
    """``number`` of every id, called once for each that is different."""
    distinct, where = np.unique(ids, return_inverse=True)
    return np.array([number(each) for each in distinct.tolist()], np.int64)[where]
