"""All stacks of a profile as one tree, with what a page needs to show it in any way asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from heapwise.model.profile import Int64s
from heapwise.model.tables import View

Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Amounts:
    """What the cells of a tree hold of one sample type.

    Attributes:
        name: ``alloc_space``.
        unit: ``bytes``, ``count``, ``nanoseconds``.
        total: what percentages refer to.
        values: float64, one per cell.
        ratio: that makes values those of one unit of work; 1 where work was not counted.
        hits: float64, sampled events behind each cell; None where they are not known.
        variance: float64, of each cell's value; None as ``hits``.
        pinned: value and variance of all that was sampled, where the total is counted exactly and
            only shares err.
    """

    name: str
    unit: str
    total: int
    values: Float64s
    ratio: float = 1.0
    hits: Float64s | None = None
    variance: Float64s | None = None
    pinned: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Frames:
    """The frames that call paths are made of: a source line each, where lines are known.

    Attributes:
        names: of the rows of a view's granularity: functions, unless asked otherwise.
        files: source files; 0 is the empty name.
        name: int64, index into ``names``, one per frame.
        file: int64, index into ``files``, one per frame.
        line: int64, one per frame; 0 where it is not known.
    """

    names: tuple[str, ...]
    files: tuple[str, ...]
    name: Int64s
    file: Int64s
    line: Int64s


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FlameTree:
    """Every stack of a profile as a path from the root, equal beginnings shared.

    A node weighs what its cells and those of all nodes below it hold. A cell is what the stacks
    that end in one node hold with one set of labels.

    Attributes:
        view: what every view of a profile says first.
        frames: of the paths.
        node_frames: int64, index into the columns of ``frames``; -1 for the root, -2 for paths too
            light to be kept. Nodes come parents first, the root before all, each subtree in one
            piece.
        depths: int64, one per node; only the root has 0.
        cell_nodes: int64, one per cell, in order.
        cell_labels: int64, index into ``label_sets``, one per cell.
        label_sets: keys and values as text; the first is empty.
        amounts: one per sample type.
        shown: index into ``amounts`` of the type to begin with.
        compared: what is negative was held by a base.
        no_bars: why there are no error bars; empty where there are.
        code: source text by line, by index into the files of ``frames``.
    """

    view: View
    frames: Frames
    node_frames: Int64s
    depths: Int64s
    cell_nodes: Int64s
    cell_labels: Int64s
    label_sets: tuple[tuple[tuple[str, str], ...], ...]
    amounts: tuple[Amounts, ...]
    shown: int
    compared: bool
    no_bars: str
    code: dict[int, dict[int, str]] = field(default_factory=dict)
