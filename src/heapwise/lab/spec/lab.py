"""A lab: one defect, its fix, the steps between them, and how to tell."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from heapwise.lab.oracles import GUARDS, ORACLES
from heapwise.lab.spec.build import Build
from heapwise.lab.spec.component import Component, Components, components_of, unknown
from heapwise.lab.spec.expect import ArticleRow, Exit, Expectation
from heapwise.lab.spec.job import Amount, Job
from heapwise.lab.spec.load import Load, Scale, Service
from heapwise.lab.spec.strict import Strict


class Variant(Strict, frozen=True, kw_only=True):
    """One version of the program.

    Attributes:
        title: what it is, in a few words.
        of: of controls, the variant that it changes in one thing; by default `after`.
        args: arguments added to the lab's.
        max_scale: of jobs, the most units of work that it can be asked for; 0 for any.
        memory: of jobs, the bytes of memory it takes per unit of work; 0 for next to none.
    """

    title: str
    build: Build
    of: str = ""
    args: tuple[str, ...] = ()
    expect: Expectation = Expectation()
    max_scale: int = 0
    memory: int = 0

    def __post_init__(self) -> None:
        for key, value in (("max_scale", self.max_scale), ("memory", self.memory)):
            if value < 0:
                raise ValueError(f"{key} must not be negative")


class Lab(Strict, frozen=True, kw_only=True):
    """A reproduced case, whatever kind of program it is.

    Attributes:
        title: the defect in a line.
        shows: what there is to see, a paragraph.
        article: rows of the case book it reproduces.
        oracle: a rule of `heapwise.lab.oracles`: the answers stayed right.
        guard: another: the cost did not move elsewhere.
        guards: least and most relative change of the guard's figures, against `before`.
        variants: `before` and `after`, the steps between them, and perhaps a `control`.
        steps: the variants between `before` and `after`, in order.
        seed: for everything drawn at random.
        components: what has to run beside the program.
        table: the article's own figures, and what we hold against them.
    """

    title: str
    shows: str
    article: tuple[str, ...]
    oracle: str
    guard: str
    variants: dict[str, Variant]
    guards: dict[str, tuple[float, float]] = msgspec.field(default_factory=dict)
    steps: tuple[str, ...] = ()
    seed: int = 0
    components: Components = ()
    table: tuple[ArticleRow, ...] = ()

    def __post_init__(self) -> None:
        for fault in (*self._faults_of_variants(), *self._faults_of_rules()):
            raise ValueError(fault)

    def _faults_of_variants(self) -> Iterator[str]:
        for needed in ("before", "after", *self.steps):
            if needed not in self.variants:
                yield f"variants must hold {needed!r}"
        if "before" in self.steps or "after" in self.steps:
            yield "steps must lie between 'before' and 'after'"
        for name, variant in self.variants.items():
            if variant.of and (variant.of not in self.rungs or name in self.rungs):
                yield f"variants.{name}.of is for controls, and names a variant that is none"
        if len({type(variant.build) for variant in self.variants.values()}) > 1:
            yield "variants must be of one kind: figures of two do not compare"

    def _faults_of_rules(self) -> Iterator[str]:
        for key, rule, rules in (("oracle", self.oracle, ORACLES), ("guard", self.guard, GUARDS)):
            if rule not in rules:
                yield f"{key} must be one of {', '.join(rules)}, not {rule!r}"
        for figure, (least, most) in self.guards.items():
            if not least <= most:
                yield f"guards.{figure} must be [least, most]"
        if self.guard == "guards_kept" and not self.guards:
            yield "guards must limit the figures that guards_kept looks at"
        for name in unknown(self.components):
            yield f"no such component: {name!r}, and it has no script"

    @property
    def ladder(self) -> tuple[str, ...]:
        """Every variant in the order it is run: before, steps, after, then controls."""
        return (*self.rungs, *(name for name in self.variants if name not in self.rungs))

    @property
    def rungs(self) -> tuple[str, ...]:
        """The variants that are no controls, each one change from the last."""
        return ("before", *self.steps, "after")

    @property
    def parts(self) -> dict[str, Component]:
        """Every component by its name, in the order in which they are started."""
        return components_of(self.components)

    def files(self) -> Iterator[tuple[str, str]]:
        """What has to lie beside ``lab.toml``, with the key that names it."""
        for name, variant in self.variants.items():
            for key, file in variant.build.files():
                yield f"variants.{name}.build.{key}", file
        for name, component in self.parts.items():
            if component.script:
                yield f"components.{name}.script", component.script


class ServiceLab(Lab, frozen=True, kw_only=True):
    """A lab whose program is a service: it is sent requests.

    Attributes:
        load: at full scale.
        check: at reduced scale.
    """

    service: Service
    load: Load
    check: Scale

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, variant in self.variants.items():
            expect = variant.expect
            if expect.exit is not Exit.OK or any(
                (expect.headroom, variant.max_scale, variant.memory)
            ):
                raise ValueError(
                    f"variants.{name} has exit, headroom, max_scale or memory, which jobs have"
                )

    def files(self) -> Iterator[tuple[str, str]]:
        """What has to lie beside ``lab.toml``, with the key that names it."""
        if self.load.body:
            yield "load.body", self.load.body
        yield from super().files()


class JobLab(Lab, frozen=True, kw_only=True):
    """A lab whose program runs to its end.

    Attributes:
        job: at full scale.
        check: at reduced scale.
    """

    job: Job
    check: Amount

    def __post_init__(self) -> None:
        super().__post_init__()
        if any(each.expect.headroom for each in self.variants.values()) and not self.job.limit:
            raise ValueError("headroom is of a limit, and job has none")

    def files(self) -> Iterator[tuple[str, str]]:
        """What has to lie beside ``lab.toml``, with the key that names it."""
        yield "job.input.script", self.job.input.script
        yield from super().files()
