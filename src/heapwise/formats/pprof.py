"""``profile.proto``, the format of every pprof, from and to the columnar `Profile`.

The two functions here are the whole interface: what decodes and encodes behind them can be
replaced.
"""

from __future__ import annotations

import gzip

from heapwise.errors import ProfileError
from heapwise.formats.pprof_decode import decode_message
from heapwise.formats.pprof_encode import encode_message
from heapwise.formats.pprof_gunzip import MAGIC, gunzip
from heapwise.formats.pprof_limits import LIMITS, Damage, Limits
from heapwise.formats.pprof_sniff import looks_legacy, sniff
from heapwise.model.profile import Profile

_FAST = 1  # as Go writes its profiles: a tenth larger than the best, in a third of the time

__all__ = ["LIMITS", "Limits", "decode", "encode"]


def decode(data: bytes, *, limits: Limits = LIMITS, source: str = "profile") -> Profile:
    """Read a profile, gzipped or not, and check it as pprof does.

    Legacy text, as ``debug=1`` prints it, is read too; its sampled counts are scaled up, which
    those of ``profile.proto`` are already.

    Args:
        data: the whole file or response.
        limits: what is refused unread.
        source: what errors call it.

    Raises:
        ProfileError: not a profile, damaged, or over a limit. Ids that are 0, used twice or not
            in the profile, string indices outside the table and a wrong number of values count
            as damage.
    """
    body: bytes | bytearray = data
    try:
        if data.startswith(MAGIC):
            body = gunzip(data, limits)
        if looks_legacy(body):
            # Few profiles are text nowadays; the others need not wait for its reader to load.
            from heapwise.formats.legacy.read import decode_text  # noqa: PLC0415 - see above

            return decode_text(body, limits)
        return decode_message(body, limits)
    except Damage as damage:
        reason, hint = damage.reason, damage.hint
        if not looks_legacy(body):
            reason, hint = sniff(body) or (reason, hint)
        raise ProfileError(f"cannot read {source}", reason, hint) from None


def encode(profile: Profile, *, compress: bool = True) -> bytes:
    """Write a profile that pprof reads; equal profiles give equal bytes."""
    data = encode_message(profile)
    return gzip.compress(data, _FAST, mtime=0) if compress else data
