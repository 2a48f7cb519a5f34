"""Numbers as Go writes them and reads them, where Python would differ."""

from __future__ import annotations

import math
import re

_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_HEX = re.compile(r"[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?\d+", re.ASCII)
_SPECIAL = re.compile(r"[+-]?inf(?:inity)?|nan", re.IGNORECASE | re.ASCII)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_MOST_DIGITS = 800
"""Python refuses to read thousands of digits as a whole number; nobody measures so finely."""
_PLAIN_UP_TO = 6
"""Powers of ten that are still written out."""


class NumberError(ValueError):
    """The text is no number to Go, or one that does not fit."""


def parse_integer(text: str) -> int:
    """Read a 64-bit count as ``strconv.Atoi`` does.

    Raises:
        NumberError: with Go's words for why.
    """
    if not _INTEGER.fullmatch(text):
        raise NumberError("invalid syntax")
    if len(text) > _MOST_DIGITS or not -(1 << 63) <= (value := int(text)) < 1 << 63:
        raise NumberError("value out of range")
    return value


def parse_float(text: str) -> float:
    """Read a measurement as ``strconv.ParseFloat`` does.

    Raises:
        NumberError: with Go's words for why.
    """
    if _HEX.fullmatch(text):
        try:
            return float.fromhex(text)
        except OverflowError:
            raise NumberError("value out of range") from None
    if _SPECIAL.fullmatch(text):
        return float(text)
    if not _DECIMAL.fullmatch(text):
        raise NumberError("invalid syntax")
    value = float(text)
    if math.isinf(value):
        raise NumberError("value out of range")
    return value


def format_float(value: float) -> str:
    """Print a number as Go's ``%v``: the shortest digits that read back, ``1e+06`` and so on."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    sign = "-" if value < 0 else ""
    digits, point = _digits(repr(abs(value)))
    power = point - 1
    if -4 <= power < _PLAIN_UP_TO:
        return sign + _plain(digits, point)
    head = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{sign}{head}e{'-' if power < 0 else '+'}{abs(power):02d}"


def _digits(text: str) -> tuple[str, int]:
    """The significant digits of a number's ``repr``, and where its point stands among them."""
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent or 0)
    digits = whole + fraction
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    return stripped.rstrip("0") or "0", point


def _plain(digits: str, point: int) -> str:
    if point <= 0:
        return "0." + "0" * -point + digits
    if point >= len(digits):
        return digits + "0" * (point - len(digits))
    return f"{digits[:point]}.{digits[point:]}"
