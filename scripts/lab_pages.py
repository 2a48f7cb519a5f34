"""Writes docs/labs/NAME.md: the lab's README.md, and what a run of it showed.

heapwise lab run NAME && python scripts/lab_pages.py NAME [heapwise-lab/NAME]
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from textwrap import fill

import msgspec
from timeline_svg import timeline_svg

from heapwise.cli.lab_run import RESULT
from heapwise.lab.cache import SOURCES, cache_root
from heapwise.lab.ladder_text import article_row, factor
from heapwise.lab.library import Case, find_case
from heapwise.model.finding import Finding
from heapwise.model.lab import LabResult, Rung, VariantResult
from heapwise.model.metrics import CATALOGUE
from heapwise.model.report import RunReport
from heapwise.units import format_share, format_size, format_value

DOCS = Path(__file__).parents[1] / "docs" / "labs"
GENERATED = "<!-- Written by scripts/lab_pages.py from a run; change README.md of the lab. -->\n"
CAPTION = "Factors are against the row above; of controls, below `after`, against what they change."
CHANGED = 10
"""Functions whose allocation changed most, that are shown."""


class Printed(msgspec.Struct):
    """What the lab wrote beside its recordings."""

    data: LabResult


def page(case: Case, result: LabResult, folder: Path) -> str:
    """The page of a lab.

    Args:
        case: the lab.
        result: of its run.
        folder: holds the recordings.
    """
    sections = [
        GENERATED + readme(case).rstrip("\n"),
        "## A run of it",
        "\n".join(told(result)),
        table(("", "rate", "B/{work}", "allocs/{work}", "GC CPU", "RSS"), ladder(result)),
        CAPTION,
    ]
    if result.table:
        head = ("", "article: before", "after", "here: before", "after", "change", "verdict")
        sections += ["## What the article said", table(head, map(article_row, result.table))]
    runs = {variant.name: variant for variant in result.variants}
    before, after = runs.get("before"), runs.get("after")
    if before is not None:
        sections += ["## What is found in `before`", *map(finding, before.report.findings)]
    if before is not None and after is not None:
        sections += [
            "## Who allocates less",
            f"```\n{differences(case.name, folder)}\n```",
            "## Memory over time",
            f"![Heap in use of before and after]({case.name}.svg)",
        ]
    unit = result.variants[0].report.work_unit
    return "\n\n".join(sections).replace("{work}", unit) + "\n"


def readme(case: Case) -> str:
    """What its author says of it; the spec's own words where there is nothing yet."""
    file = case.directory / "README.md"
    if file.is_file():
        return file.read_text("utf-8")
    return f"# {case.name}: {case.lab.title}\n\n{fill(case.lab.shows, 100)}"


def told(result: LabResult) -> Iterator[str]:
    """What ran, on what, beside what."""
    report = result.variants[0].report
    machine, day = report.machine.partition(", ")[2], report.created[:10]
    yield f"{result.load}; {result.toolchain}; {machine}; {day}."
    for component in result.components:
        # Where a port or a directory was is of no use to anybody else.
        yield re.sub(r", (?:/|http://)[^,]*", "", f"Beside it: {component}.")


def ladder(result: LabResult) -> Iterator[Sequence[str]]:
    """A row a variant."""
    for variant in result.variants:
        yield (f"**{variant.name}**: {variant.title}", *map(figure, variant.rungs))


def figure(rung: Rung) -> str:
    """A figure and its factor."""
    text = format_value(rung.value, CATALOGUE[rung.metric].unit)
    return f"{text} {factor(rung.factor)}".rstrip()


def finding(found: Finding) -> str:
    """A finding with its costs, as prose."""
    parts = [f"**[{found.code}](../reference/rules/{found.code}.md)** {found.title}."]
    if found.place is not None:
        parts.append(f"`{found.place.file}:{found.place.line}`.")
    if found.evidence is not None and found.evidence.bytes_per_work is not None:
        share = format_share(found.evidence.bytes_share.value)
        size = format_size(found.evidence.bytes_per_work.value)
        parts.append(f"{size}/{{work}}, {share} of what is allocated.")
    return " ".join([*parts, found.remedy])


def differences(name: str, folder: Path) -> str:
    """The functions that allocate more or less than before, without this machine's paths."""
    done = subprocess.run(
        [sys.executable, "-m", "heapwise", "diff", f"--nodecount={CHANGED}",
         folder / "before.hw", folder / "after.hw"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    _, _, rest = done.stdout.partition("By function\n")
    rows = rest.partition("\n\n")[0]
    return re.sub(rf"{re.escape(str(cache_root() / name))}/\w+/{SOURCES}/", "", rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; every column but the first is aligned to the right."""
    lines = [head, ("---", *("--:" for _ in head[1:])), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def svg(before: VariantResult, after: VariantResult) -> str:
    """Heap in use over time, before above after, on the same scales."""
    return timeline_svg([("before", heap(before.report)), ("after", heap(after.report))])


def heap(report: RunReport) -> list[tuple[float, float]]:
    """Seconds and bytes of the heap in use."""
    line = next(((each.x, each.y) for each in report.timeline.heap), ((), ()))
    return [(x, y) for x, y in zip(*line, strict=True) if y is not None]


def main() -> None:
    """Write the page of the lab that the command line names."""
    name, *rest = sys.argv[1:]
    folder = Path(rest[0]) if rest else Path("heapwise-lab") / name
    case = find_case(name)
    result = msgspec.json.decode((folder / RESULT).read_bytes(), type=Printed).data
    DOCS.mkdir(exist_ok=True)
    (DOCS / f"{name}.md").write_text(page(case, result, folder), "utf-8")
    runs = {variant.name: variant for variant in result.variants}
    if "before" in runs and "after" in runs:
        (DOCS / f"{name}.svg").write_text(svg(runs["before"], runs["after"]), "utf-8")
    print(f"{DOCS / name}.md")


if __name__ == "__main__":
    main()
