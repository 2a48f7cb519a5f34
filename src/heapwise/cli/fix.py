"""``heapwise fix``: patches for the findings of a recording, applied and proved on request."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import click

from heapwise.cli.access import ACCESS_OPTIONS
from heapwise.cli.fix_next import Typed, next_of
from heapwise.cli.fix_options import CHOICE, PROVE, WRITE, FixOptions
from heapwise.cli.fix_rounds import builds_of, rounds_of
from heapwise.cli.options import command as make_command
from heapwise.cli.options import with_options
from heapwise.cli.output import must_be_free, next_step, note, write_bytes, write_data
from heapwise.cli.verify_progress import VerifyProgress
from heapwise.errors import HeapwiseError, Inconclusive, UsageError
from heapwise.fix.apply import Applier
from heapwise.fix.patches import Patches, numbers_of, root_of
from heapwise.fix.proposal import Proposal
from heapwise.fix.session import Outcome, Prover, apply, fixes
from heapwise.fix.signals import interrupting
from heapwise.fix.worktree import must_be_clean
from heapwise.model.envelope import envelope
from heapwise.model.fix import FixReport, FixState
from heapwise.record.diagnosis import Diagnosed, diagnose_recording
from heapwise.record.diagnosis_limits import FITS
from heapwise.report.fix_text import render_fixes
from heapwise.units import format_share
from heapwise.verify.like import read_like

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@make_command("fix", "header", "allow-remote", "service", *ACCESS_OPTIONS, "json", "quiet")
@with_options(*CHOICE, *WRITE, *PROVE)
@click.argument("recording", type=click.Path(path_type=Path))
@click.argument("src", type=click.Path(path_type=Path))
@click.pass_context
def command(ctx: click.Context, /, recording: Path, src: Path, as_json: bool, **typed: Any) -> None:
    """Patch what a recording found in its service's source, SRC.

    Without --apply nothing is written: the patches are shown, one a finding, and why the other
    findings have none. With --apply each must build, pass vet and the tests; with --verify it must
    also gain under the recording's own load. What does not is undone, and the exit code is 1, or 4
    where the rounds could not tell.
    """
    options = cast("FixOptions", typed)  # click passes all of these
    _must_make_sense(recording, options)
    diagnosed = diagnose_recording(recording, src)
    codes = [code.strip() for code in (options["only"] or "").split(",") if code.strip()]
    patches = Patches.of(diagnosed, numbers_of(diagnosed, codes, options["finding"]))
    outcome = None
    if options["apply"] and patches.made:
        outcome = _applied(recording, diagnosed, patches, options)
    report = FixReport(
        recording=diagnosed.diagnosis.name,
        source=str(src),
        runtime=diagnosed.diagnosis.runtime,
        work_unit=diagnosed.diagnosis.work_unit,
        fixes=fixes(patches, outcome),
        proofs=tuple(outcome.proofs) if outcome is not None else (),
        notes=tuple(_notes(diagnosed)),
        next_command=next_of(Typed(recording, src, options), patches, outcome),
    )
    write_data(envelope(report) if as_json else render_fixes(report, _painted))
    if options["output"] is not None:
        _write_patch(options["output"], patches, outcome)
    if not options["quiet"]:
        if options["output"] is not None:
            note(f"patch in {options['output']}")
        next_step(report.next_command)
    ctx.exit(_exit_code(report))


def _must_make_sense(recording: Path, options: FixOptions) -> None:
    if options["output"] is not None:
        must_be_free(options["output"], force=options["force"])
    if options["verify"] and not options["apply"]:
        raise UsageError("--verify needs --apply", "what is not in the source cannot be measured")
    if options["verify"] and recording.is_file():
        raise UsageError(
            f"--verify needs a recording, whose load it makes again; {recording} is a profile"
        )
    if options["one_by_one"] and not options["verify"]:
        raise UsageError("--one-by-one needs --verify")


def _applied(
    recording: Path, diagnosed: Diagnosed, patches: Patches, options: FixOptions
) -> Outcome:
    """Write the patches, and prove them where that was asked for."""
    root = root_of(diagnosed)
    if not options["force"]:
        must_be_clean(root)
    checks = patches.checks(diagnosed.diagnosis.runtime, options["test"] or "")
    with ExitStack() as stack:
        stack.enter_context(interrupting())
        progress = stack.enter_context(VerifyProgress(quiet=options["quiet"]))
        prover = None
        if options["verify"]:
            prover = _prover(recording, diagnosed, patches, options, progress, stack)
        checks.prepare({path for each in patches.made for path in each.files})
        applier = Applier(patches.source, checks, progress.announce)
        groups: Sequence[Sequence[Proposal]] = [patches.made]
        if options["one_by_one"]:
            groups = [[each] for each in patches.made]
        return apply(groups, applier, prover.prove if prover is not None else None)


def _prover(
    recording: Path,
    diagnosed: Diagnosed,
    patches: Patches,
    options: FixOptions,
    progress: VerifyProgress,
    stack: ExitStack,
) -> Prover:
    assert diagnosed.case is not None  # noqa: S101 - diagnosed with source
    assert diagnosed.case.source is not None  # noqa: S101 - the same
    like = read_like(recording)
    rounds = rounds_of(recording, like, options, progress.see)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="heapwise-fix-")))
    builds = builds_of(like, diagnosed.case.source, patches.tools, options, folder)
    progress.announce("making the service as it is now")
    return Prover(builds, rounds, builds.make())


def _notes(diagnosed: Diagnosed) -> list[str]:
    check = diagnosed.diagnosis.source
    if check is None or check.fits is None or check.fits >= FITS:
        return []
    text = (
        f"The source does not fit the recording: {format_share(1 - check.fits)} of what the "
        "service's own code allocates is made on lines that are not there, and gets no patch."
    )
    return [text]


def _write_patch(output: Path, patches: Patches, outcome: Outcome | None) -> None:
    """One diff of all patches, or of those that stayed."""
    kept = [each for each in patches.made if outcome is None or each.number in outcome.applied]
    write_bytes(patches.diff(kept), output)


def _painted(line: str, kind: str) -> str:
    colour = _COLOURS.get(kind)
    return click.style(line, fg=colour) if colour else line


def _exit_code(report: FixReport) -> int:
    if any(not proof.decided for proof in report.proofs):
        return Inconclusive.exit_code
    rolled_back = any(fix.state is FixState.ROLLED_BACK for fix in report.fixes)
    return HeapwiseError.exit_code if rolled_back else 0
