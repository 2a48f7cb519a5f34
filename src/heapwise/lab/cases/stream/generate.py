"""Makes the messages of the stream, in three formats: ``generate.py --seed 1 --scale 1000 OUT``."""

from __future__ import annotations

import argparse
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path

import msgspec
from logs import LogWriter
from messages import ALARM, REGIONS, Message
from schema import Reading

USERS = 200_000
"""Whom the messages are of: 0 to this."""

ALARMS = 500
"""One message in so many is an alarm, on average."""

ROUNDS = 5
"""How many times the log is read over, as if it were that long; disks are small."""

_BEGIN_MS = 1_700_000_000_000
_TOGETHER = 10_000


def messages(seed: int, count: int) -> Iterator[Message]:
    """Messages of about 620 bytes as JSON; the same for the same seed."""
    draw = random.Random(seed)  # noqa: S311 - data to read, no secret
    for number in range(count):
        yield Message(
            id=f"{draw.getrandbits(128):032x}",
            at=_BEGIN_MS + number,
            user=draw.randrange(USERS),
            region=draw.choice(REGIONS),
            kind=ALARM if draw.randrange(ALARMS) == 0 else "reading",
            value=draw.randrange(-1_000_000, 1_000_000),
            tags=[f"zone-{draw.randrange(90) + 10}", f"rack-{draw.randrange(900) + 100}", "live"],
            attributes={
                "firmware": f"4.{draw.randrange(10)}.{draw.randrange(100)}",
                "model": f"thermo-{draw.randrange(9000) + 1000}",
                "gateway": f"gw-{draw.getrandbits(48):012x}.example.net",
                "session": f"{draw.getrandbits(96):024x}",
                "trace": f"{draw.getrandbits(64):016x}",
                "building": f"b{draw.randrange(40) + 10}-floor-{draw.randrange(9)}",
                "owner": f"team-{draw.randrange(900) + 100}@example.com",
                "timezone": "Europe/Helsinki",
                "contract": f"C-{draw.randrange(9_000_000) + 1_000_000}/maintenance/standard",
                "protocol": "mqtt-5.0",
                "certificate": f"sha256:{draw.getrandbits(160):040x}",
                "battery": f"{draw.randrange(100)} %",
                "signal": f"-{draw.randrange(60) + 40} dBm",
                "calibrated": f"2025-{draw.randrange(12) + 1:02d}-14T09:30:00Z",
            },
        )


def as_protobuf(message: Message) -> bytes:
    """The message as Protocol Buffers have it."""
    data: bytes = Reading(**msgspec.structs.asdict(message)).SerializeToString()
    return data


ENCODERS: dict[str, Callable[[Message], bytes]] = {
    "json": msgspec.json.encode,
    "msgpack": msgspec.msgpack.encode,
    "protobuf": as_protobuf,
}
"""Each by the name of its topic."""


def generate(seed: int, count: int, directory: Path) -> None:
    """Write a log for each format."""
    with ExitStack() as opened:
        writers = {
            topic: opened.enter_context(closing(LogWriter(directory, topic))) for topic in ENCODERS
        }
        made = messages(seed, count)
        while some := list(islice(made, _TOGETHER)):
            for topic, encode in ENCODERS.items():
                writers[topic].append(map(encode, some))


def main() -> None:
    """Make a directory; it has its name once it is complete."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--scale", type=int, required=True, help=f"messages; a {ROUNDS}th is made")
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    draft = options.out.with_name(f"{options.out.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    generate(options.seed, max(1, options.scale // ROUNDS), draft)
    draft.rename(options.out)


if __name__ == "__main__":
    main()
