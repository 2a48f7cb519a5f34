"""A job on the bench: given its input, run to its end within its limit, and heard out."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from heapwise.errors import ServiceError, ToolchainError
from heapwise.lab.bench import Notify, Trial
from heapwise.lab.checks import check_run
from heapwise.lab.components.limit import Limited, Way, limited
from heapwise.lab.explain import explained, finished
from heapwise.lab.job_checks import (
    Ending,
    check_ending,
    check_headroom,
    check_work,
    how_it_ended,
)
from heapwise.lab.job_output import JobOutput, read_output
from heapwise.lab.oracles import Seen
from heapwise.lab.ports import free_ports
from heapwise.lab.prepare import Prepared
from heapwise.lab.spec import Build, Exit, GoBuild, JobLab
from heapwise.lab.words import filled
from heapwise.record.command import split_command
from heapwise.record.files import STDOUT
from heapwise.record.job import record_job
from heapwise.record.session import Progress, RunRequest
from heapwise.record.work_meter import WorkMeter
from heapwise.units import format_count, format_size, how_many


class JobBench:
    """Runs the variants of a lab whose program runs to its end.

    Args:
        lab: its spec.
        prepared: the words that start each variant, and its sources.
        scales: by variant, its units of work.
        inputs: by units of work, where the input for them lies.
        places: what stands for the names of components.
        directory: for what a run writes.
    """

    def __init__(
        self,
        lab: JobLab,
        prepared: Prepared,
        scales: Mapping[str, int],
        inputs: Mapping[int, Path],
        places: Mapping[str, str],
        directory: Path,
    ) -> None:
        self._lab = lab
        self._prepared = prepared
        self._scales = scales
        self._inputs = inputs
        self._places = places
        self._directory = directory

    @property
    def told(self) -> str:
        """The work in a line."""
        job = self._lab.job
        most = max(self._scales.values())
        told = f"{how_many(most, job.unit)} of seed {self._lab.seed}"
        fewer = [
            f"{name} {format_count(scale)}" for name, scale in self._scales.items() if scale < most
        ]
        told += f" (but {', '.join(fewer)})" if fewer else ""
        return told + (f", within {format_size(job.limit_bytes)} of memory" if job.limit else "")

    def record(self, name: str, path: Path, *, force: bool, notify: Notify) -> Trial:
        """Run the variant, after a rehearsal where the lab wants one, and analyse the recording."""
        if self._lab.job.rehearse:
            notify(name, Progress(step="rehearsal, for caches to be warm"))
            aside = self._directory / f"{name}-rehearsal.hw"
            self._run(name, aside, force=True, notify=notify)
            finished(name, aside)
            shutil.rmtree(aside)
        ending = self._run(name, path, force=force, notify=notify)
        report = explained(name, path, self._prepared.sources[name])
        output, silence = _heard(path / STDOUT)
        seen = Seen(result=output.result, guard=output.guard) if output else Seen()
        # One that was killed says no more, and its figures are those of the work until then.
        whole = ending.exit is Exit.OK
        expect = self._lab.variants[name].expect
        return Trial(
            name=name,
            recording=path,
            report=report,
            seen=seen,
            checks=(
                check_ending(expect.exit, ending),
                *check_headroom(expect.headroom, report, self._lab.job.limit_bytes),
                *(check_run(report) if whole else ()),
                *(check_work(report, output, silence) if whole else ()),
            ),
            scale=self._scales[name],
            ended=ending.exit,
        )

    def _run(self, name: str, path: Path, *, force: bool, notify: Notify) -> Ending:
        """Run a variant to its end and record it."""
        out = self._directory / f"{name}-out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        environment, words = split_command(shlex.join(self._words(name, out)))
        with _within(words, self._lab.job.limit_bytes) as limit:
            must_start(self._lab.variants[name].build, limit)
            request = RunRequest(
                plan=None,
                job=True,
                exec_command=shlex.join(words if limit is None else limit.command),
                output=path,
                force=force,
                meter=WorkMeter(self._lab.job.unit),
            )
            end = record_job(
                request,
                environment=environment,
                notify=lambda progress: notify(name, progress),
            )
            ending = how_it_ended(end.exit_code, limit)
        shutil.rmtree(out, ignore_errors=True)
        return ending

    def _words(self, name: str, out: Path) -> tuple[str, ...]:
        (debug,) = free_ports(1)
        places = {
            **self._places,
            "input": str(self._inputs[self._scales[name]]),
            "out": str(out),
            "debug_port": str(debug),
        }
        job = self._lab.job
        return filled(
            (*self._prepared.starts[name], *job.args, *self._lab.variants[name].args), places
        )


def must_start(build: Build, limit: Limited | None) -> None:
    """Refuse a limit in which a program would not even start.

    Raises:
        ToolchainError: Go's runtime reserves more addresses than that before ``main`` begins.
    """
    if isinstance(build, GoBuild) and limit is not None and limit.way is Way.ADDRESS_SPACE:
        raise ToolchainError(
            "the memory of a Go program cannot be limited here",
            "there is no control group to be had, and RLIMIT_AS ends it before it begins",
            "run as root, or below systemd-run --user --scope -p Delegate=yes",
        )


@contextmanager
def _within(words: Sequence[str], size: int) -> Iterator[Limited | None]:
    """The words limited to so many bytes of memory; None where there is no limit."""
    if not size:
        yield None
        return
    with limited(words, size) as limit:
        yield limit


def _heard(stdout: Path) -> tuple[JobOutput | None, str]:
    """What the job told at its end, or why that is nothing."""
    try:
        return read_output(stdout), ""
    except (ServiceError, OSError) as error:
        return None, str(error)
