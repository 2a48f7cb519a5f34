"""What the commands that make pages have in common: from options to the page's data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from heapwise.analysis.flame import flame_tree
from heapwise.analysis.view import Look
from heapwise.cli.output import note
from heapwise.cli.views import FILTERS, FRAMES, VALUES, Request
from heapwise.errors import HeapwiseError
from heapwise.model.flame import FlameTree
from heapwise.names import visible
from heapwise.record.files import is_recording
from heapwise.record.flame_code import code_of
from heapwise.record.source_files import SourceRoot
from heapwise.report.flame_data import flame_data

PAGE = (*VALUES, *FRAMES, *FILTERS, "source-root")
"""Options of a page."""


class PageData(NamedTuple):
    """What a page shows, and what to call it."""

    title: str
    data: bytes


def page_data(request: Request) -> PageData:
    """Read the sources and make the data of a page of them.

    Raises:
        HeapwiseError: they cannot be read, or not be shown as asked.
    """
    folder: Path | None = request.options["source_root"]
    root = SourceRoot(folder) if folder else None
    per_work = _per_work(request)
    tree = per_work or _tree(request, request.look())
    if root is not None:
        tree = replace(tree, code=code_of(tree.frames, root))
    return PageData(tree.view.source, flame_data(tree, per_work=per_work is not None))


def _per_work(request: Request) -> FlameTree | None:
    """A recording per unit of its work; None where that cannot be told, or makes no sense."""
    specs = request.options["source"]
    asked = request.options["per_request"]
    wanted = request.query().sample_type or "alloc_space"
    plain = len(specs) > 1 or request.options["base"] or request.options["diff_base"]
    if not asked and (plain or not is_recording(Path(specs[0])) or not wanted.startswith("alloc_")):
        return None
    divided = Request(request.options | {"per_request": True})
    # Bytes, because only they are scaled to an exact total; the page switches to objects.
    # What is live is refused under its own name.
    first = wanted if wanted.startswith("inuse_") else "alloc_space"
    try:
        look = divided.look(replace(divided.query(), sample_type=first))
    except HeapwiseError as error:
        if asked:
            raise
        note(visible(f"not per request: {error.what}" + (f", {error.why}" if error.why else "")))
        return None
    tree = _tree(divided, look, family="alloc_")
    names = [amounts.name for amounts in tree.amounts]
    return replace(tree, shown=names.index(wanted) if wanted in names else tree.shown)


def _tree(request: Request, look: Look, family: str = "") -> FlameTree:
    """The tree of a look.

    A recording has two profiles, that of its load and that of its end: only what belongs to the
    one that was read can be shown.
    """
    if not family and any(is_recording(Path(spec)) for spec in request.options["source"]):
        family = "inuse_" if look.sample_type.type.startswith("inuse_") else "alloc_"
    kinds = look.profile.sample_types
    return flame_tree(look, [kind for kind in kinds if kind.type.startswith(family)])
