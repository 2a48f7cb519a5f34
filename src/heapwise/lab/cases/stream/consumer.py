"""A stream processor: messages in, their sum and a table of alarms out.

    consumer.py --source kafka://127.0.0.1:9092 --sink clickhouse://127.0.0.1:8123

Batches are decoded, summed, and their alarms stored; then their offsets are committed. In this
order nothing is lost when the program is killed, and what comes twice has the key of the row that
is there. A batch is as long as ``--batch``, or what came in ``--seconds``. On SIGTERM the batch at
hand is stored and committed. What differs between the variants of the lab is ``--decode``,
``--insert`` and ``--collector``.
"""

from __future__ import annotations

import argparse
import json
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import msgspec
from collector import SETTINGS, Clock, settle
from decoders import WAYS
from lag import LagWatch
from sinks import Row, Sink, open_sink
from sources import Source, open_source
from state import Users, load_users
from stops import Stop
from transform import fields_read, of_dictionaries, of_objects

import heapwise_agent


def insert_rows(sink: Sink, rows: Sequence[Row]) -> None:
    """Store rows one after the other."""
    for row in rows:
        sink.execute("INSERT INTO alarms VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def insert_batch(sink: Sink, rows: Sequence[Row]) -> None:
    """Store rows at once."""
    if rows:
        sink.executemany("INSERT INTO alarms VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


INSERTS: dict[str, Callable[[Sink, Sequence[Row]], None]] = {
    "row": insert_rows,
    "batch": insert_batch,
}


class Consumer:
    """One run of the stream.

    Attributes:
        messages: done: stored and committed.
        value: sum of their values.
        size: bytes of them as sent.
        seconds: that they took, from the poll to the commit.
        cpu_seconds: of them, those in which this process computed.
        stopped: it was told to end.
    """

    def __init__(self, source: Source, sink: Sink, users: Users, decode: str, insert: str) -> None:
        self._source = source
        self._sink = sink
        self._users = users
        self._decode = WAYS[decode].make()
        self._transform = of_dictionaries if decode == "dict" else of_objects
        self._insert = INSERTS[insert]
        self.messages = self.value = self.size = 0
        self.seconds = self.cpu_seconds = 0.0
        self.stopped = False

    def stop(self, *_signal: object) -> None:
        """End behind the batch at hand."""
        self.stopped = True

    def step(self, most: int, seconds: float) -> bool:
        """Deal with one batch; False where none came."""
        began, cpu_began = time.perf_counter(), time.process_time()
        keys, values = self._source.poll(most, seconds)
        if not values:
            return False
        messages = self._decode(values)
        value, rows = self._transform(keys, messages, self._users)
        self._insert(self._sink, rows)
        self._source.commit()
        heapwise_agent.work("msg", len(values))
        self.messages += len(values)
        self.value += value
        self.size += sum(map(len, values))
        self.seconds += time.perf_counter() - began
        self.cpu_seconds += time.process_time() - cpu_began
        return True

    def report(self, clock: Clock, watch: LagWatch) -> dict[str, Any]:
        """What was done, what must be equal however it was done, and what it took."""
        return {
            "work": self.messages,
            "result": {"messages": self.messages, "value": self.value} | self._stored(),
            "guard": {
                "fields": fields_read(self._transform),
                "message_bytes": _ratio(self.size, self.messages),
                "lag": watch.last.books.lag,
                "lag_unexplained": watch.unexplained,
                "gc_share": _ratio(clock.seconds, self.seconds),
                "longest_pause_ms": clock.longest * 1e3,
                "messages_per_second": _ratio(self.messages, self.seconds),
                "messages_per_cpu_second": _ratio(self.messages, self.cpu_seconds),
            },
        }

    def _stored(self) -> dict[str, int]:
        """What the table holds, region by region."""
        stored: dict[str, int] = {}
        for region, (count, total) in self._sink.totals().items():
            stored |= {f"{region} rows": count, f"{region} value": total}
        return stored


def _ratio(figure: float, base: float) -> float:
    """A figure per unit of another; 0 where there is none of it."""
    return figure / base if base else 0.0


def consume(options: argparse.Namespace) -> dict[str, Any]:
    """Run the stream until it is drained or told to stop.

    Raises:
        Stop: messages are there that do not come, or something cannot be used.
    """
    topic = WAYS[options.decode].topic
    with ExitStack() as opened:
        sink = opened.enter_context(closing(open_sink(options.sink)))
        if options.fresh:
            sink.empty()
        source = open_source(
            options.source,
            topic,
            options.group,
            member=options.member,
            offsets=options.offsets,
            rounds=options.rounds,
        )
        opened.enter_context(closing(source))
        users = load_users(options.users)
        consumer = Consumer(source, sink, users, options.decode, options.insert)
        signal.signal(signal.SIGTERM, consumer.stop)
        settle(options.collector)
        clock, watch = Clock(), LagWatch(source)
        clock.start()
        run(consumer, watch, options)
        clock.stop()
        watch.see(consumer.messages, now=True)
        return consumer.report(clock, watch)


def run(consumer: Consumer, watch: LagWatch, options: argparse.Namespace) -> None:
    """Take one batch after the other, and tell the lag now and then.

    Raises:
        Stop: messages are there that do not come.
    """
    heard = time.monotonic()
    while not consumer.stopped:
        if consumer.step(options.batch, options.seconds):
            heard = time.monotonic()
        elif options.drain:
            watch.see(consumer.messages, now=True)
            if watch.last.books.lag == 0:
                return
            if time.monotonic() - heard > options.patience:
                raise Stop(f"{watch.last.books.lag:,} messages are there and do not come")
        if line := watch.see(consumer.messages):
            sys.stderr.write(line + "\n")


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--source", required=True, help="kafka://HOST:PORT, nats://HOST:PORT or file:DIRECTORY")
    add("--sink", required=True, help="clickhouse://HOST:PORT, chdb:DIRECTORY or sqlite:FILE")
    add("--decode", choices=WAYS, default="dict")
    add("--insert", choices=INSERTS, default="row")
    add("--collector", choices=SETTINGS, default="default")
    add("--users", type=int, default=200_000, help="users in memory, four objects each")
    add("--batch", type=int, default=10_000, help="messages at once, at most")
    add("--seconds", type=float, default=1.0, help="what comes in this time is a batch, too")
    add("--group", default="stream", help="on whose behalf offsets are committed")
    add("--member", default="", help="our own name in a group of Kafka, kept over a restart")
    add("--offsets", type=Path, help="directory for the offsets of a log; else beside it")
    add("--rounds", type=int, default=1, help="read a log so many times over")
    add("--drain", action="store_true", help="end when nothing is left")
    add("--patience", type=float, default=60.0, help="seconds to wait for what does not come")
    add("--fresh", action="store_true", help="drop the alarms of earlier runs first")
    return parser


def main() -> None:
    """Run, and print the report as the last line."""
    try:
        report = consume(arguments().parse_args())
    except (Stop, ValueError, msgspec.DecodeError, sqlite3.Error) as error:
        sys.exit(f"consumer: {error}")
    except KeyError as error:
        sys.exit(f"consumer: a message has no such field, or there is no such user: {error}")
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
