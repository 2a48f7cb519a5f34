"""`go tool pprof` is the judge of every view of profiles, and of every flag they share with it."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from threading import Thread

import click
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heapwise.cli.main import app
from heapwise.cli.options import TABLE
from support import goheap, pprofviews
from support.certificates import Certificates, make_certificates
from support.pprofviews import assert_drawn_equal, assert_equal, ours, theirs
from support.profiles import Sample, profile_bytes

pytestmark = pytest.mark.go

FULL = os.environ.get("HEAPWISE_FULL") == "1"
VIEWS = ("top", "tree", "peek=main|json|sync", "traces", "tags", "raw")
RANKED = ("top", "tree", "peek=.")

FLAGS = {
    "functions": ["-functions"],
    "filefunctions": ["-filefunctions"],
    "files": ["-files"],
    "lines": ["-lines"],
    "addresses": ["-addresses"],
    "noinlines": ["-noinlines", "-lines"],
    "cum": ["-cum"],
    "flat": ["-flat"],
    "nodecount": ["-nodecount=4"],
    "nodefraction": ["-nodefraction=0.1"],
    "edgefraction": ["-edgefraction=0.2"],
    "trim": ["-trim=false"],
    "unit": ["-unit=us"],
    "divide-by": ["-divide_by=3"],
    "focus": ["-focus=roundTrip|burn"],
    "ignore": ["-ignore=json|once"],
    "hide": ["-hide=reflect|twice|sync"],
    "show": ["-show=main|json"],
    "show-from": ["-show_from=json|twice|Do$"],
    "prune-from": ["-prune_from=Marshal|twice|gopark"],
    "relative-percentages": ["-relative_percentages", "-focus=Unmarshal|twice"],
    "tagfocus": ["-tagfocus=tenant:t[12]"],
    "tagignore": ["-tagignore=bytes=:48b"],
    "tagshow": ["-tagshow=tenant|worker"],
    "taghide": ["-taghide=bytes|kind"],
    "tagroot": ["-tagroot=tenant,kind,bytes"],
    "tagleaf": ["-tagleaf=bytes,tenant", "-tagroot=worker"],
    "seconds": ["-seconds=1"],
    "timeout": ["-timeout=3"],
    "add-comment": ["-add_comment=measured on a Sunday"],
}
"""An example of each flag that one profile is enough for, by its row in the table of options."""

HEAPS = ("json", "recursion", "generics", "bare", "python")

HEAP_FLAGS = {
    "sample-index": ["-sample_index=1"],
    "alloc-space": ["-alloc_space"],
    "alloc-objects": ["-alloc_objects"],
    "inuse-space": ["-inuse_space"],
    "inuse-objects": ["-inuse_objects"],
}


def corpus() -> dict[str, Path]:
    """Real profiles: of every kind; heaps with deep recursion, generics and reflection; a heap
    without names, and one of a Python program.
    """
    files = dict(pprofviews.kinds())
    folder = files["cpu"].parent
    for workload, rate in (("json", 1), ("recursion", 512), ("generics", 1)):
        files[workload] = folder / f"{workload}-heap.pb.gz"
        if not files[workload].exists():
            files[workload].write_bytes(goheap.heap(workload, rate=rate))
    files["bare"] = folder / "bare.pb.gz"
    if not files["bare"].exists():
        bare = pprofviews.without_symbols(files["json"].read_bytes())
        files["bare"].write_bytes(bare)
    files["python"] = Path(__file__).parents[1] / "data" / "python-heap.pb.gz"
    return files


def accepts(view: str, option: str) -> bool:
    """True where a view has an option of the table."""
    command = app.get_command(click.Context(app), view.partition("=")[0])
    assert command is not None
    names = {name for parameter in command.params for name in parameter.opts}
    return f"--{option.replace('_', '-')}" in names


@pytest.mark.parametrize("kind", [*pprofviews.KINDS, *HEAPS])
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_every_kind_of_profile_is_pprofs(view: str, kind: str) -> None:
    """Heap, CPU, goroutine, mutex and block profiles print the same, line for line."""
    assert_equal(view, corpus()[kind])


@pytest.mark.parametrize("flag", FLAGS)
def test_every_flag_means_in_every_view_what_it_means_to_pprof(flag: str) -> None:
    """Whichever view has the flag prints the same with it, of a labelled and of a deep profile."""
    kinds = list(corpus()) if FULL else ["cpu", "json"]
    views = [view for view in (*RANKED, "traces", "tags", "raw", "comments") if accepts(view, flag)]
    assert views
    for view, kind in product(views, kinds):
        assert_equal(view, *FLAGS[flag], corpus()[kind])


@pytest.mark.parametrize("flag", HEAP_FLAGS)
def test_sample_types_are_chosen_as_in_pprof(flag: str) -> None:
    """By name, by number and by the short flags."""
    for view in ("top", "tree", "tags"):
        assert_equal(view, *HEAP_FLAGS[flag], corpus()["json"])


@pytest.mark.parametrize("view", RANKED)
@pytest.mark.parametrize(
    "granularity", ["functions", "filefunctions", "files", "lines", "addresses"]
)
def test_granularities_hold_with_and_without_inlined_calls(view: str, granularity: str) -> None:
    """Ten ways to cut one profile into rows."""
    for kind in ("recursion", "cpu"):
        assert_equal(view, f"-{granularity}", corpus()[kind])
        assert_equal(view, f"-{granularity}", "-noinlines", corpus()[kind])


@pytest.mark.parametrize("flags", [
    ["-focus=main", "-hide=json", "-show_from=main", "-relative_percentages"],
    ["-ignore=Unmarshal", "-prune_from=Marshal", "-lines"],
    ["-show=json", "-hide=encode", "-tagfocus=16:64", "-cum"],
    ["-focus=heaps$", "-ignore=no such thing"],
    ["-focus=no such thing"],
    ["-show_from=/json/", "-noinlines", "-filefunctions"],
    ["-tagfocus=bytes=32:", "-tagignore=96", "-tagshow=nothing"],
    ["-focus=(?i)MAIN\\.ROUND", "-hide=^(reflect|runtime)\\."],
])  # fmt: skip
def test_filters_act_together_in_pprofs_order(flags: list[str]) -> None:
    """What one filter leaves is what the next one sees."""
    for view in ("top", "tree", "traces", "tags"):
        if all(accepts(view, flag[1:].partition("=")[0]) for flag in flags):
            assert_equal(view, *flags, corpus()["json"])


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [("cpu", "^main"), ("json", "json.*ncode|roundTrip"), ("recursion", "main"), ("block", "main")],
)
@pytest.mark.parametrize("flags", [[], ["-noinlines"], ["-focus=main", "-unit=kb"]])
def test_source_lines_weigh_what_they_weigh_in_pprof(
    kind: str, pattern: str, flags: list[str]
) -> None:
    """Each routine from its first line to five behind the last with a weight, text included."""
    path = corpus()[kind]
    expected = theirs(f"list={pattern}", *flags, path)
    assert expected is not None
    assert ours("list", pattern, "--source-root=/", *flags, path) == expected


DRAWN = [
    [],
    ["-lines"],
    ["-files", "-nodecount=0"],
    ["-addresses", "-nodecount=12"],
    ["-filefunctions", "-noinlines"],
    ["-nodecount=5", "-edgefraction=0"],
    ["-trim=false"],
    ["-nodefraction=0.1", "-unit=us"],
    ["-edgefraction=0.2", "-divide_by=3"],
    ["-focus=main", "-relative_percentages", "-tagroot=tenant"],
    ["-tagignore=bytes=:48b", "-hide=reflect|sync"],
    ["-taghide=kind", "-unit=kb"],
]


@pytest.mark.parametrize("flags", DRAWN, ids=" ".join)
@pytest.mark.parametrize("shape", [[], ["-call_tree"]], ids=["graph", "tree"])
def test_dot_draws_what_pprof_draws(shape: list[str], flags: list[str]) -> None:
    """Boxes, fonts, colours, labels, ranges of sizes, lines and legend, of graphs and of trees."""
    for kind in corpus() if FULL else ("cpu", "json", "recursion"):
        # Of boxes that tell the same pprof draws any, and many paths of a recursion do.
        all_paths = ["-nodecount=0"] if shape and kind != "cpu" else []
        assert_drawn_equal(*shape, *flags, *all_paths, corpus()[kind])


def test_boxes_have_names_as_short_as_pprofs(tmp_path: Path) -> None:
    """Without a package's path and version, a Java package, a C++ namespace."""
    names = [
        "github.com/klauspost/compress/v2/flate.NewWriter", "gopkg.in/yaml.v3.(*Decoder).Decode",
        "example.com/a/v12.f", "example.com/v1/b.f", "a/b", "go.uber.org/zap.(*Logger).Check[...]",
        "java.util.concurrent.ThreadPool.runWorker", "com.example.Thing$Inner.<init>(int)",
        "com.example.Thing.lambda$main$0", "com.example.lower", "com.example.Thing.run()x",
        "(anonymous namespace)::worker", "std::Vector<int>::push_back", "ns::inner::Class::~Class",
        "ns::_Hidden::operator()", "__main__.Cache.keep", "main.rows.<locals>.<listcomp>",
        "main.ä/b.c", "x::y.z", "[...].f", "a\\b.c", 'say "hello".f',
    ]  # fmt: skip
    path = tmp_path / "names.pb.gz"
    path.write_bytes(profile_bytes([Sample((name, "main.main"), (1, 512)) for name in names]))
    for flags in ([], ["-lines"], ["-filefunctions"]):
        assert_drawn_equal("-alloc_space", "-trim=false", *flags, path)


