"""``heapwise diagnose`` and ``lint`` on whatever somebody may hand them: one line, nothing lost."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from heapwise.cli.main import app
from heapwise.errors import HeapwiseError, ProfileError, RecordingError, UsageError
from support.profiles import Sample, profile_bytes
from support.recordings import make_recording
from support.stacks import GOROOT, SERVE

MAIN = "package main\n\nfunc main() {}\n"
PATTERN = (
    'package main\n\nimport "regexp"\n\nfunc ok(s string) bool {\n'
    '\treturn regexp.MustCompile("^a+$").MatchString(s)\n}\n'
)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sick service's."""
    return make_recording(tmp_path_factory.mktemp("bad-input") / "run.hw")


def run(*args: str | Path) -> str:
    """What a command prints; its error is raised."""
    result = CliRunner().invoke(app, [*map(str, args)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*args: str | Path) -> HeapwiseError:
    """The error that a command ends in: one line and perhaps a hint."""
    with pytest.raises(HeapwiseError) as caught:
        CliRunner().invoke(app, [*map(str, args)], catch_exceptions=False, standalone_mode=False)
    assert "\n" not in str(caught.value)
    return caught.value


def diagnosed(*args: str | Path) -> dict[str, Any]:
    """The diagnosis as data."""
    data: dict[str, Any] = json.loads(run("diagnose", *args, "--json"))["data"]
    return data


def codes(data: dict[str, Any]) -> list[str]:
    """Of the findings, in order."""
    return [each["code"] for each in data["findings"]]


def unread(data: dict[str, Any]) -> dict[str, str]:
    """Why files could not be used."""
    return {Path(file).name: why for file, why in data["source"]["unread"]}


def test_source_that_is_no_directory_is_refused(recording: Path, tmp_path: Path) -> None:
    """A file, nothing at all, and a link that leads to itself."""
    (tmp_path / "main.go").write_text(MAIN)
    (tmp_path / "loop").symlink_to("loop")
    for name in ("main.go", "nothing", "loop"):
        for words in (("diagnose", recording, tmp_path / name), ("lint", tmp_path / name)):
            error = refused(*words)
            assert isinstance(error, UsageError)
            assert "is no directory" in error.what


def test_an_empty_directory_takes_nothing_away(recording: Path, tmp_path: Path) -> None:
    """What the paths tell stays, and one sentence says what is wrong; no file is missed by name."""
    data = diagnosed(recording, tmp_path)
    assert codes(data)[:2] == ["HW101", "HW201"]
    assert any("has no .go files" in limit for limit in data["limits"])
    assert "could not be read" not in run("diagnose", recording, tmp_path)
    assert "not there" not in run("diagnose", recording, tmp_path)


def test_source_of_another_language_is_said(recording: Path, tmp_path: Path) -> None:
    """A Go service's recording beside Python source."""
    (tmp_path / "app.py").write_text("def main(): pass\n")
    data = diagnosed(recording, tmp_path)
    assert codes(data)[:2] == ["HW101", "HW201"]
    (limit,) = (each for each in data["limits"] if "has no .go files" in each)
    assert str(tmp_path) in limit


def test_a_python_service_beside_go_source_is_said(tmp_path: Path) -> None:
    """The reverse, from a heap profile of Python."""
    stack = ("app.load (/srv/app.py:4)", "app.main (/srv/app.py:9)")
    heap = tmp_path / "heap.pb.gz"
    heap.write_bytes(profile_bytes([Sample(stack, (10, 10_000_000))]))
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.go").write_text(MAIN)
    data = diagnosed(heap, tmp_path / "src")
    assert data["runtime"] == "python"
    assert any("has no .py files" in limit for limit in data["limits"])


def test_files_that_cannot_be_used_are_named_and_the_others_read(tmp_path: Path) -> None:
    """Each with its reason; the one pattern among them is found."""
    (tmp_path / "good.go").write_text(PATTERN)
    (tmp_path / "long.go").write_bytes(b"package main\n" + b"\n" * (50 << 20))
    (tmp_path / "itself.go").symlink_to("itself.go")
    (tmp_path / "folder").symlink_to(".")
    (tmp_path / "away.go").symlink_to("/etc/passwd")
    (tmp_path / "dangling.go").symlink_to("gone.go")
    os.mkfifo(tmp_path / "pipe.go")
    (tmp_path / "binary.go").write_bytes(bytes(range(256)) * 40 + b"regexp.MustCompile(")
    (tmp_path / "nul.go").write_bytes(PATTERN.encode().replace(b"ok", b"o\0k"))
    (tmp_path / "latin.go").write_bytes(PATTERN.encode().replace(b"^a+$", b"^\xe4+$"))
    began = time.monotonic()
    data = json.loads(run("lint", tmp_path, "--json"))["data"]
    assert time.monotonic() - began < 20
    found = [each["place"]["file"] for each in data["findings"]]
    assert "good.go" in found
    assert "latin.go" in found
    whys = unread(data)
    assert whys["long.go"] == "longer than 4 MiB"
    assert "itself" in whys["itself.go"]
    assert whys["away.go"] == "a link that leads elsewhere"
    assert whys["dangling.go"] == whys["pipe.go"] == "no file"
    assert "line" in whys["binary.go"]
    assert not any("root:" in json.dumps(each) for each in data["findings"])


def test_a_name_that_is_no_text_is_spelled_out(tmp_path: Path) -> None:
    """A file system takes any bytes, JSON and terminals do not."""
    (tmp_path / "good.go").write_text(PATTERN)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.go")).write_text(PATTERN)
    (tmp_path / "li\nne\x1b[31m.go").write_text(PATTERN)
    data = json.loads(run("lint", tmp_path, "--json"))["data"]
    assert "its name is no UTF-8" in unread(data).values()
    for kind in ("text", "markdown", "sarif"):
        text = run("lint", tmp_path, "-type", kind)
        assert "\x1b" not in text
        assert "good.go" in text


@pytest.mark.parametrize(
    "nested",
    [
        "(" * 3_000 + "s" + ")" * 3_000,
        " + ".join(['"a"'] * 3_000),
        "s" + ".a" * 500,
        "f(" * 3_000 + "s" + ")" * 3_000,
        "[]any{" * 3_000 + "s" + "}" * 3_000,
    ],
    ids=["parentheses", "sums", "selectors", "calls", "literals"],
)
def test_deep_nesting_ends_no_run(tmp_path: Path, nested: str) -> None:
    """What is deeper than Python's own stack is walked without it."""
    deep = (
        'package main\n\nimport (\n\t"encoding/json"\n\t"fmt"\n\t"net/http"\n\t"strings"\n)\n\n'
        "func page(w http.ResponseWriter, r *http.Request) {\n\ts := r.URL.Path\n"
        f"\tfor range 9 {{\n\t\ts += fmt.Sprintf({nested})\n\t}}\n"
        "\tjson.NewEncoder(w).Encode(strings.Split(s, s))\n}\n"
    )
    (tmp_path / "deep.go").write_text(deep)
    (tmp_path / "good.go").write_text(PATTERN)
    assert "good.go:6: HW401" in run("lint", tmp_path)


@pytest.mark.parametrize("nested", ["(" * 3_000 + "url" + ")" * 3_000, "-" * 30_000 + "url"])
def test_deep_python_is_said_to_be_unreadable(tmp_path: Path, nested: str) -> None:
    """CPython's parser refuses it, and so do we."""
    source = f"import requests\n\ndef page(request):\n    return requests.get({nested}).json()\n"
    (tmp_path / "deep.py").write_text(source)
    data = json.loads(run("lint", tmp_path, "--json"))["data"]
    assert unread(data)["deep.py"].startswith("not at all: ")


EVIL = "main.\x1b[2J|`x`**b**<i>\n%s%0a\u202e"


def test_names_in_a_profile_drive_nothing(tmp_path: Path) -> None:
    """Escape sequences, line breaks, markup and percent signs in functions and in files."""
    stack = (
        "compress/flate.NewWriter (/usr/local/go/src/compress/flate/deflate.go:667)",
        "compress/gzip.(*Writer).Write (/usr/local/go/src/compress/gzip/gzip.go:191)",
        f"{EVIL} (/srv/{EVIL}.go:12)",
        *(frame.format(root=GOROOT) for frame in SERVE),
    )
    heap = tmp_path / "heap.pb.gz"
    heap.write_bytes(profile_bytes([Sample(stack, (2_000, 2_000_000_000), {"bytes": 1_000_000})]))
    (tmp_path / "main.go").write_text(MAIN)
    for kind in ("text", "markdown", "sarif"):
        text = run("diagnose", heap, tmp_path, "-type", kind)
        assert "HW101" in text
        assert "\x1b" not in text
        assert "\u202e" not in text
        if kind == "markdown":
            assert "<i>" not in re.sub("`[^`\n]*`", "", text)
    assert codes(diagnosed(heap, tmp_path)) == ["HW101"]


def test_a_heap_profile_does_for_a_recording(recording: Path) -> None:
    """Shares instead of costs, and what a recording would add."""
    heap = max((recording / "profiles").iterdir())
    data = diagnosed(heap)
    assert codes(data) == ["HW101", "HW201"]
    assert data["per_work"] is None
    assert all(each["gain_bytes_per_work"] is None for each in data["findings"])
    assert data["limits"][-1].startswith("A profile alone counts since the service started")
    text = run("diagnose", heap)
    assert "% of alloc_space" in text
    assert "/req" not in text


def test_a_profile_of_something_else_is_refused(tmp_path: Path) -> None:
    """A CPU profile counts no allocations, and a text is no profile."""
    cpu = tmp_path / "cpu.pb.gz"
    types = ("samples/count", "cpu/nanoseconds")
    cpu.write_bytes(profile_bytes([Sample(("main.f",), (1, 1_000))], sample_types=types))
    error = refused("diagnose", cpu)
    assert isinstance(error, ProfileError)
    assert error.what == "not a heap profile"
    (tmp_path / "text").write_text("nothing of the kind")
    assert isinstance(refused("diagnose", tmp_path / "text"), ProfileError)


def test_a_profile_without_a_sample_is_no_division(tmp_path: Path) -> None:
    """A service that allocated nothing has no findings, and shares of nothing are none."""
    heap = tmp_path / "heap.pb.gz"
    heap.write_bytes(profile_bytes([]))
    (tmp_path / "main.go").write_text(MAIN)
    data = diagnosed(heap, tmp_path)
    assert data["findings"] == []
    assert data["floor"] is None
    assert any("from 0 sampled allocations" in limit for limit in data["limits"])
    assert run("diagnose", heap, tmp_path).startswith("No known pattern in heap.pb.gz")


def test_a_recording_without_profiles_is_refused(tmp_path: Path) -> None:
    """It says which there are not, how the recording ended, and what shows the rest."""
    cut = make_recording(tmp_path / "cut.hw", finish=False)
    error = refused("diagnose", cut)
    assert isinstance(error, RecordingError)
    assert "no heap profile at both ends" in error.what
    assert "interrupted" in error.why
    assert error.hint.startswith("heapwise report ")


@pytest.mark.parametrize("part", ["manifest.json", "events.log", "profiles"])
def test_a_truncated_recording_is_one_line_or_a_diagnosis(
    recording: Path, tmp_path: Path, part: str
) -> None:
    """Wherever it was cut: never a traceback."""
    for number, kept in enumerate((0.0, 0.3, 0.9)):
        copy = tmp_path / f"{number}.hw"
        shutil.copytree(recording, copy)
        files = sorted((copy / part).iterdir()) if part == "profiles" else [copy / part]
        for file in files:
            file.write_bytes(file.read_bytes()[: int(file.stat().st_size * kept)])
        result = CliRunner().invoke(app, ["diagnose", str(copy)])
        assert result.exception is None or isinstance(result.exception, SystemExit | HeapwiseError)


def test_damaged_profiles_are_said(recording: Path, tmp_path: Path) -> None:
    """Bytes that are no profile are told, not diagnosed."""
    shutil.copytree(recording, tmp_path / "run.hw")
    for file in (tmp_path / "run.hw" / "profiles").iterdir():
        file.write_bytes(gzip.compress(b"nothing of the kind"))
    assert isinstance(refused("diagnose", tmp_path / "run.hw"), HeapwiseError)


def test_the_compiler_is_asked_only_of_go(tmp_path: Path) -> None:
    """A Python service and --escape: the diagnosis, and one line that says why without."""
    stack = ("app.load (/srv/app.py:4)", "app.main (/srv/app.py:9)")
    heap = tmp_path / "heap.pb.gz"
    heap.write_bytes(profile_bytes([Sample(stack, (10, 10_000_000))]))
    (tmp_path / "app.py").write_text("def main(): pass\n")
    result = CliRunner().invoke(app, ["diagnose", str(heap), str(tmp_path), "--escape"])
    assert result.exit_code == 0
    assert "the service is of python, not Go" in result.stderr


def test_a_build_that_fails_leaves_the_diagnosis(recording: Path, tmp_path: Path) -> None:
    """The compiler's words on stderr; everything else as without."""
    (tmp_path / "main.go").write_text("package main\n\nfunc main( {}\n")
    (tmp_path / "go.mod").write_text("module a.org/b\n\ngo 1.24\n")
    result = CliRunner().invoke(app, ["diagnose", str(recording), str(tmp_path), "--escape-own"])
    assert result.exit_code == 0, result.output
    assert "without the compiler's reasons: " in result.stderr
    assert "HW101" in result.stdout
