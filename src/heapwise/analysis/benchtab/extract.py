"""What a key of a query means for a result."""

from __future__ import annotations

from collections.abc import Callable

from heapwise.formats.benchfmt.names import base_name, name_value
from heapwise.model.bench import Result

Extract = Callable[[Result], str]


def extractor(key: str) -> Extract:
    """A function from a result to the value of a key; nothing where it has none.

    Args:
        key: any but ``.config`` and ``.unit``, which stand for more than one value.
    """
    match key:
        case ".name":
            return lambda result: base_name(result.name)
        case ".fullname":
            return lambda result: result.name
        case ".file":
            return lambda result: result.source
    if key.startswith("/"):
        return lambda result: name_value(result.name, key)
    return lambda result: next((value for name, value in result.config if name == key), "")
