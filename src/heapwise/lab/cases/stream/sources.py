"""Where messages come from. All sources promise the same.

Messages come in batches, in the order of their partition, each with a key of its own that never
changes. What has been polled is committed only when the program says so; a program that starts
again begins behind the last commit, so that what was polled and not committed comes once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from stops import Stop

_PARTITION_BITS = 48
"""Where the partition begins in a key: no partition ever holds 2**48 messages."""


class Batch(NamedTuple):
    """Messages that were polled together.

    Attributes:
        keys: of each: its partition and its number there, in one integer.
        values: the messages as sent.
    """

    keys: Sequence[int]
    values: list[bytes]


class Books(NamedTuple):
    """Two counts that only ever grow, as the broker has them.

    Attributes:
        arrived: messages that ever were in the topic.
        committed: of them, those that the group need not see again.
    """

    arrived: int
    committed: int

    @property
    def lag(self) -> int:
        """Messages that the group has yet to deal with."""
        return self.arrived - self.committed


class Source(Protocol):
    """A topic, read on behalf of a group of consumers."""

    def poll(self, most: int, seconds: float) -> Batch:
        """At most so many messages: what there is when there are as many or the time is up."""
        ...

    def commit(self) -> None:
        """All that was polled is dealt with; known to the broker when this returns."""
        ...

    def books(self) -> Books:
        """What the broker knows of the topic and the group."""
        ...

    def close(self) -> None:
        """Leave the group. Commits nothing."""
        ...


def key_of(partition: int, number: int) -> int:
    """The key of a message."""
    return partition << _PARTITION_BITS | number


def open_source(
    place: str,
    topic: str,
    group: str,
    *,
    member: str = "",
    offsets: Path | None = None,
    rounds: int = 1,
) -> Source:
    """Open a topic.

    Args:
        place: ``kafka://HOST:PORT``, ``nats://HOST:PORT`` or ``file:DIRECTORY``.
        topic: its name; that of a log in the directory.
        group: on whose behalf it is read.
        member: the reader's own name in a group of Kafka.
        offsets: directory of a log's offsets; None for that of the log.
        rounds: how many times a log is read.

    Raises:
        Stop: no such kind of place, or it cannot be used.
    """
    scheme, _, rest = place.partition(":")
    address = rest.removeprefix("//")
    # Only the client that is needed: an import of another may cost as much as reading the topic.
    match scheme if rest else "":
        case "file":
            from source_log import LogSource  # noqa: PLC0415 - see above

            committed = (offsets or Path(rest)) / f"{topic}.{group}"
            return LogSource(Path(rest), topic, committed, rounds)
        case "kafka":
            from source_kafka import KafkaSource  # noqa: PLC0415 - the same

            return KafkaSource(address, topic, group, member)
        case "nats":
            from source_nats import NatsSource  # noqa: PLC0415 - the same

            return NatsSource(address, topic, group)
    raise Stop(f"--source must be kafka://…, nats://… or file:…, not {place!r}")
