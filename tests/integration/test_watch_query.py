"""`heapwise query` over a store and its archive: real DuckDB, real Parquet, the real command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from heapwise.analysis.top import top
from heapwise.analysis.trim import UNTRIMMED
from heapwise.analysis.view import Query, look
from heapwise.cli.main import app
from heapwise.errors import HeapwiseError, RecordingError, UsageError
from heapwise.formats.pprof import decode, encode
from heapwise.formats.timestamps import format_timestamp
from heapwise.model.query import Answer
from heapwise.model.watch import Deploy
from heapwise.watch.store import Store
from heapwise.watch.store.archive import seal_days, sealed_days
from heapwise.watch.store.archive.sealing import Sealer
from heapwise.watch.store.query import answer, answer_sql, parse_question
from support import goheap
from support.profiles import Sample, profile
from support.stores import DAY, HOUR, SECOND, T0, alert, heap, opened, target, vitals

pytest.importorskip("duckdb", reason="the archive needs the extra [fleet]")

REAL = Path(__file__).parent.parent / "data" / "python-heap.pb.gz"
KEEP, COPY = "main.main;main.handle;main.keep", "main.main;main.handle;main.copy"
MIB = 1 << 20


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Two instances of one service and one of another, a profile an hour for three hours."""
    directory = tmp_path / "store"
    with opened(directory) as store:
        for number, service in ((1, "api"), (2, "api"), (3, "web")):
            one = target(number, service)
            store.saw(one, vitals(T0, process=number), "")
            for hour in range(3):
                keep_heap(store, one.key, T0 - DAY + hour * HOUR, number * hour)
        store.alert(alert("a"))
        store.deploy(Deploy(service="api", build="v2", before="v1", at_ns=T0 - HOUR))
        store.commit()
    return directory


def keep_heap(store: Store, key: str, at_ns: int, steps: int, build: str = "v1") -> None:
    """A profile after so many steps: each allocates 3 MiB and keeps one of them."""
    data = heap({KEEP: ((10 + steps) * MIB, (1 + steps) * MIB), COPY: ((10 + 2 * steps) * MIB, 0)})
    store.profile(key, "heap", "later", at_ns, data, build)


def heapwise(*words: str, store: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "heapwise", "query", "--store", str(store), *words],
        env={**os.environ, **env}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def asked(directory: Path, text: str, now_ns: int = T0) -> Answer:
    with opened(directory) as store:
        return answer(store, directory / "archive", parse_question(text, now_ns))


def sealed(directory: Path) -> None:
    with opened(directory) as store:
        assert len(seal_days(store, directory / "archive", T0 + 2 * DAY)) == 1


@pytest.mark.parametrize("in_archive", [False, True])
def test_what_was_allocated_is_the_growth_between_profiles(
    directory: Path, in_archive: bool
) -> None:
    """Of three instances with 1, 2 and 3 steps an hour, the first profile says nothing yet.

    Sealed or not, the answer is the same.
    """
    if in_archive:
        sealed(directory)

    functions = asked(directory, "top alloc_space for service api last 2d")
    assert functions.rows == (
        (12 * MIB, 2 / 3, 12 * MIB, 2 / 3, "main.copy"),
        (6 * MIB, 1 / 3, 6 * MIB, 1 / 3, "main.keep"),
        (0, 0.0, 18 * MIB, 1.0, "main.handle"),
        (0, 0.0, 18 * MIB, 1.0, "main.main"),
    )
    assert "18.0 MiB in 4 profiles of 2 instances" in functions.title
    by = {
        "path for service web": ((12 * MIB, 2 / 3, COPY.replace(";", " > ")),
                                 (6 * MIB, 1 / 3, KEEP.replace(";", " > "))),
        "instance for service api": ((12 * MIB, 2 / 3, target(2).key),
                                     (6 * MIB, 1 / 3, target(1).key)),
        "service": ((18 * MIB, 1 / 2, "api"), (18 * MIB, 1 / 2, "web")),
        "build instance 10.0.0.1:6060": ((6 * MIB, 1.0, "v1"),),
        "service build v2": (),
    }  # fmt: skip
    for clause, rows in by.items():
        assert asked(directory, f"top alloc_space last 2d by {clause}").rows == rows


