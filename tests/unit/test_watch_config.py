"""A configuration is right to the last key, or every mistake in it is named with its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.cli import watch_check
from heapwise.cli.watch_options import changed, config_reader
from heapwise.errors import HeapwiseError, UsageError
from heapwise.model.watch import Severity
from heapwise.watch.config import (
    Config,
    ConfigError,
    SinkKind,
    config_of,
    doubts,
    load_config,
)
from heapwise.watch.config.forms import brief, parse_length, show_length
from heapwise.watch.scale import Scale

FULL = """
[watch]
interval = "5s"
deadline = "3s"
hour = "1m"
store = "kept"

[[service]]
name = "checkout"
targets = ["10.0.0.7:8080", "unix:/run/app.sock", "http://[::1]:9000/metrics"]
file_sd = ["sd/*.json"]
http_sd = ["http://127.0.0.1:9/sd?zone=a"]
metrics_path = "/metrics"
pprof = "http://{host}:6060/debug/pprof"
requests = "http_requests_total"
limit = "512MiB"
labels = { team = "shop" }
tls = { insecure = true }

[alerts]
off = ["deploy"]
thresholds = { gc_share_warn = 0.2, pause = "20ms" }
repeat_every = "1d12h"

[[sink]]
type = "slack"
url_file = "env:HW_TEST_SLACK"
min_severity = "page"

[capture]
cpu_veto = 0.5

[retention]
bins = "90d"
size = "1.5GiB"

[http]
listen = ":8090"

[export.pyroscope]
url = "http://127.0.0.1:4040"

[shard]
index = 2
of = 5
"""

SERVICE = '[[service]]\nname = "a"\ntargets = ["127.0.0.1:6060"]\n'


def written(folder: Path, text: str) -> Path:
    """The file of a text."""
    path = folder / "watch.toml"
    path.write_text(text)
    return path


def faults(folder: Path, text: str) -> list[str]:
    """What is wrong with a text, without the name of the file."""
    with pytest.raises(ConfigError) as caught:
        load_config(written(folder, text))
    prefix = f"{folder / 'watch.toml'}: "
    assert all(fault.startswith(prefix) for fault in caught.value.faults)
    return [fault.removeprefix(prefix) for fault in caught.value.faults]


def test_every_amount_is_read_into_the_unit_that_code_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lengths become ns, sizes bytes, paths count from the file, and the rest keeps defaults."""
    monkeypatch.setenv("HW_TEST_SLACK", "https://hooks.invalid/T0/secret")
    config = load_config(written(tmp_path, FULL))
    (service,), (sink,) = config.service, config.sink
    assert config.watch.interval == 5 * 10**9
    assert config.watch.scale == Scale(1 / 60)
    assert config.watch.store == tmp_path / "kept"
    assert service.limit == 512 << 20
    assert service.file_sd == (tmp_path / "sd/*.json",)
    assert service.labels == {"team": "shop"}
    assert service.access().verify is False
    assert config.alerts.repeat_every == 36 * 3600 * 10**9
    assert (sink.type, sink.min_severity) == (SinkKind.SLACK, Severity.PAGE)
    assert sink.address() == "https://hooks.invalid/T0/secret"
    assert config.alerts.thresholds.gc_share_warn == 0.2
    assert config.alerts.thresholds.pause_ns == 20e6
    assert config.capture.settings().cpu_veto == 0.5
    assert service.scraping(config.watch).deadline_s == 3.0
    assert config.retention.size == 3 << 29
    assert config.http.listen == ("127.0.0.1", 8090)
    assert config.export.pyroscope is not None
    assert (config.shard.index, config.shard.of) == (2, 5)
    assert config.capture.cooldown == 3600 * 10**9