@pytest.mark.parametrize("words", [
    ["-base={json}", "{other_maps}"],
    ["-diff_base={json}", "{other_json}"],
    ["-base={json}", "-trim=false", "{json}"],
    ["-diff_base={block}", "{mutex}"],
    ["{json}", "{generics}"],
])  # fmt: skip
@pytest.mark.parametrize("shape", [[], ["-call_tree"]], ids=["graph", "tree"])
def test_dot_draws_sums_and_differences_as_pprof(
    shape: list[str], words: list[str], tmp_path: Path
) -> None:
    """What became less is green, and what cancels out is no box."""
    names = {**corpus(), **{f"other_{name}": path for name, path in others(tmp_path).items()}}
    assert_drawn_equal(*shape, *(word.format(**names) for word in words))


@pytest.mark.parametrize("kind", ["cpu", "json", "recursion", "mutex"])
@pytest.mark.parametrize("flags", [[], ["-noinlines"], ["-focus=main", "-unit=kb"], ["-call_tree"]])
def test_callgrind_says_what_pprofs_says(kind: str, flags: list[str]) -> None:
    """The same costs at the same lines, and the same calls; equal weights come in any order."""
    path = corpus()[kind]
    expected = theirs("callgrind", *flags, path)
    assert expected is not None
    assert pprofviews.costs(ours("callgrind", *flags, path)) == pprofviews.costs(expected)


