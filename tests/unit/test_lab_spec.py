"""A lab.toml is checked while it is read, and every error says where and what was expected."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from heapwise.errors import UsageError
from heapwise.lab.library import CASES, Case, case_names, find_case
from heapwise.lab.spec import Amount, Exit, JobLab, ServiceLab, load_spec
from heapwise.model.comparison import Verdict

ALL = find_case("chi-compress")
PYTHON = find_case("py-compress")


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A copy of a good lab, to be spoiled."""
    shutil.copytree(ALL.directory, tmp_path / "case")
    return tmp_path / "case" / "lab.toml"


def spoil(spec: Path, old: str, new: str) -> None:
    """Change the first place where ``old`` stands."""
    text = spec.read_text("utf-8")
    assert old in text
    spec.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize("name", case_names())
def test_every_lab_that_comes_with_heapwise_is_good(name: str) -> None:
    """What is shipped can be read, and its defect shows in `before` only."""
    case = find_case(name)
    assert case.lab.variants["before"].expect.findings
    assert case.lab.variants["after"].expect.findings == ()
    assert case.lab.variants["after"].expect.metrics or case.lab.variants["after"].expect.headroom


def test_the_headline_lab_expects_what_was_promised() -> None:
    """Bytes fall by 99 %, collections by 95 %, objects by a third; answers keep their size."""
    metrics = ALL.lab.variants["after"].expect.metrics
    assert metrics["bytes/work"].verdict is Verdict.BETTER
    assert metrics["bytes/work"].delta == (-1.0, -0.99)
    assert metrics["gc.cycles"].delta == (-1.0, -0.95)
    assert metrics["allocs/work"].delta == (-0.5, -0.25)
    assert metrics["response.bytes/work"].delta == (-0.05, 0.05)


def test_the_fix_is_one_line_of_go_mod() -> None:
    """The variants differ in the version of chi and in nothing else."""
    before = (ALL.directory / "go.mod").read_text("utf-8").splitlines()
    after = (ALL.directory / "variants/after.mod").read_text("utf-8").splitlines()
    changed = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
    assert changed == [
        (
            "require github.com/go-chi/chi v3.3.4+incompatible",
            "require github.com/go-chi/chi v4.0.3+incompatible",
        )
    ]


def test_scales_are_read_as_exact_numbers() -> None:
    """Rates are fractions and times are nanoseconds."""
    assert isinstance(ALL.lab, ServiceLab)
    assert ALL.lab.load.per_second == Fraction(1000)
    assert ALL.lab.load.duration_ns == 30_000_000_000
    assert ALL.lab.check.warmup_ns == 1_000_000_000