def test_paths_count_from_the_directory_of_a_file_that_was_named_from_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once: `conf/watch.toml` with `store = "kept"` is `conf/kept`."""
    written(tmp_path, f'[watch]\nstore = "kept"\n{SERVICE}')
    monkeypatch.chdir(tmp_path.parent)
    (file,) = tmp_path.glob("*.toml")
    found = load_config(file.relative_to(tmp_path.parent)).watch.store
    assert found.absolute() == tmp_path / "kept"


def test_a_store_of_its_own_is_beside_the_file(tmp_path: Path) -> None:
    """Wherever the watcher is started, it finds what it kept."""
    assert load_config(written(tmp_path, SERVICE)).watch.store == tmp_path / "heapwise-watch"


@pytest.mark.parametrize(
    ("table", "every_ms"),
    [
        ("", 15_000),
        ('hour = "1m"', 250),
        ('hour = "1s"', 100),
        ('hour = "1m"\ninterval = "15s"', 15_000),
        ('interval = "10ms"', 10),
    ],
)
def test_where_hours_are_shorter_readings_come_as_much_sooner(
    tmp_path: Path, table: str, every_ms: int
) -> None:
    """Ten times a second at most, and as the file says where it does."""
    config = load_config(written(tmp_path, f"[watch]\n{table}\n{SERVICE}"))
    assert config.watch.every_ns == every_ms * 10**6


def test_an_hour_that_is_typed_is_read_as_often_as_one_of_the_file() -> None:
    """`--hour` alone; an interval that is typed too stands."""
    config = config_of(["h:1"])
    assert changed(config, hour=60 * 10**9).watch.every_ns == 250 * 10**6
    assert changed(config, hour=60 * 10**9, interval=10**9).watch.every_ns == 10**9


@pytest.mark.parametrize(
    ("of_all", "of_service", "doubted"),
    [
        ("", "", []),
        ('hour = "1m"', "", []),
        ('interval = "5m"', "", []),
        ('interval = "10m"', "", ["a reading every 600 s "]),
        ('hour = "1m"\ninterval = "15s"', "", ["a reading every 15.0 s "]),
        ('hour = "1m"', 'interval = "1m"', ["service a: a reading every 60.0 s "]),
        ('interval = "10m"', 'interval = "1m"', []),
    ],
)
def test_readings_too_far_apart_for_the_detectors_are_doubted(
    tmp_path: Path, of_all: str, of_service: str, doubted: list[str]
) -> None:
    """They think in bins of five minutes, scaled: one without a reading is unknown."""
    config = load_config(written(tmp_path, f"[watch]\n{of_all}\n{SERVICE}{of_service}"))
    found = [doubt for doubt in doubts(config) if "a reading every" in doubt]
    assert len(found) == len(doubted)
    assert all(doubt.startswith(begin) for doubt, begin in zip(found, doubted, strict=True))


def test_tasks_are_counted_as_often_as_the_detectors_need_them(tmp_path: Path) -> None:
    """Several times a bin, however long those are."""
    config = load_config(written(tmp_path, f'[watch]\nhour = "6m"\n{SERVICE}'))
    assert config.service[0].scraping(config.watch).tasks_every_ns == 5 * 10**9


def test_the_page_answers_to_the_name_of_its_url(tmp_path: Path) -> None:
    """A link that a sink sends would be refused otherwise; without one nothing is added."""
    text = SERVICE + '[http]\nlisten = ":8090"\nnames = ["hw"]\n'
    assert load_config(written(tmp_path, text)).http.called == ("hw",)
    text += 'url = "https://Heap.example:8443/"\n'
    assert load_config(written(tmp_path, text)).http.called == ("hw", "heap.example")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[watch]\nintervals = "5s"', "watch.intervals: no such key; did you mean interval?"),
        ("[watch]\ninterval = 5", "watch.interval: 5 is not a duration, as '15s' or '2d'"),
        ('[watch]\ninterval = "0s"', "watch.interval: '0s' is not a duration, as '15s' or '2d'"),
        (
            '[[sink]]\ntype = "mail"',
            "sink[0].type: 'mail' is not one of webhook, alertmanager, slack, stdout",
        ),
        (
            '[[sink]]\ntype = "webhook"',
            "sink[0].url: one of url and url_file is needed, and there are 0",
        ),
        ('[http]\nlisten = "8090"', "http.listen: '8090' is not an address to listen on"),
        (
            '[http]\nlisten = "0.0.0.0:8090"',
            "http.token_file: is missing: other machines reach the address of listen",
        ),
        ("[shard]\nindex = 6\nof = 5", "shard.index: must be from 1 to 5"),
        ("[capture]\ncpu = 1", "capture.cpu: 1 is not right: expected `bool`, got `int`"),
        ("[capture]\ncpu_veto = 80", "capture.cpu_veto: must be a share above 0"),
        ('[alerts]\noff = ["leak", "leek"]', "alerts.off[1]: 'leek' is no detector; there are a"),
        ("[alerts.thresholds]\nassist_share = -1", "alerts.thresholds.assist_share: -1 is not a"),
        ("[alerts.thresholds]\npause_ns = 1", "alerts.thresholds.pause_ns: no such key; did you"),
        ("[capture]\ncpu_veto = nan", "capture.cpu_veto: nan is not a number from 0 up"),
        ('[retention]\nbins = "99999d"', "retention.bins: '99999d' is not a duration"),
        ('[retention]\nsize = "4 gigs"', "retention.size: '4 gigs' is not a size, as '512MiB'"),
        ("retention = 5", "retention: 5 is not a table of keys"),
        ("service = 5", "service: 5 is not a list"),
        ("[[service]]", "service[0].name: is missing"),
        ("", "service: is missing"),
        ("service = []", "service: is empty"),
        ('[[service]]\nname = "a"', "service[0].targets: is missing, and so are file_sd"),
        (
            '[[service]]\nname = "a"\ntargets = ["ok:1", "10.1"]',
            "service[0].targets[1]: '10.1' is not an address",
        ),
        (SERVICE + SERVICE, "service[0].name: 'a' is the name of two"),
        (SERVICE.replace('"a"', '"heapwise-watch"'), "service[0].name: 'heapwise-watch' is the"),
        (SERVICE + 'pprof = "http://{hots}:1/"', "service[0].pprof: 'http://{hots}:1/' is not"),
        (SERVICE + 'pprof = "http://{host:>99}/"', "service[0].pprof: "),
        (SERVICE + 'source = "nowhere"', "service[0].source: no such directory"),
        (SERVICE + 'http_sd = ["ftp://x/"]', "service[0].http_sd[0]: 'ftp://x/' is not an http"),
        (SERVICE + 'headers_file = "none"', "service[0].headers_file: cannot read headers from"),
        (SERVICE + 'tls = { key = "k" }', "service[0].tls.cert: is missing"),
        (SERVICE + "labels = { a = 1 }", "service[0].labels.a: 1 is not right: expected `str`"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_the_form_expected(
    tmp_path: Path, text: str, fault: str
) -> None:
    """One line has the key's path, what was found there, and what belongs there."""
    found = faults(tmp_path, text)
    assert any(each.startswith(fault) for each in found), found


