"""``heapwise verify``: interleaved rounds of two sides, and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, cast

import click
from click.core import ParameterSource

from heapwise.cli.access import ACCESS_OPTIONS, build_access
from heapwise.cli.options import command as make_command
from heapwise.cli.options import with_options
from heapwise.cli.output import must_be_free, next_step, note, write_data, write_file
from heapwise.cli.verify_options import LOAD, OWN, STATISTICS, TARGET_FORMAT, VerifyOptions
from heapwise.cli.verify_progress import VerifyProgress
from heapwise.cli.verify_request import (
    Request,
    build_request,
    must_not_change,
    resumed_request,
)
from heapwise.errors import Inconclusive
from heapwise.model.envelope import envelope
from heapwise.model.verify import Verification
from heapwise.record.interrupt import stop_on_signal
from heapwise.report.notebook_text import render_entry
from heapwise.report.registry import renderer
from heapwise.report.verify_markdown import render_verification_markdown
from heapwise.report.verify_text import render_verification
from heapwise.verify.journal import Journal, must_be_replaceable, read_state
from heapwise.verify.notebook import append, entry_of
from heapwise.verify.project import read_project
from heapwise.verify.revisions import checked_out
from heapwise.verify.rounds import make_rounds
from heapwise.verify.sides import bench
from heapwise.verify.verdict import conclude, inconclusive

RENDERERS: dict[str, Callable[[Verification], bytes | str]] = {
    "text": render_verification,
    "json": envelope,
    "markdown": render_verification_markdown,
}


@make_command(
    "verify", *LOAD, "service", *ACCESS_OPTIONS, "exec", "interval", "output", "force",
    "keep-secrets", "html", "json", "quiet",
)  # fmt: skip
@with_options(*OWN, *STATISTICS, TARGET_FORMAT)
@click.argument("target", nargs=-1, metavar="[TARGET]")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    target: tuple[str, ...],
    html: Path | None,
    as_json: bool,
    quiet: bool,
    **typed: Any,
) -> None:
    """Prove a change: rounds of the old and the new side in turn, under the same load.

    The load is TARGET's, or with --like that of an earlier recording. The sides are commands
    that heapwise starts, URLs of services that run, or git revisions with --build and --exec.
    Everything is kept in NAME.verify; an interrupted verification goes on with --resume. The exit
    code is 0 whatever the verdict is, and 4 where there is none.
    """
    options = cast("VerifyOptions", typed)  # click passes all of these
    if html is not None:
        must_be_free(html, force=options["force"])
    log = _to_be_noted(ctx, options)
    with VerifyProgress(quiet=quiet) as progress, _made(ctx, target, options, progress) as journal:
        verification = conclude(journal, str(journal.directory))
        examples = journal.examples()
    write_data(RENDERERS["json" if as_json else options["format"]](verification))
    written = [f"recorded in {journal.directory}"]
    if html is not None:
        write_file(renderer("html")(examples, verification.comparison), html)
        written.append(f"report in {html}")
    if log:
        page = append(entry_of(verification, Path.cwd()), Path.cwd(), render_entry)
        written.append(f"noted in {page.name}")
    if not quiet:
        note(", ".join(written))
        next_step(verification.next_command, page_written=html is not None)
    ctx.exit(Inconclusive.exit_code if inconclusive(verification) else 0)


def _to_be_noted(ctx: click.Context, options: VerifyOptions) -> bool:
    """Whether the notebook gets an entry; the project's wish holds for what is not over yet."""
    if ctx.get_parameter_source("log") is not ParameterSource.DEFAULT:
        return options["log"]
    over = options["resume"] is not None and read_state(options["resume"]).stopped
    return read_project().log.enabled and not over


@contextmanager
def _made(
    ctx: click.Context, target: tuple[str, ...], options: VerifyOptions, progress: VerifyProgress
) -> Iterator[Journal]:
    """A verification with all its rounds made."""
    with ExitStack() as stack:
        # Between two runs there is nothing to finish: the first signal ends everything, in order.
        stack.enter_context(stop_on_signal(lambda _text: None, worth_finishing=lambda: False))
        resumed = None
        if options["resume"] is not None:
            must_not_change(ctx)
            resumed = stack.enter_context(Journal.resume(options["resume"]))
            if resumed.state.stopped:
                yield resumed
                return
            request = resumed_request(resumed.state, resumed.plan, options)
        else:
            request = build_request(ctx, target, options)
            directory = options["output"] or _default_place(options["like"])
            must_be_replaceable(directory, force=options["force"])
        folders = stack.enter_context(_prepared(request, progress))
        access = build_access(cast("Mapping[str, Any]", options))
        benches = {
            side.name: bench(
                side, request.plan, folder=folders.get(side.name), access=access,
                allow_remote=options["allow_remote"], keep_secrets=options["keep_secrets"],
            )
            for side in request.sides
        }  # fmt: skip
        journal = resumed or stack.enter_context(
            Journal.create(directory, request.state, request.kept_plan, force=options["force"])
        )
        make_rounds(journal, benches, notify=partial(progress.see, request.plan))
        yield journal


def _prepared(
    request: Request, progress: VerifyProgress
) -> AbstractContextManager[dict[str, Path]]:
    """The folders that revisions were built in; none for other sides."""
    if request.repository is None:
        return nullcontext({})
    build = request.state.settings.build
    inside = Path.cwd().resolve().relative_to(request.repository.resolve())
    return checked_out(request.repository, request.sides, build, progress.announce, inside)


def _default_place(like: Path | None) -> Path:
    return Path(f"{like.resolve().stem}.verify") if like is not None else Path("run.verify")
