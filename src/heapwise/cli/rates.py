"""The value of -rate: a rate, how it changes, or recorded arrivals to replay."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from click.core import ParameterSource

from heapwise.cli.kinds import Quantity
from heapwise.errors import UsageError

if TYPE_CHECKING:
    from heapwise.model.schedules import Replay, Schedule

_REPLAY = "replay:"


def _read_schedule(text: str) -> Schedule:
    # The option table needs this module, and every command the table: none waits for numpy here.
    from heapwise.formats.rates import parse_schedule  # noqa: PLC0415 - see above

    if text.startswith(_REPLAY):
        return _read_replay(Path(text.removeprefix(_REPLAY)))
    return parse_schedule(text)


SCHEDULE = Quantity("rate", _read_schedule)
"""Parses to a schedule; one of 0 ns has no length of its own, see `lasting`."""


def lasting(shape: Schedule, duration_ns: int, *, given: bool) -> Schedule:
    """A schedule with its length.

    Args:
        shape: as -rate makes it, or the schedule of an earlier run.
        duration_ns: how long, where it was given or the shape has no length of its own.
        given: the user asked for that duration.

    Raises:
        UsageError: that is no time.
    """
    length = duration_ns if given or not shape.duration_ns else shape.duration_ns
    if length <= 0:
        raise UsageError("a load of 0 s makes no requests", hint="give a -duration, as 10s")
    return msgspec.structs.replace(shape, duration_ns=length)


def duration_given() -> bool:
    """True where the command that runs was given a -duration."""
    source = click.get_current_context().get_parameter_source("duration")
    return source not in (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP)


def _read_replay(path: Path) -> Replay:
    from heapwise.formats.arrivals import (  # noqa: PLC0415 - as above
        MAX_ARRIVALS,
        read_arrivals,
        replay_of,
    )
    from heapwise.formats.hit_line import MAX_LINE  # noqa: PLC0415 - as above

    if path.is_dir():
        # Recordings take a third of a second to import, and few replay one.
        from heapwise.record.store import load  # noqa: PLC0415 - see above

        return replay_of(load(path).hits, source=str(path))
    try:
        with path.open("rb") as file:
            # Comments and empty lines are few; what has more of them has no arrivals.
            lines = islice(iter(lambda: file.readline(MAX_LINE + 1), b""), 2 * MAX_ARRIVALS)
            return read_arrivals(lines, source=str(path))
    except OSError as error:
        raise UsageError(
            f"cannot read {path}",
            error.strerror or str(error),
            "give a recording, a file of hits, or a file of times",
        ) from None