def test_all_mistakes_are_told_at_once_and_twenty_at_most(tmp_path: Path) -> None:
    """Nobody starts a watcher ten times to correct ten keys, and nobody reads a hundred lines."""
    assert len(faults(tmp_path, SERVICE + "[watch]\na = 1\nb = 2\n[http]\nc = 3\n")) == 3
    many = "\n".join(f"key{number} = 1" for number in range(100))
    assert len(faults(tmp_path, SERVICE + "[watch]\n" + many)) == 20


def test_the_error_itself_holds_every_mistake_in_one_text(tmp_path: Path) -> None:
    """A caller that knows only of errors prints all of them too."""
    with pytest.raises(ConfigError) as caught:
        load_config(written(tmp_path, SERVICE + "[watch]\na = 1\nb = 2\n"))
    assert "watch.a" in str(caught.value)
    assert "watch.b" in str(caught.value)
    assert caught.value.exit_code == 2


def test_no_error_repeats_a_password(tmp_path: Path) -> None:
    """Logs of a failed start are read by many."""
    found = faults(
        tmp_path,
        '[[service]]\nname = "a"\ntargets = ["http://me:hunter2@h:1"]\n'
        'http_sd = ["https://me:hunter2@h/"]\n[export.otlp]\nurl = "http://me:hunter2@h/"\n',
    )
    assert len(found) == 3
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("no.toml", None, "No such file"),
        ("bad.toml", b"[watch", "not TOML"),
        ("latin.toml", b"a = '\xff'", "not TOML"),
        ("deep.toml", b"a = " + b"[" * 100_000, "not TOML"),
        ("large.toml", b"#" * (5 << 20), "too large"),
    ],
)
def test_what_is_no_configuration_at_all_is_refused(
    tmp_path: Path, name: str, content: bytes | None, why: str
) -> None:
    """Missing, damaged and endless files end in one line."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=why):
        load_config(tmp_path / name)


class TestSecrets:
    """Where a secret is stands in the file; the secret does not."""

    def test_are_read_from_a_file_and_never_printed(self, tmp_path: Path) -> None:
        """Neither the struct nor the access made of it shows what is sent."""
        (tmp_path / "token").write_text("hunter2\n")
        config = load_config(written(tmp_path, SERVICE + 'token_file = "token"'))
        access = config.service[0].access()
        assert access.sent() == (("Authorization", "Bearer hunter2"),)
        assert "hunter2" not in f"{config!r} {access!r}"

    def test_that_others_can_read_are_doubted(self, tmp_path: Path) -> None:
        """A token of mode 0644 is nobody's secret; one of 0600 is."""
        token = tmp_path / "token"
        token.write_text("hunter2")
        config = load_config(written(tmp_path, SERVICE + 'token_file = "token"'))
        token.chmod(0o600)
        assert not [doubt for doubt in doubts(config) if "token" in doubt]
        token.chmod(0o644)
        assert [doubt for doubt in doubts(config) if "chmod 600" in doubt]

    def test_of_the_environment_must_be_set(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A variable that is not there is a mistake at the start, not at the first alert."""
        text = SERVICE + 'token_file = "env:HW_TEST_TOKEN"'
        monkeypatch.delenv("HW_TEST_TOKEN", raising=False)
        assert faults(tmp_path, text) == [
            "service[0].token_file: no secret in env:HW_TEST_TOKEN: the variable is not set"
        ]
        monkeypatch.setenv("HW_TEST_TOKEN", "x")
        load_config(written(tmp_path, text))

    def test_of_several_lines_are_refused(self, tmp_path: Path) -> None:
        """A newline in a header would begin another one."""
        (tmp_path / "token").write_text("a\r\nX-Evil: b")
        assert "one line" in faults(tmp_path, SERVICE + 'token_file = "token"')[0]


def test_typed_services_become_a_configuration() -> None:
    """The same name twice is one service of two targets; an address alone is its own name."""
    config = config_of(["127.0.0.1:6060", "shop=unix:/run/a.sock", "shop=h:80", "[::1]:88"])
    assert {each.name: each.targets for each in config.service} == {
        "127.0.0.1:6060": ("127.0.0.1:6060",),
        "shop": ("unix:/run/a.sock", "h:80"),
        "::1:88": ("[::1]:88",),
    }


def test_typed_services_take_everything_else_from_the_defaults() -> None:
    """What the command line sets holds for them."""
    defaults = config_of(["h:1"])
    assert config_of(["h:2"], defaults).watch == defaults.watch


@pytest.mark.parametrize("text", ["", "a b=h:1", "=h:1", "x=10.1", "x=me:pw@h:1"])
def test_a_typed_service_that_is_none_is_refused(text: str) -> None:
    """The command line is checked like the file."""
    with pytest.raises(UsageError):
        config_of([text])


@pytest.mark.parametrize("page", ["watch", "watch-kubernetes", "watch-fleet"])
def test_every_file_that_the_manual_shows_is_right(tmp_path: Path, page: str) -> None:
    """What is copied from there works, but for the paths, which are another machine's."""
    (tmp_path / "slack-url").write_text("https://hooks.invalid/T0")
    (tmp_path / "checkout").mkdir()
    text = (Path(__file__).parents[2] / "docs" / "howto" / f"{page}.md").read_text()
    blocks = re.findall(r"^```toml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert blocks
    for block in blocks:
        here = re.sub(r'"/(?:[a-z]+/)*(slack-url|checkout)"', rf'"{tmp_path}/\1"', block)
        assert load_config(written(tmp_path, here)).service


@given(st.integers(1, 10**7).map(lambda seconds: seconds * 10**9))
def test_a_length_is_read_as_it_is_shown(length_ns: int) -> None:
    """The reference prints defaults that can be copied into a file."""
    assert parse_length(show_length(length_ns)) == length_ns


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*Config.__struct_fields__, "name", "url", "x"]), inner)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(Config.__struct_fields__), _VALUES))
def test_no_table_of_whatever_shape_is_a_traceback(given_table: dict[str, object]) -> None:
    """Values of every type in every place are complaints or a configuration."""
    from heapwise.watch.config.tables import Reading  # noqa: PLC0415 - the seam below the parser

    reading = Reading(Path())
    try:
        made = reading.table(given_table, Config)
    except HeapwiseError:
        pytest.fail("an error instead of a complaint")
    assert made is not None or reading.faults


