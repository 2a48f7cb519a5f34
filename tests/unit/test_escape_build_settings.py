"""Which settings of a build are taken over from an executable, and which are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.runtimes.go.buildinfo import build_info
from heapwise.runtimes.go.buildsettings import BuildSettings, parse_settings

MAGIC = b"\xff Go buildinf:"


def settings(*lines: str) -> BuildSettings:
    """Of ``build`` lines."""
    return parse_settings("go1.27.3", "".join(f"build\t{line}\n" for line in lines))


def test_what_decides_about_escapes_is_taken_over(tmp_path: Path) -> None:
    """Tags, instrumentation, profile, the compiler's own switches and the processor."""
    profile = tmp_path / "cpu.pprof"
    profile.write_bytes(b"")
    found = settings(
        "-tags=prod,netgo", "-race=true", f"-pgo={profile}", '-gcflags="all=-N -l"',
        "CGO_ENABLED=0", "GOAMD64=v3", "GOEXPERIMENT=nogreenteagc", "GOOS=linux",
    )  # fmt: skip
    assert found == BuildSettings(
        version="go1.27.3",
        flags=("-tags=prod,netgo", "-race", f"-pgo={profile}"),
        compiler=("-N", "-l"),
        env={
            "CGO_ENABLED": "0",
            "GOAMD64": "v3",
            "GOEXPERIMENT": "nogreenteagc",
            "GOOS": "linux",
        },
    )


@pytest.mark.parametrize(
    "line",
    [
        "-toolexec=/tmp/evil", "-overlay=/tmp/o.json", "-exec=sh", "-modfile=/tmp/go.mod",
        "-ldflags=-extld=/tmp/evil", "-gcflags=-d=x -o /etc/passwd", "-gcflags=-cpuprofile=/tmp/x",
        "CGO_CFLAGS=-fplugin=/tmp/evil.so", "CC=/tmp/evil", "GOFLAGS=-toolexec=/tmp/evil",
        "-tags=a -toolexec=x", "-tags=", "-buildmode=plugin", "-race=false", "-trimpath=true",
        "-pgo=relative.pprof",
        "-pgo=/no/such/file", "GOOS=../../x y", "GOAMD64=", "vcs.revision=1234", "nothing",
    ],
)  # fmt: skip
def test_what_could_run_something_or_decides_nothing_is_left_out(line: str) -> None:
    """An executable may come from anywhere."""
    assert settings(line) == BuildSettings(version="go1.27.3")


def test_other_lines_are_no_settings() -> None:
    """Modules and the main package stand in the same text."""
    text = "path\texample.org/app\nmod\texample.org/app\t(devel)\t\ndep\t-tags=x\tv1.0.0\th1:=\n"
    assert parse_settings("", text) == BuildSettings()


@given(st.text() | st.text('build\t-tags=\n"\\').map(lambda text: f"build\t{text}"))
def test_any_text_is_read(text: str) -> None:
    """Nothing in it is ever an error, and every flag begins as one of the list."""
    found = parse_settings("", text)
    assert all(flag.startswith(("-tags=", "-race", "-pgo=", "-buildmode=")) for flag in found.flags)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_a_damaged_executable_has_no_settings_or_some(
    tmp_path_factory: pytest.TempPathFactory, header: bytes, rest: bytes
) -> None:
    """Lengths that lead out of the file, no end of a number, a header cut off."""
    file = tmp_path_factory.getbasetemp() / "program"
    flags = b"\x08\x02" + header[:16].ljust(16, b"\0")
    file.write_bytes(MAGIC + flags + rest)
    info = build_info(file)
    assert len(info.version) + len(info.text) <= len(rest) * 3
