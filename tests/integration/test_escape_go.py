"""The escape join on real programs, with logs that real compilers write."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest

from heapwise.diagnose.case import Case
from heapwise.diagnose.escape import join
from heapwise.diagnose.source.tree import SourceTree
from heapwise.errors import ToolchainError
from heapwise.formats.escapelog import read
from heapwise.formats.pprof import decode
from heapwise.model.escape import EscapeLog, Reason
from heapwise.runtimes.go.buildinfo import build_info
from heapwise.runtimes.go.buildsettings import BuildSettings, build_settings
from heapwise.runtimes.go.escape_build import escape_log
from heapwise.runtimes.go.toolchain import Go, find_go

pytestmark = pytest.mark.go

PROGRAM = Path(__file__).parents[1] / "data" / "escape" / "program"

REASONS = {
    "returned": Reason.RETURNED,
    "newUser": Reason.STORED,
    "boxed": Reason.BOXED,
    "tooLarge": Reason.TOO_LARGE,
    "variableSize": Reason.VARIABLE_SIZE,
    "appended": Reason.APPEND,
    "grownMap": Reason.MAP,
    "converted": Reason.CONVERSION,
    "concatenated": Reason.CONCATENATION,
    "channel": Reason.CHANNEL,
    "sent": Reason.SENT,
    "stored": Reason.STORED,
    "passed": Reason.PASSED,
    "started": Reason.GOROUTINE,
    "deferred": Reason.DEFERRED,
    "join": Reason.CONCATENATION,
}
"""By function of the program, why it allocates."""


@cache
def toolchains() -> tuple[Go, ...]:
    """The one on PATH and the one beside the interpreter, where they are two."""
    go = find_go()
    beside = Path(sys.executable).parent / "go"
    if go.path == beside or not beside.exists():
        return (go,)
    printed = subprocess.run([beside, "version"], capture_output=True, text=True, check=True)
    return (go, Go(path=beside, version=printed.stdout.split()[2], env=go.env))


@pytest.fixture(params=range(2), ids=["path", "beside"])
def chain(request: pytest.FixtureRequest) -> Go:
    """Each toolchain there is."""
    if request.param >= len(toolchains()):
        pytest.skip("one toolchain only")
    return toolchains()[request.param]


@pytest.fixture
def run(chain: Go, tmp_path: Path) -> Case:
    """The program's run."""
    binary, profile = tmp_path / "program", tmp_path / "allocs.pb.gz"
    chain.build(PROGRAM, binary)
    subprocess.run([binary, "-profile", profile], check=True, timeout=60)
    return Case.of(
        decode(profile.read_bytes()),
        None,
        None,
        runtime="go",
        version=chain.version,
        source=SourceTree(PROGRAM, "go"),
    )


def reasons(run: Case, log: EscapeLog) -> dict[str, set[Reason]]:
    """By function, the reasons that were found on its own lines."""
    found: dict[str, set[Reason]] = {}
    for path, explanation in join(run, log).explanations.items():
        name = path[0].function.removeprefix("main.")
        found.setdefault(name, set()).add(explanation.reason)
    return found


def test_every_reason_is_found_where_it_holds(run: Case, chain: Go) -> None:
    """Sixteen functions, each with its own, and reflection and a closure within the program."""
    log = escape_log(PROGRAM, go=chain, settings=BuildSettings())
    assert (log.version, log.unread) == (chain.version, 0)
    found = reasons(run, log)
    assert {name: found[name] for name in REASONS} == {
        name: {reason} for name, reason in REASONS.items()
    }
    assert found["captured"] == {Reason.CAPTURED, Reason.CLOSURE}
    assert found["reflect.unsafe_New"] == {Reason.REFLECTION}
    coverage = join(run, log).coverage
    assert coverage.explained >= 0.99


