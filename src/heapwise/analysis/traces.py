"""Every sample with its stack and its labels."""

from __future__ import annotations

from itertools import pairwise

from heapwise.analysis.labels import labels_of_samples
from heapwise.analysis.view import Look
from heapwise.model.graph import Frame, Trace, Traces


def traces(look: Look) -> Traces:
    """The samples that have a stack, in the profile's order, zeros included."""
    profile, nodes = look.profile, look.nodes
    names = [name.decode("utf-8", "replace") for name in nodes.names]
    frames = [
        Frame(names[node], inline)
        for node, inline in zip(nodes.of_frames.tolist(), nodes.inlined.tolist(), strict=True)
    ]
    offsets = nodes.offsets.tolist()
    of_location = [tuple(frames[first:last]) for first, last in pairwise(offsets)]
    stacks: dict[int, tuple[Frame, ...]] = {}
    labels = labels_of_samples(look)
    found = []
    values = profile.column(look.sample_type.type).tolist()
    for sample, (stack, value) in enumerate(zip(profile.stacks.tolist(), values, strict=True)):
        if stack not in stacks:
            locations = profile.stack(stack).tolist()
            stacks[stack] = tuple(frame for one in locations for frame in of_location[one])
        if stacks[stack]:
            found.append(Trace(value, stacks[stack], labels.get(sample, ())))
    return Traces(**look.head(), traces=tuple(found))
