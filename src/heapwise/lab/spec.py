"""``lab.toml``: what a lab builds, how it is driven and what must come out.

Everything is checked while it is read. An error names the file, the key and the expected form.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from heapwise.errors import UsageError
from heapwise.lab.oracles import RULES
from heapwise.model.comparison import Verdict
from heapwise.model.metrics import CATALOGUE
from heapwise.units import parse_duration, parse_rate

_TARGET = re.compile(r"[A-Z]+ /[!-~]*")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?[ -~]+")
_FINDING = re.compile(r"HW\d{3}")


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of ``lab.toml``: a key it does not know is an error."""


class Scale(Strict, frozen=True, kw_only=True):
    """How much load.

    Attributes:
        rate: vegeta's grammar, ``1000`` or ``50/1m``.
        duration: Go's grammar, ``30s``.
        warmup: the same; in no figure.
    """

    rate: str
    duration: str
    warmup: str = "3s"

    def __post_init__(self) -> None:
        _parses("rate", parse_rate, self.rate)
        _parses("warmup", parse_duration, self.warmup)
        if not _parses("duration", parse_duration, self.duration):
            raise ValueError("duration must be above zero")

    @property
    def per_second(self) -> Fraction:
        """The rate, exact."""
        return parse_rate(self.rate)

    @property
    def duration_ns(self) -> int:
        """The duration in ns."""
        return parse_duration(self.duration)

    @property
    def warmup_ns(self) -> int:
        """The warm-up in ns."""
        return parse_duration(self.warmup)


class Load(Scale, frozen=True, kw_only=True):
    """The load at full scale, and what is sent.

    Attributes:
        target: ``POST /path``, relative to the service.
        body: file beside ``lab.toml``; empty for none.
        headers: ``Name: value`` each.
        save_bodies: how many answers to keep for the oracle.
    """

    target: str
    body: str = ""
    headers: tuple[str, ...] = ()
    save_bodies: int = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _TARGET.fullmatch(self.target):
            raise ValueError(f"target must be a method and a path, as 'GET /', not {self.target!r}")
        for header in self.headers:
            if not _HEADER.fullmatch(header):
                raise ValueError(f"headers must be 'Name: value', not {header!r}")
        if self.save_bodies < 1:
            raise ValueError("save_bodies must be at least 1: the oracle needs answers")


class Service(Strict, frozen=True, kw_only=True):
    """How every variant is started.

    Attributes:
        args: its arguments; ``{port}`` stands for the port to listen on.
        counter: path at which the service reports its own counts, by other means than its debug
            endpoint, as `heapwise.lab.counter.Counts`.
    """

    args: tuple[str, ...]
    counter: str

    def __post_init__(self) -> None:
        if not any("{port}" in argument for argument in self.args):
            raise ValueError("args must hold {port}, the port to listen on")
        if not self.counter.startswith("/"):
            raise ValueError("counter must be a path, as '/stats'")


class GoBuild(Strict, frozen=True, kw_only=True, tag_field="kind", tag="go"):
    """A Go program: the sources beside ``lab.toml``.

    Attributes:
        modfile: the variant's ``go.mod``; its ``.sum`` lies beside it.
        flags: more flags for the compiler.
    """

    modfile: str = "go.mod"
    flags: tuple[str, ...] = ()

    def files(self) -> Iterator[tuple[str, str]]:
        """What has to lie beside ``lab.toml``, with the key that names it."""
        yield "modfile", self.modfile
        yield "modfile", self.modfile.removesuffix(".mod") + ".sum"


class PythonBuild(Strict, frozen=True, kw_only=True, tag_field="kind", tag="python"):
    """A Python program, run by our own interpreter under the agent.

    Attributes:
        script: beside ``lab.toml``.
        requires: distributions it imports; the extra ``heapwise[demo]`` brings them.
    """

    script: str
    requires: tuple[str, ...] = ()

    def files(self) -> Iterator[tuple[str, str]]:
        """What has to lie beside ``lab.toml``, with the key that names it."""
        yield "script", self.script


class MetricExpectation(Strict, frozen=True, kw_only=True):
    """What a metric must do against `before`.

    Attributes:
        verdict: as `heapwise compare` words it; None where any will do.
        delta: least and most relative change, -0.5 for halved; None where any will do.
    """

    verdict: Verdict | None = None
    delta: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.verdict is None and self.delta is None:
            raise ValueError("a verdict or a delta must be given")
        if self.delta is not None and not self.delta[0] <= self.delta[1]:
            raise ValueError("delta must be [least, most]")


