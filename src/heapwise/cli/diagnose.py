"""``heapwise diagnose``: why a recorded service allocates, and what to change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import click

from heapwise.cli.diagnosis_output import OUTPUT, write_diagnosis
from heapwise.cli.options import FILE, Option, with_options
from heapwise.cli.options import command as make_command
from heapwise.cli.output import note
from heapwise.cli.progress import progress_line
from heapwise.diagnose.case import Case
from heapwise.diagnose.escape.join import Joined, join
from heapwise.diagnose.rules.dependencies import known_allocation_bug as known_bug
from heapwise.errors import ToolchainError, UsageError
from heapwise.formats import escapelog
from heapwise.model.escape import EscapeLog
from heapwise.model.finding import Finding
from heapwise.record.diagnosis import Given, diagnose_recording
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

    A heap profile does for RECORDING as well: shares then, and no costs per request.
    With SOURCE, the directory it is built in, findings have lines, and there are more of them.
    Nothing in it is changed; heapwise fix makes patches.
    """
    reasons = None
    if log_path is not None or escape or escape_own:
        if log_path is None and (main or source) is None:
            raise UsageError(
                "there is no source to build", hint="give its directory behind the recording"
            )
        reasons = _Reasons(log_path, main or source, binary, everything=escape)
    with progress_line(None, quiet=quiet) as show:
        found = diagnose_recording(
            recording,
            source,
            Given(
                cold=cold,
                explain=reasons,
                modules=_versions(binary) if binary is not None else None,
                tell=lambda step: show(step, None),
            ),
        )
    for text in reasons.notes if reasons is not None else ():
        note(text)
    chosen = "json" if as_json else kind
    write_diagnosis(found.diagnosis, chosen, output, force=force, quiet=quiet)
    if updates:
        _tell_newest(found.diagnosis.findings)


@dataclass
class _Reasons:
    """Asks the compiler, once the recording is known to be one.

    Attributes:
        log: what it wrote before; None to build.
        folder: of the main package, to build it.
        binary: the service's executable, for its settings.
        everything: dependencies and the library as well.
        notes: what there is to say of it afterwards.
    """

    log: Path | None
    folder: Path | None
    binary: Path | None
    everything: bool
    notes: list[str] = field(default_factory=list)

    def __call__(self, case: Case) -> Joined | None:
        if case.runtime != "go":
            runtime = case.runtime or "an unknown runtime"
            self.notes.append(f"without a compiler's reasons: the service is of {runtime}, not Go")
            return None
        log = escapelog.read(self.log) if self.log is not None else self._built()
        return join(case, log) if log is not None else None

    def _built(self) -> EscapeLog | None:
        """The log of a build of our own; None where it fails."""
        assert self.folder is not None  # noqa: S101 - checked before
        settings = build_settings(self.binary) if self.binary is not None else BuildSettings()
        try:
            go = find_go()
            if settings.version and settings.version != go.version:
                self.notes.append(
                    f"built with {go.version} here, and with {settings.version} there"
                )
            return escape_log(self.folder, go=go, settings=settings, everything=self.everything)
        except ToolchainError as error:
            self.notes.append(f"without the compiler's reasons: {error}")
            return None


def _versions(binary: Path) -> dict[str, str]:
    """What an executable was built from: version by module path."""
    built = (module.built_from.rpartition("@") for module in modules_of(binary))
    return {path: version for path, _, version in built if path}


def _tell_newest(findings: Iterable[Finding]) -> None:
    """The newest release of each dependency with a known defect, which is no advice to take it."""
    for module in sorted({each.module for each in findings if each.code == known_bug.CODE}):
        path, _, version = module.partition("@")
        try:
            latest = newest(path, version, find_go())
        except ToolchainError as error:
            note(f"what is newest of {path} is not known: {error}")
            continue
        known = f"{latest} is the newest" if latest else "nothing newer is known"
        note(f"{path}: {version} is in use, and {known}")
