"""The consumer, fed by a broker: its messages are put there first, by another process.

``replay.py --logs DIRECTORY --source PLACE …``; all other arguments are the consumer's.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import consumer
from decoders import WAYS


def main() -> None:
    """Fill the broker, then consume."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=False)
    parser.add_argument("--logs", type=Path, required=True)
    ours, rest = parser.parse_known_args()
    options = consumer.arguments().parse_args(rest)
    program = Path(__file__).with_name("produce.py")
    # It is not what is measured.
    environment = {**os.environ, "HEAPWISE_AGENT": "off"}
    topic, rounds = WAYS[options.decode].topic, str(options.rounds)
    subprocess.run(
        [sys.executable, program, ours.logs, topic, options.source, rounds],
        env=environment,
        check=True,
    )
    sys.argv[1:] = [*rest, "--rounds", "1"]  # they are all there now
    consumer.main()


if __name__ == "__main__":
    main()
