"""Where in the program the nodes of a call graph stand."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

import numpy as np

from heapwise.analysis.granularity import Nodes, lines_of_frames
from heapwise.model.profile import Profile


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the program; empty and 0 where the profile does not say.

    Attributes:
        filename: as the profile has it, tidied up.
        start_line: first line of the function.
        address: of the call.
        binary: file of the program or library.
    """

    function: str
    filename: str
    start_line: int
    line: int
    address: int
    binary: str

    @property
    def symbolised(self) -> bool:
        """True where there is a source line."""
        return bool(self.function or self.filename or self.line)


def places(profile: Profile, nodes: Nodes) -> list[Place]:
    """The place of each node, of its first frame where the granularity makes one of several."""
    text = profile.strings.text
    _, first = np.unique(nodes.of_frames, return_index=True)
    location = np.searchsorted(nodes.offsets, first, side="right") - 1
    line = lines_of_frames(profile, nodes.offsets)[first]
    found = []
    for at, index in zip(location.tolist(), line.tolist(), strict=True):
        mapping, address, _ = profile.locations[at].tolist()
        binary = text(profile.mappings["filename"][mapping]) if mapping >= 0 else ""
        if index < 0:
            found.append(Place("", "", 0, 0, address, binary))
            continue
        function, source_line, _ = profile.lines[index].tolist()
        name, _, filename, start_line = profile.functions[function].tolist()
        file = text(filename)
        file = posixpath.normpath(file).replace("//", "/", 1) if file else ""
        found.append(Place(text(name), file, start_line, source_line, address, binary))
    return found
