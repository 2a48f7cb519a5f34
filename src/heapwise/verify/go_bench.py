"""Runs Go benchmarks of one or two revisions, turn and turn about.

Each package is compiled once for each side. Then the test binaries run one count at a time, the
sides in the order ``base new new base``, so that whatever drifts while they run meets both alike.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from heapwise.errors import Interrupted, ToolchainError, UsageError
from heapwise.model.verify import BASE, NEW
from heapwise.runtimes.go.toolchain import Go
from heapwise.verify.git import top_level
from heapwise.verify.order import turns
from heapwise.verify.revisions import checked_out, side_of_revision

WORK_TREE = "."
"""Stands for the files as they are, in place of a revision."""

_COMPILE_S = 900
_LIST_S = 300
_MOST_LINES = 5
_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class GoBenchmarks:
    """What to run.

    Attributes:
        folder: where the packages' patterns are read, in a module.
        base: revision of the old side; None to run one side only.
        new: revision of the new side, or `WORK_TREE`.
        packages: patterns, as ``go test`` takes them.
        bench: regular expression of benchmarks.
        count: runs of each benchmark on each side.
        benchtime: as ``go test -benchtime`` takes it; empty for Go's own.
        timeout_s: longest run of one package.
    """

    folder: Path
    base: str | None = None
    new: str = WORK_TREE
    packages: tuple[str, ...] = (".",)
    bench: str = "."
    count: int = 6
    benchtime: str = ""
    timeout_s: float = 900.0


@dataclass(frozen=True, slots=True)
class _Binary:
    package: str
    folder: Path
    path: Path


def run_go_benchmarks(
    asked: GoBenchmarks, go: Go, announce: Callable[[str], None]
) -> dict[str, str]:
    """Run them all.

    Args:
        asked: what to run.
        go: the toolchain.
        announce: told what takes long.

    Returns:
        For each side, ``base`` first, its output in the benchmark format; a package that fails
        leaves a line that says so.

    Raises:
        UsageError: there is no such revision, or no package has tests.
        ToolchainError: a side does not compile.
        Interrupted: the user stopped it; ``output`` has what there was until then.
    """
    output: dict[str, list[str]] = {}
    with ExitStack() as stack:
        bins = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="heapwise-bench-")))
        sides = {}
        for name, folder in _folders(asked, stack, announce).items():
            announce(f"compiling {name}")
            if not folder.is_dir():
                raise UsageError(f"{name} has no folder {asked.folder.resolve()}")
            sides[name] = _compile(asked, go, folder, bins / name)
            output[name] = []
        try:
            for number in range(1, asked.count + 1):
                for name in turns(list(sides), number):
                    announce(f"run {number} of {asked.count}: {name}")
                    for binary in sides[name]:
                        output[name].append(_run(binary, asked))
        except KeyboardInterrupt:
            pass
        else:
            return {name: "".join(parts) for name, parts in output.items()}
    raise BenchmarksInterrupted({name: "".join(parts) for name, parts in output.items()})


class BenchmarksInterrupted(Interrupted):
    """Stopped by the user.

    Attributes:
        output: of each side, as far as it came.
    """

    def __init__(self, output: Mapping[str, str]) -> None:
        super().__init__("interrupted")
        self.output = output


def _folders(
    asked: GoBenchmarks, stack: ExitStack, announce: Callable[[str], None]
) -> dict[str, Path]:
    """Where each side's packages are: the folder itself, or the same one in a work tree."""
    revisions = {BASE: asked.base, NEW: asked.new}
    folder = asked.folder.resolve()
    folders = {}
    for name, revision in revisions.items():
        if revision == WORK_TREE:
            folders[name] = folder
        elif revision is not None:
            repository = top_level(folder).resolve()
            announce(f"checking out {name}: {revision}")
            root = stack.enter_context(_checked_out(repository, revision))
            folders[name] = root / folder.relative_to(repository)
    return folders


@contextmanager
def _checked_out(repository: Path, revision: str) -> Iterator[Path]:
    side = side_of_revision(repository, NEW, revision, command="", service=None)
    with checked_out(repository, [side], "", lambda _: None) as folders:
        yield folders[NEW]


def _compile(asked: GoBenchmarks, go: Go, folder: Path, bins: Path) -> list[_Binary]:
    """The test binaries of the packages that have tests, in Go's order."""
    shown = "{{.ImportPath}}\t{{.Dir}}\t{{len .TestGoFiles}}\t{{len .XTestGoFiles}}"
    listed = _go(go, folder, _LIST_S, "list", "-f", shown, "--", *asked.packages)
    bins.mkdir()
    binaries: list[_Binary] = []
    for line in listed.splitlines():
        package, _, rest = line.partition("\t")
        where, tests, outside = rest.split("\t")
        if (tests, outside) == ("0", "0"):
            continue
        path = bins / f"{len(binaries)}.test"
        _go(go, folder, _COMPILE_S, "test", "-c", "-vet=off", "-o", str(path), package)
        binaries.append(_Binary(package, Path(where), path))
    if not binaries:
        raise UsageError(
            f"no package with tests: {' '.join(asked.packages)}", hint="name packages, as ./..."
        )
    return binaries


def _run(binary: _Binary, asked: GoBenchmarks) -> str:
    """One count of one package; how it failed is the last line, where it did."""
    command = [
        str(binary.path), "-test.run=^$", f"-test.bench={asked.bench}", "-test.benchmem",
        "-test.count=1", f"-test.timeout={asked.timeout_s:.0f}s",
        *([f"-test.benchtime={asked.benchtime}"] if asked.benchtime else []),
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, cwd=binary.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=asked.timeout_s + 30, check=False,
            encoding="utf-8", errors="replace", env=os.environ,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"FAIL\t{binary.package}\ttook more than {asked.timeout_s:.0f} s\n"
    except OSError as error:
        return f"FAIL\t{binary.package}\t{error.strerror}\n"
    text = done.stdout if done.stdout.endswith("\n") or not done.stdout else done.stdout + "\n"
    if done.returncode:
        text += f"FAIL\t{binary.package}\texit status {done.returncode}\n"
    return text


def _go(go: Go, folder: Path, timeout_s: float, *args: str) -> str:
    try:
        done = subprocess.run(
            [str(go.path), *args], cwd=folder, env=go.env, stdin=subprocess.DEVNULL,
            capture_output=True, encoding="utf-8", errors="replace", timeout=timeout_s,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ToolchainError(f"go {args[0]} took more than {timeout_s:.0f} s") from None
    except OSError as error:
        raise ToolchainError("go cannot be run", error.strerror or "") from None
    if done.returncode:
        lines = [line.strip()[:_LONGEST] for line in done.stderr.splitlines() if line.strip()]
        kept = [line for line in lines if not line.startswith("# ")]
        raise ToolchainError(f"go {args[0]} failed in {folder}", "; ".join(kept[:_MOST_LINES]))
    return done.stdout
