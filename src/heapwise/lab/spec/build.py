"""What a variant is made of."""

from __future__ import annotations

from collections.abc import Iterator

from heapwise.lab.spec.strict import Strict


class GoBuild(Strict, frozen=True, kw_only=True, tag_field="kind", tag="go"):
    """A Go program: the sources beside ``lab.toml``.

    Attributes:
        modfile: the variant's ``go.mod``; its ``.sum`` lies beside it, if it has dependencies.
        flags: more flags for the compiler.
    """

    modfile: str = "go.mod"
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.modfile.endswith(".mod"):
            raise ValueError(f"modfile must be a .mod file, not {self.modfile!r}")

    def files(self) -> Iterator[tuple[str, str]]:
        """What has to lie beside ``lab.toml``, with the key that names it."""
        yield "modfile", self.modfile


class PythonBuild(Strict, frozen=True, kw_only=True, tag_field="kind", tag="python"):
    """A Python program, run by our own interpreter under the agent.

    Attributes:
        script: beside ``lab.toml``.
        requires: distributions it imports; extras of heapwise bring them.
    """

    script: str
    requires: tuple[str, ...] = ()

    def files(self) -> Iterator[tuple[str, str]]:
        """What has to lie beside ``lab.toml``, with the key that names it."""
        yield "script", self.script


Build = GoBuild | PythonBuild
