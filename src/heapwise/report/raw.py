"""Everything a profile holds, as pprof's raw prints it; ids count from 1, in the tables' order."""

from __future__ import annotations

from collections.abc import Iterator

from heapwise.formats.buckets import go_duration
from heapwise.model.profile import Profile
from heapwise.names import visible
from heapwise.report.head import local_time

_LABELS = " " * 16


def raw_lines(profile: Profile) -> Iterator[str]:
    """One string a line; what could drive a terminal is spelled out."""
    parts = (_header(profile), _samples(profile), _locations(profile), _mappings(profile))
    return (visible(line) for part in parts for line in part)


def _header(profile: Profile) -> Iterator[str]:
    yield from (f"Comment: {comment}" for comment in profile.comments)
    if profile.doc_url:
        yield f"Doc: {profile.doc_url}"
    yield f"PeriodType: {profile.period_type.type} {profile.period_type.unit}"
    yield f"Period: {profile.period}"
    if profile.time_ns:
        yield f"Time: {_time(profile.time_ns)}"
    if profile.duration_ns:
        yield f"Duration: {_duration(profile.duration_ns)[:4]:>4}"


def _samples(profile: Profile) -> Iterator[str]:
    yield "Samples:"
    default = profile.default_sample_type
    yield " ".join(
        f"{kind}[dflt]" if kind.type == default else str(kind) for kind in profile.sample_types
    )
    offsets, labels = profile.label_offsets.tolist(), profile.labels.tolist()
    stacks: dict[int, str] = {}
    rows = zip(profile.stacks.tolist(), profile.values.tolist(), strict=True)
    for sample, (stack, values) in enumerate(rows):
        if stack not in stacks:
            stacks[stack] = "".join(f"{index + 1} " for index in profile.stack(stack).tolist())
        yield "".join(f" {value:10d}" for value in values) + ": " + stacks[stack]
        yield from _labels(profile, labels[offsets[sample] : offsets[sample + 1]])


def _labels(profile: Profile, rows: list[tuple[int, int, int, int]]) -> Iterator[str]:
    """The line of a sample's texts and that of its numbers, where it has any."""
    text = profile.strings.text
    texts: dict[str, list[str]] = {}
    numbers: dict[str, list[tuple[int, str]]] = {}
    for key, value, number, unit in rows:
        if value:
            texts.setdefault(text(key), []).append(text(value))
        elif number or unit:
            numbers.setdefault(text(key), []).append((number, text(unit)))
    for group in (texts, {key: _with_units(pairs) for key, pairs in numbers.items()}):
        if group:
            listed = (f"{key}:[{' '.join(values)}]" for key, values in group.items())
            yield _LABELS + " ".join(sorted(listed))


def _with_units(pairs: list[tuple[int, str]]) -> list[str]:
    """Numbers with their units, where any of them has one."""
    if any(unit for _, unit in pairs):
        return [f"{number} {unit}" for number, unit in pairs]
    return [str(number) for number, _ in pairs]


def _locations(profile: Profile) -> Iterator[str]:
    yield "Locations"
    functions, text = profile.functions.tolist(), profile.strings.text
    for index, (mapping, address, folded) in enumerate(profile.locations.tolist()):
        start = f"{index + 1:6d}: {address:#x} "
        start += f"M={mapping + 1} " if mapping >= 0 else ""
        start += "[F] " if folded else ""
        lines = profile.location_lines(index).tolist()
        if not lines:
            yield start
        for function, line, column in lines:
            name, system_name, filename, first = functions[function]
            shown = f"{text(name)} {text(filename)}:{line}:{column} s={first}"
            other = text(system_name)
            yield start + shown + (f"({other})" if other != text(name) else "")
            start = " " * 13


def _mappings(profile: Profile) -> Iterator[str]:
    yield "Mappings"
    for number, row in enumerate(profile.mappings.tolist(), 1):
        start, limit, offset, filename, build_id, *known = row
        bits = "".join(
            bit for bit, there in zip(("[FN]", "[FL]", "[LN]", "[IN]"), known, strict=True) if there
        )
        names = f"{profile.strings.text(filename)} {profile.strings.text(build_id)}"
        yield f"{number}: {start:#x}/{limit:#x}/{offset:#x} {names} {bits}"


def _time(time_ns: int) -> str:
    """A moment as Go prints it."""
    moment = local_time(time_ns)
    fraction = f".{time_ns % 1_000_000_000:09d}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} {moment:%z %Z}"


def _duration(ns: int) -> str:
    """A duration as Go prints it: ``1.5s``, ``2m0s``, ``1h0m3.5s``."""
    return f"-{go_duration(-ns)}" if ns < 0 else go_duration(ns)
