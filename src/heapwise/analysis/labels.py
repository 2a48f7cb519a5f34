"""The labels of samples as text: those of each sample, and what each value weighs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from heapwise.analysis.aggregate import exact
from heapwise.analysis.tag_filters import held_labels, numeric_labels
from heapwise.analysis.view import Look
from heapwise.formats.measurement import label
from heapwise.model.graph import Tag, Tags, TagValue


def tags(look: Look) -> Tags:
    """What the samples with each value of each label weigh."""
    values = exact(look.profile.column(look.sample_type.type)).tolist()
    weights: dict[str, dict[str, int]] = {}
    for sample, key, value in _all(look, look.query.unit):
        of_key = weights.setdefault(key, {})
        of_key[value] = of_key.get(value, 0) + values[sample]
    return Tags(
        **look.head(),
        tags=tuple(_tag(key, by_value) for key, by_value in sorted(weights.items())),
    )


def labels_of_samples(look: Look) -> dict[int, tuple[tuple[str, str], ...]]:
    """Key and values of the labels of each sample that has any, in pprof's order."""
    numeric = numeric_labels(look.profile)
    grouped: dict[int, dict[tuple[bool, str], list[str]]] = {}
    for (sample, key, value), number in zip(
        _all(look, "auto"), numeric[held_labels(look.profile)], strict=True
    ):
        grouped.setdefault(sample, {}).setdefault((bool(number), key), []).append(value)
    return {
        sample: tuple(
            (key, " ".join(texts))
            for (_, key), texts in sorted(groups.items(), key=lambda item: _printed(*item))
        )
        for sample, groups in grouped.items()
    }


def _printed(kind: tuple[bool, str], texts: list[str]) -> tuple[bool, str]:
    """What pprof sorts labels by: their lines as it prints them."""
    number, key = kind
    return number, f"{key:>10}:  {' '.join(texts)}"


def _all(look: Look, unit: str) -> Iterator[tuple[int, str, str]]:
    """Sample, key and value of every label; amounts in a unit."""
    profile = look.profile
    text = profile.strings.text
    held = held_labels(profile)
    samples = np.repeat(np.arange(len(profile)), np.diff(profile.label_offsets))[held].tolist()
    rows = profile.labels[held].tolist()
    shown: dict[tuple[int, int, int, int], tuple[str, str]] = {}
    for sample, row in zip(samples, rows, strict=True):
        if row not in shown:
            key = text(row[0])
            shown[row] = key, text(row[1]) if row[1] else label(row[2], look.units[key], unit)
        yield sample, *shown[row]


def _tag(key: str, weights: dict[str, int]) -> Tag:
    ordered = sorted(weights.items(), key=lambda item: (-abs(item[1]), item[0]))
    return Tag(key, sum(weights.values()), tuple(TagValue(*item) for item in ordered))