@pytest.mark.parametrize("kind", ["cpu", "json", "goroutine"])
@pytest.mark.parametrize(
    "flags", [[], ["-lines", "-cum"], ["-files"], ["-addresses", "-unit=us"], ["-nodecount=5"]]
)
def test_topproto_writes_what_pprof_writes(kind: str, flags: list[str], tmp_path: Path) -> None:
    """`pprof -raw` of both files is equal, but for the order of rows that weigh the same."""
    mine, expected = tmp_path / "ours.pb.gz", tmp_path / "theirs.pb.gz"
    path = str(corpus()[kind])
    result = CliRunner().invoke(app, ["topproto", "-o", str(mine), *flags, path])
    assert result.exit_code == 0, result.output
    goheap.pprof(path, "-topproto", f"-output={expected}", *flags)
    assert _rows(goheap.pprof(mine, "-raw")) == _rows(goheap.pprof(expected, "-raw"))


def _rows(raw: str) -> tuple[str, list[str]]:
    """The head of a raw profile, and its samples with the text of their only location, sorted."""
    head, _, rest = raw.partition("Samples:\n")
    samples, _, locations = rest.partition("\nLocations\n")
    place = dict(re.findall(r"^ *(\d+): (.*)$", locations, re.MULTILINE))
    rows = [line.partition(":") for line in samples.splitlines()]
    return head, sorted(f"{row[0]}: {place.get(row[2].strip(), row[2])}" for row in rows)


def others(folder: Path) -> dict[str, Path]:
    """A second profile of some kinds, from another process."""
    result = {}
    for workload in ("json", "maps"):
        result[workload] = folder / f"other-{workload}.pb.gz"
        command = [str(goheap.program()), "-rate", "1", workload, str(result[workload])]
        subprocess.run(command, check=True, timeout=60)
    return result


COMPARISONS = [
    ["{json}", "{other_json}"],
    ["{json}", "{other_maps}", "{generics}", "{recursion}"],
    ["{heap}", "{allocs}"],
    ["{mutex}", "{block}"],
    ["-base={json}", "{other_json}"],
    ["-base={json}", "{other_maps}"],
    ["-diff_base={json}", "{other_json}"],
    ["-diff_base={other_maps}", "{json}", "{generics}"],
    ["-normalize", "-base={json}", "{other_maps}"],
    ["-normalize", "-diff_base={json}", "{other_json}"],
    ["-base={json}", "{json}"],
    ["-diff_base={json}", "{json}"],
    ["-base={cpu}", "{cpu}", "{cpu}"],
    ["-diff_base={block}", "{mutex}"],
]


