"""Columns into ``profile.proto``; ids are table indices plus one."""

from __future__ import annotations

from typing import Any

from heapwise.formats import pprof_schema as schema
from heapwise.model.profile import Profile, ValueType


def encode_message(profile: Profile) -> bytes:
    """Encode a profile without compressing it. The string table keeps its order."""
    message = schema.Profile()
    strings = _Strings(profile)
    _add_header(message, profile, strings)
    _add_samples(message, profile)
    _add_mappings(message, profile)
    _add_locations(message, profile)
    _add_functions(message, profile)
    message.string_table.extend(strings.all)
    return bytes(message.SerializeToString())


class _Strings:
    """The profile's strings, and those its header adds."""

    def __init__(self, profile: Profile) -> None:
        self.all = list(profile.strings) or [b""]
        self._index = {string: index for index, string in reversed([*enumerate(self.all)])}

    def index(self, text: str) -> int:
        """The index of a text, which is added if it is new."""
        raw = text.encode("utf-8", "replace")
        index = self._index.setdefault(raw, len(self.all))
        if index == len(self.all):
            self.all.append(raw)
        return index


def _add_header(message: Any, profile: Profile, strings: _Strings) -> None:
    def fill(field: Any, value_type: ValueType) -> None:
        field.type = strings.index(value_type.type)
        field.unit = strings.index(value_type.unit)

    for sample_type in profile.sample_types:
        fill(message.sample_type.add(), sample_type)
    if profile.period_type != ValueType("", ""):
        fill(message.period_type, profile.period_type)
    message.period = profile.period
    message.time_nanos = profile.time_ns
    message.duration_nanos = profile.duration_ns
    message.default_sample_type = strings.index(profile.default_sample_type)
    message.drop_frames = strings.index(profile.drop_frames)
    message.keep_frames = strings.index(profile.keep_frames)
    message.comment.extend(map(strings.index, profile.comments))
    message.doc_url = strings.index(profile.doc_url)


def _add_samples(message: Any, profile: Profile) -> None:
    stack_ids = (profile.stack_locations.astype("<u8") + 1).tolist()
    stack_offsets = profile.stack_offsets.tolist()
    label_offsets = profile.label_offsets.tolist()
    labels = profile.labels.tolist()
    rows = zip(profile.stacks.tolist(), profile.values.tolist(), strict=True)
    sample = schema.Sample()
    for number, (stack, values) in enumerate(rows):
        sample.Clear()
        sample.location_id.extend(stack_ids[stack_offsets[stack] : stack_offsets[stack + 1]])
        sample.value.extend(values)
        for key, text, num, unit in labels[label_offsets[number] : label_offsets[number + 1]]:
            sample.label.add(key=key, str=text, num=num, num_unit=unit)
        message.sample.append(sample.SerializeToString())


def _add_mappings(message: Any, profile: Profile) -> None:
    names = (
        "memory_start",
        "memory_limit",
        "file_offset",
        "filename",
        "build_id",
        "has_functions",
        "has_filenames",
        "has_line_numbers",
        "has_inline_frames",
    )
    for number, row in enumerate(profile.mappings.tolist(), 1):
        mapping = schema.Mapping(id=number, **dict(zip(names, row, strict=True)))
        message.mapping.append(mapping.SerializeToString())


def _add_locations(message: Any, profile: Profile) -> None:
    offsets = profile.line_offsets.tolist()
    lines = profile.lines.tolist()
    for number, (mapping, address, folded) in enumerate(profile.locations.tolist()):
        location = schema.Location(
            id=number + 1, mapping_id=mapping + 1, address=address, is_folded=folded
        )
        for function, line, column in lines[offsets[number] : offsets[number + 1]]:
            location.line.add(function_id=function + 1, line=line, column=column)
        message.location.append(location.SerializeToString())


def _add_functions(message: Any, profile: Profile) -> None:
    for number, (name, system_name, filename, start) in enumerate(profile.functions.tolist(), 1):
        function = schema.Function(
            id=number, name=name, system_name=system_name, filename=filename, start_line=start
        )
        message.function.append(function.SerializeToString())
