"""How much of a profile heapwise is willing to read, and how reading one says no."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


class Damage(Exception):  # noqa: N818 - names the finding; `pprof.decode` turns it into an error
    """Why the bytes are no profile; `pprof.decode` adds the source and raises `ProfileError`.

    Args:
        reason: what is wrong, as a clause.
        hint: what the user can do about it, where there is anything.
    """

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


class TooMuch(Damage):
    """More than the limits allow: it must not be opened, and is better not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The largest profile that is read; anything above is refused before memory is spent on it.

    Attributes:
        compressed: bytes of a gzipped profile.
        decompressed: bytes of the profile itself.
        ratio: decompressed by compressed size; judged once `ratio_from` bytes came out.
        ratio_from: bytes below which any ratio is good: small profiles compress very well.
        samples: samples in the profile.
        entries: entries of each other table: locations, functions, mappings, strings.
        frames: locations of one sample.
        unknown: fields that profiles do not have yet.
        nested: labels of all samples, and lines of all locations.
        message: bytes of one sample, location, function, mapping, or of all scalar fields.
        string: bytes of one string.
    """

    compressed: int = 64 * MIB
    decompressed: int = 512 * MIB
    ratio: int = 200
    ratio_from: int = 16 * MIB
    samples: int = 2_000_000
    entries: int = 2_000_000
    frames: int = 4096
    unknown: int = 200_000
    nested: int = 8_000_000
    message: int = MIB
    string: int = 64 << 10

    def check_size(self, size: int) -> None:
        """Raise `TooMuch` where ``size``, bytes so far, is more than `decompressed`."""
        if size > self.decompressed:
            raise TooMuch(
                f"it has more than {self.decompressed:,} bytes",
                "if you trust it, raise the limit with --max-profile-size",
            )


LIMITS = Limits()
"""What is read unless the user asks for more."""