def test_the_ladder_is_before_steps_after_and_controls() -> None:
    """Variants run in the order in which they are told."""
    assert ALL.lab.ladder == ("before", "upgrade", "after", "control")


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ('title = "A', 'titel = "A', "top level", "unknown field `titel`"),
        ("seed = 1", 'seed = "one"', "seed", "Expected `int`, got `str`"),
        ('rate = "1000"', "rate = 1000", "load.rate", "Expected `str`, got `int`"),
        ('rate = "1000"', 'rate = "fast"', "load", "rate is not a rate: 'fast'"),
        ('duration = "30s"', 'duration = "30"', "load", "duration is not a duration: '30'"),
        ('duration = "8s"', 'duration = "0s"', "check", "duration must be above zero"),
        ('warmup = "1s"', 'warmup = "soon"', "check", "warmup is not a duration: 'soon'"),
        ("POST /api", "api", "load", "target must be a method and a path"),
        ("Content-Type: app", "Content-Type app", "load", "headers must be 'Name: value'"),
        ("save_bodies = 20", "save_bodies = 0", "load", "save_bodies must be at least 1"),
        ("127.0.0.1:{port}", "127.0.0.1:80", "service", "args must hold {port}"),
        ('counter = "/stats"', 'counter = "stats"', "service", "counter must be a path"),
        ('kind = "go"', 'kind = "cobol"', "variants.*.build.kind", "Invalid value 'cobol'"),
        ('kind = "go"', 'kind = "python"', "variants.*.build", "missing required field `script`"),
        ('oracle = "equal', 'oracle = "nearly', "top level", "oracle must be one of"),
        ('title = "chi v4.0.2', 'of = "before"\ntitle = "chi', "top level", "is for controls"),
        ('of = "before"', 'of = "control"', "top level", "names a variant that is none"),
        ('guard = "resp', 'guard = "no', "top level", "guard must be one of"),
        ('steps = ["upgrade"]', 'steps = ["other"]', "top level", "variants must hold 'other'"),
        ('steps = ["upgrade"]', 'steps = ["after"]', "top level", "steps must lie between"),
        ("[variants.before", "[variants.first", "top level", "variants must hold 'before'"),
        ('"HW101"', '"101"', "variants.*.expect", "findings must be codes"),
        ('"bytes/work" =', '"bytes" =', "variants.*.expect", "no such metric: 'bytes'"),
        ("[-0.02, 0.02]", "[0.02, -0.02]", "variants.*.expect.metrics.*", "delta must be [least"),
        ("{ delta = [-0.02, 0.02] }", "{}", "variants.*.expect.metrics.*", "a verdict or a delta"),
        (
            'verdict = "better"',
            'verdict = "great"',
            "variants.*.expect.metrics.*.verdict",
            "Invalid enum value 'great'",
        ),
        ('body = "evaluate.json"', 'body = "no.json"', "load.body", "no such file: 'no.json'"),
        (
            'body = "evaluate.json"',
            'body = "../lab.toml"',
            "load.body",
            "must lie beside lab.toml, not at '../lab.toml'",
        ),
        (
            '"variants/after.mod"',
            '"/etc/hosts.mod"',
            "variants.after.build.modfile",
            "must lie beside lab.toml, not at '/etc/hosts.mod'",
        ),
        (
            '"variants/after.mod"',
            '"evaluate.go"',
            "variants.*.build",
            "modfile must be a .mod file, not 'evaluate.go'",
        ),
        ('title = "A', "title = A", "not TOML", "line 1"),
    ],
)
def test_an_error_names_the_file_the_key_and_the_expected_form(
    spec: Path, old: str, new: str, where: str, what: str
) -> None:
    """Whatever is wrong with a lab.toml, one line tells where and how it should be."""
    if old == "[variants.before":
        spec.write_text(spec.read_text("utf-8").replace(old, new), "utf-8")
    else:
        spoil(spec, old, new)
    with pytest.raises(UsageError) as caught:
        load_spec(spec)
    assert caught.value.what == f"{spec}: {where}"
    assert what in caught.value.why


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ('"service.py"', '"none.py"', "variants.before.build.script", "no such file: 'none.py'"),
        ('"service.py"', '"../x.py"', "variants.before.build.script", "must lie beside lab.toml"),
        ("script =", "modfile =", "variants.*.build", "unknown field `modfile`"),
        ("requires = [", "requires = [1, ", "variants.*.build.requires[0]", "Expected `str`"),
        ('kind = "python"\nscript = "service.py"\nrequires = ["uvicorn", "uvloop", "httptools"]',
         'kind = "go"', "top level", "variants must be of one kind"),
    ],
)  # fmt: skip
def test_a_python_lab_is_checked_like_any(
    tmp_path: Path, old: str, new: str, where: str, what: str
) -> None:
    """A script has to be there, and no lab mixes runtimes whose figures do not compare."""
    shutil.copytree(PYTHON.directory, tmp_path / "case")
    path = tmp_path / "case" / "lab.toml"
    spoil(path, old, new)
    with pytest.raises(UsageError) as caught:
        load_spec(path)
    assert caught.value.what == f"{path}: {where}"
    assert what in caught.value.why


