"""``heapwise diagnose``: why a recorded service allocates, and what to change."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from heapwise.cli.diagnosis_output import OUTPUT, write_diagnosis
from heapwise.cli.options import FILE, Option, with_options
from heapwise.cli.options import command as make_command
from heapwise.cli.output import note
from heapwise.diagnose.escape.join import join
from heapwise.diagnose.rules.dependencies import known_allocation_bug as known_bug
from heapwise.errors import ToolchainError, UsageError
from heapwise.formats import escapelog
from heapwise.model.escape import EscapeLog
from heapwise.model.finding import Finding
from heapwise.record.diagnosis import diagnose_recording
from heapwise.runtimes.go.buildsettings import BuildSettings, build_settings
from heapwise.runtimes.go.escape_build import escape_log
from heapwise.runtimes.go.modules import modules_of, newest
from heapwise.runtimes.go.toolchain import find_go

_OWN = (
    Option(name="all", parameter="cold",
           help="What lines look like that the load did not reach, too."),
    Option(name="escape",
           help="Build the service and all it imports once more, to ask Go's compiler why it uses "
           "the heap; takes a minute the first time."),
    Option(name="escape-own", help="The same for the packages of its own module only."),
    Option(name="escape-log", type=FILE, metavar="FILE|DIR", parameter="log_path",
           help="Read what -gcflags=-m=2 printed or -gcflags=-json=0,DIR wrote instead."),
    Option(name="main", type=FILE, metavar="DIR",
           help="Folder of the main package; default: the source."),
    Option(name="binary", type=FILE, metavar="FILE",
           help="The service's executable: it has the versions of its dependencies, and the "
           "settings to build with."),
    Option(name="updates",
           help="Ask the module proxy what is newest of a dependency with a known defect."),
)  # fmt: skip


@make_command("diagnose", "output", "force", "quiet")
@with_options(*_OWN, *OUTPUT)
@click.argument("recording", type=click.Path(path_type=Path))
@click.argument("source", type=click.Path(path_type=Path), required=False)
def command(
    *,
    recording: Path,
    source: Path | None,
    cold: bool,
    escape: bool,
    escape_own: bool,
    log_path: Path | None,
    main: Path | None,
    binary: Path | None,
    updates: bool,
    kind: str,
    as_json: bool,
    output: Path | None,
    force: bool,
    quiet: bool,
) -> None:
    """Say why the service of RECORDING allocates, and what to change.

    With SOURCE, the directory it is built in, findings have lines, and there are more of them.
    Nothing in it is changed; heapwise fix makes patches.
    """
    log = None
    if log_path is not None:
        log = escapelog.read(log_path)
    elif escape or escape_own:
        log = _built(main or source, binary, everything=escape, quiet=quiet)
    found = diagnose_recording(
        recording,
        source,
        cold=cold,
        explain=(lambda case: join(case, log)) if log is not None else None,
        modules=_versions(binary) if binary is not None else None,
    )
    chosen = "json" if as_json else kind
    write_diagnosis(found.diagnosis, chosen, output, force=force, quiet=quiet)
    if updates:
        _tell_newest(found.diagnosis.findings)


def _built(
    folder: Path | None, binary: Path | None, *, everything: bool, quiet: bool
) -> EscapeLog | None:
    """The log of a build of our own; None where it fails, which is told.

    Raises:
        UsageError: nobody said where the source is.
    """
    if folder is None:
        raise UsageError(
            "there is no source to build", hint="give its directory behind the recording"
        )
    settings = build_settings(binary) if binary is not None else BuildSettings()
    if not quiet:
        note("building the service to ask the compiler …")
    try:
        go = find_go()
        if settings.version and settings.version != go.version:
            note(f"built with {go.version} here, and with {settings.version} there")
        return escape_log(folder, go=go, settings=settings, everything=everything)
    except ToolchainError as error:
        note(f"without the compiler's reasons: {error}")
        return None


def _versions(binary: Path) -> dict[str, str]:
    """What an executable was built from: version by module path."""
    built = (module.built_from.rpartition("@") for module in modules_of(binary))
    return {path: version for path, _, version in built if path}


def _tell_newest(findings: Iterable[Finding]) -> None:
    """The newest release of each dependency with a known defect, which is no advice to take it."""
    for module in sorted({each.module for each in findings if each.code == known_bug.CODE}):
        path, _, version = module.partition("@")
        latest = newest(path, version, find_go())
        note(f"{path}: {version} is in use, {latest or 'nothing newer'} is the newest")
