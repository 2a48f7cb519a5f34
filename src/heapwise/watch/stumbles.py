"""What makes heapwise stumble costs only the target, or the service, that it happens over."""

from __future__ import annotations

import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from heapwise.errors import ServiceError


def stumbled(error: Exception) -> ServiceError:
    """Why an answer is of no use, where the fault is as likely ours."""
    return ServiceError("its answer made heapwise stumble", f"{type(error).__name__}: {error}")


class Stumbles:
    """Bears what nobody thought of, and says so: once for each place, and not each round.

    Args:
        tell: takes a line for an operator.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._told: dict[str, set[str]] = defaultdict(set)

    @contextmanager
    def over(self, name: str) -> Iterator[None]:
        """Bear what the block raises.

        Args:
            name: of the target or the service that it is about.
        """
        try:
            yield
        except Exception as error:  # noqa: BLE001 - all the others would be watched no more
            self.tell(name, error)

    def tell(self, name: str, error: Exception) -> None:
        """Say what was raised, if that is news."""
        place = _place(error)
        if place not in self._told[name]:
            self._told[name].add(place)
            self._tell(f"{name}: made heapwise stumble at {place}, {type(error).__name__}: {error}")

    def forget(self, name: str) -> None:
        """It is watched no more."""
        self._told.pop(name, None)


def _place(error: Exception) -> str:
    """Where it was raised, as ``alloc_step.py:62``."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
