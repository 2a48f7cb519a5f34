"""heapwise bench prints what benchstat prints, number for number and line by line.

One exception is looked at by itself: p-values that no p-value can have.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from heapwise.cli.bench import command as bench
from support.benchstat import run_benchstat

pytestmark = pytest.mark.go

IMPOSSIBLE = re.compile(r"p=1\.\d*[1-9]|\(n=\d+\+\d|,n=\d+\+\d")
"""A p above 1; or, of groups of unlike sizes, none at all, as if the unit were exact."""

TWO_LETTERS = re.compile(r"^[A-Z]{2}(?=\d)")


def ours(flags: Sequence[str], files: Sequence[str]) -> tuple[str, list[str]]:
    """Tables, and what is said on stderr, without what benchstat does not have."""
    done = CliRunner().invoke(bench, ["files", *flags, "-allow-dropped", "-quiet", *files])
    tables = re.sub(r"\n\n\d+ comparisons?: .*", "\n", done.stdout, flags=re.DOTALL)
    remarks = [line for line in done.stderr.splitlines() if not FAILURE.search(line)]
    return tables, remarks


FAILURE = re.compile(r":\d+: (?:FAIL|panic|--- FAIL|exit status)")


NUMBER = re.compile(r"[-+]?\d+(?:\.(\d+))?(?:e([-+]\d+))?")


def same_line(mine: str, theirs: str) -> bool:
    """Alike; a geometric mean may differ in its last digits, since Go has its own logarithm."""
    if mine == theirs or not mine.startswith("geomean"):
        return mine == theirs
    numbers = zip_longest(NUMBER.finditer(mine), NUMBER.finditer(theirs))
    return NUMBER.sub("0", mine) == NUMBER.sub("0", theirs) and all(
        one_apart(*pair) for pair in numbers
    )


def one_apart(mine: re.Match[str], theirs: re.Match[str]) -> bool:
    """Numbers that differ by one in the last digit that is printed, or in the 14th of many."""
    printed = 10.0 ** (int(theirs[2] or 0) - len(theirs[1] or ""))
    apart = abs(float(mine[0]) - float(theirs[0]))
    return apart <= 1.01 * max(printed, 1e-13 * abs(float(theirs[0])))


def assert_equal(flags: Sequence[str], files: Sequence[str], folder: Path) -> bool:
    """Compare text and CSV; False where benchstat printed an impossible p-value."""
    text = run_benchstat(*flags, *files, cwd=folder)
    csv = run_benchstat("-format=csv", *flags, *files, cwd=folder)
    if IMPOSSIBLE.search(text.stdout + csv.stdout):
        return False
    mine, remarks = ours(flags, files)
    for line, want in zip_longest(mine.splitlines(), text.stdout.splitlines(), fillvalue=""):
        assert same_line(line, want), (line, want)
    assert remarks == text.stderr.splitlines()
    mine, remarks = ours(["-format=csv", *flags], files)
    for line, want in zip_longest(mine.splitlines(), csv.stdout.splitlines(), fillvalue=""):
        assert same_line(line, want), (line, want)
    # benchstat counts columns wrongly from the 27th on, which has two letters.
    assert [TWO_LETTERS.sub("", remark) for remark in remarks] == [
        TWO_LETTERS.sub("", remark) for remark in csv.stderr.splitlines()
    ]
    return True


def results(name: str, *columns: tuple[Sequence[float], str]) -> str:
    """Lines of one benchmark: values and units side by side."""
    values = zip(*(numbers for numbers, _ in columns), strict=True)
    units = [unit for _, unit in columns]
    return "".join(
        f"Benchmark{name} 100 {' '.join(map('{} {}'.format, row, units))}\n" for row in values
    )


HEAD = "goos: linux\ngoarch: amd64\npkg: ex.com/a\n"
SIZES = "".join(
    results(
        f"Copy/size={size}/how={how}-8",
        ([base + n for n in range(10)], "ns/op"), ([7] * 10, "B/op"),
    )
    for base, size in ((100, "4k"), (900, "10"), (50000, "1M"))
    for how in ("slow", "fast")
)  # fmt: skip
TIMES = results("Foo-4", ([10 + n for n in range(10)], "ns/op"), ([3] * 10, "allocs/op"))
FILES = {
    "old.txt": HEAD + TIMES + results("Bar", ([5, 6, 5, 6, 5, 6], "ns/op")),
    "new.txt": HEAD + TIMES.replace(" 1", " 2") + results("Bar", ([6, 6, 7, 6, 7, 7], "ns/op")),
    "third.txt": HEAD + results("Foo-4", ([8] * 10, "ns/op"), ([0] * 10, "allocs/op")),
    "few.txt": HEAD + results("Foo-4", ([9, 8], "ns/op"), ([1, 2], "B/op")),
    "many.txt": HEAD + results("Foo-4", ([3 * n + 40 for n in range(60)], "ns/op")),
    "many2.txt": HEAD + results("Foo-4", ([3 * n + 41 for n in range(60)], "ns/op")),
    "zero.txt": HEAD + results("Foo-4", ([0] * 10, "ns/op"), ([0] * 10, "allocs/op")),
    "sizes.txt": HEAD + SIZES,
    "sizes2.txt": 'note: two words, and "more"\n' + HEAD + SIZES.replace("00 ", "01 "),
    "exact.txt": "Unit code-B assume=exact better=lower\nUnit answers better=higher\n"
    + results("Foo-4", ([4096, 4097], "code-B"), ([42, 43], "answers")),
    "exact2.txt": results("Foo-4", ([8192, 8192], "code-B"), ([40, 44], "answers")),
    "units.txt": results(
        "Foo-4", ([1.5] * 6, "p99-ns/op"), ([3] * 6, "MB/s"), ([2e9] * 6, "MB*MB/s")
    ),
    "damaged.txt": HEAD + "BenchmarkFoo\nBenchmarkFoo x\nUnit\nUnit x y\n" + TIMES
    + "panic: no\nFAIL\nBenchmarkFoo-4 1 1 ns/op\n",
    "config.txt": HEAD + TIMES + "goos:\nnote: here\n" + TIMES
    + "pkg: ex.com/b\ngoos: plan9\n" + TIMES,
    "empty.txt": "PASS\n",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all files, entered."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("line", [
    "old.txt",
    "old.txt new.txt",
    "old.txt new.txt third.txt",
    "old.txt third.txt many.txt",
    "new.txt few.txt",
    "few.txt few.txt",
    "many.txt many2.txt",
    "zero.txt old.txt",
    "old.txt zero.txt",
    "exact.txt exact2.txt",
    "units.txt units.txt",
    "old.txt damaged.txt",
    "config.txt",
    "config.txt old.txt",
    "a=old.txt b=new.txt a=third.txt",
    "empty.txt old.txt",
    "-alpha 0.0001 old.txt new.txt",
    "-alpha 1 old.txt new.txt",
    "-confidence 0.99 old.txt new.txt",
    "-confidence 1 old.txt new.txt",
    "-confidence 0.5 sizes.txt",
    "-filter '/size:10 OR .name:/Foo?.*/' sizes.txt old.txt",
    "-filter .unit:sec/op old.txt new.txt",
    "-filter .unit:ns/op old.txt new.txt",
    "-filter '-.unit:(B/op OR allocs/op) goos:linux' old.txt new.txt sizes.txt",
    "-filter '-*' old.txt",
    "-filter '/how:fast -/size:(10 OR \"1M\")' sizes.txt",
    "-col /how sizes.txt",
    "-col /how -row .name,/size@num sizes.txt sizes2.txt",
    "-col /how@alpha -row /size@alpha sizes.txt",
    "-col '/how@(fast slow)' -row '/size@(10 4k)' sizes.txt",
    "-col /size@num -row .name -ignore /how sizes.txt",
    "-col .file,/how sizes.txt sizes2.txt",
    "-col /how,/size,.file -ignore note sizes.txt sizes2.txt",
    "-col '' sizes.txt",
    "-row '' -col /how sizes.txt",
    "-row .name sizes.txt",
    "-row .name -ignore .fullname sizes.txt",
    "-table '' sizes.txt sizes2.txt",
    "-table goos -ignore pkg,goarch,note sizes.txt sizes2.txt",
    "-table /size,goos@alpha -col /how sizes.txt",
    "-table .name -ignore .config config.txt old.txt",
    "-ignore note sizes.txt sizes2.txt",
    "-ignore goos,note,pkg config.txt",
    "-row /gomaxprocs,.fullname@alpha old.txt sizes.txt",
    "-col /gomaxprocs@num old.txt sizes.txt",
    "-row pkg,.name -table '' config.txt",
])  # fmt: skip
def test_tables_equal_benchstat_s(line: str, folder: Path) -> None:
    """Text line by line, CSV field by field, and every remark on stderr."""
    words = shlex.split(line)
    places = [place for place, word in enumerate(words) if word.endswith(".txt")]
    flags, files = words[: places[0]], words[places[0] :]
    assert assert_equal(flags, files, folder)


FLAGS: Sequence[Mapping[str, str]] = (
    {}, {}, {"col": "/format"}, {"row": ".name"}, {"col": "/size@num", "row": ".name"},
    {"col": "/size@alpha", "ignore": ".file"}, {"table": "goos", "ignore": "pkg,cpu"},
    {"table": "", "ignore": "goos"}, {"row": "", "col": ".name"}, {"row": "pkg .fullname"},
    {"col": "/format@(gob json)", "row": ".name"}, {"col": "/gomaxprocs@num"},
    {"filter": "/size:4k OR .name:/Foo?.*/"}, {"filter": "-(.name:Foo OR .unit:sec/op)"},
    {"alpha": "0.01"}, {"confidence": "0.99"}, {"col": ".file,/format"}, {"ignore": ".config"},
    {"table": "pkg,goos@alpha"}, {"confidence": "0.9", "alpha": "0.2"},
)  # fmt: skip
NAMES = (
    "Foo", "Bar", "Encode/format=json", "Encode/format=gob", "Copy/size=4k-8",
    "Copy/size=64Ki-8", "Copy/size=1M-8", "X/y/z=1-4", "Foo-2", "Foo-16",
)  # fmt: skip
UNITS = ("ns/op", "B/op", "allocs/op", "MB/s", "widgets", "p99-ns/op", "B", "ns/GC", "MB*ns/op")
CONFIG = ("goos: linux", "goarch: amd64", "pkg: a/b", 'cpu: Foo, "Bar"')
ODD = (
    "pkg:", "pkg: c/d", "note: x", "goos:", "BenchmarkFoo", "BenchmarkFoo 1", "Unit",
    "BenchmarkFoo x 1 ns/op", "BenchmarkFoo 1 1 ns/op 3", "BenchmarkFoo 1 a ns/op 3", "PASS",
    "BenchmarkFoo 1 1e999 ns/op", "BenchmarkFoo 99999999999999999999 1 ns/op",
)  # fmt: skip


def made_up(rng: Random) -> str:
    """A file of results with ties, zeros, gaps, odd lines and changing configuration."""
    names, units = rng.sample(NAMES, rng.randint(1, 6)), rng.sample(UNITS, rng.randint(1, 4))
    lines = rng.sample(CONFIG, rng.randint(0, len(CONFIG)))
    if rng.random() < 0.2:
        lines.append(f"Unit {rng.choice(units)} assume=exact better=higher")
    draw = rng.choice([
        lambda: str(rng.randint(900, 1100)),
        lambda: str(rng.randint(5, 8)),
        lambda: f"{rng.lognormvariate(3, 2):.3f}",
        lambda: str(rng.choice([0, 0, 1])),
        lambda: str(10 ** rng.randint(0, 15)),
    ])  # fmt: skip
    for _ in range(
        rng.choice([1, 2, 3, 4, 5, 6, 6, 8, 10, 10, 20, 22, 24, 25, 27, 29, 31, 40, 60])
    ):
        lines += [rng.choice(ODD)] if rng.random() < 0.03 else []
        lines += [
            f"Benchmark{name} \t {rng.randint(1, 10**6)}\t"
            + "\t".join(f" {draw()} {unit}" for unit in units)
            for name in names
            if rng.random() < 0.95
        ]
    return "\n".join(lines) + "\n"


def test_made_up_files_equal_benchstat_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    """One to three files at random, with flags at random; most of them can be compared."""
    monkeypatch.chdir(tmp_path)
    compared = 0
    rounds = 1000 if full else 40
    for seed in range(rounds):
        rng = Random(seed)  # noqa: S311 - the same files every time
        files = [f"f{number}.txt" for number in range(rng.choice([1, 2, 2, 2, 3]))]
        for file in files:
            Path(file).write_text(made_up(rng))
        files += files[:1] if rng.random() < 0.1 else []
        flags = [f"-{name}={value}" for name, value in rng.choice(FLAGS).items()]
        compared += assert_equal(flags, files, tmp_path)
    assert compared > rounds * 0.8


def test_an_impossible_p_value_is_replaced(folder: Path) -> None:
    """A change between one sample and three is claimed by benchstat, without a p; not here."""
    (folder / "one.txt").write_text(results("A", ([1060], "B/op")))
    (folder / "three.txt").write_text(results("A", ([42, 42, 42], "B/op")))
    claimed = run_benchstat("one.txt", "three.txt", cwd=folder).stdout
    assert IMPOSSIBLE.search(claimed)
    tables, _ = ours([], ["one.txt", "three.txt"])
    assert "~ (p=0.500 n=1+3)" in tables
