"""The load of an earlier recording, to be driven again for both sides."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from heapwise.errors import UsageError
from heapwise.model.finding import Finding
from heapwise.model.load import Plan
from heapwise.model.recording import Manifest, ServiceInfo
from heapwise.model.report import RunReport
from heapwise.record.analyse import analyse
from heapwise.record.redact import REDACTED
from heapwise.record.store import load
from heapwise.record.supervise import TRACING
from heapwise.runtimes.registry import SETTINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Like:
    """What a recording tells about how it was made.

    Attributes:
        plan: the load; secrets may be missing. None for a program that ran to its end.
        redacted: those that are, as ``header Authorization``.
        command: started the service; empty where it ran already, or where it held a secret.
        service: the debug endpoint.
        report: its analysis.
    """

    plan: Plan | None
    redacted: tuple[str, ...]
    command: str
    service: str
    report: RunReport

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found there."""
        return self.report.findings


def read_like(path: Path) -> Like:
    """Read the load of a recording.

    Raises:
        RecordingError: there is no recording.
        UsageError: somebody else made its load, or its bodies are gone.
    """
    recording = load(path)
    manifest = recording.manifest
    plan = manifest.plan
    if plan is None and not manifest.job:
        raise UsageError(
            f"{path} does not know its load: somebody else made it",
            hint="give the target and its -rate instead of --like",
        )
    missing = sum(
        ref is not None and not target.body
        for target, ref in zip(plan.targets if plan else (), manifest.bodies, strict=False)
    )
    if missing:
        raise UsageError(
            f"{missing} request bodies of {path} are gone or changed",
            hint="give the targets again with -targets",
        )
    return Like(
        plan=plan,
        redacted=manifest.redacted,
        command=command_of(manifest.service),
        service=_debug_endpoint(manifest),
        report=analyse(recording, place=str(path)),
    )


def with_secrets(
    plan: Plan, redacted: Sequence[str], headers: Sequence[tuple[str, str]], *, source: str
) -> Plan:
    """Put back what a recording did not keep.

    Args:
        plan: without its secrets.
        redacted: what is missing.
        headers: given anew; those that nothing is missing of are added to every target.
        source: what the plan comes from, for the error.

    Raises:
        UsageError: something is still missing.
    """
    given = {name.lower(): value for name, value in headers}
    missing = [name for name in redacted if not _is_given(name, given)]
    if missing:
        names = [name.removeprefix("header ") for name in missing if name.startswith("header ")]
        again = [f"-H '{name}: …'" for name in names]
        if len(names) < len(missing):
            again.append("the targets themselves")
        raise UsageError(
            f"{source} was kept without its secrets: {', '.join(missing)}",
            hint=f"give them again: {' and '.join(again)}",
        )
    known = {name.partition(" ")[2].lower() for name in redacted}
    more = tuple(header for header in headers if header[0].lower() not in known)
    targets = tuple(
        msgspec.structs.replace(
            target,
            headers=(
                *more,
                *(
                    (name, given[name.lower()] if value == REDACTED else value)
                    for name, value in target.headers
                ),
            ),
        )
        for target in plan.targets
    )
    return msgspec.structs.replace(plan, targets=targets)


def command_of(service: ServiceInfo) -> str:
    """What started a service, with the settings it had; empty where that cannot be typed again."""
    if not service.command or any(REDACTED in word for word in service.command):
        return ""
    names = SETTINGS.get(service.runtime, frozenset())
    settings = {name: value for name, value in service.settings.items() if name in names}
    kept = [text for text in settings.get("GODEBUG", "").split(",") if text != TRACING]
    settings["GODEBUG"] = ",".join(kept)
    assigned = [f"{name}={value}" for name, value in sorted(settings.items()) if value]
    return shlex.join([*assigned, *service.command])


def _is_given(name: str, given: dict[str, str]) -> bool:
    kind, _, rest = name.partition(" ")
    return kind == "header" and rest.lower() in given


def _debug_endpoint(manifest: Manifest) -> str:
    """The endpoint; empty where its URL lost something that we do not have, or was a job's own."""
    url = manifest.service.url
    return "" if REDACTED in url or manifest.job else url
