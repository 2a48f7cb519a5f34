"""Takes secrets out of what a recording keeps of its command line and plan.

Names stay, values go: of every header that is not known to be harmless, of every query
parameter, and of user information in URLs. Bodies are kept: without them a load cannot be driven
again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from heapwise.model.load import Plan, Target

REDACTED = "REDACTED"

HARMLESS_HEADERS = frozenset(
    {
        "accept",
        "accept-charset",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "user-agent",
    }
)

_SECRET_NAME = r"[\w.-]*(?:token|secret|passw|pwd|key|auth|credential|cookie|session)[\w.-]*"  # noqa: S105 - a pattern of names
_VALUE = r"""(?:'[^']*'|"[^"]*"|[^\s'"]+)"""
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"]+")
_HEADER_OPTION = re.compile(r"--?(?:service[-_])?header|-H")
_HEADER_INLINE = re.compile(r"(--?(?:service[-_])?header=|-H=?)(.+)", re.DOTALL)
_USER = re.compile(r"[^\s:/@'\"]+:[^\s/@'\"]+@(?=[\w.\[-])")
_SECRET_OPTION = re.compile(rf"(?i)--?{_SECRET_NAME}")
_ASSIGNMENT = re.compile(rf"(?i)(?<![\w.-])({_SECRET_NAME}=){_VALUE}")
_SPACED = re.compile(rf"(?i)(?<!\S)(--?{_SECRET_NAME}\s+)(?!-){_VALUE}")


def redact(plan: Plan, *, keep_secrets: bool) -> tuple[Plan, tuple[str, ...]]:
    """The plan without its secrets, and what was taken out, as ``header Authorization``.

    With ``keep_secrets`` the plan itself and nothing.
    """
    if keep_secrets:
        return plan, ()
    names: dict[str, None] = {}
    targets = tuple(_redacted_target(target, names) for target in plan.targets)
    return msgspec.structs.replace(plan, targets=targets), tuple(sorted(names))


def redact_argv(argv: Sequence[str], *, keep_secrets: bool = False) -> tuple[str, ...]:
    """A command line without the secrets that can be told from their names or their place."""
    if keep_secrets:
        return tuple(argv)
    previous = ""
    words = []
    for word in argv:
        words.append(_redacted_word(word, previous))
        previous = word
    return tuple(words)


def redact_url(url: str) -> str:
    """A URL without user information, query values and fragment."""
    return _redacted_url(url, {})


def _redacted_target(target: Target, names: dict[str, None]) -> Target:
    headers = tuple((name, _redacted_value(name, value, names)) for name, value in target.headers)
    return msgspec.structs.replace(target, url=_redacted_url(target.url, names), headers=headers)


def _redacted_value(name: str, value: str, names: dict[str, None]) -> str:
    if not value or name.strip().lower() in HARMLESS_HEADERS:
        return value
    names[f"header {name}"] = None
    return REDACTED


def _redacted_url(url: str, names: dict[str, None]) -> str:
    """Works on text, so that a URL which no parser accepts loses its secrets too."""
    url, _, fragment = url.partition("#")
    base, mark, query = url.partition("?")
    scheme, slashes, rest = base.partition("://") if "://" in base else ("", "", base)
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    if at and user:
        names["user information in the URL"] = None
        user = REDACTED
    if fragment:
        names["fragment of the URL"] = None
    parts = [_redacted_parameter(part, names) for part in query.split("&")]
    return f"{scheme}{slashes}{user}{at}{host}{slash}{path}{mark}{'&'.join(parts)}"


def _redacted_parameter(part: str, names: dict[str, None]) -> str:
    name, equals, value = part.partition("=")
    if equals and value:
        names[f"query {name}"] = None
        return f"{name}={REDACTED}"
    if name and not equals:  # no name at all: the whole part is a value
        names["query"] = None
        return REDACTED
    return part


def _redacted_word(word: str, previous: str) -> str:
    if _HEADER_OPTION.fullmatch(previous):
        return _redacted_header(word)
    inline = _HEADER_INLINE.fullmatch(word)
    if inline:
        return inline[1] + _redacted_header(inline[2])
    if _SECRET_OPTION.fullmatch(previous) and not word.startswith("-"):
        return REDACTED
    word = _URL.sub(lambda found: redact_url(found[0]), word)
    if "://" not in word:
        word = _USER.sub(f"{REDACTED}@", word)
    word = _ASSIGNMENT.sub(rf"\1{REDACTED}", word)
    return _SPACED.sub(rf"\1{REDACTED}", word)


def _redacted_header(text: str) -> str:
    name, colon, value = text.partition(":")
    if not colon:
        return REDACTED
    return f"{name}: {_redacted_value(name, value.strip(), {})}"