@pytest.mark.parametrize("words", COMPARISONS, ids=" ".join)
def test_sums_and_differences_are_pprofs(words: list[str], tmp_path: Path) -> None:
    """Several sources, -base, -diff_base and -normalize, with negative values in every view."""
    names = {**corpus(), **{f"other_{name}": path for name, path in others(tmp_path).items()}}
    arguments = [word.format(**names) for word in words]
    for view in ("top", "tree", "traces", "tags", "raw"):
        assert_equal(view, *arguments)
    assert_equal("top", "-lines", "-cum", "-nodefraction=0", *arguments)
    assert_equal("tree", "-edgefraction=0", "-relative_percentages", "-focus=main", *arguments)


WRITTEN = [
    ["{json}", "{generics}"],
    ["-base={json}", "{generics}"],
    ["-diff_base={recursion}", "{json}"],
    ["-normalize", "-base={json}", "{recursion}"],
    ["-focus=main", "-hide=json", "{json}"],
    ["-show_from=main", "-prune_from=json", "{json}"],
    ["-tagfocus=tenant=t1", "-taghide=kind", "{cpu}"],
    ["-divide_by=3", "{json}"],
    ["-divide_by=0.3", "{cpu}"],
    ["-add_comment=hello", "{goroutine}"],
    ["-tagignore=bytes=:64b", "-ignore=importlib", "{python}"],
    ["{bare}", "{json}"],
    ["{heap}"],
    ["{threadcreate}"],
]


@pytest.mark.parametrize("words", WRITTEN, ids=" ".join)
def test_what_merge_writes_is_what_pprof_writes(words: list[str], tmp_path: Path) -> None:
    """`pprof -raw` of our file and of that of `pprof -proto` are equal to the last line."""
    arguments = [word.format(**corpus()) for word in words]
    mine, expected = tmp_path / "ours.pb.gz", tmp_path / "theirs.pb.gz"
    result = CliRunner().invoke(app, ["merge", "-o", str(mine), *arguments])
    assert result.exit_code == 0, result.output
    *flags, last = arguments
    goheap.pprof(Path(last), "-proto", f"-output={expected}", *flags)
    assert goheap.pprof(mine, "-raw") == goheap.pprof(expected, "-raw")


@pytest.mark.parametrize("arguments", [
    ["{goroutine}", "{heap}"],
    ["-base={goroutine}", "{cpu}"],
])  # fmt: skip
def test_what_pprof_does_not_add_up_is_refused(arguments: list[str]) -> None:
    """Profiles that count different things have no sum."""
    words = [word.format(**corpus()) for word in arguments]
    with pytest.raises(AssertionError, match="common sample type"):
        pprofviews.theirs("top", *words)
    result = CliRunner().invoke(app, ["top", *words])
    assert "no sample type in common" in str(result.exception)


def test_a_profile_without_symbols_is_shown_by_its_addresses() -> None:
    """Stripped of its functions, a profile is one node, or one an address."""
    for view in ("top", "tree", "traces"):
        for flags in ([], ["-lines"], ["-files"], ["-addresses"], ["-addresses", "-noinlines"]):
            assert_equal(view, *flags, corpus()["bare"])
    for flags in ([], ["-addresses"], ["-addresses", "-call_tree", "-nodecount=0"]):
        assert_drawn_equal(*flags, corpus()["bare"])


@pytest.mark.parametrize("kind", pprofviews.KINDS if FULL else ["cpu", "heap"])
def test_profiles_of_another_go_are_shown_as_pprof_shows_them(kind: str) -> None:
    """Go's releases write different tables, and call different functions."""
    path = pprofviews.kinds(pprofviews.other_go())[kind]
    for view in VIEWS:
        assert_equal(view, path)
    assert_drawn_equal(path)


KEPT = [
    ["-focus=main|json"],
    ["-ignore=json", "-hide=reflect|sync"],
    ["-show=main|json", "-noinlines"],
    ["-show_from=main", "-prune_from=Marshal|twice"],
    ["-tagfocus=bytes=16:1kb", "-relative_percentages"],
    ["-tagroot=bytes,tenant", "-taghide=kind"],
]
AGAINST = [[], ["-base={}"], ["-diff_base={}"], ["-normalize", "-base={}"]]
MATRIX = list(product(
    ("top", "tree", "peek=main|json", "traces", "tags", "dot"),
    ("functions", "filefunctions", "files", "lines", "addresses"),
    KEPT, AGAINST, (("json", "generics"), ("heap", "recursion"), ("python", "python")),
))  # fmt: skip


