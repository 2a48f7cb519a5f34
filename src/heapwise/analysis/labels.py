"""The labels of samples as text: those of each sample, and what each value weighs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from heapwise.analysis.aggregate import exact
from heapwise.analysis.distinct import distinct
from heapwise.analysis.edit import owners
from heapwise.analysis.tag_filters import held_labels, numeric_labels
from heapwise.analysis.view import Look
from heapwise.formats.measurement import label
from heapwise.model.graph import Tag, Tags, TagValue


def tags(look: Look) -> Tags:
    """What the samples with each value of each label weigh."""
    profile = look.profile
    held = held_labels(profile)
    firsts, groups = distinct(profile.labels[held])
    values = exact(profile.column(look.sample_type.type))
    sums = np.zeros(len(firsts), values.dtype)
    np.add.at(sums, groups, values[owners(profile.label_offsets)[held]])
    weights: dict[str, dict[str, int]] = {}
    for row, weight in zip(profile.labels[held][firsts].tolist(), sums.tolist(), strict=True):
        key, value = _texts(look, row, look.query.unit)
        of_key = weights.setdefault(key, {})
        of_key[value] = of_key.get(value, 0) + weight
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
    held = held_labels(profile)
    firsts, groups = distinct(profile.labels[held])
    shown = [_texts(look, row, unit) for row in profile.labels[held][firsts].tolist()]
    samples = owners(profile.label_offsets)[held].tolist()
    for sample, group in zip(samples, groups.tolist(), strict=True):
        yield sample, *shown[group]


def _texts(look: Look, row: tuple[int, int, int, int], unit: str) -> tuple[str, str]:
    """Key and value of a label; an amount in a unit."""
    text = look.profile.strings.text
    key = text(row[0])
    return key, text(row[1]) if row[1] else label(row[2], look.units[key], unit)


def _tag(key: str, weights: dict[str, int]) -> Tag:
    ordered = sorted(weights.items(), key=lambda item: (-abs(item[1]), item[0]))
    return Tag(key, sum(weights.values()), tuple(TagValue(*item) for item in ordered))
