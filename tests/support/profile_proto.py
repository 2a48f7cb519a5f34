"""Message classes for ``profile.proto``, package ``perftools.profiles``, made at import.

Two things differ from the published file, neither on the wire. Strings are bytes, because profiles
hold names that are not UTF-8. The tables of `Profile` are bytes too, so that each entry is parsed
on its own and a profile never stands in memory as a tree of objects.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_PACKAGE = "heapwise.pprof"
_INT, _UINT, _BOOL, _BYTES = "int64", "uint64", "bool", "bytes"
_TYPES = {
    _INT: Field.TYPE_INT64,
    _UINT: Field.TYPE_UINT64,
    _BOOL: Field.TYPE_BOOL,
    _BYTES: Field.TYPE_BYTES,
}

# message -> (number, name, type); a star makes a field repeated.
_MESSAGES: dict[str, tuple[tuple[int, str, str], ...]] = {
    "ValueType": ((1, "type", _INT), (2, "unit", _INT)),
    "Label": ((1, "key", _INT), (2, "str", _INT), (3, "num", _INT), (4, "num_unit", _INT)),
    "Sample": ((1, "location_id*", _UINT), (2, "value*", _INT), (3, "label*", "Label")),
    "Mapping": (
        (1, "id", _UINT),
        (2, "memory_start", _UINT),
        (3, "memory_limit", _UINT),
        (4, "file_offset", _UINT),
        (5, "filename", _INT),
        (6, "build_id", _INT),
        (7, "has_functions", _BOOL),
        (8, "has_filenames", _BOOL),
        (9, "has_line_numbers", _BOOL),
        (10, "has_inline_frames", _BOOL),
    ),
    "Line": ((1, "function_id", _UINT), (2, "line", _INT), (3, "column", _INT)),
    "Location": (
        (1, "id", _UINT),
        (2, "mapping_id", _UINT),
        (3, "address", _UINT),
        (4, "line*", "Line"),
        (5, "is_folded", _BOOL),
    ),
    "Function": (
        (1, "id", _UINT),
        (2, "name", _INT),
        (3, "system_name", _INT),
        (4, "filename", _INT),
        (5, "start_line", _INT),
    ),
    "Profile": (
        (1, "sample_type*", "ValueType"),
        (2, "sample*", _BYTES),
        (3, "mapping*", _BYTES),
        (4, "location*", _BYTES),
        (5, "function*", _BYTES),
        (6, "string_table*", _BYTES),
        (7, "drop_frames", _INT),
        (8, "keep_frames", _INT),
        (9, "time_nanos", _INT),
        (10, "duration_nanos", _INT),
        (11, "period_type", "ValueType"),
        (12, "period", _INT),
        (13, "comment*", _INT),
        (14, "default_sample_type", _INT),
        (15, "doc_url", _INT),
    ),
}


def _descriptor() -> FileDescriptorProto:
    file = FileDescriptorProto(name="heapwise/profile.proto", package=_PACKAGE, syntax="proto3")
    for message_name, fields in _MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for number, name, kind in fields:
            added = message.field.add(name=name.rstrip("*"), number=number)
            added.label = Field.LABEL_REPEATED if name.endswith("*") else Field.LABEL_OPTIONAL
            if kind in _TYPES:
                added.type = _TYPES[kind]
            else:
                added.type = Field.TYPE_MESSAGE
                added.type_name = f".{_PACKAGE}.{kind}"
    return file


_pool = DescriptorPool()  # private: another library may register profile.proto in the default one
_pool.AddSerializedFile(_descriptor().SerializeToString())


def _message_class(name: str) -> Any:
    return GetMessageClass(_pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))


Sample = _message_class("Sample")
Mapping = _message_class("Mapping")
Location = _message_class("Location")
Function = _message_class("Function")
Profile = _message_class("Profile")
