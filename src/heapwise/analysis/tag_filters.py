"""Filters by label: which samples a view shows, and which of their labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from heapwise.analysis.distinct import distinct
from heapwise.analysis.edit import keep_labels, owners
from heapwise.analysis.granularity import Bools
from heapwise.analysis.user_pattern import UserPattern
from heapwise.formats.measurement import scale
from heapwise.model.profile import Profile, Records

_AMOUNT = r"([+-]?[0-9]{1,18})([A-Za-z]*)"
_RANGE = re.compile(f"(?:{_AMOUNT})?(:?)(?:{_AMOUNT})?")
_INFERRED = {"alignment": "bytes", "request": "bytes"}


def numeric_labels(profile: Profile) -> Bools:
    """Bool per label: it holds a number. One that holds nothing at all is no label."""
    labels = profile.labels
    numbers: Bools = (labels["str"] == 0) & ((labels["num"] != 0) | (labels["num_unit"] != 0))
    return numbers


def held_labels(profile: Profile) -> Bools:
    """Bool per label: it holds a text or a number."""
    texts: Bools = profile.labels["str"] != 0
    return texts | numeric_labels(profile)


def label_units(profile: Profile) -> dict[str, str]:
    """The unit of each numeric label: the first one given, else what pprof takes it for."""
    numeric = _columns(profile.labels[numeric_labels(profile)], "key", "num_unit")
    units: dict[str, str] = {}
    firsts, _ = distinct(numeric)
    pairs = [tuple(map(profile.strings.text, row)) for row in numeric[firsts].tolist()]
    for key, unit in pairs:
        if unit:
            units.setdefault(key, unit)
    for key, _ in pairs:
        units.setdefault(key, _INFERRED.get(key, key))
    return units


def _columns(labels: Records, *names: str) -> Records:
    """Some columns of labels, without what stands between them."""
    result = np.zeros(len(labels), [(name, labels.dtype[name]) for name in names])
    for name in names:
        result[name] = labels[name]
    return result


class TagFilter:
    """``key=value`` or ``value``: a range of amounts, or patterns separated by commas.

    Without a key each pattern must be found in some ``key:value`` of a sample; with a key one of
    them must be found in one of its values.

    Attributes:
        text: as it was typed.
        found: a sample matched.

    Raises:
        UsageError: a pattern cannot be read.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.found = False
        key, equals, value = text.partition("=")
        self._key = key if equals else None
        wanted = value if equals else text
        self._range = _Range.of(wanted)
        self._patterns = [] if self._range else [UserPattern(part) for part in wanted.split(",")]

    def matches(self, profile: Profile, units: Mapping[str, str]) -> Bools:
        """Bool per sample; ``units`` are those of `label_units`."""
        wanted = self._range
        if wanted:
            result = self._samples(profile, lambda key, num: wanted.holds(num, units[key]))
        else:
            found = [self._samples_matching(profile, pattern) for pattern in self._patterns]
            result = np.any(found, axis=0) if self._key is not None else np.all(found, axis=0)
        self.found = bool(result.any())
        return result

    def _samples_matching(self, profile: Profile, pattern: UserPattern) -> Bools:
        text = profile.strings.text
        if self._key is not None:
            return self._samples(profile, lambda _, value: pattern.matches(text(value)))
        return self._samples(profile, lambda key, value: pattern.matches(f"{key}:{text(value)}"))

    def _samples(self, profile: Profile, test: Callable[[str, int], bool]) -> Bools:
        """Bool per sample: one of its labels passes; each distinct label is tested once."""
        labels = profile.labels
        chosen = numeric_labels(profile) if self._range else labels["str"] != 0
        pairs = _columns(labels[chosen], "key", "num" if self._range else "str")
        firsts, groups = distinct(pairs)
        passed = [
            self._key in {None, key} and test(key, value)
            for key, value in (
                (profile.strings.text(key), value) for key, value in pairs[firsts].tolist()
            )
        ]
        result = np.zeros(len(profile), bool)
        result[owners(profile.label_offsets)[chosen][np.array(passed, bool)[groups]]] = True
        return result


@dataclass(frozen=True, slots=True)
class _Range:
    """Amounts of one unit between two, which are included; None is no limit."""

    unit: str
    least: float | None
    most: float | None

    @classmethod
    def of(cls, text: str) -> _Range | None:
        """``32kb``, ``:64kb``, ``4mb:`` or ``12kb:64mb``; None for anything else."""
        found = _RANGE.fullmatch(text)
        if found is None or not (found[1] or found[4]) or (found[4] and not found[3]):
            return None
        least = scale(int(found[1]), found[2], found[2]) if found[1] else None
        unit = least[1] if least else found[5]
        most = scale(int(found[4]), found[5], unit) if found[4] else None
        if least and most and least[1] != most[1]:
            return None
        exactly = least[0] if least and not found[3] else None
        return cls(
            (least or most or (0, ""))[1],
            least[0] if least else None,
            most[0] if most else exactly,
        )

    def holds(self, value: int, unit: str) -> bool:
        """True where an amount lies in the range; never for one of another kind."""
        scaled, shown = scale(value, unit, self.unit)
        return (
            shown == self.unit
            and (self.least is None or scaled >= self.least)
            and (self.most is None or scaled <= self.most)
        )


def keep_tags(profile: Profile, show: UserPattern | None, hide: UserPattern | None) -> Profile:
    """The profile with the labels whose key matches ``show`` and not ``hide``."""
    if not (show or hide):
        return profile
    firsts, groups = distinct(profile.labels["key"])
    keys = [profile.strings.text(index) for index in profile.labels["key"][firsts].tolist()]
    shown = np.array([show.matches(key) for key in keys] if show else [True] * len(keys), bool)
    hidden = np.array([hide.matches(key) for key in keys] if hide else [False] * len(keys), bool)
    return keep_labels(profile, (shown & ~hidden)[groups])
