"""The HTML report as text: what it says, and that nothing in it can get out."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from heapwise.errors import UsageError
from heapwise.model.comparison import Comparison, Verdict
from heapwise.model.report import RunReport, Timeline
from heapwise.names import visible
from heapwise.report.embed import inline, json_block
from heapwise.report.html import _groups, render_html
from heapwise.report.html_summary import (
    change,
    changed_headline,
    changed_tiles,
    clause,
    headline,
)
from support import reports

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
ASSETS = ROOT / "src/heapwise/report/assets"
MOST_BYTES = 90 * 1024
TEXT = st.text(st.characters(codec=None), max_size=40)


class Parsed(HTMLParser):
    """A page taken apart: its tags with attributes, and the text of each element kind."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.blocks: dict[str, list[str]] = {}
        self.text = ""
        self._open = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.attributes += [(tag, name, value) for name, value in attrs]
        self._open = tag
        self.blocks.setdefault(tag, []).append("")

    def handle_data(self, data: str) -> None:
        if self._open in ("script", "style"):
            self.blocks[self._open][-1] += data
        else:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        self._open = "" if tag == self._open else self._open

    @property
    def policy(self) -> str:
        """The content security policy."""
        return next(
            value or ""
            for tag, name, value in self.attributes
            if (tag, name) == ("meta", "content")
        )


def named(name: str) -> RunReport:
    """A small report in which one outside name stands in every kind of place."""
    report = reports.before()
    finding = replace(report.findings[0], where=name, title=name, remedy=name)
    owners = report.owners
    assert owners is not None
    return replace(
        report,
        name=name,
        service=name,
        findings=(finding,),
        owners=replace(owners, rows=(replace(owners.rows[0], owner=name, path=(name,)),)),
        timeline=Timeline(heap=tuple(replace(s, name=name, x=(0.0,), y=(1.0,))
                                     for s in report.timeline.heap)),
    )  # fmt: skip


def hash_source(text: str) -> str:
    """A block as a policy names it."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def two() -> str:
    """The before/after page."""
    return render_html([reports.before(), reports.after()], reports.comparison())


def test_headline_says_cost_and_culprit() -> None:
    """One recording is summed up by its cost per request and who makes most of it."""
    assert headline(reports.before()) == (
        "1.04 MiB and 79.4 allocations per request; 97.0 % of the bytes are made by "
        "middleware.(*maybeCompressResponseWriter).Close [HW101]."
    )


def test_headline_names_the_heaviest_owner_where_nothing_was_found() -> None:
    """Without a finding the first owner is named, without a code."""
    assert headline(reports.after()) == (
        "4.35 KiB and 51.2 allocations per request; the most, 53.6 %, is made by main.evaluate."
    )


def test_headline_admits_what_it_does_not_know() -> None:
    """Without exact counters the sentence gives no figure."""
    assert headline(reports.interrupted()) == (
        "What a request allocates is not known: its counters could not be read."
    )


def test_headline_speaks_of_the_unit_of_work() -> None:
    """A job that reads rows costs something per row, not per request."""
    assert "allocations per row;" in headline(replace(reports.before(), work_unit="row"))


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (Verdict.BETTER, "B/req fell 99.6 % (244×)"),
        (Verdict.SAME, "B/req stayed the same"),
        (Verdict.UNDECIDED, "B/req: too bad"),
        (Verdict.INVALID, "B/req cannot be compared: too bad"),
    ],
)
def test_clause_follows_the_verdict(verdict: Verdict, sentence: str) -> None:
    """A row claims a change only where its verdict does."""
    row = replace(reports.comparison().rows[0], verdict=verdict, why="too bad")
    assert clause(row) == sentence


def test_an_unlike_pair_is_not_blamed_on_the_number_of_runs() -> None:
    """Sentence and tile give the reason of the row; only without one the usual reason."""
    row = replace(reports.comparison().rows[0], verdict=Verdict.UNDECIDED, why="unlike: targets")
    pair = replace(reports.comparison(), rows=(row,))
    assert changed_headline(pair) == "B/req: unlike: targets."
    tile = changed_tiles(reports.before(), reports.after(), pair)[0]
    assert tile.note == "~ unlike: targets"
    assert clause(replace(row, why="")) == "B/req: a single run of each cannot tell"


def test_an_interrupted_run_may_well_have_ended_in_order() -> None:
    """Ctrl-C leaves a summary: the banner must not deny it."""
    text = Parsed(render_html([reports.interrupted()])).text
    assert "stopped.hw was interrupted. The figures below are of what was recorded" in text
    assert "without a summary" not in text


def test_only_what_the_comparison_calls_gone_is_shown_as_gone() -> None:
    """main.gz is gone, main.gzip is still there; of a run without a profile nobody knows."""
    gone, left = (replace(reports.compressor(), where=f"main.{name} (a.go:1)", module="")
                  for name in ("gz", "gzip"))  # fmt: skip
    before = replace(reports.before(), findings=(gone, left))
    after = replace(reports.after(), findings=(left,))
    pair = replace(reports.comparison(), gone=("HW101 main.gz",))
    groups = _groups(before.findings, after.findings, pair)
    assert groups == [("Left after the change", (left,)), ("Gone with the change", (gone,))]
    silent = _groups(before.findings, (), replace(pair, gone=()))
    assert silent[1:] == [
        ("Gone with the change", ()), ("Found before, not known after", (gone, left)),
    ]  # fmt: skip


def test_change_gives_a_factor_from_two_on() -> None:
    """Small changes read as per cent, large ones also as a factor, both ways."""
    row = reports.comparison().rows[0]
    assert change(row) == "−99.6 % (244×)"
    assert change(replace(row, before=100.0, after=90.0, delta=-0.1)) == "−10.0 %"
    assert change(replace(row, before=1.0, after=3.5, delta=2.5)) == "+250.0 % (3.5×)"
    assert change(replace(row, before=0.0, after=3.5, delta=None)) == "–"


def test_changed_headline_without_the_metric() -> None:
    """A comparison without bytes says so instead of failing."""
    bare = Comparison(before="a", after="b", work_unit="req", rows=())
    assert changed_headline(bare) == "Bytes per unit of work were not measured."
    page = render_html([reports.before(), reports.after()], bare)
    assert "Bytes per unit of work were not measured." in page


@pytest.mark.parametrize("count", [0, 3])
def test_other_numbers_of_recordings_are_refused(count: int) -> None:
    """The page has room for one recording or two."""
    with pytest.raises(UsageError, match="recordings do not fit"):
        render_html([reports.before()] * count)


def test_two_recordings_need_their_comparison() -> None:
    """A missing comparison is the caller's mistake, not a page without verdicts."""
    with pytest.raises(ValueError, match="comparison"):
        render_html([reports.before(), reports.after()])


