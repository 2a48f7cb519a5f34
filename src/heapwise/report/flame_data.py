"""A flame tree as the page takes it: columns of JSON, gzipped.

Equal neighbours and small numbers are what columns are full of, so that gzip leaves little of them:
a heap of 65,000 call paths takes some 300 KB. Texts come with hidden characters spelled out; the
page puts them nowhere but into text nodes and on the canvas.
"""

from __future__ import annotations

import gzip
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from heapwise.model.flame import Amounts, FlameTree, Float64s
from heapwise.names import visible
from heapwise.report.head import head_lines

_LEVEL = 9
_EXACT = 1 << 53
"""Above it not every whole number is a number of JavaScript."""


def flame_data(tree: FlameTree, *, first: str = "flame", per_work: bool = False) -> bytes:
    """What the page unpacks, gzipped JSON.

    Args:
        tree: to show.
        first: the tab that is open at first.
        per_work: amounts are per unit of work at first.
    """
    frames = tree.frames
    data: dict[str, Any] = {
        "source": visible(tree.view.source),
        "head": [visible(line) for line in head_lines(tree.view)],
        "filters": [visible(each) for each in tree.view.filters],
        "work": visible(tree.view.per),
        "perWork": per_work,
        "tab": first,
        "compared": tree.compared,
        "noBars": tree.no_bars,
        "names": frames.names,
        "files": frames.files,
        "frames": {"name": _ints(frames.name), "file": _ints(frames.file),
                   "line": _ints(frames.line)},
        "nodes": {"depth": _ints(tree.depths), "frame": _ints(tree.node_frames)},
        "cells": {"node": _steps(tree.cell_nodes), "labels": _ints(tree.cell_labels)},
        "labelSets": tree.label_sets,
        "amounts": [_amounts(each) for each in tree.amounts],
        "shown": tree.shown,
        "code": {str(file): lines for file, lines in tree.code.items()},
    }  # fmt: skip
    # No time stamp: the same profile makes the same page.
    return gzip.compress(msgspec.json.encode(data), _LEVEL, mtime=0)


def _amounts(amounts: Amounts) -> dict[str, Any]:
    hits, variance = amounts.hits, amounts.variance
    return {
        "name": amounts.name,
        "unit": amounts.unit,
        "total": amounts.total,
        "ratio": amounts.ratio,
        "values": _numbers(amounts.values),
        "hits": None if hits is None else _numbers(hits),
        "variance": None if variance is None else [_short(each) for each in variance.tolist()],
        "pinned": amounts.pinned,
    }


def _numbers(values: Float64s) -> list[Any]:
    """Whole numbers without a point, as long as they are exact."""
    return _ints(values) if np.abs(values).max(initial=0) < _EXACT else values.tolist()


def _short(value: float) -> float:
    """Four digits: an error bar needs no more."""
    return float(f"{value:.4g}")


def _ints(values: npt.NDArray[Any]) -> list[int]:
    whole: list[int] = values.astype(np.int64).tolist()
    return whole


def _steps(values: npt.NDArray[np.int64]) -> list[int]:
    """Numbers in order as the steps between them."""
    return _ints(np.diff(values, prepend=0))
