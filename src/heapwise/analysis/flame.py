"""A look at a profile as one tree of call paths, for pages that let the reader turn it around.

The tree is as fine as the profile allows, down to source lines; whoever shows it joins lines to the
rows of the view's granularity. That is what lets one small file answer every question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import msgspec
import numpy as np

from heapwise.analysis.aggregate import total
from heapwise.analysis.distinct import distinct
from heapwise.analysis.edit import keep_samples
from heapwise.analysis.granularity import Nodes, lines_of_frames
from heapwise.analysis.label_sets import LabelSets, label_sets
from heapwise.analysis.per_request_view import PerRequestLook
from heapwise.analysis.prefix_tree import DEEPEST, PrefixTree, prefix_tree, thinned
from heapwise.analysis.row_errors import stack_errors
from heapwise.analysis.sampling_error import sampling
from heapwise.analysis.stack_frames import frames_of_stacks
from heapwise.analysis.view import Look
from heapwise.model.flame import Amounts, FlameTree, Float64s, Frames
from heapwise.model.profile import Int64s, Profile, UInt32s, ValueType
from heapwise.model.tables import View
from heapwise.names import visible

MOST_NODES = 100_000
"""Call paths to keep: a page with more is slow, and the next one weighs some millionths."""

_MOST_CELLS = 300_000
_MOST_VALUES = (1_000, 100, 10, 0)  # of a label; fewer where cells become too many
_MOST_FRAMES = 1 << 26
_MOST_TYPES = 32  # sample types; only a hostile profile has more
_COLUMNS = np.dtype("i8,i8,i8")  # of a frame: name, file, line


def flame_tree(
    look: Look, types: Sequence[ValueType] = (), *, most_nodes: int = MOST_NODES
) -> FlameTree:
    """The call paths of a look and what they weigh.

    Args:
        look: at the profile.
        types: sample types to offer, among them that of the look; all of the profile's if left out.
        most_nodes: paths to keep; what is lighter is added up.

    Raises:
        ProfileError: its stacks have more frames than can be counted.
    """
    profile = keep_samples(look.profile, (look.profile.values != 0).any(axis=1))
    look = replace(look, profile=profile)
    nodes = look.nodes
    frames, frame_of = _frames(profile, nodes)
    offsets, of_stacks = frames_of_stacks(profile, nodes, _MOST_FRAMES)
    whole = prefix_tree(offsets, frame_of[of_stacks])
    tree = thinned(whole, _weights(whole, profile), most_nodes)
    cells, sets = _cells(profile, tree, look)
    types = tuple(types) or _offered(profile, look.sample_type)
    bars = {kind: stack_errors(replace(look, sample_type=kind)).absent for kind in types}
    return FlameTree(
        view=_view(look, len(whole.items) - len(tree.items), sets, int(whole.depths.max())),
        frames=frames,
        node_frames=tree.items,
        depths=tree.depths,
        cell_nodes=cells.nodes,
        cell_labels=cells.labels,
        label_sets=sets.texts,
        amounts=tuple(_amounts(look, kind, cells, bars=not bars[kind]) for kind in types),
        shown=types.index(look.sample_type),
        compared=bool((profile.values < 0).any()),
        no_bars=bars[look.sample_type],
    )


def _offered(profile: Profile, shown: ValueType) -> tuple[ValueType, ...]:
    """The sample types of a profile, each once, as long as they can be chosen from."""
    first = tuple(dict.fromkeys(profile.sample_types[:_MOST_TYPES]))
    return first if shown in first else (*first, shown)


def _frames(profile: Profile, nodes: Nodes) -> tuple[Frames, UInt32s]:
    """The distinct frames, and which of them each frame of the profile's locations is."""
    index = lines_of_frames(profile, nodes.offsets)
    there = index >= 0
    lines = np.zeros(len(index), profile.lines.dtype)
    lines[there] = profile.lines[index[there]]
    texts = {"": 0}
    file = np.zeros(len(index), np.int64)
    named, which = np.unique(profile.functions["filename"], return_inverse=True)
    numbers = [
        texts.setdefault(visible(profile.strings.text(index)), len(texts))
        for index in named.tolist()
    ]
    file[there] = np.array(numbers, np.int64)[which][lines["function"][there]]
    columns = np.stack([nodes.of_frames.astype(np.int64), file, lines["line"]], axis=1)
    first, frame_of = distinct(columns.view(_COLUMNS).reshape(-1))
    name, file, line = columns[first].T
    frames = Frames(
        names=tuple(visible(name.decode("utf-8", "replace")) for name in nodes.names),
        files=tuple(texts),
        name=name,
        file=file,
        line=line,
    )
    return frames, frame_of


