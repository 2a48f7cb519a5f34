"""``heapwise encode``: hits from one encoding to another."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from heapwise.cli.hits_input import hits_in
from heapwise.cli.options import command as make_command
from heapwise.cli.output import must_be_free
from heapwise.cli.target_files import STDOUT
from heapwise.errors import UsageError
from heapwise.formats.hit_line import encode_line
from heapwise.formats.hits_csv import encode_row

_ENCODERS = {"json": encode_line, "csv": encode_row}


@make_command("encode", "to", "output", "force")
@click.argument("files", nargs=-1, type=click.Path(), metavar="[HITS]...")
def command(files: tuple[str, ...], encoding: str, output: Path | None, force: bool) -> None:
    """Write hits as JSON or CSV, whichever of them they are.

    They are ours or vegeta's; of several files they come merged in time, and without a name, or
    as -, from standard input. CSV has vegeta's twelve columns and no header: what only our JSON
    says of a hit, when it was sent among it, is lost there.
    """
    if not files and sys.stdin.isatty():
        raise UsageError("nothing to encode", hint="give a file of hits")
    encode = _ENCODERS[encoding]
    with _written(output, force=force) as file, hits_in(files or ("-",)) as hits:
        for hit in hits:
            file.write(encode(hit))


@contextmanager
def _written(output: Path | None, *, force: bool) -> Iterator[BinaryIO]:
    """Where to write. A file that could not be written to its end does not stay."""
    if output is None or str(output) in STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    must_be_free(output, force=force or output.is_char_device())
    try:
        file = output.open("wb")
    except OSError as error:
        raise UsageError(f"cannot write {output}", error.strerror or str(error)) from None
    try:
        with file:
            yield file
    except BaseException:
        if output.is_file():
            output.unlink()
        raise
