"""Profiles and bodies kept beside a recording's log: read back only if they are what was kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import msgspec

from heapwise.errors import ProfileError
from heapwise.formats import pprof
from heapwise.model.load import Plan, Target
from heapwise.model.profile import Profile
from heapwise.model.recording import BodyRef, Manifest, Problem, Scope
from heapwise.record.files import PROFILE_FILE, PROFILES, SHA256, body_file, read_file

BODY_LIMIT = 256 << 20
_HEAP = re.compile(r"[0-9]-heap")


class KeptProfile(msgspec.Struct, frozen=True):
    """The event that a profile was kept."""

    file: str
    sha256: str
    size: int


class KeptBody(msgspec.Struct, frozen=True):
    """The event that a response body was kept."""

    target: int
    sha256: str
    size: int


def read_body(path: Path, digest: str) -> bytes | None:
    """A body by its hash, from the recording at ``path``; None where it is gone or changed."""
    if not SHA256.fullmatch(digest):
        return None
    try:
        body = read_file(path / body_file(digest), BODY_LIMIT)
    except OSError:
        return None
    return body if sha256(body).hexdigest() == digest else None


def replayable_plan(path: Path, manifest: Manifest, problems: list[Problem]) -> Plan | None:
    """The plan with its request bodies back in place."""
    plan = manifest.plan
    if plan is None:
        return None
    refs = (*manifest.bodies, *[None] * len(plan.targets))
    targets = tuple(
        _with_body(path, target, ref) for target, ref in zip(plan.targets, refs, strict=False)
    )
    missing = sum(
        ref is not None and not target.body for target, ref in zip(targets, refs, strict=False)
    )
    if missing:
        problems.append(
            Problem(
                scope=Scope.NONE,
                what=f"{missing} request bodies are gone or changed: "
                "the load cannot be driven again as it was",
            )
        )
    return msgspec.structs.replace(plan, targets=targets)


def _with_body(path: Path, target: Target, ref: BodyRef | None) -> Target:
    body = read_body(path, ref.sha256) if ref else None
    return msgspec.structs.replace(target, body=body) if body else target


def read_profiles(
    path: Path, kept: Iterable[KeptProfile], limits: pprof.Limits, problems: list[Problem]
) -> dict[str, Profile]:
    """Every profile that is whole, by name.

    Those that the log does not mention are read too: a kill may come between the two.
    """
    digests = {profile.file: profile.sha256 for profile in kept}
    profiles = {}
    for name in sorted(_profile_names(path) | digests.keys()):
        try:
            profiles[name] = _read_profile(path, name, digests.get(name), limits)
        except (OSError, ProfileError, ValueError) as error:
            what = f"the profile {name} is lost: {error}"
            scope = Scope.ALLOCATION if _HEAP.search(name) else Scope.NONE
            problems.append(Problem(scope=scope, what=what))
    return profiles


def _profile_names(path: Path) -> set[str]:
    """Files in the recording that are named like profiles."""
    try:
        names = {f"{PROFILES}/{entry.name}" for entry in (path / PROFILES).iterdir()}
    except OSError:
        return set()
    return {name for name in names if PROFILE_FILE.fullmatch(name)}


def _read_profile(path: Path, name: str, digest: str | None, limits: pprof.Limits) -> Profile:
    if not PROFILE_FILE.fullmatch(name):
        raise ValueError("not a name that heapwise gives")
    data = read_file(path / name, limits.compressed)
    if digest is not None and sha256(data).hexdigest() != digest:
        raise ValueError("it is not the file that was recorded")
    return pprof.decode(data, limits=limits, source=name)
