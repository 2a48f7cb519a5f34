"""Reads benchmark output line by line; what is no result and no configuration is passed over.

A damaged line costs itself and nothing else. Two things benchstat passes over are kept: lines with
which ``go test`` says that something failed, and panics, since what they cut off is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import zip_longest

from heapwise.formats.benchfmt.numbers import NumberError, parse_float, parse_integer
from heapwise.formats.benchfmt.units import tidy
from heapwise.model.bench import Benchmarks, Remark, Result, UnitFact, Value

MOST_LINE = 1 << 20
"""Characters of the longest line that is looked at."""

_FAILED = re.compile(
    r"(?:--- FAIL: \S+|FAIL(?:\t.*)?|panic: .*|fatal error: .*|signal: .*|exit status [1-9]\d*)",
    re.ASCII,
)
_CUT_SHORT = re.compile(r"(?:--- FAIL: |panic: |fatal error: ).*")
"""Where the name of a benchmark was printed already when it failed."""

_MOST_REMARKS = 1000
_BLANKS = re.compile("[\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")


class Reader:
    """Reads files one after the other; facts about units hold across them."""

    def __init__(self) -> None:
        self._results: list[Result] = []
        self._facts: dict[tuple[str, str], UnitFact] = {}
        self._damaged: list[Remark] = []
        self._failures: list[Remark] = []

    def benchmarks(self) -> Benchmarks:
        """Everything read so far."""
        return Benchmarks(
            results=tuple(self._results),
            units=tuple(self._facts.values()),
            damaged=tuple(self._damaged),
            failures=tuple(self._failures),
        )

    def add(self, other: Benchmarks) -> None:
        """Take over what another format's reader found."""
        self._results += other.results
        self._damaged += other.damaged

    def read(self, lines: Iterable[str], source: str, path: str = "") -> None:
        """Read one file.

        Args:
            lines: split at line feeds only, with or without them.
            source: the label of the file, which results carry.
            path: of the file, which remarks name; empty if that is its label.
        """
        path = path or source
        config: tuple[tuple[str, str], ...] = ()
        for number, raw in enumerate(lines, 1):
            line = raw.removesuffix("\n").removesuffix("\r")
            try:
                if len(line) > MOST_LINE:
                    self._remark(self._damaged, path, number, "longer than a megabyte")
                elif line.startswith("Benchmark"):
                    self._benchmark(line, config, source, number)
                elif line.startswith("Unit") and _words(line)[0] == "Unit":
                    self._unit(line, path, number)
                else:
                    # "panic: …" is a failure, and to the format also a key with a value.
                    if _FAILED.fullmatch(line.strip()):
                        self._remark(self._failures, path, number, line.strip()[:200])
                    if pair := key_and_value(line):
                        config = _configured(config, *pair)
            except _DamagedError as error:
                self._remark(self._damaged, path, number, str(error))
                if found := _CUT_SHORT.search(line):
                    self._remark(self._failures, path, number, found[0][:200])

    def _benchmark(
        self, line: str, config: tuple[tuple[str, str], ...], source: str, number: int
    ) -> None:
        found = _result(line.removeprefix("Benchmark"))
        if found is None:
            return
        name, iterations, values = found
        self._results.append(
            Result(
                name=name,
                iterations=iterations,
                values=values,
                config=config,
                source=source,
                line=number,
            )
        )

    def _unit(self, line: str, path: str, number: int) -> None:
        _, *words = _words(line)
        if not words:
            raise _DamagedError("missing unit")
        unit = tidy(1, words[0])[1]
        for word in words[1:]:
            key, equals, value = word.partition("=")
            known = self._facts.get((unit, key))
            if not equals or not key:
                self._remark(self._damaged, path, number, "expected key=value")
            elif known is None:
                self._facts[unit, key] = UnitFact(unit, key, value)
            elif known.value != value:
                text = f"metadata {key} of unit {words[0]} already set to {known.value}"
                self._remark(self._damaged, path, number, text)

    def _remark(self, to: list[Remark], path: str, number: int, text: str) -> None:
        if len(to) < _MOST_REMARKS:
            to.append(Remark(path, number, text))


class _DamagedError(ValueError):
    """What is wrong with a line, in a few words."""


def key_and_value(line: str) -> tuple[str, str] | None:
    """A line ``key: value``, or None for any other.

    A key begins with a lower-case letter and has neither blanks nor upper-case letters; the value
    may be missing, and has a blank before it otherwise.
    """
    key, colon, rest = line.partition(":")
    if not colon or not key[:1].islower() or any(c.isspace() or c.isupper() for c in key):
        return None
    value = rest.lstrip(" \t")
    return (key, value) if not rest or value != rest else None


def _configured(
    config: tuple[tuple[str, str], ...], key: str, value: str
) -> tuple[tuple[str, str], ...]:
    """The configuration after a line; without a value the line takes its key back.

    The last key then moves to the free place, as in benchfmt: tables print keys in this order.
    """
    keys = [known for known, _ in config]
    pairs = list(config)
    if key not in keys:
        return (*config, (key, value)) if value else config
    place = keys.index(key)
    pairs[place] = (key, value) if value else pairs[-1]
    return tuple(pairs if value else pairs[:-1])


def _result(line: str) -> tuple[str, int, tuple[Value, ...]] | None:
    """Name, iterations and values; None for the bare name that ``go test -v`` prints first."""
    words = _words(line)
    name = words.pop(0) if words and line.startswith(words[0]) else ""
    if not words and name == line:
        return None
    if not words:
        raise _DamagedError("missing iteration count")
    try:
        iterations = parse_integer(words[0])
    except NumberError as error:
        raise _DamagedError(f"parsing iteration count: {error}") from None
    if len(words) == 1:
        raise _DamagedError("missing measurements")
    values = []
    for number, unit in zip_longest(words[1::2], words[2::2]):
        value = _number(number)
        if unit is None:
            raise _DamagedError("missing units")
        values.append(_value(value, unit))
    return name, iterations, tuple(values)


def _words(line: str) -> list[str]:
    """Split at what Go takes for blanks; Python would split at some control characters too."""
    return [word for word in _BLANKS.split(line) if word]


def _number(text: str) -> float:
    try:
        return parse_float(text)
    except NumberError as error:
        raise _DamagedError(f"parsing measurement: {error}") from None


def _value(value: float, unit: str) -> Value:
    tidied, base = tidy(value, unit)
    # As in Go: 0 MB/s is 0 in any unit, and stays in its own.
    return Value(tidied, base, unit) if tidied != value else Value(value, unit)