@pytest.mark.parametrize("in_archive", [False, True])
def test_what_is_in_use_is_of_the_newest_profile_of_each_instance(
    directory: Path, in_archive: bool
) -> None:
    """Three profiles of one process hold the same memory once."""
    if in_archive:
        sealed(directory)
    found = asked(directory, "top inuse_space last 2d by instance")
    assert found.rows == (
        (7 * MIB, 7 / 15, target(3, "web").key),
        (5 * MIB, 5 / 15, target(2).key),
        (3 * MIB, 3 / 15, target(1).key),
    )
    begin, end = (format_timestamp(T0 - DAY + offset) for offset in (0, HOUR + SECOND))
    text = f"top inuse_space instance 10.0.0.3:6060 since {begin} until {end} by instance"
    (half,) = asked(directory, text).rows
    assert half[0] == 4 * MIB


def test_only_profiles_of_one_process_are_subtracted(tmp_path: Path) -> None:
    """A restart, a new build and a fall of the total begin anew: no figure is ever negative."""
    one = target()
    with opened(tmp_path) as store:
        for hour, (process, steps, build) in enumerate(
            [(1, 0, "v1"), (1, 1, "v1"), (2, 5, "v1"), (2, 6, "v1"), (2, 9, "v2"), (2, 2, "v2"),
             (2, 3, "v2")]
        ):  # fmt: skip
            store.saw(one, vitals(T0 + hour, process=process), "")
            keep_heap(store, one.key, T0 + hour * HOUR, steps, build)

        found = answer_sql(
            store,
            tmp_path / "archive",
            "SELECT hour(taken) - 11, sum(value) / 1048576 FROM samples "
            "WHERE sample_type = 'alloc_space' GROUP BY ALL ORDER BY 1",
        )
    assert found.rows == ((1, 3.0), (3, 3.0), (6, 3.0))


def test_top_of_one_profile_equals_heapwise_top(tmp_path: Path) -> None:
    """Flat and cum of every function of a real profile are what the view of it says."""
    data = REAL.read_bytes()
    with opened(tmp_path) as store:
        store.profile("py/a", "heap", "leak", T0, data)
        text = "top inuse_space last 1h limit 100000"
        found = answer(store, tmp_path / "archive", parse_question(text, T0 + 1000))

    seen = look(decode(data), Query(sample_type="inuse_space"), source="x")
    expected = {(row.flat, row.cum, row.name) for row in top(seen, UNTRIMMED).rows}
    assert {(row[0], row[2], row[4]) for row in found.rows} >= {
        row for row in expected if row[0] or row[1]
    }


@pytest.mark.go
@pytest.mark.parametrize("workload", ["generics", "recursion"])
@pytest.mark.parametrize("sample_type", ["alloc_space", "inuse_objects"])
def test_top_of_a_go_service_equals_pprof(tmp_path: Path, workload: str, sample_type: str) -> None:
    """From its start to now, every function of a real Go program has pprof's flat and cum.

    Sealed: what DuckDB adds up has been to Parquet and back.
    """
    data = goheap.heap(workload, rate=1)
    (tmp_path / "heap.pb.gz").write_bytes(data)
    with opened(tmp_path / "store") as store:
        store.profile("go/a", "heap", "leak", T0, heap({}))
        store.profile("go/a", "heap", "later", T0 + SECOND, data)
        assert seal_days(store, tmp_path, T0 + DAY)
        text = f"top {sample_type} since 2026-11-18 until 2026-11-19 limit 100000"
        found = answer(store, tmp_path, parse_question(text, T0))

    expected = goheap.pprof_top(tmp_path / "heap.pb.gz", sample_type)
    assert {(row[0], row[2], row[4]) for row in found.rows} == {
        (row.flat, row.cum, row.name) for row in expected
    }