def _weights(tree: PrefixTree, profile: Profile) -> Float64s:
    """The largest share of any sample type that each node holds."""
    shares = np.zeros(len(tree.items))
    for values in profile.values.T:
        column: Float64s = np.abs(values.astype(np.float64))
        own = _sums(tree.ends[profile.stacks], column, len(tree.items))
        shares = np.maximum(shares, tree.cumulative(own) / max(own.sum(), 1.0))
    return shares


def _sums(groups: Int64s, values: Float64s, size: int) -> Float64s:
    """The values added up by group."""
    result: Float64s = np.bincount(groups, values, size).astype(np.float64)
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Samples that end in one node and have one set of labels.

    What was held before and after stays apart, so that both can be seen in a difference.
    """

    nodes: Int64s
    labels: Int64s
    of_samples: Int64s

    @classmethod
    def of(cls, profile: Profile, tree: PrefixTree, sets: LabelSets) -> Self:
        less = (profile.values < 0).any(axis=1)
        width = len(sets.texts)
        keys = (tree.ends[profile.stacks] * width + sets.of_samples) * 2 + less
        unique, of_samples = np.unique(keys, return_inverse=True)
        return cls(unique // 2 // width, unique // 2 % width, of_samples)

    def sum(self, values: Float64s) -> Float64s:
        """What the samples of each cell hold together."""
        return _sums(self.of_samples, values, len(self.nodes))


def _cells(profile: Profile, tree: PrefixTree, look: Look) -> tuple[_Cells, LabelSets]:
    """The cells, with as many labels as can be told apart."""
    for most_values in _MOST_VALUES:
        sets = label_sets(profile, look.units, most_values)
        cells = _Cells.of(profile, tree, sets)
        if len(cells.nodes) <= _MOST_CELLS:
            break
    return cells, sets


def _amounts(look: Look, kind: ValueType, cells: _Cells, *, bars: bool) -> Amounts:
    profile = look.profile
    is_shown = kind == look.sample_type
    hits, variance = _errors(profile, kind) if bars else (None, None)
    pinned = look.pinned if isinstance(look, PerRequestLook) and is_shown else None
    return Amounts(
        name=visible(kind.type),
        unit=visible(kind.unit),
        total=look.total if is_shown else total(profile, kind.type),
        values=cells.sum(profile.column(kind.type).astype(np.float64)),
        ratio=_ratio(look, is_shown=is_shown),
        hits=None if hits is None else cells.sum(hits),
        variance=None if variance is None else cells.sum(variance),
        pinned=None if pinned is None else (pinned.value, pinned.variance),
    )


def _errors(profile: Profile, kind: ValueType) -> tuple[Float64s, Float64s]:
    """The sampled events behind each sample, and the variance of its value."""
    pair, _, counted = kind.type.rpartition("_")
    before = pair and f"{pair}_"
    found = sampling(profile, f"{before}objects", f"{before}space")
    return found.hits, found.bytes_variance if counted == "space" else found.objects_variance


def _ratio(look: Look, *, is_shown: bool) -> float:
    """What values are multiplied by; of a recording only the bytes have a factor of their own."""
    if isinstance(look, PerRequestLook) and not is_shown:
        return look.objects_ratio
    return 1 / look.query.divide_by


def _view(look: Look, dropped: int, sets: LabelSets, depth: int) -> View:
    view = View(**look.head())
    notes = []
    if dropped:
        notes.append(f"{dropped:,} call paths are too light to be told apart here")
    if sets.left_out:
        notes.append(f"labels with too many values to choose from: {', '.join(sets.left_out)}")
    if depth == DEEPEST:
        notes.append(f"stacks are cut at {DEEPEST:,} frames from the root")
    return msgspec.structs.replace(view, notes=(*view.notes, *notes))
