"""The lab and demo commands take their options, refuse what is wrong, and touch nothing first."""

from __future__ import annotations

from fractions import Fraction
from importlib import metadata
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from heapwise.cli.demo import command as demo
from heapwise.cli.lab import chosen, labs
from heapwise.cli.lab import command as lab
from heapwise.cli.lab_run import demand, scaled
from heapwise.errors import GateFailed, ToolchainError, UsageError
from heapwise.lab.cache import cache_root
from heapwise.lab.library import case_names, find_case
from heapwise.lab.spec import Scale
from heapwise.model.lab import LabCheck, LabResult, VariantResult
from support import reports

CASE = find_case("chi-compress")


def test_labs_are_listed_with_their_titles() -> None:
    """One line a lab."""
    done = CliRunner().invoke(lab, ["list"])
    told = dict(line.split("  ", 1) for line in done.output.splitlines())
    assert list(told) == case_names()
    assert told["chi-compress"].strip() == "A compressor created per response"


def test_a_lab_is_shown() -> None:
    """`lab show` prints the case."""
    assert "chi v3.3.4" in CliRunner().invoke(lab, ["show", "chi-compress"]).output


@pytest.mark.parametrize("verb", ["show", "run", "check"])
def test_a_lab_that_is_not_there_is_a_usage_error(verb: str) -> None:
    """Every verb that takes a name suggests the right one."""
    done = CliRunner().invoke(lab, [verb, "chi"])
    assert isinstance(done.exception, UsageError)
    assert done.exception.exit_code == 2


def test_a_variant_that_is_not_there_is_a_usage_error() -> None:
    """The error lists the variants there are."""
    done = CliRunner().invoke(lab, ["run", "chi-compress", "--only", "none"])
    assert done.exit_code == 2
    assert "before, upgrade, after, control" in done.output
    with pytest.raises(click.BadParameter):
        chosen(CASE, ("none",))


def test_variants_run_in_the_ladders_order() -> None:
    """Whatever order they are named in; without a name all run."""
    assert chosen(CASE, ("after", "before")) == ("before", "after")
    assert chosen(CASE, ()) == CASE.lab.ladder


def test_rate_and_duration_replace_the_labs_own() -> None:
    """What the user does not give stays as the lab has it."""
    own = scaled(CASE, None, None, None)
    assert isinstance(own, Scale)
    assert own.per_second == 1000
    scale = scaled(CASE, Fraction(5, 6), 1_500_000_000, None)
    assert isinstance(scale, Scale)
    assert scale.per_second == Fraction(5, 6)
    assert scale.duration_ns == 1_500_000_000
    assert scale.warmup_ns == own.warmup_ns


def test_a_service_has_no_scale() -> None:
    """What a job is given is refused, with what to give in its place."""
    done = CliRunner().invoke(lab, ["run", "chi-compress", "--scale", "5"])
    assert isinstance(done.exception, UsageError)
    assert done.exception.hint == "give --rate and --duration"


@pytest.mark.parametrize("there", ["before.hw", "after.hw", "report.html"])
def test_nothing_is_overwritten_without_force(tmp_path: Path, there: str) -> None:
    """A recording or report that is there stops the demo before it builds anything."""
    (tmp_path / there).touch()
    done = CliRunner().invoke(demo, ["-o", str(tmp_path)])
    assert isinstance(done.exception, UsageError)
    assert "--force" in str(done.exception)
    assert [path.name for path in tmp_path.iterdir()] == [there]


def test_without_go_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No toolchain anywhere is one error with the way out."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    done = CliRunner().invoke(demo, ["--runtime", "go", "-o", str(tmp_path / "out")])
    assert isinstance(done.exception, ToolchainError)
    assert "heapwise[go]" in done.exception.hint
    assert not (tmp_path / "out").exists()


def test_without_the_agent_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything that is missing is one error with one command, before anything is made."""

    def nothing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", nothing)
    done = CliRunner().invoke(demo, ["-o", str(tmp_path / "out")])
    assert isinstance(done.exception, ToolchainError)
    assert (
        done.exception.what == "the lab needs heapwise-agent and httptools and uvicorn and uvloop"
    )
    assert done.exception.hint == "pip install 'heapwise[demo]'"
    assert not (tmp_path / "out").exists()


def test_a_demo_of_a_runtime_that_is_not_there_is_a_usage_error() -> None:
    """The error lists the runtimes there are, the first of which is the default."""
    done = CliRunner().invoke(demo, ["--runtime", "cobol"])
    assert done.exit_code == 2
    assert "'python', 'go'" in done.output


def test_a_failed_expectation_ends_in_exit_code_three() -> None:
    """The error names what did not hold."""
    with pytest.raises(GateFailed, match="after: guard: grew") as caught:
        demand(with_check(passed=False))
    assert caught.value.exit_code == 3
    demand(with_check(passed=True))


def with_check(*, passed: bool) -> LabResult:
    """A lab with one check."""
    only = VariantResult(
        name="after", title="", recording="", report=reports.after(), comparison=None,
        checks=(LabCheck("guard", passed, "grew"),),
    )  # fmt: skip
    return LabResult(lab="x", title="", load="", toolchain="", variants=(only,))


def test_what_is_cleaned_is_told_in_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One lab's builds and inputs go, or everybody's; nothing left is nothing to tell."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kept = cache_root() / "a-component" / "jars" / "one"
    gone = cache_root() / "chi-compress" / "abc" / "input"
    for path in (kept, gone):
        path.parent.mkdir(parents=True)
        path.write_bytes(bytes(2048))
    runner = CliRunner()
    assert runner.invoke(lab, ["clean", "chi-compress"]).output == (
        "chi-compress: 2.00 KiB removed\n"
    )
    assert not gone.exists()
    assert kept.exists()
    assert runner.invoke(lab, ["clean", "chi-compress"]).output == "chi-compress: 0 B removed\n"
    assert runner.invoke(lab, ["clean"]).output == "a-component: 2.00 KiB removed\n"
    assert runner.invoke(lab, ["clean"]).output == ""
    assert isinstance(runner.invoke(lab, ["clean", "zzz"]).exception, UsageError)


def test_names_of_labs_complete() -> None:
    """The shell is told the labs that begin like what was typed."""
    context = click.Context(lab)
    assert labs(context, click.Argument(["name"]), "chi") == ["chi-compress"]
    assert labs(context, click.Argument(["name"]), "") == case_names()


def test_builds_go_to_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """XDG_CACHE_HOME decides; a relative one is ignored, as its specification asks."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache")
    assert cache_root() == Path("/var/cache/heapwise/labs")
    for unusable in ("cache", ""):
        monkeypatch.setenv("XDG_CACHE_HOME", unusable)
        assert cache_root() == tmp_path / ".cache/heapwise/labs"
