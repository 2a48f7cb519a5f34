"""Flags of ``go tool pprof`` that heapwise does not have, and what to type instead."""

from __future__ import annotations

_COMMAND = "it is a command here: heapwise {}"
_PICTURE = "heapwise flame and heapwise dot draw it"
_CODE = "heapwise reads no machine code; heapwise list shows source lines, -addresses splits them"

INSTEAD = {
    **{
        name: _COMMAND.format(name)
        for name in (
            "top", "tree", "peek", "list", "traces", "raw", "dot", "tags", "comments", "proto",
            "topproto", "callgrind",
        )
    },
    "text": _COMMAND.format("top"),
    "http": _COMMAND.format("web"),
    "web": _COMMAND.format("web"),
    **dict.fromkeys(("svg", "png", "gif", "pdf", "ps", "eog", "evince", "gv"), _PICTURE),
    "kcachegrind": "heapwise callgrind -o FILE writes what it opens",
    **dict.fromkeys(("disasm", "weblist", "intel-syntax"), _CODE),
    "call-tree": "heapwise dot and heapwise callgrind have it",
    **dict.fromkeys(("cum", "flat"), "boxes are sorted by what they tell"),
    "mean": "heapwise top -per_request shows the mean size of a recording's objects",
    "mean-delay": "heapwise top -sample_index=delay and -sample_index=contentions show both parts",
    "total-delay": "-sample_index=delay is the same",
    "contentions": "-sample_index=contentions is the same",
    "drop-negative": "-base shows what a profile gained over another one; what it lost stays",
    "source-path": "--source-root DIR shows source text of files below DIR",
    "trim-path": "--source-root finds files by the end of their path",
    "output": "redirect standard output, or use -o where a command writes a file",
    **dict.fromkeys(("symbolize", "buildid", "tools"), "heapwise takes the names in the profile"),
    "no-browser": "heapwise web opens none",
    "showcolumns": "columns of source lines are not shown",
    "compact-labels": "labels are always shown in short",
}  # fmt: skip
"""By name, with hyphens for underscores."""