def test_the_text_log_explains_as_much(run: Case, chain: Go, tmp_path: Path) -> None:
    """The output of `go build -gcflags=-m=2`, which the build cache replays."""
    built = subprocess.run(
        [chain.path, "build", "-gcflags=-m=2", "-o", tmp_path / "program", "."],
        cwd=PROGRAM, env=chain.env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    (tmp_path / "build.log").write_text(built.stderr)
    found = reasons(run, read(tmp_path / "build.log"))
    # It does not say where the result of an inlined function goes, only that it is returned.
    wanted = {**REASONS, "newUser": Reason.RETURNED}
    assert {name: found[name] for name in wanted} == {
        name: {reason} for name, reason in wanted.items()
    }


def test_a_second_build_logs_again() -> None:
    """What comes from the build cache writes no log, so each build logs to a new place."""
    first, second = (escape_log(PROGRAM, go=find_go(), settings=BuildSettings()) for _ in "ab")
    assert first == second


def test_tags_decide_what_is_logged(tmp_path: Path) -> None:
    """The settings in an executable are those of the build, and are built with again."""
    (tmp_path / "go.mod").write_text("module example.org/tagged\n\ngo 1.21\n")
    (tmp_path / "main.go").write_text("package main\n\nvar kept any\n\nfunc main() { fill() }\n")
    for tag, name in (("prod", "a"), ("!prod", "b")):
        body = f"//go:build {tag}\n\npackage main\n\nfunc fill() {{ kept = new([9]int) }}\n"
        (tmp_path / f"{name}.go").write_text(body)
    go, binary = find_go(), tmp_path / "program"
    go.build(tmp_path, binary, flags=("-tags=prod", "-gcflags=-N -l"), env={"CGO_ENABLED": "0"})
    settings = build_settings(binary)
    assert ("-tags=prod" in settings.flags, settings.compiler) == (True, ("-N", "-l"))
    assert settings.env["CGO_ENABLED"] == "0"
    log = escape_log(tmp_path, go=go, settings=settings)
    assert [Path(file).name for file in log.entries] == ["a.go"]


def test_a_vendored_service_below_a_folder_with_a_blank_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its dependencies come from its vendor folder, and names with blanks are quoted."""
    root, dependency = tmp_path / "a service", "vendor/example.org/dep"
    files = {
        "go.mod": "module example.org/app\n\ngo 1.21\n\nrequire example.org/dep v1.0.0\n",
        "vendor/modules.txt": "# example.org/dep v1.0.0\n## explicit; go 1.21\nexample.org/dep\n",
        f"{dependency}/dep.go": "package dep\n\nfunc New() *[9]int { return new([9]int) }\n",
        "cmd/app/main.go": 'package main\n\nimport "example.org/dep"\n\nvar kept any\n\n'
        "func main() { kept = dep.New() }\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    monkeypatch.setattr(tempfile, "tempdir", str(root))
    log = escape_log(root / "cmd" / "app", go=find_go(), settings=BuildSettings())
    assert {Path(file).name for file in log.entries} == {"dep.go"}
    (entry,) = log.at(str(root / dependency / "dep.go"), 3)
    assert [Path(each.file).name for each in entry.callers] == ["main.go"]


def test_the_text_in_an_executable_is_what_go_prints(chain: Go, tmp_path: Path) -> None:
    """Read without a toolchain, equal to `go version -m`."""
    binary = tmp_path / "program"
    chain.build(PROGRAM, binary)
    printed = subprocess.run(
        [chain.path, "version", "-m", binary], capture_output=True, text=True, check=True
    )
    head, _, rest = printed.stdout.partition("\n")
    info = build_info(binary)
    assert head.endswith(f": {info.version}")
    assert [line.strip() for line in rest.splitlines()] == [
        line.strip() for line in info.text.splitlines()
    ]


def test_a_build_that_fails_says_why(tmp_path: Path) -> None:
    """The compiler's first lines; without a module there is nothing to build."""
    (tmp_path / "go.mod").write_text("module example.org/broken\n\ngo 1.21\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc main() { undefined() }\n")
    with pytest.raises(ToolchainError, match=r"main\.go:3:15: undefined: undefined"):
        escape_log(tmp_path, go=find_go(), settings=BuildSettings())
    (tmp_path / "go.mod").unlink()
    with pytest.raises(ToolchainError, match="is of no Go module"):
        escape_log(tmp_path, go=find_go(), settings=BuildSettings())
