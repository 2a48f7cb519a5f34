"""From what was typed to a plan: shared by every command that makes load."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import TypedDict

import msgspec

from heapwise.errors import TargetError
from heapwise.formats.targets import (
    add_defaults,
    parse_header,
    parse_http_targets,
    parse_json_targets,
    parse_single,
)
from heapwise.load.address import pin_addresses
from heapwise.load.schedule import total
from heapwise.model.load import ConstantRate, Plan, Target

MAX_INPUT = 256 << 20
"""Target files and bodies beyond this are surely a mistake."""


class PlanOptions(TypedDict):
    """The options of the table that make a plan, as click passes them."""

    rate: Fraction
    duration: int
    targets: Path | None
    target_format: str
    body: Path | None
    header: tuple[str, ...]
    timeout: int
    connections: int
    keepalive: bool
    warmup: int
    save_bodies: int
    allow_remote: bool


PLAN_OPTIONS = (
    "rate", "duration", "targets", "format", "body", "header", "timeout", "max-connections",
    "keepalive", "warmup", "save-bodies", "allow-remote",
)  # fmt: skip
"""Their names in the option table."""


def build_plan(target: tuple[str, ...], options: PlanOptions, *, pin: bool = True) -> Plan:
    """Read targets and bodies, check them strictly, and resolve every address once.

    Args:
        target: words of the command line: ``URL``, or ``METHOD URL`` in one word or two.
        options: as click passes them.
        pin: resolve the addresses; `heapwise doctor` does it itself, one by one.

    Raises:
        TargetError: a target is malformed, or leads where no load may go.
        UsageError: rate and duration make no request, or too many.
    """
    body = options["body"]
    targets = add_defaults(
        read_targets(target, options["targets"], options["target_format"]),
        headers=tuple(parse_header(text) for text in options["header"]),
        body=read_file(body) if body else b"",
        body_file=str(body) if body else "",
    )
    plan = Plan(
        targets=targets,
        schedule=ConstantRate.of(options["rate"], options["duration"]),
        warmup_ns=options["warmup"],
        connections=options["connections"],
        timeout_ns=options["timeout"],
        keepalive=options["keepalive"],
        save_bodies=options["save_bodies"],
    )
    total(plan.schedule)
    if not pin:
        return plan
    addresses = pin_addresses(targets, allow_remote=options["allow_remote"])
    return msgspec.structs.replace(plan, addresses=addresses)


def read_targets(words: tuple[str, ...], file: Path | None, form: str) -> tuple[Target, ...]:
    """Targets from the command line, else from a file, else from standard input.

    Raises:
        TargetError: there are none, or one is malformed; with file and line.
    """
    if words and file is not None:
        raise TargetError(
            f"targets from two places: {' '.join(words)!r} and {file}",
            hint="give a URL or -targets, not both",
        )
    if words:
        return (parse_single(" ".join(words)),)
    if file is None and sys.stdin.isatty():
        raise TargetError(
            "no target", hint="give one, as 'GET http://localhost:8080/', or -targets FILE"
        )
    source = "standard input" if file is None or str(file) == "-" else str(file)
    raw = (
        sys.stdin.buffer.read(MAX_INPUT) if source == "standard input" else read_file(Path(source))
    )
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise TargetError(f"{source} is not UTF-8 text", f"byte {error.start}") from None
    if form == "json":
        return parse_json_targets(text, source=source)
    base = Path.cwd() if source == "standard input" else Path(source).parent

    def read_body(name: str) -> bytes:
        # As with vegeta relative to where we run; beside the target file is the second guess.
        path = Path(name)
        return read_file(path if path.is_absolute() or path.exists() else base / path)

    return parse_http_targets(text, read_body=read_body, source=source)


def read_file(path: Path) -> bytes:
    """The bytes of a body or target file.

    Raises:
        TargetError: it cannot be read, is no regular file, or is larger than `MAX_INPUT`.
    """
    try:
        if path.exists() and not path.is_file():
            raise TargetError(f"cannot read {path}", "it is not a file")
        if path.stat().st_size > MAX_INPUT:
            raise TargetError(f"cannot read {path}", "it is larger than 256 MiB")
        return path.read_bytes()
    except OSError as error:
        raise TargetError(f"cannot read {path}", error.strerror or str(error)) from None
