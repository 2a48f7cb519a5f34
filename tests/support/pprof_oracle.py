"""A second reader of ``profile.proto``: Google's parser, and pprof's rules in plain Python.

It reads into lists and tuples, slowly and simply, to be compared with the columns of the codec.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError

from heapwise.model.profile import Profile
from support import profile_proto as schema
from support.protowire import fields

_TABLES = {2: "sample", 3: "mapping", 4: "location", 5: "function", 6: "string_table"}
_NESTED = {2: 3, 4: 4}  # labels of samples, lines of locations


class RefusedError(Exception):
    """The bytes are no profile that pprof reads."""


def read(data: bytes) -> dict[str, Any]:
    """A decompressed profile as plain data.

    Raises:
        RefusedError: not one.
        OverflowError: readers need not agree about it; see `support.protowire.fields`.
    """
    try:
        _check_wire(data)
        return _plain(schema.Profile.FromString(data))
    except (DecodeError, ValueError, KeyError, IndexError) as error:
        raise RefusedError from error


def plain(profile: Profile) -> dict[str, Any]:
    """The columns of a profile in the same form."""
    locations = zip(profile.locations.tolist(), range(len(profile.locations)), strict=True)
    offsets, labels = profile.label_offsets.tolist(), profile.labels.tolist()
    return {
        "strings": list(profile.strings),
        "header": _header(
            [(kind.type, kind.unit) for kind in profile.sample_types],
            (profile.period_type.type, profile.period_type.unit),
            profile,
            (profile.default_sample_type, profile.drop_frames, profile.keep_frames,
             profile.doc_url, *profile.comments),
        ),
        "mappings": profile.mappings.tolist(),
        "functions": profile.functions.tolist(),
        "locations": [(*row, profile.location_lines(index).tolist()) for row, index in locations],
        "samples": [
            (profile.stack(stack).tolist(), values, labels[start:end])
            for stack, values, start, end in zip(
                profile.stacks.tolist(), profile.values.tolist(), offsets, offsets[1:], strict=False
            )
        ],
    }  # fmt: skip


def _check_wire(data: bytes) -> None:
    """What Google's parser forgives and we do not: groups, and tables that are numbers."""
    for number, kind, body in fields(data):
        if number in _TABLES:
            if kind != 2:
                raise ValueError("a table that is a number")
            for inner, inner_kind, inner_body in fields(body) if number != 6 else ():
                if inner == _NESTED.get(number) and inner_kind == 2:
                    list(fields(inner_body))
        elif number in {1, 11} and kind == 2:
            list(fields(body))


def _plain(message: Any) -> dict[str, Any]:
    strings = list(message.string_table)
    if strings[0] or not message.sample_type:
        raise ValueError("no strings, or no sample types")

    def named(index: int) -> int:
        strings[index if index >= 0 else len(strings)]
        return index

    def text(index: int) -> str:
        return str(strings[named(index)].decode("utf-8", "replace"))

    mapping_ids, mappings = _table(schema.Mapping, message.mapping)
    function_ids, functions = _table(schema.Function, message.function)
    location_ids, locations = _table(schema.Location, message.location)
    samples = [schema.Sample.FromString(raw) for raw in message.sample]
    width = len(message.sample_type)
    if any(len(sample.value) != width for sample in samples):
        raise ValueError("a wrong number of values")
    mapping_ids[0] = -1
    return {
        "strings": strings,
        "header": _header(
            [(text(kind.type), text(kind.unit)) for kind in message.sample_type],
            (text(message.period_type.type), text(message.period_type.unit)),
            message,
            [text(index) for index in (message.default_sample_type, message.drop_frames,
                                       message.keep_frames, message.doc_url, *message.comment)],
        ),
        "mappings": [
            (m.memory_start, m.memory_limit, m.file_offset, named(m.filename), named(m.build_id),
             m.has_functions, m.has_filenames, m.has_line_numbers, m.has_inline_frames)
            for m in mappings
        ],
        "functions": [
            (named(f.name), named(f.system_name), named(f.filename), f.start_line)
            for f in functions
        ],
        "locations": [
            (mapping_ids[loc.mapping_id], loc.address, loc.is_folded,
             [(function_ids[line.function_id], line.line, line.column) for line in loc.line])
            for loc in locations
        ],
        "samples": [
            ([location_ids[number] for number in sample.location_id], list(sample.value),
             [(named(label.key), named(label.str), label.num, named(label.num_unit))
              for label in sample.label])
            for sample in samples
        ],
    }  # fmt: skip


def _header(types: Any, period_type: Any, source: Any, texts: Any) -> tuple[Any, ...]:
    """The order of both forms; times have different names in the model and on the wire."""
    time_ns = source.time_ns if isinstance(source, Profile) else source.time_nanos
    duration = source.duration_ns if isinstance(source, Profile) else source.duration_nanos
    return types, period_type, source.period, time_ns, duration, list(texts)


def _table(kind: Any, rows: Any) -> tuple[dict[int, int], list[Any]]:
    messages = [kind.FromString(raw) for raw in rows]
    ids = {message.id: index for index, message in enumerate(messages)}
    if len(ids) < len(messages) or 0 in ids:
        raise ValueError("an id is 0 or comes twice")
    return ids, messages