def test_one_recording_shows_everything() -> None:
    """Every part of one report reaches the page."""
    text = Parsed(render_html([reports.before()])).text
    for part in ("HW101", "HW102", "go-chi/chi#401", "one guess", "dies young", "1.00 MiB live",
                 "6,243", "latency p99.9", "Expected to save 1.03 MiB and 28.2 allocations",
                 "heapwise compare before.hw other.hw",
                 "Sent by the native engine with precise pacing, which used 7.0 % of a CPU; 61 in",
                 "58 connections opened, 66 of 1,048,576 descriptors in use"):  # fmt: skip
        assert part in text


def test_two_recordings_show_what_went_and_what_stayed() -> None:
    """Findings stand under what became of them, metrics beside each other with a verdict."""
    text = Parsed(two()).text
    assert text.index("Left after the change") < text.index("Gone with the change")
    assert text.index("Gone with the change") < text.index("A compressor is created")
    assert "B/req fell 99.6" in text
    assert "within what two runs of one binary differ by" in text


def test_a_finding_that_stays_is_shown_once_as_left() -> None:
    """A finding that both runs have and the comparison does not call gone is not fixed."""
    comparison = replace(reports.comparison(), gone=())
    page = render_html([reports.before(), reports.before()], comparison)
    left, gone = Parsed(page).text.split("Gone with the change")
    assert "A compressor is created for every response" in left
    assert "A compressor is created for every response" not in gone


def test_interrupted_and_invalid_stand_before_the_figures() -> None:
    """A reader meets what spoils the figures before the first of them."""
    text = Parsed(render_html([reports.interrupted()])).text
    first_figure = text.index("B/req")
    for warning in ("was interrupted", "not valid", "generator lag p99 was 12.4 ms",
                    "311 records are known to be lost"):  # fmt: skip
        assert text.index(warning) < first_figure
    assert text.index("service and generator share") > first_figure


def test_a_report_without_measurements_still_renders() -> None:
    """Whatever may be missing may all be missing at once."""
    empty = replace(
        reports.interrupted(), load_result=None, gc=None, metrics=(), endpoints=(),
        timeline=Timeline(), problems=(), next_command="",
    )  # fmt: skip
    page = Parsed(render_html([empty]))
    assert "No known pattern was found." in page.text
    assert not [value for _, name, value in page.attributes if name == "data-chart"]


def test_policy_allows_exactly_the_blocks_that_are_there() -> None:
    """The hashes in the policy are those of the text between the tags, byte for byte."""
    page = Parsed(two())
    assert [tag for tag, _ in page.tags].count("script") == 2
    _, script = page.blocks["script"]
    (style,) = page.blocks["style"]
    assert page.policy == (
        f"default-src 'none'; script-src {hash_source(script)}; "
        f"style-src {hash_source(style)}; base-uri 'none'; form-action 'none'"
    )


