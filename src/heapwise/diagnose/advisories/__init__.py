"""Releases of public modules that are known to allocate too much, as data.

One file per runtime, a list of `Advisory`. An entry needs a fixing release that was checked to
have the fix, and references to the report and the change.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files

import msgspec

from heapwise.analysis.frames import FAMILIES
from heapwise.diagnose.go_versions import Version, parse


class Affected(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A range of sick releases: from ``introduced`` on, before ``fixed``.

    Attributes:
        fixed_at: when the fix was certainly in the main branch, ``yyyymmddhhmmss`` UTC: what
            decides for versions that name a commit. Empty where no such version can have it.
    """

    introduced: str
    fixed: str
    fixed_at: str = ""

    def has(self, version: Version) -> bool:
        """Whether a version is in the range."""
        first, fixed = parse(self.introduced), parse(self.fixed)
        if first is None or fixed is None or not first <= version < fixed:
            return False
        return not (version.committed and self.fixed_at and version.committed >= self.fixed_at)


class Advisory(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One known defect of one module.

    Attributes:
        module: its path, as it stands before ``@`` in a profile.
        affected: ranges of sick releases.
        files: of the module, that the defect is in. Functions would not do: a closure that was
            inlined is named after the package it was inlined into.
        family: of `heapwise.analysis.frames.FAMILIES`: what they needlessly call.
        calls: or else what the names of the functions begin with that they needlessly call.
        what: the defect, as a clause.
        fixed_how: what the fix does, as a clause that follows "which".
        beware: the release that people take for the fix.
        references: reports and changes.
    """

    id: str
    module: str
    affected: tuple[Affected, ...]
    files: tuple[str, ...]
    family: str = ""
    calls: tuple[str, ...] = ()
    what: str
    fixed_how: str
    beware: str = ""
    references: tuple[str, ...]

    def fixed_in(self, version: str) -> str:
        """The release that fixes a sick version; empty where the version is not sick."""
        known = parse(version)
        if known is None:
            return ""
        return next((each.fixed for each in self.affected if each.has(known)), "")

    def is_needless(self, function: str) -> bool:
        """Whether the defect shows in a call of this function by one of the files."""
        if self.family:
            return function in FAMILIES[self.family]
        return function.startswith(self.calls)

    def remedy(self, fixed: str) -> str:
        """What to do, given the release that fixes the version in use."""
        text = f"Upgrade: go get {self.module}@{fixed} or later, which {self.fixed_how}."
        return f"{text} Beware: {self.beware}." if self.beware else text


@cache
def advisories() -> tuple[Advisory, ...]:
    """Every advisory we ship."""
    folder = files(__name__)
    return tuple(
        advisory
        for file in sorted(folder.iterdir(), key=lambda each: each.name)
        if file.name.endswith(".json")
        for advisory in msgspec.json.decode(file.read_bytes(), type=tuple[Advisory, ...])
    )


def about_package(package: str, family: str = "compressor") -> Advisory | None:
    """The advisory on a family's use in the module that a package is of, whatever the release."""
    for advisory in advisories():
        if advisory.family != family:
            continue
        below = package.removeprefix(advisory.module)
        # A path that goes on with /v5 is another module.
        if below != package and re.fullmatch(r"(?!/v\d+(/|$))(/.*)?", below):
            return advisory
    return None


@lru_cache(maxsize=4096)
def known_defect(module: str) -> tuple[Advisory, str] | None:
    """The advisory that ``module@version`` falls under, and the release that fixes it."""
    path, _, version = module.rpartition("@")
    for advisory in advisories():
        if advisory.module == path and (fixed := advisory.fixed_in(version)):
            return advisory, fixed
    return None