class TestSeveralSources:
    """A configuration stands alone; addresses stand with others."""

    @pytest.mark.parametrize(
        "sources", [["a.toml", "b.toml"], ["till=10.0.0.7:6060", "a.toml"], ["a.toml", "h:1"]]
    )
    def test_no_configuration_is_taken_for_a_host(self, sources: list[str]) -> None:
        """`a.toml` among addresses is a mistake, whether or not there is such a file."""
        with pytest.raises(UsageError, match=r"a\.toml is a configuration"):
            config_reader(sources)

    def test_addresses_are_services(self) -> None:
        """As many as are named."""
        assert len(config_reader(["till=10.0.0.7:6060", "h:1"])().service) == 2


class TestCheck:
    """What a watcher would stumble over at its start is found before."""

    SLACK = '\ntype = "slack"\nurl = "http://h/"\n'
    STDOUT = '\ntype = "stdout"\nname = "slack-1"\n'

    @pytest.mark.parametrize(
        ("sinks", "why"),
        [
            ('[[sink]]\ntype = "slack"\nurl_file = "url"', "the address of slack-1 is no http"),
            (f"[[sink]]{SLACK}[[sink]]{STDOUT}", "two sinks are called slack-1"),
        ],
    )
    def test_sinks_are_made(self, tmp_path: Path, sinks: str, why: str) -> None:
        """An address that is a secret, and names that are given by default, are looked at too."""
        (tmp_path / "url").write_text("hooks.invalid/T0/hunter2")
        config = written(tmp_path, f"{SERVICE}{sinks}\n")
        with pytest.raises(UsageError, match=why) as caught:
            watch_check.command.main([str(config)], standalone_mode=False)
        assert "hunter2" not in str(caught.value)

    @pytest.mark.parametrize(
        ("tls", "fault"),
        [
            ('ca = "no.pem"', "service[0].tls.ca: cannot use"),
            ('cert = "no.pem"', "service[0].tls.cert: cannot use"),
            ('cert = "no.pem"\nkey = "no.pem"', "service[0].tls.cert: cannot use"),
        ],
    )
    def test_certificates_are_read(self, tmp_path: Path, tls: str, fault: str) -> None:
        """What is no PEM is a mistake of the file, with its place."""
        (tmp_path / "no.pem").write_text("no pem")
        (found,) = faults(tmp_path, f"{SERVICE}[service.tls]\n{tls}\n")
        assert found.startswith(fault)


