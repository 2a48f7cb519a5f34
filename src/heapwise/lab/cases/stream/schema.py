"""The message as Protocol Buffers have it, declared here so that no ``protoc`` is needed."""

from __future__ import annotations

from typing import Any

from google.protobuf import (  # type: ignore[import-untyped]  # its types are a distribution apart
    descriptor_pb2,
    descriptor_pool,
    message_factory,
)

_Field = descriptor_pb2.FieldDescriptorProto
_NAME = "stream.Reading"


def _declared() -> descriptor_pb2.FileDescriptorProto:
    """``message Reading``: a field each, a repeated string and a map of strings."""
    file = descriptor_pb2.FileDescriptorProto(
        name="stream/reading.proto", package="stream", syntax="proto3"
    )
    reading = file.message_type.add(name="Reading")
    plain = (
        ("id", _Field.TYPE_STRING),
        ("at", _Field.TYPE_INT64),
        ("user", _Field.TYPE_INT64),
        ("region", _Field.TYPE_STRING),
        ("kind", _Field.TYPE_STRING),
        ("value", _Field.TYPE_INT64),
    )
    for number, (name, kind) in enumerate(plain, 1):
        reading.field.add(name=name, number=number, type=kind, label=_Field.LABEL_OPTIONAL)
    reading.field.add(name="tags", number=7, type=_Field.TYPE_STRING, label=_Field.LABEL_REPEATED)
    # A map is a repeated message with a key and a value; the option makes it a dictionary here.
    entry = reading.nested_type.add(name="AttributesEntry")
    entry.options.map_entry = True
    for number, name in enumerate(("key", "value"), 1):
        entry.field.add(
            name=name, number=number, type=_Field.TYPE_STRING, label=_Field.LABEL_OPTIONAL
        )
    reading.field.add(
        name="attributes",
        number=8,
        type=_Field.TYPE_MESSAGE,
        type_name=f".{_NAME}.AttributesEntry",
        label=_Field.LABEL_REPEATED,
    )
    return file


def _reading() -> Any:
    pool = descriptor_pool.DescriptorPool()
    pool.Add(_declared())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(_NAME))


Reading = _reading()
"""The class of messages; made at run time, so no type checker knows it."""
