"""The ladder tells every figure beside that of the rung below, the table ours beside theirs."""

from __future__ import annotations

from dataclasses import replace as changed
from pathlib import Path

import pytest
from msgspec.structs import replace

from heapwise.analysis.compare import compare
from heapwise.lab.article import article_lines
from heapwise.lab.bench import Trial
from heapwise.lab.ladder import rungs
from heapwise.lab.ladder_text import article_table, factor, ladder, ladder_head, ladder_line
from heapwise.lab.library import find_case
from heapwise.lab.oracles import Seen
from heapwise.lab.spec import ArticleRow, Exit
from heapwise.model.comparison import Verdict
from heapwise.model.lab import LabCheck, VariantResult
from support import reports

BEFORE, AFTER = reports.before(), reports.after()


def trial(name: str, seen: Seen | None = None, scale: int = 0) -> Trial:
    """A variant that ran."""
    report = BEFORE if name == "before" else AFTER
    return Trial(name, Path(f"{name}.hw"), report, seen or Seen(), (), scale)


def result(name: str, *checks: LabCheck) -> VariantResult:
    """A variant that was judged."""
    report, last = (BEFORE, ()) if name == "before" else (AFTER, (BEFORE,))
    return VariantResult(
        name=name, title="", recording="", report=report, comparison=None, checks=checks,
        rungs=rungs((report,), last),
    )  # fmt: skip


def test_a_rung_is_a_factor_of_the_rung_below() -> None:
    """The first has none, nor has what was 0 or not measured there."""
    first = {rung.metric: rung for rung in rungs((BEFORE,), ())}
    assert all(rung.factor is None for rung in first.values())
    second = {rung.metric: rung for rung in rungs((AFTER,), (BEFORE,))}
    expected = reports.AFTER["bytes/work"] / reports.BEFORE["bytes/work"]
    assert second["bytes/work"].factor == pytest.approx(expected)
    unmeasured = replace(BEFORE, metrics=())
    assert all(rung.value is None for rung in rungs((unmeasured,), (BEFORE,)))
    assert all(rung.factor is None for rung in rungs((AFTER,), (unmeasured,)))
    several = {rung.metric: rung for rung in rungs((BEFORE, AFTER, AFTER), (BEFORE,))}
    assert several["bytes/work"].value == reports.AFTER["bytes/work"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (0.0, "→ 0"), (1.0, "="), (1.004, "="), (1.33, "×1.33"), (680.4, "×680"),
        (12.34, "×12.3"), (1 / 237, "÷237"), (0.5, "÷2.00"), (1e6, "×1,000,000"),
    ],
)  # fmt: skip
def test_factors_read_as_times_more_or_less(value: float | None, text: str) -> None:
    """Three digits are enough, and no change is none."""
    assert factor(value) == text


def test_rungs_stand_under_their_heads() -> None:
    """Whatever their names and figures, the lines printed one by one line up."""
    names = ["before", "a-longer-name"]
    lines = [ladder_head(names, "req"), *(ladder_line(result(name), names) for name in names)]
    first, second = (line.rindex("MiB") for line in lines[1:])
    assert first == second < lines[0].index("RSS") + 3
    assert all(len(line) <= 100 for line in lines)


def test_a_rung_says_how_many_checks_failed() -> None:
    """A lab that goes wrong is seen while it runs."""
    bad, good = LabCheck("a", passed=False, detail=""), LabCheck("b", passed=True, detail="")
    assert ladder_line(result("after", bad, good, bad), ["after"]).endswith("  2 FAILED")
    assert "FAILED" not in ladder_line(result("after", good), ["after"])


def test_one_variant_is_no_ladder() -> None:
    """There is nothing to compare it with."""
    assert ladder([result("before")]) == []
    assert len(ladder([result("before"), result("after")])) == 4


LAB = find_case("chi-compress").lab


def lines(*rows: ArticleRow, before: Trial, after: Trial) -> list[tuple[object, ...]]:
    """Ours of a table of those rows: figures, change, verdict."""
    lab = replace(LAB, table=rows)
    found = article_lines(lab, before, after, compare(before.report, after.report))
    return [(line.ours, line.delta, line.verdict) for line in found]


def row(metric: str) -> ArticleRow:
    """A row of an article."""
    return ArticleRow(row="row", article=("much", "little"), metric=metric)


def test_ours_come_from_metrics_figures_and_the_way_it_ended() -> None:
    """What nobody measured has neither change nor verdict."""
    before = changed(
        trial("before", Seen(result={"n": 7, "name": "x"}, guard={"hit": 0.5})), ended=Exit.KILLED
    )
    after = trial("after", Seen(result={"n": 7, "name": "x"}, guard={"hit": 0.4}))
    told = lines(
        row("bytes/work"), row("hit"), row("n"), row("name"), row("none"), row("exit"),
        before=before, after=after,
    )  # fmt: skip
    assert told[0][0] == ("1.04 MiB", "4.35 KiB")
    assert told[0][2] is Verdict.BETTER
    assert told[1] == (("0.50", "0.40"), pytest.approx(-0.2), Verdict.CHANGED)
    assert told[2] == (("7", "7"), 0.0, Verdict.SAME)
    assert told[3] == told[4] == (("", ""), None, None)
    assert told[5] == (("killed", "ok"), None, Verdict.CHANGED)


def test_a_figure_that_becomes_zero_is_printed() -> None:
    """Nothing is a figure too."""
    before, after = trial("before", Seen(guard={"x": 2})), trial("after", Seen(guard={"x": 0}))
    assert lines(row("x"), before=before, after=after) == [(("2", "0"), -1.0, Verdict.CHANGED)]


def test_totals_of_different_amounts_of_work_are_not_compared() -> None:
    """Each is told with its amount; what is per unit of work compares all the same."""
    before, after = trial("before", scale=1000), trial("after", scale=5000)
    total, each = lines(row("gc.cycles"), row("bytes/work"), before=before, after=after)
    assert total[1:] == (None, None)
    assert total[0][0].endswith("(1,000)")  # type: ignore[index]  # two texts
    assert each[2] is Verdict.BETTER


def test_the_table_is_told_with_dashes_for_what_is_missing() -> None:
    """A lab without a table prints none."""
    assert article_table(()) == []
    lab = replace(LAB, table=(row("none"), row("bytes/work")))
    found = tuple(article_lines(lab, trial("before"), trial("after"), compare(BEFORE, AFTER)))
    head, _, missing, known = article_table(found)
    assert head == "The article's table"
    assert missing.split() == ["row", "much", "little", "–", "–"]
    assert "better" in known
