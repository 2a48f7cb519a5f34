"""Groups of targets as Prometheus' service discovery has them: by file and by HTTP alike.

``[{"targets": ["10.0.0.7:8080"], "labels": {"zone": "a", "__metrics_path__": "/m"}}, …]``. Read in
Prometheus' documentation of ``file_sd_configs`` and ``http_sd_configs``; compared with what a real
one makes of the same lists in the tests. Of relabelling there is what it starts from: the labels
``__scheme__`` and ``__metrics_path__``. Others that begin with ``__`` are dropped, and so are empty
ones, as Prometheus does at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from heapwise.errors import HeapwiseError, UsageError
from heapwise.formats.urls import check_url
from heapwise.names import visible

MOST_TARGETS = 10_000
"""Of one list, and of one watcher."""

MOST_LABELS = 64
LONGEST_VALUE = 1024

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,199}", re.ASCII)
_SCHEMES = frozenset({"http", "https"})


class Group(msgspec.Struct, frozen=True):
    """Targets that share their labels."""

    targets: tuple[str, ...] = ()
    labels: dict[str, str] = msgspec.field(default_factory=dict)


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A target of a list.

    Attributes:
        address: ``host:port``.
        scheme: empty where the list does not say.
        path: of its metrics page; empty where the list does not say.
        labels: sorted; none of them begins with ``__``.
    """

    address: str
    scheme: str = ""
    path: str = ""
    labels: tuple[tuple[str, str], ...] = ()


class ListError(HeapwiseError):
    """A list of targets that cannot be read as one."""


def parse_groups(data: bytes) -> tuple[Listed, ...]:
    """Read a list; all of it or nothing, as Prometheus does.

    Raises:
        ListError: it is no such list, holds something that is no target, or too much of it.
    """
    try:
        groups = msgspec.json.decode(data, type=list[Group])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ListError("not a list of targets", visible(str(error))[:300]) from None
    if sum(len(group.targets) for group in groups) > MOST_TARGETS:
        raise ListError("not a list of targets", f"more than {MOST_TARGETS:,} of them")
    return tuple(listed for group in groups for listed in _listed(group))


def _listed(group: Group) -> Iterator[Listed]:
    labels = group.labels
    if len(labels) > MOST_LABELS:
        raise ListError("a group of targets has too many labels", f"more than {MOST_LABELS}")
    for name, value in labels.items():
        if not _NAME.fullmatch(name) or len(value) > LONGEST_VALUE:
            raise ListError("not a label", f"{visible(name)[:60]!r}")
    scheme, path = labels.get("__scheme__", ""), labels.get("__metrics_path__", "")
    if scheme and scheme not in _SCHEMES:
        raise ListError("not a scheme of targets", f"{visible(scheme)[:60]!r}")
    kept = tuple(
        sorted((name, value) for name, value in labels.items() if value and name[:2] != "__")
    )
    if path and not path.startswith("/"):
        path = f"/{path}"
    for address in group.targets:
        _check(address, scheme or "http", path)
        yield Listed(address=address, scheme=scheme, path=path, labels=kept)


def _check(address: str, scheme: str, path: str) -> None:
    """An address must be one and nothing more: a path or a user name in it would go elsewhere."""
    if len(address) > LONGEST_VALUE or any(mark in address for mark in "/?#@"):
        raise ListError("not an address of a target", f"{visible(address)[:60]!r}")
    try:
        check_url(f"{scheme}://{address}{path}")
    except UsageError as error:
        raise ListError("not an address of a target", visible(str(error))[:300]) from None
