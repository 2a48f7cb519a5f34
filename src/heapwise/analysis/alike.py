"""Makes profiles count the same things in the same units, as pprof does before it merges them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from heapwise.analysis.edit import keep_samples
from heapwise.errors import ProfileError
from heapwise.formats.measurement import same_family, scale
from heapwise.model.profile import Profile, ValueType

_HINT = "merge profiles of one kind: heap with heap, cpu with cpu"


def alike(profiles: Sequence[Profile]) -> list[Profile]:
    """The profiles with the sample types that all of them have, in the order of the first.

    Where units differ, as ``milliseconds`` from ``nanoseconds``, the finest one is taken.

    Raises:
        ProfileError: they have no sample type in common, or differ in what a period is.
    """
    everywhere = set.intersection(*({kind.type for kind in one.sample_types} for one in profiles))
    common = [kind.type for kind in profiles[0].sample_types if kind.type in everywhere]
    if not common:
        raise ProfileError(
            "the profiles have no sample type in common",
            " and ".join(", ".join(map(str, one.sample_types)) for one in profiles[:2]),
            _HINT,
        )
    chosen = [_with_types(one, common) for one in profiles]
    period = _finest([one.period_type for one in chosen])
    types = [
        _finest([one.sample_types[column] for one in chosen]) for column in range(len(common))
    ]  # fmt: skip
    return [_in_units(one, types, period) for one in chosen]


def scaled(profile: Profile, ratios: Sequence[float]) -> Profile:
    """The profile with each sample type multiplied, halves rounded away from zero.

    As in pprof, samples go that are 0 in every type whose ratio is not 1.
    """
    values = profile.values.copy()
    kept = np.zeros(len(profile), bool)
    for column, ratio in enumerate(ratios):
        if ratio != 1:
            exact = values[:, column] * ratio
            whole = np.trunc(exact)
            away = np.abs(exact - whole) >= 0.5
            values[:, column] = (whole + np.where(away, np.sign(exact), 0)).astype(np.int64)
            kept |= values[:, column] != 0
    if all(ratio == 1 for ratio in ratios):
        return profile
    return keep_samples(replace(profile, values=values), kept)


def divided(profile: Profile, by: float) -> Profile:
    """The profile with all values divided; what is behind the point is cut off, as in pprof."""
    ratio = 1 / by
    if ratio in {0, 1}:
        return profile
    limit = float(np.iinfo(np.int64).max)
    values = np.trunc(profile.values * ratio)
    if np.abs(values).max(initial=0) >= limit:
        raise ProfileError("cannot divide the values", "they come to more than 2^63")
    return replace(profile, values=values.astype(np.int64))


def _with_types(profile: Profile, wanted: list[str]) -> Profile:
    names = [kind.type for kind in profile.sample_types]
    if names == wanted:
        return profile
    columns = [names.index(name) for name in wanted]
    default = profile.default_sample_type
    return replace(
        profile,
        sample_types=tuple(profile.sample_types[column] for column in columns),
        values=profile.values[:, columns],
        default_sample_type=default if default in wanted else wanted[0],
    )


def _finest(types: Sequence[ValueType]) -> ValueType:
    """The one with the smallest unit.

    Raises:
        ProfileError: amounts of these types cannot be compared.
    """
    finest = types[0]
    for other in types[1:]:
        same_type = finest.type.removesuffix("s") == other.type.removesuffix("s")
        if not (same_type and same_family(finest.unit, other.unit)):
            raise ProfileError(
                "the profiles do not count the same things", f"{finest} and {other}", _HINT
            )
        if scale(1, other.unit, finest.unit)[0] < 1:
            finest = other
    return finest


def _in_units(profile: Profile, types: Sequence[ValueType], period: ValueType) -> Profile:
    ratios = [
        scale(1, own.unit, wanted.unit)[0]
        for own, wanted in zip(profile.sample_types, types, strict=True)
    ]
    if period.type != profile.period_type.type:
        raise ProfileError(
            "the profiles do not count the same things",
            f"{profile.period_type} and {period}",
            _HINT,
        )
    return replace(
        scaled(profile, ratios),
        sample_types=tuple(
            ValueType(own.type, wanted.unit)
            for own, wanted in zip(profile.sample_types, types, strict=True)
        ),
        period_type=ValueType(profile.period_type.type, period.unit),
        period=int(scale(profile.period, profile.period_type.unit, period.unit)[0]),
    )
