"""What both Python benchmark formats have in common: typed JSON, names, one value a process.

Measurements made in one process share its luck: hash seed, memory layout, neighbours. So a process
counts as one sample here, the median of what it measured, however many rounds it made; thousands
of them would make any two runs "significantly" different.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from statistics import median
from typing import TypeVar

import msgspec

from heapwise.errors import ProfileError
from heapwise.model.bench import Remark, Result, Value

Shape = TypeVar("Shape", bound=msgspec.Struct)

_BLANKS = re.compile(r"\s+")
_LONGEST = 1000


def decode(data: bytes, shape: type[Shape], what: str, source: str) -> Shape:
    """Read JSON of a known shape; what the shape does not name is passed over.

    Raises:
        ProfileError: it is no JSON, or of another shape; the error says where.
    """
    try:
        return msgspec.json.decode(data, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProfileError(f"{source} is no {what}", str(error)) from None


def word(text: str) -> str:
    """A name without blanks, as the benchmark format needs it."""
    return _BLANKS.sub("_", text.strip())[:_LONGEST]


def one_line(text: str) -> str:
    """A configuration value: blanks made one, so that it fits a line."""
    return _BLANKS.sub(" ", text).strip()[:_LONGEST]


def config_pairs(pairs: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Configuration without what is empty."""
    return tuple((key, value) for key, raw in pairs.items() if (value := one_line(raw)))


def one_sample(
    numbers: Sequence[float], result: Result, unit: str
) -> tuple[Result | None, Remark | None]:
    """The result with the median of what one process measured, at least one, or why not."""
    middle = median(numbers)
    if not math.isfinite(middle):  # halfway between two very large ones
        return None, Remark(result.source, result.line, f"{result.name}: not a finite value")
    return msgspec.structs.replace(result, values=(Value(middle, unit),)), None
