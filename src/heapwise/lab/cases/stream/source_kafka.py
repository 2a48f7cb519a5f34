"""Messages from Apache Kafka."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from sources import Batch, Books, key_of
from stops import Stop

_ANSWER_S = 10.0
"""What the broker may take to answer a question of ours."""

_TAKEN_AWAY = {
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError._NO_OFFSET,  # noqa: SLF001 - so the client names its own errors
}
"""Why a commit fails that comes too late."""


class KafkaSource:
    """A topic read by a member of a consumer group.

    Args:
        member: a name that the member keeps when it starts again: its partitions are its own at
            once, and not after the time in which the broker gives it up. Empty for none.

    Raises:
        Stop: as all of it: the broker refuses, or does not answer.
    """

    def __init__(self, address: str, topic: str, group: str, member: str = "") -> None:
        self._topic = topic
        named = {"group.instance.id": member} if member else {}
        self._consumer = Consumer(
            {
                **named,
                "bootstrap.servers": address,
                "group.id": group,
                # Committed after the insert, by us: what a timer commits may not be stored yet.
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                # A killed member must be given up before its partitions can be read on.
                "session.timeout.ms": 6000,
                "queued.max.messages.kbytes": 65536,
                # Questions queue behind a fetch that waits for messages.
                "fetch.wait.max.ms": 50,
            }
        )
        self._consumer.subscribe([topic])

    def poll(self, most: int, seconds: float) -> Batch:
        """Poll; a member that has just joined gets nothing before it has partitions."""
        with _told():
            messages = self._consumer.consume(most, seconds)
            keys: list[int] = []
            values: list[bytes] = []
            for message in messages:
                if message.error() is not None:
                    raise KafkaException(message.error())
                keys.append(key_of(message.partition() or 0, message.offset() or 0))
                values.append(message.value() or b"")
        return Batch(keys, values)

    def commit(self) -> None:
        """Commit the offsets of all that was polled, and wait for the broker.

        Where the partitions were given to another member meanwhile, it gets the messages again.
        """
        with _told():
            try:
                self._consumer.commit(asynchronous=False)
            except KafkaException as error:
                if error.args[0].code() not in _TAKEN_AWAY:
                    raise

    def books(self) -> Books:
        """The ends of all partitions and what the group has committed there."""
        arrived = committed = 0
        with _told():
            topics = self._consumer.list_topics(self._topic, _ANSWER_S).topics
            asked = [
                TopicPartition(self._topic, number) for number in topics[self._topic].partitions
            ]
            for place in self._consumer.committed(asked, _ANSWER_S):
                low, high = self._consumer.get_watermark_offsets(place, _ANSWER_S)
                arrived += high
                committed += max(place.offset, low)  # a negative offset: none is committed
        return Books(arrived, committed)

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()


@contextmanager
def _told() -> Iterator[None]:
    """Tell what the client raises in a line."""
    try:
        yield
    except KafkaException as error:
        raise Stop(f"Kafka: {error.args[0].str()}") from None
