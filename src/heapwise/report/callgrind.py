"""The call graph in callgrind's format, for KCachegrind and QCachegrind."""

from __future__ import annotations

from heapwise.formats.measurement import scale
from heapwise.model.calls import CallSite, CallSites
from heapwise.names import visible


def callgrind_lines(found: CallSites) -> list[str]:
    """One string a line, in the dialect that pprof writes.

    Names are written once and numbered; an address close to the last one is written as the
    distance to it.
    """
    writer = _Writer(found)
    lines = ["positions: instr line", f"events: {found.sample_type}({found.shown_unit})"]
    before: CallSite | None = None
    for site in found.sites:
        if before is None or _routine(site) != _routine(before):
            lines += ["", *writer.header(site)]
        lines.append(f"{_address(before, site)} {site.line} {writer.amount(site.flat)}")
        for callee, weight in site.callees:
            lines += writer.call(before, found.sites[callee], weight)
        before = site
    return lines


def _routine(site: CallSite) -> tuple[str, str, str]:
    return site.binary, site.filename, site.function


def _address(before: CallSite | None, site: CallSite) -> str:
    absolute = f"{site.address:#x}"
    if before is None:
        return absolute
    distance = site.address - before.address
    return min(absolute, f"{distance:+d}" if distance else "*", key=len)


class _Names:
    """Numbers names as they come: ``(3) main`` the first time, ``(3)`` from then on."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def text(self, name: str) -> str:
        if not name:
            return ""
        if name in self._numbers:
            return f"({self._numbers[name]})"
        self._numbers[name] = len(self._numbers) + 1
        return f"({self._numbers[name]}) {visible(name)}"


class _Writer:
    def __init__(self, found: CallSites) -> None:
        self._unit, self._shown = found.unit, found.shown_unit
        self._ratio = found.ratio
        self._objects, self._files, self._functions = _Names(), _Names(), _Names()

    def amount(self, weight: int) -> int:
        return int(scale(int(weight * self._ratio), self._unit, self._shown)[0])

    def header(self, site: CallSite) -> list[str]:
        return [
            f"ob={self._objects.text(site.binary)}",
            f"fl={self._files.text(site.filename)}",
            f"fn={self._functions.text(site.function)}",
        ]

    def call(self, before: CallSite | None, callee: CallSite, weight: int) -> list[str]:
        """A call has no weight of its own here, so the number of calls is 0."""
        return [
            f"cfl={self._files.text(callee.filename)}",
            f"cfn={self._functions.text(callee.called)}",
            f"calls=0 {_address(before, callee)} {callee.line}",
            f"* * {self.amount(weight)}",
        ]
