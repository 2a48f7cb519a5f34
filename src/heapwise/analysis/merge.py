"""Several profiles as one, and one against a base, as ``go tool pprof`` combines them.

Profiles number their strings, functions and locations as they like: everything is matched by
content. A location is its source lines and its address within its mapping, so that a mapping that
moved still matches; a sample is its stack and its labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from heapwise.analysis.aggregate import BASE_KEY, BASE_VALUE
from heapwise.analysis.alike import alike, scaled
from heapwise.analysis.edit import keep_labels, owners
from heapwise.analysis.joined import joined
from heapwise.analysis.unified import unified
from heapwise.errors import ProfileError
from heapwise.model.profile import LABEL, Profile, StringTable

_SAFE = float(1 << 62)


def merge(profiles: Sequence[Profile]) -> Profile:
    """The sum of profiles: equal samples are added up, those that come to nothing are gone.

    The result was taken when the earliest of them was, for as long as all of them together. It has
    the sample types that all of them have, and only the locations that its samples use. One profile
    alone stays as it is.

    Raises:
        ProfileError: they do not count the same things.
    """
    if len(profiles) == 1:
        return profiles[0]
    return _merged(alike(profiles))


def against(
    base: Profile, profile: Profile, *, marked: bool = False, normalize: bool = False
) -> Profile:
    """A profile minus its base.

    Args:
        base: to subtract.
        profile: to subtract it from.
        marked: keep the samples of the base apart, labelled as such: percentages then refer to
            the base, and no two samples cancel out.
        normalize: first scale each sample type of ``profile`` to the base's total. This hides
            whether the total changed.

    Raises:
        ProfileError: they do not count the same things.
    """
    if normalize:
        if [*map(str, base.sample_types)] != [*map(str, profile.sample_types)]:
            raise ProfileError(
                "cannot scale a profile to a base of other sample types",
                f"one has {_types(profile)}, the other {_types(base)}",
            )
        profile = scaled(profile, _ratios(base, profile))
    base = replace(_marked(base) if marked else base, values=-base.values)
    return merge([profile, base])


def _ratios(base: Profile, profile: Profile) -> list[float]:
    """The total of each type in the base by that in the profile; 0 where that is nothing."""
    return [
        sum(before) / total if (total := sum(now)) else 0.0
        for before, now in zip(base.values.T.tolist(), profile.values.T.tolist(), strict=True)
    ]


def _types(profile: Profile) -> str:
    return ", ".join(map(str, profile.sample_types))


def _marked(profile: Profile) -> Profile:
    """The profile with every sample labelled as part of the base, and only once."""
    texts = list(profile.strings)
    old = [number for number, text in enumerate(texts) if text == BASE_KEY]
    profile = keep_labels(
        profile, ~(np.isin(profile.labels["key"], old) & (profile.labels["str"] != 0))
    )
    count = len(profile)
    mark = np.zeros(count, LABEL)
    mark["key"], mark["str"] = len(texts), len(texts) + 1
    owner = np.concatenate([owners(profile.label_offsets), np.arange(count)])
    order = np.argsort(owner, kind="stable")
    return replace(
        profile,
        strings=StringTable.of([*texts, BASE_KEY, BASE_VALUE]),
        labels=np.concatenate([profile.labels, mark])[order],
        label_offsets=profile.label_offsets + np.arange(count + 1),
    )


def _merged(profiles: Sequence[Profile]) -> Profile:
    """One profile of profiles that count the same things, compacted."""
    magnitude = sum(float(np.abs(one.values.astype(np.float64)).sum()) for one in profiles)
    if magnitude >= _SAFE:
        raise ProfileError("cannot add the profiles up", "their values come to more than 2^62")
    result = replace(unified(joined(profiles)), **_header(profiles))
    # What cancelled out leaves entries in the tables that nothing uses.
    return result if result.values.any(axis=1).all() else _merged([result])


def _header(profiles: Sequence[Profile]) -> dict[str, Any]:
    """The fields outside the tables, from the first profile unless they add up."""
    first = profiles[0]
    time_ns = period = 0
    for one in profiles:
        time_ns = one.time_ns if time_ns == 0 else min(time_ns, one.time_ns)
        period = one.period if period == 0 else max(period, one.period)
    return {
        "sample_types": first.sample_types,
        "period_type": first.period_type,
        "period": period,
        "time_ns": time_ns,
        "duration_ns": sum(one.duration_ns for one in profiles),
        "drop_frames": first.drop_frames,
        "keep_frames": first.keep_frames,
        "comments": tuple(dict.fromkeys(text for one in profiles for text in one.comments)),
        "default_sample_type": next(filter(None, (p.default_sample_type for p in profiles)), ""),
        "doc_url": next(filter(None, (one.doc_url for one in profiles)), ""),
    }