class Expectation(Strict, frozen=True, kw_only=True):
    """What a variant must show.

    Attributes:
        findings: codes on top of its findings, in any order; any other code that `before` must
            show must not be found. None where findings do not matter.
        metrics: by the catalogue's id, against `before`.
        guard: False where the variant is there to show the guard failing.
    """

    findings: tuple[str, ...] | None = None
    metrics: dict[str, MetricExpectation] = {}
    guard: bool = True

    def __post_init__(self) -> None:
        for code in self.findings or ():
            if not _FINDING.fullmatch(code):
                raise ValueError(f"findings must be codes, as 'HW101', not {code!r}")
        for metric in self.metrics:
            if metric not in CATALOGUE:
                raise ValueError(f"no such metric: {metric!r}; one of {', '.join(CATALOGUE)}")


class Variant(Strict, frozen=True, kw_only=True):
    """One version of the service.

    Attributes:
        title: what it is, in a few words.
        args: arguments added to the service's.
    """

    title: str
    build: GoBuild | PythonBuild
    args: tuple[str, ...] = ()
    expect: Expectation = Expectation()


class Lab(Strict, frozen=True, kw_only=True):
    """A reproduced case: one defect, its fix, and how to tell.

    Attributes:
        title: the defect in a line.
        shows: what there is to see, a paragraph.
        article: rows of the case book it reproduces.
        oracle: a rule of `heapwise.lab.oracles`: the answers stayed right.
        guard: another: the cost did not move elsewhere.
        load: at full scale.
        check: at reduced scale.
        variants: `before` and `after`, the steps between them, and perhaps a `control`.
        steps: the variants between `before` and `after`, in order.
        seed: for everything drawn at random.
        components: what has to run beside the service.
    """

    title: str
    shows: str
    article: tuple[str, ...]
    oracle: str
    guard: str
    service: Service
    load: Load
    check: Scale
    variants: dict[str, Variant]
    steps: tuple[str, ...] = ()
    seed: int = 0
    components: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for needed in ("before", "after", *self.steps):
            if needed not in self.variants:
                raise ValueError(f"variants must hold {needed!r}")
        for key, rule in (("oracle", self.oracle), ("guard", self.guard)):
            if rule not in RULES:
                raise ValueError(f"{key} must be one of {', '.join(RULES)}, not {rule!r}")
        if "before" in self.steps or "after" in self.steps:
            raise ValueError("steps must lie between 'before' and 'after'")
        if len({type(variant.build) for variant in self.variants.values()}) > 1:
            raise ValueError("variants must be of one kind: figures of two do not compare")

    @property
    def ladder(self) -> tuple[str, ...]:
        """Every variant in the order it is run: before, steps, after, then controls."""
        rungs = ("before", *self.steps, "after")
        return (*rungs, *(name for name in self.variants if name not in rungs))


def load_spec(path: Path) -> Lab:
    """Read a ``lab.toml``.

    Raises:
        UsageError: naming the file, the key and the expected form.
    """
    try:
        lab = msgspec.convert(_toml(path), Lab)
    except msgspec.ValidationError as error:
        what, _, key = str(error).partition(" - at `$")
        where = key.rstrip("`").replace("[...]", ".*").lstrip(".")
        raise UsageError(f"{path}: {where or 'top level'}", what) from None
    for key, name in _files(lab):
        _must_lie_beside(path, key, name)
    return lab


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read", error.strerror or str(error)) from None
    except ValueError as error:  # not UTF-8, or not TOML
        raise UsageError(f"{path}: not TOML", str(error)) from None


def _files(lab: Lab) -> list[tuple[str, str]]:
    """Every file the spec names, with the key that names it."""
    files = [("load.body", lab.load.body)] if lab.load.body else []
    for name, variant in lab.variants.items():
        files += [(f"variants.{name}.build.{key}", file) for key, file in variant.build.files()]
    return files


def _must_lie_beside(spec: Path, key: str, name: str) -> None:
    relative = PurePosixPath(name)
    if relative.is_absolute() or ".." in relative.parts:
        raise UsageError(f"{spec}: {key}", f"must lie beside lab.toml, not at {name!r}")
    if not (spec.parent / relative).is_file():
        raise UsageError(f"{spec}: {key}", f"no such file: {name!r}")


def _parses(key: str, parse: Callable[[str], Any], text: str) -> Any:
    """Parse, or raise what msgspec turns into an error with its place."""
    try:
        return parse(text)
    except UsageError as error:
        raise ValueError(f"{key} is {error}") from None
