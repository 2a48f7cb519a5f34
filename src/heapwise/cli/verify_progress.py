"""Which round runs, how long the rest takes, and why a run is made again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from heapwise.cli.output import note, on_terminal
from heapwise.cli.progress import progress_line
from heapwise.model.load import Hits, Plan
from heapwise.units import NS_PER_S
from heapwise.verify.rounds import Standing


class VerifyProgress:
    """Tells on stderr where a verification stands; a context manager."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._stack = ExitStack()
        self._show: Callable[[str, Hits | None], None]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def announce(self, text: str) -> None:
        """Say what takes long before the first round."""
        if not self._quiet:
            note(text)

    def see(self, plan: Plan | None, standing: Standing) -> None:
        """Show where a verification stands that drives a plan."""
        if standing.run is not None:
            self._show(standing.run.step, standing.run.hits)
            return
        self._stack.close()
        if standing.repeated:
            self.announce(
                f"round {standing.round} {standing.side} is made again: {standing.repeated}"
            )
        if on_terminal():
            minutes = standing.left_ns / NS_PER_S / 60
            left = f"about {minutes:.0f} min left" if minutes >= 1 else "less than a minute left"
            self.announce(f"round {standing.round} of {standing.rounds}, {standing.side}; {left}")
        self._show = self._stack.enter_context(progress_line(plan, quiet=self._quiet))
