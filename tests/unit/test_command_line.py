"""The command line takes Go's flags, starts light, and turns errors into exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import jsonschema
import pytest
from click.testing import CliRunner

from heapwise.cli.main import ALIASES, COMMANDS, app
from heapwise.cli.options import ROWS, TABLE
from heapwise.cli.options import command as make_command
from heapwise.model.envelope import KINDS, envelope, schema
from heapwise.model.tables import Row, Table
from heapwise.names import visible

HEAVY = {"numpy", "scipy", "pycurl", "google.protobuf", "rich", "jinja2", "msgspec", "asyncio"}


@make_command(
    "probe", "rate", "duration", "header", "keepalive", "quiet", "force", "sample-index",
    "nodefraction", "max-profile-size", "save-bodies", "max-connections",
)  # fmt: skip
@click.argument("rest", nargs=-1)
def probe(**values: object) -> None:
    """Print what was parsed."""
    click.echo(
        json.dumps({key: str(getattr(value, "rate", value)) for key, value in values.items()})
    )


def parsed(*args: str) -> dict[str, str]:
    """What the probe command understood."""
    result = CliRunner().invoke(probe, list(args))
    assert result.exit_code == 0, result.output
    values: dict[str, str] = json.loads(result.output)
    return values


@pytest.mark.parametrize(
    ("args", "option", "value"),
    [
        (["-rate=1000"], "rate", "1000"),
        (["-rate", "1000/s"], "rate", "1000"),
        (["--rate", "1000"], "rate", "1000"),
        (["-r1000"], "rate", "1000"),
        (["-r=1000"], "rate", "1000"),
        (["-duration=5s"], "duration", "5000000000"),
        (["-header", "A: b"], "header", "('A: b',)"),
        (["-keepalive=false"], "keepalive", "False"),
        (["-no-keepalive"], "keepalive", "False"),
        (["-keepalive=true"], "keepalive", "True"),
        (["-sample_index=alloc_space"], "sample_index", "alloc_space"),
        (["-q"], "quiet", "True"),
        (["-quiet=true"], "quiet", "True"),
        (["-quiet=false"], "quiet", "False"),
        (["-no-keepalive=false"], "keepalive", "True"),
        (["--", "-rate=7"], "rest", "('-rate=7',)"),
        (["-header", "-rate: 1"], "header", "('-rate: 1',)"),
        (["-H", "-rate=1"], "header", "('-rate=1',)"),
        (["-sample-index", "--"], "sample_index", "--"),
        (["-quiet", "-rate=7"], "rate", "7"),
    ],
)
def test_flags_may_be_spelled_gos_way(args: list[str], option: str, value: str) -> None:
    """Lines pasted from vegeta and pprof parse; short options and -- keep their meaning."""
    assert parsed(*args)[option] == value


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["-raet=5"], "No such option: -raet. Did you mean -rate?"),
        (["--nonsense"], "No such option: --nonsense."),
        (["-rate=fast"], "not a rate: 'fast'"),
        (["-keepalive=maybe"], "-keepalive is a switch"),
        (["-rate=99999999999999999999"], "has too many digits"),
        (["-rate=0.12345678901234567890"], "has too many digits"),
        (["-duration=9999999999h"], "longer than a year"),
        (["-nodefraction=nan"], "not a share from 0 to 1"),
        (["-nodefraction=x"], "not a share from 0 to 1"),
        (["-max-profile-size=0"], "not a size from 1 B to 1 TiB"),
        (["-max-profile-size=99999999999999999999T"], "not a size from 1 B to 1 TiB"),
        (["-save-bodies=99999999999999999999"], "is not in the range"),
        (["-max-connections=99999999999999999999"], "is not in the range"),
    ],
)
def test_a_wrong_flag_is_named_with_the_nearest_one(args: list[str], message: str) -> None:
    """A flag that does not exist ends in exit code 2 and a suggestion."""
    result = CliRunner().invoke(probe, args)
    assert result.exit_code == 2
    assert message in result.output


def test_every_command_of_the_table_exists() -> None:
    """Each entry imports, carries its own name and has a help text."""
    context = click.Context(app)
    for name in COMMANDS:
        command = app.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert command.help
    assert set(ALIASES.values()) <= set(COMMANDS)


def test_every_option_of_the_table_is_used() -> None:
    """An option that no command takes has no place in the table."""
    context = click.Context(app)
    used = {
        name.removeprefix("--")
        for command_name in COMMANDS
        for parameter in _parameters(app.get_command(context, command_name), context)
        for name in parameter.opts
    }
    assert set(TABLE) - used == set()


def test_no_two_rows_of_the_table_have_one_name() -> None:
    """A second row would take the place of the first in every command."""
    assert [option.name for option in ROWS] == list(TABLE)


def test_the_table_imports_nothing_that_only_schedules_need() -> None:
    """Every command has options: what parses a rate is imported where one is given."""
    code = "import sys, heapwise.cli.options; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "numpy" not in done.stdout.split()


def _parameters(command: click.Command | None, context: click.Context) -> list[click.Parameter]:
    assert command is not None
    found = command.get_params(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found += _parameters(command.get_command(context, name), context)
    return found


def test_help_imports_nothing_heavy() -> None:
    """`heapwise --help` is quick because it imports no library but click."""
    code = (
        "import sys\n"
        "from heapwise.cli.main import app\n"
        "app.main(['--help'], standalone_mode=False)\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stderr.split()) == set()
    assert "Commands:" in done.stdout


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["frobnicate"], 2, "No such command"),
        (["repotr"], 2, "Did you mean 'report'?"),
        (["report", "/no/such/recording.hw"], 2, "heapwise: cannot read"),
        (["compare", "/no/such/a.hw", "/no/such/b.hw"], 1, "there is no recording"),
        (["schema", "nonsense"], 2, "is not one of"),
        (["schema"], 2, "Choose from: run, load"),
        (["run", "http://127.0.0.1:1/", "-duration=0"], 2, "a load of 0 s makes no requests"),
        (["run", "http://127.0.0.1:1/", "-targets=t.txt"], 2, "targets from two places"),
        (["run", "http://127.0.0.1:1/", "-o", "-"], 2, "cannot write this to standard output"),
        (["demo", "-duration=0"], 2, "rate x duration makes 0 requests"),
        (["demo", "-o", __file__], 2, "is not a folder"),
        ([b"report", b"\xff.hw", b"--json"], 2, "An argument is not UTF-8: '\\udcff.hw'"),
        (["run", "http://127.0.0.1:1/", "--\x1b[31m"], 2, "No such option: --\\x1b[31m"),
    ],
)
def test_errors_are_one_line_and_an_exit_code(
    args: list[str] | list[bytes], code: int, message: str
) -> None:
    """Bad input ends with what and why on one line, perhaps what to do below it, and no more."""
    done = subprocess.run(
        [sys.executable, "-m", "heapwise", *args],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == code
    assert done.stdout == ""
    first, *hint = done.stderr.splitlines()
    assert first.startswith("heapwise: ")
    assert message in first
    assert len(hint) <= 1
    assert all(line.startswith("  ") for line in hint)


def test_a_closed_pipe_is_no_error() -> None:
    """`heapwise schema run | head -1` ends quietly."""
    command = [sys.executable, "-m", "heapwise", "schema", "run"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_reports_come_from_standard_input_where_no_file_is_named() -> None:
    """`heapwise attack | tee hits | heapwise report`, as with vegeta."""
    hit = '{"timestamp":"2026-01-01T00:00:00Z","latency":5,"method":"GET","url":"http://h/","code":200}'
    for words in ([], ["-"], ["-type=json", "-o", "-"]):
        done = subprocess.run(
            [sys.executable, "-m", "heapwise", "report", *words],
            input=hit + "\n", capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "200" in done.stdout
        assert done.stderr == ""


def test_colour_is_kept_back_where_it_is_not_wanted() -> None:
    """NO_COLOR holds on a terminal too."""
    code = "from heapwise.cli.main import app; print(app.context_settings['color'])"
    for value, colour in (("1", "False"), ("", "None")):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "NO_COLOR": value}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout.strip() == colour


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("heapwise ru", "run"),
        ("heapwise run --ra", "--rate"),
        ("heapwise run -ra", "--rate"),
        ("heapwise attack -rate=5 --dur", "--duration"),
        ("heapwise run -nonsense --dur", "--duration"),
        ("heapwise top -sample_i", "--sample-index"),
        ("heapwise report -t ht", "html"),
        ("heapwise explain hw20", "HW201"),
        ("heapwise lab run c", "chi-compress"),
    ],
)
def test_bash_completes(typed: str, offered: str) -> None:
    """The function that `heapwise completion bash` prints fills in what was begun."""
    script = (
        'eval "$(heapwise completion bash)"\n'
        "COMP_WORDS=($TYPED) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
        '_heapwise_completion heapwise; echo "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "-c", script],
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "TYPED": typed},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == [offered], done.stderr
    assert done.stderr == ""


def test_control_characters_never_reach_the_terminal() -> None:
    """A name with escape codes prints as what it is made of."""
    assert visible("a\x1b]0;owned\x07b\nc") == "a\\x1b]0;owned\\x07b\\nc"
    assert visible("µs – ok") == "µs – ok"


def test_json_follows_its_own_schema() -> None:
    """What --json prints validates against what `heapwise schema` prints."""
    table = Table(
        source="heap.pb.gz", sample_type="alloc_space", unit="bytes", total=3,
        rows=(Row("main.f", 1, 3),), dropped=0, sorted_by="flat",
    )  # fmt: skip
    document = json.loads(envelope(table))
    jsonschema.validate(document, schema("table"))
    assert document["kind"] == "table"
    assert document["schema_version"] == 1


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_has_a_valid_schema(kind: str) -> None:
    """Each published schema is one."""
    jsonschema.Draft202012Validator.check_schema(schema(kind))


def test_a_folder_that_does_not_exist_is_refused_before_anything_runs() -> None:
    """Nobody should learn after a minute of load that the report cannot be written."""
    for option in ("-o", "--html"):
        done = subprocess.run(
            [sys.executable, "-m", "heapwise", "run", "http://127.0.0.1:1/", option, "/no/such/x"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert "there is no folder /no/such" in done.stderr
