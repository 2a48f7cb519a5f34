"""The work of a lab that is a job: its input, how much of it, and what the program is given."""

from __future__ import annotations

from heapwise.lab.spec.strict import Strict, parses
from heapwise.lab.words import names
from heapwise.units import parse_size


class Amount(Strict, frozen=True, kw_only=True):
    """How much there is to do.

    Attributes:
        scale: units of work, as the generator of the input understands them.
    """

    scale: int

    def __post_init__(self) -> None:
        if self.scale < 1:
            raise ValueError("scale must be at least 1")


class Input(Amount, frozen=True, kw_only=True):
    """What a job reads; made once per seed and scale, and kept.

    Attributes:
        script: beside ``lab.toml``, run as ``python SCRIPT --seed SEED --scale SCALE OUT``; makes
            a file or a directory ``OUT``.
        disk: bytes on disk per unit of scale: the input, and what components make of it.
    """

    script: str
    disk: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.disk < 0:
            raise ValueError("disk must be bytes per unit of scale")


class Job(Strict, frozen=True, kw_only=True):
    """How every variant is run.

    Attributes:
        args: its arguments. ``{input}`` stands for the path of the input, ``{out}`` for an empty
            directory of the run, and the name of a component for how it is reached.
        unit: of its work: ``row``.
        limit: of the memory of the program and its children, as ``256MiB``; empty for none.
        rehearse: run every variant once before it is measured, for caches to be warm.
    """

    args: tuple[str, ...]
    unit: str
    input: Input
    limit: str = ""
    rehearse: bool = False

    def __post_init__(self) -> None:
        if not self.unit.isidentifier():
            raise ValueError(f"unit must be a word, as 'row', not {self.unit!r}")
        if self.limit and not parses("limit", parse_size, self.limit):
            raise ValueError("limit must be above zero")
        if not names(self.args, "input"):
            raise ValueError("args must hold {input}, the path of what is read")

    @property
    def limit_bytes(self) -> int:
        """The limit; 0 for none."""
        return parse_size(self.limit) if self.limit else 0