def test_days_are_sealed_once_when_they_are_over(directory: Path) -> None:
    """Not today, not twice; what a kill left behind is done again; other files are left alone."""
    archive = directory / "archive"
    with opened(directory) as store:
        assert seal_days(store, archive, T0 - DAY + 4 * HOUR) == ()
        assert seal_days(store, archive, T0 - DAY + 13 * HOUR + 30 * 60 * SECOND) == ()
        (path,) = seal_days(store, archive, T0)
        assert path.name == "2026-11-17.parquet"
        before = path.stat().st_mtime_ns
        assert seal_days(store, archive, T0) == ()
        assert path.stat().st_mtime_ns == before

        path.unlink()
        (archive / "2026-11-17.part").write_bytes(b"PAR1 half")
        (archive / "notes.txt").write_text("mine")
        assert seal_days(store, archive, T0) == (path,)
        assert {each.name for each in archive.iterdir()} == {path.name, "notes.txt"}
        assert path.stat().st_mode & 0o777 == 0o600


def test_the_archive_outlives_the_profiles(directory: Path) -> None:
    """After the store has forgotten a day, its samples are still there."""
    before = asked(directory, "top alloc_space last 2d by service")
    sealed(directory)
    with opened(directory) as store:
        for each in store.profiles():
            store.profile_path(each.id).unlink()
    assert asked(directory, "top alloc_space last 2d by service").rows == before.rows


def test_files_are_sorted_so_that_one_service_lies_together(directory: Path) -> None:
    """Rows come out of the file by service, stack, instance and time."""
    import duckdb  # noqa: PLC0415 - an extra

    sealed(directory)
    (path,) = sealed_days(directory / "archive").values()
    rows = duckdb.sql(
        f"SELECT service, stack, instance, taken FROM read_parquet('{path}')"  # noqa: S608 - a file of ours
    ).fetchall()
    assert rows == sorted(rows)
    assert len(rows) > 20


def test_a_profile_that_is_none_costs_only_itself(directory: Path) -> None:
    """Damaged and hostile profiles are counted in a note, traces are no profiles."""
    with opened(directory) as store:
        store.profile(target(1).key, "heap", "leak", T0 - 10, b"<html>")
        store.profile(target(1).key, "trace", "pauses", T0 - 10, b"go 1.27 trace\x00")
    found = asked(directory, "top alloc_space last 2d by service")
    assert len(found.rows) == 2
    assert "1 profile could not be read" in found.notes


@pytest.mark.parametrize("value", [(1 << 63) - 1, -(1 << 63)])
def test_sums_beyond_64_bits_are_cut(tmp_path: Path, value: int) -> None:
    """A hostile profile whose values add up to more than a column holds shows the most there is."""
    two = [Sample(("main.a",), (0, 0, 0, value))] * 2
    with opened(tmp_path) as store:
        store.profile("api/a", "heap", "leak", T0, encode(profile(two, sizes=False)))
        found = answer(store, tmp_path, parse_question("paths inuse_space last 1h", T0 + SECOND))
    assert abs(int(found.rows[0][0] or 0)) == (1 << 63) - 1


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_parquet('https://example.com/x.parquet')",
        "ATTACH '/tmp/x.db'",
        "COPY samples TO '{archive}'",
        "COPY (SELECT 1) TO '/tmp/heapwise-stolen'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "PRAGMA enable_profiling = 'json'",
        "DROP VIEW samples",
        "CREATE TABLE x AS SELECT 1",
        "INSERT INTO recent SELECT * FROM recent",
        "SELECT 1; DROP VIEW samples",
        "SELECT getenv('HOME')",
        "",
        "SELECT",
        "\x00",
    ],
)
def test_sql_reads_samples_and_nothing_else(directory: Path, query: str) -> None:
    """No file, no network, no setting, no second statement: one line says that it is refused."""
    sealed(directory)
    (path,) = sealed_days(directory / "archive").values()
    before = path.read_bytes()
    with opened(directory) as store, pytest.raises(UsageError) as error:
        answer_sql(store, directory / "archive", query.replace("{archive}", str(path)))
    assert "\n" not in str(error.value)
    assert path.read_bytes() == before


