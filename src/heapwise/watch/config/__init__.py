"""What a watcher is told: a TOML file, checked to the last key before anything is asked.

`load` reads it; each other module holds tables of one theme. `docs/reference/watch-config.md` is
written from their docstrings by `reference`.
"""

from heapwise.watch.config.load import Config, ConfigError, config_of, doubts, load_config
from heapwise.watch.config.sections import (
    Archive,
    Capture,
    Export,
    Http,
    Otlp,
    Pyroscope,
    Retention,
    Shard,
    Watching,
)
from heapwise.watch.config.service import Service
from heapwise.watch.config.tell import Alerts, Sink, SinkKind

__all__ = [
    "Alerts", "Archive", "Capture", "Config", "ConfigError", "Export", "Http", "Otlp",
    "Pyroscope", "Retention", "Service", "Shard", "Sink", "SinkKind", "Watching", "config_of",
    "doubts", "load_config",
]  # fmt: skip
