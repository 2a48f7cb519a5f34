"""Messages from a NATS server with JetStream."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

import nats
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig
from sources import Batch, Books
from stops import Stop

T = TypeVar("T")

_TAKEN_BACK_S = 3.0
"""When messages that were given out and not acknowledged are given out again."""

_ANSWER_S = 10.0
"""What the server may take to answer a question of ours."""

_AT_ONCE = 5000
"""Messages asked for in one go: what the client holds without being called slow."""


class NatsSource:
    """A stream read by a durable consumer. The client wants an event loop; it runs here.

    Raises:
        Stop: as all of it: the server refuses, or does not answer.

    Every message is acknowledged by itself. One acknowledgement for all before it would be faster
    and lose messages: after a crash new ones may come before those that are given out again.
    """

    def __init__(self, address: str, topic: str, group: str) -> None:
        self._topic = topic
        self._held: list[Msg] = []
        self._loop = asyncio.new_event_loop()
        try:
            # Whoever runs the stream starts it again; minutes of trying would hide that it stands.
            connecting = nats.connect(
                f"nats://{address}",
                max_reconnect_attempts=2,
                reconnect_time_wait=0.5,
                error_cb=_ignore,  # it is raised as well
            )
            self._client = self._wait(connecting)
            self._context = self._client.jetstream(timeout=_ANSWER_S)
            settings = ConsumerConfig(
                ack_policy=AckPolicy.EXPLICIT, ack_wait=_TAKEN_BACK_S, max_ack_pending=-1
            )
            subscribing = self._context.pull_subscribe(topic, group, config=settings)
            self._messages = self._wait(subscribing)
        except Stop:
            self._loop.close()
            raise

    def poll(self, most: int, seconds: float) -> Batch:
        """Poll."""
        deadline = time.monotonic() + seconds
        polled: list[Msg] = []
        while len(polled) < most and (left := deadline - time.monotonic()) > 0:
            try:
                fetching = self._messages.fetch(min(most - len(polled), _AT_ONCE), left)
                polled += self._loop.run_until_complete(fetching)
            except TimeoutError:
                break
        self._held += polled
        keys = [message.metadata.sequence.stream for message in polled]
        return Batch(keys, [message.data for message in polled])

    def commit(self) -> None:
        """Acknowledge all that was polled; the server's answer to the last is for all before."""
        held, self._held = self._held, []
        if held:
            self._wait(_acknowledge(held))

    def books(self) -> Books:
        """What is in the stream, less what was not given out and what was not acknowledged."""
        arrived = self._wait(self._context.stream_info(self._topic)).state.last_seq
        known = self._wait(self._messages.consumer_info())
        return Books(arrived, arrived - (known.num_pending or 0) - (known.num_ack_pending or 0))

    def close(self) -> None:
        """Close the connection."""
        self._wait(self._client.close())
        self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self._loop.run_until_complete(work)
        except (NatsError, OSError) as error:
            raise Stop(f"NATS: {str(error) or type(error).__name__}") from None


async def _ignore(_error: Exception) -> None:
    """Say nothing of an error that somebody else will tell."""


async def _acknowledge(messages: list[Msg]) -> None:
    *rest, last = messages
    for message in rest:
        await message.ack()
    await last.ack_sync(_ANSWER_S)
