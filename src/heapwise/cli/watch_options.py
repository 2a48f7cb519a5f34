"""Options that subcommands of ``heapwise watch`` share, and the configuration they make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from heapwise.cli.kinds import DURATION, FILE, Quantity
from heapwise.cli.options import Option
from heapwise.errors import UsageError
from heapwise.watch.config import Config, Shard, config_of, load_config

STORE = Option(
    name="store", type=FILE, metavar="DIR",
    help="Directory of what is kept; default: of the configuration, else heapwise-watch.",
)  # fmt: skip
HOUR = Option(
    name="hour", type=DURATION,
    help="How long an hour of the detectors is: 1m finds in 3 minutes what takes 3 hours.",
)  # fmt: skip

_SUFFIX = ".toml"


def _shard(text: str) -> Shard:
    index, slash, of = text.partition("/")
    if not (slash and index.isdecimal() and of.isdecimal() and 1 <= int(index) <= int(of)):
        raise UsageError(f"not a share of the targets: {text!r}", hint="write 2/5 for the second")
    return Shard(index=int(index), of=int(of))


SHARD = Option(
    name="shard", type=Quantity("K/N", _shard), metavar="K/N",
    help="Watch only the K-th of N shares of the targets, beside N - 1 other watchers.",
)  # fmt: skip


def read_config(sources: Sequence[str]) -> Config:
    """A configuration file, or services as typed.

    Raises:
        UsageError: neither; every fault of a file is told.
    """
    return config_reader(sources)()


def config_reader(sources: Sequence[str]) -> Callable[[], Config]:
    """How to read it, now and later: a file that is away then is still no name of a service.

    Raises:
        UsageError: a configuration is one of several.
    """
    if len(sources) == 1 and _is_file(sources[0]):
        return partial(load_config, Path(sources[0]))
    for source in sources:
        if source.endswith(_SUFFIX):
            hint = "it stands alone; addresses stand without one"
            raise UsageError(f"{source} is a configuration", hint=hint)
    return partial(config_of, sources)


def changed(
    config: Config,
    *,
    store: Path | None = None,
    hour: int | None = None,
    interval: int | None = None,
    shard: Shard | None = None,
) -> Config:
    """A configuration with what was typed in place of what it says.

    Raises:
        UsageError: what was typed does not fit.
    """
    watch = config.watch
    given = {"store": store, "hour": hour, "interval": interval}
    watch = msgspec.structs.replace(
        watch, **{name: value for name, value in given.items() if value is not None}
    )
    for name, what in watch.faults():
        raise UsageError(f"--{name} {what}")
    return msgspec.structs.replace(config, watch=watch, shard=shard or config.shard)


def _is_file(text: str) -> bool:
    return text.endswith(_SUFFIX) or ("=" not in text and Path(text).is_file())
