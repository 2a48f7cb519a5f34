"""Puts the figures of a demo that was just run into README.md, so that they never rot.

heapwise demo -o heapwise-demo && python scripts/readme.py heapwise-demo
"""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import fill

from heapwise.analysis.compare import compare
from heapwise.model.metrics import CATALOGUE
from heapwise.model.report import RunReport
from heapwise.record.analyse import analyse
from heapwise.record.store import load
from heapwise.report.text_comparison import render_comparison
from heapwise.units import format_share, format_size

README = Path(__file__).parents[1] / "README.md"
START, END = "<!-- demo: written by scripts/readme.py -->\n", "<!-- /demo -->"
SHOWN = ("bytes/work", "allocs/work", "cpu/work", "response.bytes/work")
WIDTH = 100


def block(before: RunReport, after: RunReport) -> str:
    """The first finding and the rows that matter."""
    finding = before.findings[0]
    evidence = finding.evidence
    assert evidence is not None
    costs = evidence.bytes_per_work
    assert costs is not None
    share = format_share(evidence.bytes_share.value)
    version = before.runtime_version
    machine = before.machine.partition(", ")[2]
    names = {CATALOGUE[ident].name(before.work_unit) for ident in SHOWN}
    comparison = render_comparison(compare(before, after)).splitlines()
    rows = [line for line in comparison if line.strip().partition("  ")[0] in names]
    head = next(line for line in comparison if line.rstrip().endswith("verdict"))
    return "\n".join(
        [
            "```",
            f"{finding.code} {finding.title}",
            f"  costs   {format_size(costs.value)}/req, {share} of alloc_space",
            f"  where   {finding.where.partition(' ')[0]}",
            fill(f"  remedy  {finding.remedy}", WIDTH, subsequent_indent=" " * 10),
            "",
            head,
            *rows,
            "```",
            f"<sub>{before.load.partition(' · ')[0]} · {version} · {machine}</sub>\n",
        ]
    )


def main() -> None:
    """Rewrite the block between the two marks."""
    folder = Path(sys.argv[1])
    reports = [analyse(load(folder / f"{name}.hw")) for name in ("before", "after")]
    text = README.read_text()
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    README.write_text(before + START + block(*reports) + END + after)


if __name__ == "__main__":
    main()