@pytest.mark.parametrize("part", range(12))
def test_granularities_filters_and_bases_go_together(part: int) -> None:
    """A look at what is left of two profiles' difference, cut as it was asked for."""
    chosen = MATRIX[part::12] if FULL else MATRIX[part * 37 :: 421]
    for view, granularity, kept, against, (kind, base) in chosen:
        name = view.partition("=")[0]
        flags = [flag.format(corpus()[base]) for flag in against]
        flags += [flag for flag in kept if accepts(name, flag[1:].partition("=")[0])]
        flags += [f"-{granularity}"] if accepts(name, granularity) else []
        if view == "dot":
            assert_drawn_equal("-nodecount=0", *flags, corpus()[kind])
        else:
            assert_equal(view, *flags, corpus()[kind])


NAMES = st.sampled_from([
    "", "main.main", "main.f", "main.f (f.go:3)", "main.g (/a/../g.go:9)", "other.g (g.go:9)",
    "a.Of[go.shape.func(int)]", "a.(*T[...]).M", "ns::f(int)<x>", "runtime.mallocgc (m.go:7)",
    "main.h (//h.go:1)", "main.f (f.go:4)",
])  # fmt: skip
LOCATIONS = st.one_of(
    st.lists(NAMES, min_size=1, max_size=3).map(" inlined into ".join),
    st.sampled_from(["0x2a", "0x400100"]),
)
LABELS = st.dictionaries(
    st.sampled_from(["bytes", "request", "tenant", "longer-than-ten"]),
    st.sampled_from(["a", "b", 16, 2048, -5, 1]),
    max_size=3,
)
SAMPLES = st.lists(
    st.builds(
        Sample,
        st.lists(LOCATIONS, max_size=6).map(tuple),
        st.lists(st.integers(-3, 5) | st.integers(0, 1 << 40), min_size=4, max_size=4),
        labels=LABELS,
    ),
    max_size=12,
)
PATTERNS = st.sampled_from(
    ["main", "^main\\.f$", "go", "g\\.go", "service", "o", "mallocgc|h", "ns"]
)
QUERIES = st.lists(
    st.one_of(
        st.builds("-{}={}".format, st.sampled_from(
            ["focus", "ignore", "hide", "show", "show_from", "prune_from"]), PATTERNS),
        st.sampled_from([
            "-tagroot=tenant,request", "-tagleaf=bytes", "-tagfocus=tenant=a", "-tagfocus=16b",
            "-tagfocus=request=:2kb", "-tagfocus=a,b",
            "-tagignore=bytes", "-tagignore=1b:3kb", "-tagshow=t", "-taghide=bytes", "-noinlines",
            "-relative_percentages",
        ]),
    ),
    max_size=3, unique_by=lambda flag: flag.partition("=")[0],
)  # fmt: skip
GRANULARITIES = st.sampled_from(["functions", "filefunctions", "files", "lines", "addresses"])
SORTED = st.sampled_from(["-cum", "-flat"])


@settings(
    max_examples=400 if FULL else 30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    samples=SAMPLES, query=QUERIES, granularity=GRANULARITIES, order=SORTED,
    view=st.sampled_from(["top", "tree", "traces"]),
)  # fmt: skip
def test_profiles_nobody_would_write_are_shown_as_pprof_shows_them(
    samples: list[Sample], query: list[str], granularity: str, order: str, view: str, tmp_path: Path
) -> None:
    """Nameless functions, recursion, inlining, lost weights and odd labels, through filters."""
    path = tmp_path / "odd.pb.gz"
    path.write_bytes(profile_bytes(samples, sizes=False))
    flags = [*query, f"-{granularity}", *([order] if view != "traces" else [])]
    assert_equal(view, *flags, path)


