"""A call graph in the language of Graphviz, as pprof writes it."""

from __future__ import annotations

import math
import posixpath
from collections.abc import Iterator

from heapwise.formats.measurement import percentage
from heapwise.model.dot import Box, Drawing, Line, Nodelet
from heapwise.names import visible
from heapwise.report.head import amounts, dot_legend
from heapwise.report.shorten import shortened

_HELP = "See https://git.io/JfYMW for how to read the graph"
_LEFT = r"\l"  # ends a line that is flush left; \n ends a centred one
_SMALLEST_FONT, _FONT_GROWTH = 8, 16


def dot_lines(drawn: Drawing) -> Iterator[str]:
    """One string a line; quotes, backslashes and what could drive a terminal are spelled out.

    What heapwise says besides pprof stands in comments.
    """
    writer = _Writer(drawn)
    for remark in (f"Source: {drawn.source}", *(f"Note: {note}" for note in drawn.notes)):
        yield visible(f"// {remark}")
    yield f'digraph "{_escaped(drawn.binary) or "unnamed"}" {{'
    yield 'node [style=filled fillcolor="#f8f8f8"]'
    yield _legend(drawn)
    for number, box in enumerate(drawn.boxes, 1):
        yield writer.box(box, f"N{number}")
        for nodelet in box.nodelets:
            yield from writer.nodelet(nodelet, f"N{number}")
    for line in drawn.lines:
        yield writer.line(line)
    yield "}"


def _legend(drawn: Drawing) -> str:
    texts = [_escaped(text) for text in dot_legend(drawn)]
    label = "".join(f"{text}{_LEFT}" for text in (*texts, _LEFT + _HELP))
    tooltip = f' tooltip="{_escaped(drawn.binary)}"' if drawn.binary else ""
    return f'subgraph cluster_L {{ "{texts[0]}" [shape=box fontsize=16 label="{label}"{tooltip}] }}'


class _Writer:
    def __init__(self, drawn: Drawing) -> None:
        self._drawn = drawn
        self._total = drawn.total
        self._text = amounts(drawn).text
        self._heaviest = max((abs(box.flat) for box in drawn.boxes), default=0)

    def box(self, box: Box, name: str) -> str:
        flat, cum = self._text(box.flat), self._text(box.cum)
        label = _boxed_name(box) + (f"{flat} ({self._share(box.flat)})" if box.flat else "0")
        if box.cum != box.flat:
            label += (r"\n" if box.flat else " ") + f"of {cum} ({self._share(box.cum)})"
        score = box.cum / abs(self._total)
        return (
            f'{name} [label="{label}" id="node{name[1:]}" fontsize={self._font(box.flat)} '
            f'shape=box tooltip="{_escaped(box.name)} ({cum})" '
            f'color="{_colour(score)}" fillcolor="{_colour(score, background=True)}"]'
        )

    def nodelet(self, nodelet: Nodelet, above: str) -> Iterator[str]:
        """The small box, the line to it, and what hangs on it in turn."""
        is_size = not nodelet.labelled
        name = f"{'N' if is_size else ''}{above}_{nodelet.number}"
        weight = self._text(nodelet.weight)
        text = r"\n".join(map(_escaped, nodelet.text))
        dotted = ' style="dotted"' if nodelet.dotted else ""
        yield (f'{name} [label = "{text}" id="{name}" fontsize=8 shape=box3d tooltip="{weight}"]')
        yield (
            f'{above} -> {name} [label=" {weight}" weight=100 tooltip="{weight}" '
            f'labeltooltip="{weight}"{dotted}]'
        )
        for inner in nodelet.inside:
            yield from self.nodelet(inner, name)

    def line(self, line: Line) -> str:
        boxes, weight = self._drawn.boxes, self._text(line.weight)
        caller, callee = boxes[line.caller], boxes[line.callee]
        share = abs(line.weight) * 100 // abs(self._total)
        wide = abs(line.weight) * 5 // abs(self._total)
        between = f"{_escaped(caller.name)} {'...' if line.residual else '->'}"
        tooltip = f'"{between} {_escaped(callee.name)} ({weight})"'
        attributes = [
            f'label=" {weight}' + (r"\n (inline)" if line.inline else "") + '"',
            f"weight={1 + min(share, 100)}" if share else "",
            f"penwidth={1 + min(wide, 5)}" if wide else "",
            f'color="{_colour(line.weight / abs(self._total))}"',
            f"tooltip={tooltip} labeltooltip={tooltip}",
            'style="dotted"' if line.residual else "",
            "minlen=2" if caller.nodelets else "",
        ]
        return f"N{line.caller + 1} -> N{line.callee + 1} [{' '.join(filter(None, attributes))}]"

    def _share(self, weight: int) -> str:
        return percentage(weight, self._total).strip()

    def _font(self, flat: int) -> int:
        """Larger with the square root of the share of the heaviest box."""
        if not flat:
            return _SMALLEST_FONT
        return _SMALLEST_FONT + math.ceil(_FONT_GROWTH * math.sqrt(abs(flat) / self._heaviest))


def _boxed_name(box: Box) -> str:
    """The parts of a name under each other, and a function's name broken where it has joints."""
    function = _escaped(shortened(box.function)).replace("::", r"\n")
    # Go's type parameters print as [...], which is no place for a break.
    function = function.replace("[...]", "[…]").replace(".", r"\n")
    place = _escaped(posixpath.basename(box.place) or box.place)
    return "".join(rf"{part}\n" for part in (box.address, function, place) if part)


def _escaped(text: str) -> str:
    """The text for use between quotes."""
    return visible(text).replace("\\", r"\\").replace('"', r"\"")


def _colour(score: float, *, background: bool = False) -> str:
    """Grey for 0, over orange to red for 1, and to green for -1, as ``#rrggbb``.

    The hue moves fast near 0, with the 0.3rd power, so that small shares differ; the saturation
    grows up to a share of 0.2.
    """
    saturation, value = (0.1, 0.93) if background else (1.0, 0.7)
    score = max(-1.0, min(1.0, score))
    if abs(score) < 0.2:
        saturation *= abs(score) / 0.2
    strong = value
    weak = value * (1 - saturation * abs(score) ** 0.3) if score else value
    red, green = (weak, strong) if score < 0 else (strong, weak)
    blue = value * (1 - saturation)
    return "#" + "".join(f"{int(part * 255.0):02x}" for part in (red, green, blue))