def test_sql_sees_no_variable_of_the_program(directory: Path) -> None:
    """DuckDB would take the name of a table for a variable in Python, and is told not to."""
    with opened(directory) as store:
        query = "SELECT current_setting('python_enable_replacements')"
        assert answer_sql(store, directory / "archive", query).rows == ((False,),)


def test_a_path_that_grows_while_the_whole_shrinks_is_of_another_process(tmp_path: Path) -> None:
    """Where nothing else tells two processes apart, a total that falls does."""
    with opened(tmp_path) as store:
        for second, (keep, copy) in enumerate([(100, 1), (10, 5), (11, 6)]):
            data = heap({KEEP: (keep * MIB, 0), COPY: (copy * MIB, 0)})
            store.profile("api/a", "heap", "later", T0 + second, data)
        found = answer(
            store, tmp_path, parse_question("top alloc_space by path last 1h", T0 + SECOND)
        )
    assert [row[0] for row in found.rows] == [MIB, MIB]


def test_an_archive_that_is_damaged_is_told(directory: Path) -> None:
    """A Parquet file without its end is one line, with its name."""
    sealed(directory)
    (path,) = sealed_days(directory / "archive").values()
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(RecordingError, match=r"cannot read the archive: .*2026-11-17\.parquet"):
        asked(directory, "top alloc_space last 2d")


@pytest.mark.parametrize(
    ("text", "why"),
    [("top alloc_spac last 2d", "there are alloc_space, inuse_objects, inuse_space"),
     ("top inuse_space for sevrice api", "where service is expected")],
)  # fmt: skip
def test_what_nobody_has_is_told(directory: Path, text: str, why: str) -> None:
    """A misspelt sample type names those that exist."""
    with pytest.raises(HeapwiseError) as error:
        asked(directory, text)
    assert why in str(error.value)