@settings(
    max_examples=200 if FULL else 15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(samples=SAMPLES, base=SAMPLES, flag=st.sampled_from(["base", "diff_base"]))
def test_differences_nobody_would_take_are_pprofs(
    samples: list[Sample], base: list[Sample], flag: str, tmp_path: Path
) -> None:
    """Any profile minus any other is to the last table what pprof makes of the two."""
    one, other = tmp_path / "one.pb.gz", tmp_path / "other.pb.gz"
    one.write_bytes(profile_bytes(samples, sizes=False))
    other.write_bytes(profile_bytes(base, sizes=False))
    assert_equal("raw", f"-{flag}={other}", one)
    assert_equal("tags", f"-{flag}={other}", one)


@settings(
    max_examples=300 if FULL else 20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    samples=SAMPLES, query=QUERIES, granularity=GRANULARITIES,
    limits=st.sampled_from([
        ["-nodecount=3"], ["-edgefraction=0.3", "-nodecount=6"],
        *([limit, *shape] for shape in ([], ["-call_tree"])
          for limit in ("-trim=false", "-nodefraction=0.2", "-edgefraction=0.3")),
    ]),
)  # fmt: skip
def test_graphs_nobody_would_draw_are_drawn_as_pprof_draws_them(
    samples: list[Sample], query: list[str], granularity: str, limits: list[str], tmp_path: Path
) -> None:
    """Weights below zero, recursion, odd names and labels, with little room."""
    path = tmp_path / "odd.pb.gz"
    path.write_bytes(profile_bytes(samples, sizes=False))
    assert_drawn_equal(*limits, *query, f"-{granularity}", path)


class Heap(BaseHTTPRequestHandler):
    """Answers everything with one heap profile."""

    data = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.data)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@contextmanager
def heap_over_tls(certificates: Certificates, *, mutual: bool) -> Iterator[str]:
    """``host:port`` of a service that answers over TLS, if `mutual` only to who shows who it is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    if mutual:
        context.load_verify_locations(certificates.authority)
        context.verify_mode = ssl.CERT_REQUIRED
    Heap.data = corpus()["json"].read_bytes()
    with ThreadingHTTPServer(("127.0.0.1", 0), Heap) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_service_behind_tls_is_asked_as_pprof_asks_it(tmp_path: Path) -> None:
    """`https+insecure` trusts anybody; our -tls_ca, -tls_cert and -tls_key do better.

    `go tool pprof` lists these three as google/pprof has them, but its own fetcher ignores them.
    """
    certificates = make_certificates(tmp_path)
    with heap_over_tls(certificates, mutual=False) as address:
        url = f"https+insecure://{address}/debug/pprof/heap"
        expected = goheap.pprof(url, "-top").splitlines()
        assert ours("top", url).splitlines() == expected
    flags = [
        f"-tls_ca={certificates.authority}",
        f"-tls_cert={certificates.certificate}",
        f"-tls_key={certificates.key}",
    ]
    with heap_over_tls(certificates, mutual=True) as address:
        assert ours("top", *flags, f"https://{address}").splitlines() == expected


def test_every_flag_that_is_pprofs_is_compared_with_pprof() -> None:
    """A row of the table that claims to be pprof's has its example above."""
    examples = " ".join(word for words in (*COMPARISONS, *WRITTEN) for word in words)
    claimed = {option.name for option in TABLE.values() if option.peer == "pprof"}
    compared = {name for name in claimed if f"-{name.replace('-', '_')}" in examples}
    claimed |= {"timeout"}  # vegeta has one too, and the row is its
    claimed -= {"http"}  # what a browser shows is compared in a browser
    assert claimed == compared | set(FLAGS) | set(HEAP_FLAGS) | {"call-tree"}


def test_a_flag_of_pprof_that_we_do_not_have_is_refused_by_name() -> None:
    """Nothing is taken and ignored."""
    usage = subprocess.run([goheap.go(), "tool", "pprof"], capture_output=True, text=True).stderr  # noqa: PLW1510 - usage is an error
    flags = set(re.findall(r"^    (-[a-z_]+)", usage, re.MULTILINE))
    assert len(flags) > 60
    for flag in sorted(flags - {"-h"}):
        if not accepts("top", flag[1:]):
            result = CliRunner().invoke(app, ["top", flag, "x.pb.gz"])
            assert result.exit_code == 2
            assert f"No such option: {flag} (" in result.output, flag


def test_the_command_prints_what_pprof_prints_when_run_as_users_run_it(tmp_path: Path) -> None:
    """Through the real entry point, with its own standard output."""
    path = tmp_path / "heap.pb.gz"
    path.write_bytes(goheap.heap("generics", rate=1))
    command = [sys.executable, "-m", "heapwise", "tree", "-alloc_space", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    lines = [line for line in done.stdout.splitlines() if not line.startswith("Source: ")]
    expected = goheap.pprof(path, "-tree", "-alloc_space")
    assert pprofviews.canonical("\n".join(lines)) == pprofviews.canonical(expected)