class TestDoubts:
    """What is allowed and hardly meant, of everybody who is asked or told."""

    WHOLE = (
        SERVICE
        + """
headers_file = "of-service"
sd_headers_file = "of-sd"
tls = { insecure = true }

[[sink]]
type = "webhook"
url = "https://h/"
headers_file = "of-sink"
tls = { insecure = true }

[export.pyroscope]
url = "https://h/"
headers_file = "of-pyroscope"

[export.otlp]
url = "https://h/"
token_file = "of-otlp"
tls = { insecure = true }
"""
    )

    def test_headers_that_others_can_read_are_doubted(self, tmp_path: Path) -> None:
        """They hold tokens as often as files of tokens do; of mode 0600 they are right."""
        names = ("of-service", "of-sd", "of-sink", "of-pyroscope")
        for name in names:
            (tmp_path / name).write_text("Authorization: Bearer hunter2")
        (tmp_path / "of-otlp").write_text("hunter2")
        for each in tmp_path.iterdir():
            each.chmod(0o644)
        config = load_config(written(tmp_path, self.WHOLE))
        told = [doubt for doubt in doubts(config) if "chmod 600" in doubt]
        assert {Path(doubt.split()[0]).name for doubt in told} == {*names, "of-otlp"}
        for each in tmp_path.iterdir():
            each.chmod(0o600)
        assert not [doubt for doubt in doubts(config) if "chmod 600" in doubt]

    def test_any_certificate_is_doubted(self, tmp_path: Path) -> None:
        """Of sinks and exports as of services, each with its place."""
        for name in ("of-service", "of-sd", "of-sink", "of-pyroscope"):
            (tmp_path / name).write_text("A: b")
        (tmp_path / "of-otlp").write_text("hunter2")
        config = load_config(written(tmp_path, self.WHOLE))
        assert [doubt for doubt in doubts(config) if doubt.endswith("certificate is taken")] == [
            "service a: any certificate is taken",
            "sink[0]: any certificate is taken",
            "export.otlp: any certificate is taken",
        ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("http://hunter2@10.0.0.7:6060", "'http://…@10.0.0.7:6060'"),
        ("hunter2@10.0.0.7:6060", "'…@10.0.0.7:6060'"),
        ("http://me:hunt'er2@h:1", "'http://…@h:1'"),
        ("https://me:hunt@er2@h/x", "'https://…@h/x'"),
        ("https://me:hunt/er2 @h/x", "'https://…@h/x'"),
        ("me:hunt//er2@h:1", "'…@h:1'"),
        ("unix:/run/app.sock", "'unix:/run/app.sock'"),
    ],
)
def test_a_value_is_shown_without_what_stands_before_its_host(value: str, shown: str) -> None:
    """Whatever a password is made of, and where there is nothing but a token."""
    assert brief(value) == shown