@pytest.mark.parametrize("page", [two(), render_html([reports.hostile()])], ids=["two", "hostile"])
def test_nothing_is_loaded_or_run_by_an_attribute(page: str) -> None:
    """No element carries a handler, an inline style or an address."""
    for _, name, _ in Parsed(page).attributes:
        assert not name.startswith("on")
        assert name not in {"style", "src", "href", "srcset", "action", "formaction", "srcdoc"}


@settings(max_examples=60, deadline=None)
@given(TEXT)
def test_no_name_changes_the_structure_of_the_page(name: str) -> None:
    """Whatever something is called, the page has the same elements with the same attributes."""
    # Remedies are split into paragraphs, so the plain name has as many lines as the other.
    lines = sum(bool(line.strip()) for line in name.splitlines())
    plain = named("main.handler")
    calm = replace(plain.findings[0], remedy="\n".join(["plain"] * lines))
    if not name:
        calm = replace(calm, where="", title="")
    tame = render_html([replace(plain, findings=(calm,))])
    wild = render_html([named(name)])
    assert [tag for tag in Parsed(wild).tags if tag[0] != "p"] == [
        tag for tag in Parsed(tame).tags if tag[0] != "p"
    ]


LEAVES = TEXT | st.floats(allow_nan=False, allow_infinity=False)


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner)))
def test_json_block_round_trips_and_cannot_end_its_element(data: object) -> None:
    """The block reads back as what went in and holds no character that HTML looks at."""
    clean = json.loads(json.dumps(data).replace("\\ud", "\\u0d"))  # half a pair is not JSON
    block = str(json_block(clean))
    assert not set(block) & set("<>&\u2028\u2029")
    assert json.loads(block) == clean


@given(TEXT)
def test_visible_leaves_nothing_hidden(text: str) -> None:
    """What is printable stays as it is; everything else is spelled out in printable characters."""
    shown = visible(text)
    assert shown.isprintable()
    assert shown == text or not text.isprintable()


def test_visible_shows_directions_and_line_ends() -> None:
    """The characters that disguise names are written as Python writes them."""
    assert visible("a\u202eb\u200bc\nd\x1be") == r"a\u202eb\u200bc\nd\x1be"


def test_assets_are_small() -> None:
    """Every report carries them."""
    assert (
        sum(len(inline(name).code.encode()) for name in ("report.js", "report.css")) <= MOST_BYTES
    )


@pytest.mark.parametrize(("name", "ending"), [("report.js", "</script"), ("report.css", "</style")])
def test_assets_cannot_end_their_element(name: str, ending: str) -> None:
    """An inlined file holds nothing that HTML would take for its end, and no carriage return."""
    text = inline(name).code.lower()
    assert ending not in text
    assert "<!--" not in text
    assert "\r" not in text


def test_assets_name_nothing_outside() -> None:
    """Neither script nor style refers to an address."""
    for name in ("report.js", "report.css"):
        assert not [
            word for word in ("http:", "https:", "url(", "@import") if word in inline(name).code
        ]


def test_versions_match_the_lock_file() -> None:
    """VERSIONS names what the lock file pins, with licence and hash, and quotes the licence."""
    packages = json.loads((WEB / "package-lock.json").read_text())["packages"]
    listed = (ASSETS / "VERSIONS").read_text().splitlines()
    for name in ("@dagrejs/dagre", "uplot", "esbuild"):
        pinned = packages[f"node_modules/{name}"]
        assert f"{name} {pinned['version']} {pinned['license']} {pinned['integrity']}" in listed
    contained = packages[""]["dependencies"]
    listed_in_build = ["@dagrejs/dagre", "uplot"]
    assert list(contained) == listed_in_build, "a new dependency needs its licence in build.mjs"
    assert "Permission is hereby granted, free of charge" in inline("report.js").code


@pytest.mark.skipif(shutil.which("npm") is None, reason="no Node found: assets were not rebuilt")
def test_rebuilding_gives_the_committed_bytes(tmp_path: Path) -> None:
    """The committed bundle is what its sources build."""
    for part in ("package.json", "package-lock.json", "build.mjs"):
        shutil.copy(WEB / part, tmp_path)
    shutil.copytree(WEB / "src", tmp_path / "src")
    install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    done = subprocess.run(
        install, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False
    )
    if done.returncode:
        pytest.skip(f"npm cannot install here: {done.stderr.strip()[-200:]}")
    out = tmp_path / "out"
    subprocess.run(["node", "build.mjs", str(out)], cwd=tmp_path, check=True, timeout=120)
    for name in ("report.js", "report.css", "flame.js", "flame.css", "VERSIONS"):
        assert (out / name).read_bytes() == (ASSETS / name).read_bytes(), (
            f"run `make assets`: {name}"
        )
