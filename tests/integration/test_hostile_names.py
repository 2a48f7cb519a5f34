"""Names of strangers are harmless in whatever a view writes, to a terminal or for another tool."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from heapwise.cli.main import app
from support.profiles import Sample, profile_bytes

NAMES = {
    "script": "<script>alert(1)</script>",
    "escape": "\x1b[2J\x1b]0;owned\x07",
    "eight-bit": "\x9b31m\x9d0;owned\x9c",
    "right-to-left": "main.\u202egro.live\u2066",
    "line-break": "main.f\nN1 -> N2\r\u2028\u2029",
    "quotes": 'main."]; N9 [label="x\\',
    "zero-width": "main.\u200bf\ufeff",
    "entity": "main.&quot;&#10;",
}
TEXTS = {
    "top": [], "tree": [], "peek": ["."], "list": ["."], "traces": [], "tags": [], "raw": [],
    "comments": [], "dot": [], "callgrind": [], "folded": [], "diff": ["{other}"],
}  # fmt: skip
"""Views that print text, with what they take before the profile."""

MORE = {
    "dot": [["-call_tree"], ["-lines"], ["-tagroot=tenant"]],
    "callgrind": [["-call_tree"]],
    "traces": [["-tagleaf=tenant"]],
    "top": [["-files"], ["-addresses"]],
}  # fmt: skip


@pytest.fixture
def profiles(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Path, Path]:
    """Two profiles in which everything that can have a name has the one that is asked for."""
    name = NAMES[request.param]
    paths = tmp_path / "one.pb.gz", tmp_path / "other.pb.gz"
    for weight, path in enumerate(paths, 5):
        # A file in brackets would end the test's own notation.
        file = re.sub(r"[()]", "", name).replace("\n", "") or "f.go"
        frames = (f"{name} ({file}:3)", f"{name}2 ({file}:9)", "main.main (main.go:1)")
        samples = [
            Sample(frames, [weight, weight * 4096], labels={"tenant": name, name: "x"}),
            Sample(frames[1:], [3, 96], labels={name: 7}),
        ]
        path.write_bytes(profile_bytes(samples, comments=[name], default_sample_type="alloc_space"))
    return paths


@pytest.mark.parametrize("view", TEXTS)
@pytest.mark.parametrize("profiles", NAMES, indirect=True)
def test_no_view_prints_what_could_drive_a_terminal(view: str, profiles: tuple[Path, Path]) -> None:
    """Control and direction characters are spelled out, and one name stays on one line."""
    one, other = map(str, profiles)
    before = [word.format(other=other) for word in TEXTS[view]]
    for flags in ([], *MORE.get(view, [])):
        result = CliRunner().invoke(app, [view, *flags, *before, one], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        text = result.stdout + result.stderr
        assert all(char.isprintable() or char == "\n" for char in text.replace("\t", " "))
        assert not any(line.startswith("N1 -> N2\\r") for line in text.splitlines())


@pytest.mark.parametrize("flags", [[], ["-call_tree"], ["-lines", "-tagroot=tenant"]])
@pytest.mark.parametrize("profiles", NAMES, indirect=True)
def test_no_name_ends_a_quoted_string_of_a_drawn_graph(
    flags: list[str], profiles: tuple[Path, Path]
) -> None:
    """Every line is one statement of Graphviz's language, whose quotes are closed."""
    result = CliRunner().invoke(app, ["dot", *flags, str(profiles[0])], catch_exceptions=False)
    quoted = r'"(?:[^"\\]|\\.)*"'
    attributes = rf"\[(?: ?[a-z]+ ?= ?(?:{quoted}|[a-z0-9]+))*\]"
    statement = re.compile(
        rf"digraph {quoted} {{|}}|node {attributes}|N[N\d_]*(?: -> N[N\d_]*)? {attributes}"
        rf"|subgraph cluster_L {{ {quoted} {attributes} }}|// .*"
    )
    for line in result.stdout.splitlines():
        assert statement.fullmatch(line), line


@pytest.mark.parametrize("profiles", NAMES, indirect=True)
def test_data_for_other_tools_keeps_names_within_their_strings(profiles: tuple[Path, Path]) -> None:
    """JSON stays JSON, of a view as of a file for speedscope."""
    for view in ("top", "tree", "traces", "tags"):
        result = CliRunner().invoke(app, [view, "--json", str(profiles[0])], catch_exceptions=False)
        assert json.loads(result.stdout)["kind"]
    target = profiles[0].with_suffix(".json")
    command = ["speedscope", "-o", str(target), str(profiles[0])]
    assert CliRunner().invoke(app, command, catch_exceptions=False).exit_code == 0
    assert json.loads(target.read_text())["profiles"]
