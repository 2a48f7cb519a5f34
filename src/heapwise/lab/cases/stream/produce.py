"""Puts the messages of a log into a broker, as devices would.

``produce.py LOGS TOPIC PLACE [ROUNDS]``
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from logs import LogReader, LogWriter

_TOGETHER = 1000
_ANSWER_S = 30.0


def batches(logs: Path, topic: str, rounds: int) -> Iterator[list[bytes]]:
    """The messages of a log, so many times over."""
    with closing(LogReader(logs, topic)) as log:
        for _ in range(rounds):
            for first in range(0, log.count, _TOGETHER):
                yield log.read(first, _TOGETHER)


def to_files(directory: Path, topic: str, messages: Iterator[list[bytes]]) -> None:
    """Append them to a log."""
    with closing(LogWriter(directory, topic)) as log:
        for some in messages:
            log.append(some)


def to_kafka(address: str, topic: str, messages: Iterator[list[bytes]], partitions: int) -> None:
    """Make a topic, and send to its partitions in turn.

    Raises:
        RuntimeError: some were not delivered.
    """
    from confluent_kafka import Producer  # noqa: PLC0415 - only where there is a Kafka
    from confluent_kafka.admin import AdminClient  # noqa: PLC0415 - the same
    from confluent_kafka.cimpl import NewTopic  # noqa: PLC0415 - the same

    servers: dict[str, str | int | float | bool] = {"bootstrap.servers": address}
    admin = AdminClient(servers)
    new = NewTopic(topic, num_partitions=partitions, replication_factor=1)
    admin.create_topics([new])[topic].result(_ANSWER_S)
    producer = Producer({**servers, "linger.ms": 20, "acks": "all"})
    for number, some in enumerate(messages):
        for value in some:
            producer.produce(topic, value, partition=number % partitions)
        producer.flush(_ANSWER_S)
    if left := producer.flush(_ANSWER_S):
        raise RuntimeError(f"{left} messages were not delivered")


async def to_nats(address: str, topic: str, messages: Iterator[list[bytes]]) -> None:
    """Make a stream, and publish to it."""
    import nats  # noqa: PLC0415 - only where there is a NATS server

    client = await nats.connect(f"nats://{address}")
    stream = client.jetstream()
    await stream.add_stream(name=topic, subjects=[topic])
    for some in messages:
        await asyncio.gather(*(stream.publish(topic, value) for value in some))
    await client.close()


def produce(logs: Path, topic: str, place: str, rounds: int = 1, partitions: int = 2) -> None:
    """Put a log's messages into a broker.

    Args:
        logs: directory of the log.
        topic: its name, and that of the new topic.
        place: ``kafka://HOST:PORT``, ``nats://HOST:PORT`` or ``file:DIRECTORY``.
        rounds: how many times over.
        partitions: of a topic of Kafka.
    """
    scheme, _, rest = place.partition(":")
    address, messages = rest.removeprefix("//"), batches(logs, topic, rounds)
    if scheme == "kafka":
        to_kafka(address, topic, messages, partitions)
    elif scheme == "nats":
        asyncio.run(to_nats(address, topic, messages))
    else:
        to_files(Path(rest), topic, messages)


if __name__ == "__main__":
    produce(Path(sys.argv[1]), sys.argv[2], sys.argv[3], *map(int, sys.argv[4:5]))
