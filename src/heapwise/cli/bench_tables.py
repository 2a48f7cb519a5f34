"""Prints benchmark tables, and ends with the exit code they deserve: benchstat's is always 0."""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.analysis.benchtab.layout import Layout, parse_layout
from heapwise.analysis.benchtab.regressions import regressions
from heapwise.analysis.benchtab.report import (
    Statistics,
    bench_report,
    columns_seen,
    kept_apart_by,
)
from heapwise.analysis.benchtab.verdicts import comparisons
from heapwise.cli.bench_options import TableOptions
from heapwise.cli.output import next_step, note, write_data, write_json
from heapwise.errors import GateFailed, HeapwiseError, Inconclusive
from heapwise.model.bench import Benchmarks, BenchReport
from heapwise.names import visible
from heapwise.report.bench_csv import render_csv
from heapwise.report.bench_markdown import render_markdown
from heapwise.report.bench_text import render_tables
from heapwise.report.bench_verdicts import verdict_lines


def layout_of(options: TableOptions) -> Layout:
    """The projections and the filter, before anything is read or run.

    Raises:
        UsageError: one cannot be read.
    """
    return parse_layout(
        table=options["table"],
        row=options["row"],
        col=options["col"],
        ignore=options["ignore"],
        filter_query=options["filter_query"],
    )


def show(read: Benchmarks, layout: Layout, options: TableOptions, after: str) -> None:
    """Print the tables, then say what keeps anybody from relying on them.

    Args:
        read: the results.
        layout: of the tables.
        options: the user's.
        after: the next command to suggest.

    Raises:
        HeapwiseError: there is nothing to show, or nothing to compare.
        GateFailed: something is worse by more than the gate allows.
        Inconclusive: results are missing, or too few for the gate.
    """
    _remarks(map(str, read.damaged))
    report = bench_report(
        read,
        layout,
        Statistics(
            alpha=options["alpha"],
            confidence=options["confidence"],
            min_effect=options["min_effect"],
            correction=options["correct"],
        ),
    )
    if not report.tables:
        raise _nothing(read)
    _write(report, "json" if options["as_json"] else options["output_format"])
    _remarks(map(str, read.failures))
    if not options["quiet"]:
        next_step(after)
    _judge(report, options)


def _write(report: BenchReport, output_format: str) -> None:
    match output_format:
        case "json":
            write_json(report)
        case "csv":
            lines, warnings = render_csv(report.tables)
            write_data("\n".join(lines))
            _remarks(warnings)
        case "markdown":
            write_data(render_markdown(report))
        case _:
            write_data("\n".join([*render_tables(report.tables), *verdict_lines(report)]))


def _judge(report: BenchReport, options: TableOptions) -> None:
    """Raise what the exit code says, the most certain first."""
    threshold = 0.0 if options["fail_on_regression"] else options["fail_above"]
    if threshold is not None:
        _gate(report, threshold)
    if not report.comparisons and (threshold is not None or columns_seen(report.tables) > 1):
        apart = kept_apart_by(report.tables)
        hint = f"the sides differ in {', '.join(apart)}: add -ignore {','.join(apart)}"
        raise HeapwiseError(
            "nothing to compare: no benchmark is in two columns",
            hint=hint if apart else "see -row and -col",
        )
    if not options["allow_dropped"]:
        _whole(report)
    few = [versus for versus in comparisons(report.tables) if versus.too_few]
    if threshold is not None and few:
        raise Inconclusive(
            f"the gate cannot decide {len(few)} of {report.comparisons} comparisons: "
            "too few samples",
            hint="run each benchmark at least 6 times: -count=6",
        )


def _gate(report: BenchReport, threshold: float) -> None:
    """Fail for what is worse, and say what the gate cannot look at."""
    worse = regressions(report, threshold)
    if worse:
        more = f" and {len(worse) - 1} more" if len(worse) > 1 else ""
        raise GateFailed(f"worse: {worse[0]}{more}")
    for unit in dict.fromkeys(table.unit for table in report.tables if not table.better):
        note(visible(f"not gated: {unit}; write 'Unit {unit} better=lower' into the first file"))


def _whole(report: BenchReport) -> None:
    """Refuse tables with holes, though they were printed."""
    hint = "run them again, or add --allow-dropped"
    if report.failures:
        raise Inconclusive("benchmarks failed", visible(str(report.failures[0])), hint)
    if report.damaged:
        raise Inconclusive(
            f"{len(report.damaged)} lines could not be read", visible(str(report.damaged[0])), hint
        )
    if report.dropped:
        first = report.dropped[0]
        more = f" and {len(report.dropped) - 1} more" if len(report.dropped) > 1 else ""
        raise Inconclusive(
            "results are missing",
            visible(f"{first.column} has {first.n} of {first.expected} for {first.row}{more}"),
            hint,
        )


def _nothing(read: Benchmarks) -> HeapwiseError:
    if read.results:
        count = len(read.results)
        return HeapwiseError(
            f"none of {count} results matches the filter", hint="see -filter and the fixed orders"
        )
    if read.failures:
        return HeapwiseError("no benchmark results", visible(str(read.failures[0])))
    return HeapwiseError(
        "no benchmark results", hint="make some: go test -run '^$' -bench . -count 6 | tee new.txt"
    )


def _remarks(lines: Iterable[str]) -> None:
    for line in lines:
        note(visible(line))