def test_the_variants_of_the_python_lab_differ_in_how_they_compress() -> None:
    """One program, one set of requirements: only the arguments say which variant it is."""
    variants = PYTHON.lab.variants
    assert len({variant.build for variant in variants.values()}) == 1
    assert len({variant.args for variant in variants.values()}) == len(variants)
    assert PYTHON.lab.ladder == ("before", "one-call", "right-sized", "after", "control")


def test_a_lab_toml_that_is_not_there_or_not_text_is_an_error(tmp_path: Path) -> None:
    """Reading fails with the file's name and the reason."""
    with pytest.raises(UsageError, match=r"lab\.toml: cannot be read: No such file"):
        load_spec(tmp_path / "lab.toml")
    (tmp_path / "lab.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match=r"lab\.toml: not TOML"):
        load_spec(tmp_path / "lab.toml")


def test_a_lab_is_found_by_its_name() -> None:
    """A case knows its name, its directory and its spec."""
    assert isinstance(ALL, Case)
    assert ALL.directory == CASES / "chi-compress"
    assert ALL.lab.title == "A compressor created per response"


def test_a_misspelt_lab_gets_the_nearest_name() -> None:
    """The error suggests what was meant, or lists what there is."""
    with pytest.raises(UsageError, match="did you mean chi-compress"):
        find_case("chi-compres")
    with pytest.raises(UsageError, match=f"there are: {', '.join(case_names())}"):
        find_case("zzz")
    with pytest.raises(UsageError, match="no lab named"):
        find_case("../cases/chi-compress")


JOB = """
title = "Words counted in a list"
shows = "A list."
article = ["X-01"]
seed = 3
components = ["postgres"]
oracle = "same_result"
guard = "guards_kept"
[guards]
ratio = [-0.1, 0.1]
[job]
args = ["--input", "{input}", "--out={out}"]
unit = "word"
limit = "256MiB"
[job.input]
script = "generate.py"
scale = 2000
disk = 8
[check]
scale = 200
[variants.before]
title = "a list"
max_scale = 500
build = { kind = "python", script = "count.py" }
expect = { findings = ["HW906"], exit = "killed" }
[variants.after]
title = "a stream"
build = { kind = "python", script = "count.py" }
expect = { findings = [], headroom = 0.2 }
[[table]]
row = "hits"
article = ["38 %", "37 %"]
metric = "ratio"
"""


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A good lab of a job, to be spoiled."""
    for name in ("generate.py", "count.py"):
        (tmp_path / name).touch()
    path = tmp_path / "lab.toml"
    path.write_text(JOB, "utf-8")
    return path


def test_a_table_job_makes_it_a_lab_of_a_job(job: Path) -> None:
    """What it reads, how much of it, within which memory, and how it may end."""
    lab = load_spec(job)
    assert isinstance(lab, JobLab)
    assert lab.job.limit_bytes == 256 << 20
    assert lab.job.input.scale == 2000
    assert lab.check == Amount(scale=200)
    assert lab.variants["before"].expect.exit is Exit.KILLED
    assert lab.variants["after"].expect.exit is Exit.OK
    assert list(lab.parts) == ["postgres"]
    assert lab.table[0].article == ("38 %", "37 %")


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("scale = 2000", "scale = 0", "job.input", "scale must be at least 1"),
        ("scale = 200\n", "scale = -1\n", "check", "scale must be at least 1"),
        ("disk = 8", "disk = -8", "job.input", "disk must be bytes per unit of scale"),
        ('"generate.py"', '"none.py"', "job.input.script", "no such file: 'none.py'"),
        ('"generate.py"', '"/bin/sh"', "job.input.script", "must lie beside lab.toml"),
        ('"256MiB"', '"much"', "job", "limit is not a size: 'much'"),
        ('"256MiB"', '"0"', "job", "limit must be above zero"),
        ('"word"', '"two words"', "job", "unit must be a word"),
        ('"{input}"', '"input"', "job", "args must hold {input}"),
        ("max_scale = 500", "max_scale = -1", "variants.*", "max_scale must not be negative"),
        ('exit = "killed"', "headroom = 1.5", "variants.*.expect", "headroom must be a share"),
        ('limit = "256MiB"', "", "top level", "headroom is of a limit, and job has none"),
        ('"killed"', '"dead"', "variants.*.expect.exit", "Invalid enum value 'dead'"),
        ("[-0.1, 0.1]", "[0.1, -0.1]", "top level", "guards.ratio must be [least, most]"),
        ("ratio = [-0.1, 0.1]", "", "top level", "guards must limit the figures"),
        ('["postgres"]', '["oracle"]', "top level", "no such component: 'oracle'"),
        ('["postgres"]', '["limit"]', "top level", "no such component: 'limit'"),
        ('["postgres"]', '["../x"]', "top level", "no such component: '../x'"),
        ('["38 %", "37 %"]', '["38 %"]', "table[0].article", "length 2"),
        ("[check]\nscale = 200", "[check]\nrate = '5'", "check", "unknown field `rate`"),
    ],
)
def test_a_lab_of_a_job_is_checked_like_any(
    job: Path, old: str, new: str, where: str, what: str
) -> None:
    """Whatever is wrong with it, one line tells where and how it should be."""
    spoil(job, old, new)
    with pytest.raises(UsageError) as caught:
        load_spec(job)
    assert caught.value.what == f"{job}: {where}"
    assert what in caught.value.why


@pytest.mark.parametrize(
    ("new", "where", "what"),
    [
        ('[components.down]\nscript = "down.py"\nargs = ["{port}"]',
         "components.down.script", "no such file: 'down.py'"),
        ('[components.down]\nscript = "service.py"\nargs = ["80"]',
         "components.*", "args must hold {port}"),
        ('[components.down]\nargs = ["{port}"]', "components.*", "args are for a script"),
        ("[components.down]", "top level", "no such component: 'down', and it has no script"),
    ],
)  # fmt: skip
def test_a_component_may_be_a_script_of_the_lab(
    tmp_path: Path, new: str, where: str, what: str
) -> None:
    """It lies beside lab.toml and is told its port; without a script heapwise has to know it."""
    shutil.copytree(PYTHON.directory, tmp_path / "case")
    path = tmp_path / "case" / "lab.toml"
    good = '[components.down]\nscript = "service.py"\nargs = ["--port={port}"]\n\n[service]'
    spoil(path, "[service]", good)
    assert load_spec(path).parts["down"].script == "service.py"
    spoil(path, good, f"{new}\n\n[service]")
    with pytest.raises(UsageError) as caught:
        load_spec(path)
    assert caught.value.what == f"{path}: {where}"
    assert what in caught.value.why


def test_the_lab_that_the_documentation_shows_is_good(tmp_path: Path) -> None:
    """What is to be copied from the page can be read."""
    page = (Path(__file__).parents[2] / "docs/howto/labs.md").read_text("utf-8")
    (tmp_path / "lab.toml").write_text(page.split("```toml\n")[1].split("```")[0], "utf-8")
    for name in ("generate.py", "insert.py", "copy_rows.py"):
        (tmp_path / name).touch()
    with pytest.raises(UsageError, match="variants must hold 'batches'"):
        load_spec(tmp_path / "lab.toml")  # a step is named of which the page shows no table
    spoil(tmp_path / "lab.toml", '["batches"]', "[]")
    assert isinstance(load_spec(tmp_path / "lab.toml"), JobLab)


def test_what_only_jobs_have_is_refused_of_services(tmp_path: Path) -> None:
    """A service has no end of its own that could be expected."""
    shutil.copytree(PYTHON.directory, tmp_path / "case")
    path = tmp_path / "case" / "lab.toml"
    spoil(path, "[variants.before.expect]", "[variants.before.expect]\nexit = 'killed'")
    with pytest.raises(UsageError, match="which jobs have"):
        load_spec(path)