@pytest.fixture
def run(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command on that store, at noon of the day after."""
    monkeypatch.setattr("heapwise.cli.query.time.time_ns", lambda: T0)
    return lambda *words: CliRunner().invoke(app, ["query", "--store", str(directory), *words])


def test_the_command_prints_a_table(run: Callable[..., Result]) -> None:
    """Amounts have units and line up, as in `heapwise top`."""
    assert run("top alloc_space for service api last 2d limit 2").output == (
        "alloc_space of service api, 2026-11-16T11:06:40Z to 2026-11-18T11:06:40Z: "
        "18.0 MiB in 4 profiles of\n2 instances\n"
        "    flat   flat%       cum    cum%  function\n"
        "12.0 MiB  66.7 %  12.0 MiB  66.7 %  main.copy\n"
        "6.00 MiB  33.3 %  6.00 MiB  33.3 %  main.keep\n"
        "- what came between two profiles of one process; the first of each shows nothing yet\n"
    )
    assert "no profile" in run("top alloc_space last 1h").output


def test_the_command_tells_events(run: Callable[..., Result]) -> None:
    """Alerts and deploys are rows, too, and need no DuckDB."""
    assert "live heap grew by 42 %" in run("alerts last 7d").output
    assert "none" in run("alerts for service web").output
    assert "2026-11-18T10:06:40Z  api      v2     v1" in run("deploys for service api").output


def test_the_command_prints_data(run: Callable[..., Result]) -> None:
    """JSON is the envelope of every command, CSV has plain numbers; both at once are refused."""
    data = json.loads(run("--json", "top alloc_space last 2d by service").output)
    assert data["kind"] == "query"
    assert msgspec.convert(data["data"], Answer).rows[0] == (18 * MIB, 0.5, "api")
    assert run("--csv", "top alloc_space last 2d by service").stdout == (
        f"alloc_space,share,service\n{18 * MIB},0.5,api\n{18 * MIB},0.5,web\n"
    )
    assert run("--sql", "SELECT count(*) AS n FROM samples").output == "n\n39\n"
    assert isinstance(run("--csv", "--json", "alerts").exception, UsageError)


def test_what_an_answer_lacks_is_said_beside_csv(directory: Path) -> None:
    """A table for programs has no place for it; stderr has."""
    done = heapwise("--csv", "top alloc_space since 2026-11-01 limit 1", store=directory, env={})
    assert done.stdout.count("\n") == 2
    assert "what came between two profiles of one process" in done.stderr


def test_sql_knows_one_time_zone(directory: Path) -> None:
    """`taken` is UTC, so now() is as well, wherever it is asked."""
    query = f"SELECT make_timestamp({time.time_ns() // 1000}) > now() - INTERVAL 5 MINUTE AS new"
    done = heapwise("--csv", "--sql", query, store=directory, env={"TZ": "Asia/Tokyo"})
    assert done.stdout == "new\nTrue\n", done.stderr
    done = heapwise("--sql", "SELECT now()", store=directory, env={"TZ": "America/New_York"})
    assert "+00:00" in done.stdout, done.stderr


def test_of_a_large_answer_to_sql_the_beginning_is_told(directory: Path) -> None:
    """And that there is more; the rest is not brought into memory."""
    done = heapwise("--csv", "--sql", "SELECT range FROM range(300000)", store=directory, env={})
    assert done.stdout.count("\n") == 100_001
    assert "the first 100,000 rows, of more" in done.stderr


def test_hostile_names_are_spelled_out(tmp_path: Path) -> None:
    """Functions, builds and summaries of strangers neither drive a terminal nor a spreadsheet."""
    one = target(1, "=cmd|' /C calc'!A0")
    evil = "main.\x1b]0;owned\x07<script>;\u202egnp"
    with opened(tmp_path) as store:
        store.saw(one, vitals(T0), "")
        store.profile(one.key, "heap", "leak", T0, heap({evil: (MIB, MIB)}), "\x1b[31m")
        store.alert(msgspec.structs.replace(alert("a"), summary="\x1b[2J\nowned"))
        store.commit()
    for words in (
        ("--sql", "SELECT service, stack, build FROM samples"),
        ("--csv", "--sql", "SELECT service, stack, build FROM samples"),
        ("paths inuse_space since 2026-11-01",), ("top inuse_space since 2026-11-01 by build",),
        ("alerts since 2026-11-01",),
    ):  # fmt: skip
        result = CliRunner().invoke(app, ["query", "--store", str(tmp_path), *words])
        assert result.exit_code == 0, result.exception
        assert all(char.isprintable() for char in result.output.replace("\n", ""))
        if "--csv" in words:
            assert "\n'=cmd" in result.output


def test_a_watcher_has_days_sealed_beside_itself(directory: Path) -> None:
    """A process of its own does it, once an hour, while the store is written; failures are told."""
    told: list[str] = []
    sealer = Sealer(directory, directory / "archive", told.append)
    with opened(directory):
        sealer.step(T0)
        wait_for(lambda: sealed_days(directory / "archive"))
        wait_for(lambda: (sealer.step(T0), sealer._process is None)[1])
        assert told == []

        sealer.step(T0 + HOUR - 1)
        assert sealer._process is None
        (directory / "archive" / "2026-11-17.parquet").unlink()
        (directory / "archive").rmdir()
        (directory / "archive").write_text("in the way")
        sealer.step(T0 + HOUR)
        wait_for(lambda: (sealer.step(T0 + HOUR), bool(told))[1])
    (line,) = told
    assert line.startswith("a day is not sealed: cannot seal")
    sealer.close()


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_seal_that_cannot_begin_is_told(directory: Path) -> None:
    """As when Python was upgraded meanwhile; the watcher goes on, and tries again in an hour."""
    told: list[str] = []
    sealer = Sealer(directory, directory / "archive", told.append)
    sealer._command = [str(directory / "no-python")]
    sealer.step(T0)
    sealer.step(T0 + HOUR - 1)
    assert told == [f"no day is sealed: {directory / 'no-python'}: No such file or directory"]
    sealer.step(T0 + HOUR)
    assert len(told) == 2


def test_a_watcher_that_ends_does_not_wait_for_a_seal(directory: Path) -> None:
    """What is half done is ended, and nothing of it stays."""
    sealer = Sealer(directory, directory / "archive", print)
    sealer.step(T0)
    sealer.close()
    sealer.close()
    assert not list((directory / "archive").glob("*.part"))
