"""The loop, without a network: lists that change, a full pool, a configuration read again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from heapwise.cli import watch_run
from heapwise.cli.watch_options import config_reader
from heapwise.errors import HeapwiseError, RecordingError, UsageError
from heapwise.model.watch import Alert, Bin, Health, Source, Target, Vitals
from heapwise.watch.alerts import Desk, NoJournal, Notifier
from heapwise.watch.assembly import assembled
from heapwise.watch.config import Config, Service, Shard, Sink, SinkKind, config_of
from heapwise.watch.deploys.lives import AGES
from heapwise.watch.discovery import Discovered, Discovery
from heapwise.watch.dispatch import Dispatch
from heapwise.watch.itself import itself
from heapwise.watch.lookout import Lookout
from heapwise.watch.pool import Outcome, Pool
from heapwise.watch.scale import UNSCALED
from heapwise.watch.store import Store
from heapwise.watch.watcher import Watcher
from support.alerting import MINUTE, Clock, sign
from support.lookouts import news_of

SHOP = Target(service="shop", instance="1", url="http://127.0.0.1:1/debug/pprof")


class Deaf(Pool):
    """Asks nobody, has no room, and remembers how long it was waited for."""

    def __init__(self) -> None:
        super().__init__(most=0)
        self.waits: list[float] = []

    def outcome(self, wait_s: float) -> Outcome | None:
        """Nothing, at once."""
        self.waits.append(wait_s)
        return None


class Made:
    """A watcher whose lists are what a test says, and whose clock stands still."""

    def __init__(self, store: Store, clock: Clock, config: Config, alerts: Sequence[Alert]) -> None:
        self.clock = clock
        self.desk = Desk(clock, UNSCALED)
        self.desk.restore(alerts)
        notifier = Notifier((), clock, NoJournal())
        dispatch = Dispatch(self.desk, None, notifier, store.alert)
        self.told: list[str] = []
        self.watcher = Watcher(config, store, dispatch, clock, self.told.append)
        self.pool = Deaf()

    def finds(self, *targets: Target, complete: bool = True) -> None:
        """Its lists name these, and it goes once round."""
        found = Discovered(targets=targets, problems=("one is odd",), complete=complete)
        self.watcher._lookout = SimpleNamespace(news=lambda: found)  # type: ignore[assignment]
        self.watcher.step(self.pool)

    def targets(self) -> list[Target]:
        """Whom it watches besides itself."""
        states = self.watcher.states()
        return [each.target for each in states if each.target != itself()]


@contextmanager
def made(folder: Path, alerts: Sequence[Alert] = ()) -> Iterator[Made]:
    """Of one service, whose name is shop."""
    clock = Clock()
    with Store.open(folder, clock=clock) as store:
        yield Made(store, clock, config_of(["shop=127.0.0.1:1"]), alerts)


def test_a_full_pool_is_waited_for(tmp_path: Path) -> None:
    """Who is due cannot be asked before somebody else is done; asking again at once burns a core
    for as long as a network is away.
    """
    with made(tmp_path) as it:
        it.finds(SHOP)
        it.clock.go(5)
        it.watcher.step(it.pool)
        assert it.pool.waits[-1] > 0.1


def test_a_target_that_moves_is_asked_where_it_is_now(tmp_path: Path) -> None:
    """Its name is the one it had, its address and its labels are new; what is known of it stays."""
    moved = replace(SHOP, url="http://127.0.0.1:2/debug/pprof", labels=(("zone", "b"),))
    with made(tmp_path) as it:
        it.finds(SHOP)
        asked = it.watcher._asked[SHOP.key]
        it.finds(moved)
        now = it.watcher._asked[SHOP.key]
        assert it.targets() == [moved]
        assert now.subject is asked.subject
        assert now.scrape != asked.scrape


def test_a_target_that_makes_heapwise_stumble_costs_only_itself(tmp_path: Path) -> None:
    """It is asked again when its moment comes, and told of once, not each round."""
    odd = replace(SHOP, instance="2")
    with made(tmp_path) as it:
        it.finds(SHOP, odd)
        for _ in range(3):
            it.clock.go(1)
            it.watcher._agenda.due(it.clock.now_ns(), 10)
            vitals = Vitals(at_ns=it.clock.now_ns(), source=Source.EXPVAR, runtime="go", live=1e8)
            cannot = replace(vitals, allocated="much")
            for key, told in ((odd.key, cannot), (SHOP.key, vitals)):
                it.watcher._take(Outcome(key, 1, told, None))
        states = {state.target.key: state for state in it.watcher.states()}
        assert (states[SHOP.key].asked, states[SHOP.key].health) == (3, Health.UP)
        assert states[odd.key].health is Health.STRANGE
        assert it.watcher._agenda.next_ns() is not None
        (line,) = [line for line in it.told if "stumble" in line]
        assert line.startswith(f"{odd.key}: ")


def test_what_becomes_of_an_answer_costs_no_other_target(tmp_path: Path) -> None:
    """An exporter, the store, the desk: whoever cannot bear it, the watch goes on."""
    with made(tmp_path) as it:
        it.finds(SHOP)
        it.watcher._exports.take = lambda *_: 1 / 0  # type: ignore[method-assign, assignment]
        for _ in range(3):
            it.clock.go(1)
            vitals = Vitals(at_ns=it.clock.now_ns(), source=Source.EXPVAR, runtime="go", live=1e8)
            it.watcher._take(Outcome(SHOP.key, 1, vitals, None))
        (line,) = [line for line in it.told if "stumble" in line]
        assert "ZeroDivisionError" in line


def test_alerts_of_a_target_that_left_while_nobody_watched_end(tmp_path: Path) -> None:
    """Nobody will ever see them gone; but a list that nobody could read says nothing of who left,
    while whatever else is odd about lists, as a target that is named twice, hides nobody.
    """
    clock = Clock()
    before = Desk(clock, UNSCALED)
    gone = replace(SHOP, instance="2", url="http://127.0.0.1:2")
    left = [before.update(each, [sign("pauses")], ["pauses"])[0] for each in (SHOP, gone)]
    with made(tmp_path, left) as it:
        it.finds(SHOP, complete=False)
        assert {each.id for each in it.desk.open()} == {each.id for each in left}
        it.finds(SHOP)
        assert [each.target for each in it.desk.open()] == [SHOP.key]


def test_a_configuration_read_again_changes_its_services_alone(tmp_path: Path) -> None:
    """What was typed at the start, as the share of the targets, goes on to hold."""
    config = config_of(["shop=127.0.0.1:1"])
    config = replace(
        config, watch=replace(config.watch, store=tmp_path), shard=Shard(index=2, of=5)
    )
    again = config_of(["shop=127.0.0.1:1", "till=127.0.0.1:2"])
    with assembled(config, Clock(), lambda _: None) as it:
        looked: list[Config] = []
        it.watcher._lookout = SimpleNamespace(look_for=looked.append)  # type: ignore[assignment]
        it.watcher.reconfigure(again)
        assert it.watcher.service("till") == again.service[1]
    assert looked == [replace(config, service=again.service)]


def test_profiles_are_taken_of_services_that_a_configuration_brings_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without them every cache that warms up would wake somebody."""
    kept: dict[str, Any] = {}

    def capturer(*_: object, **given: object) -> object:
        kept.update(given)
        return SimpleNamespace(close=lambda: None)

    monkeypatch.setattr("heapwise.watch.assembly.Capturer", capturer)
    config = config_of(["shop=127.0.0.1:1"])
    config = replace(config, watch=replace(config.watch, store=tmp_path))
    till = replace(SHOP, service="till")
    with assembled(config, Clock(), lambda _: None) as it:
        assert kept["endpoint_of"](till) is None
        it.watcher.reconfigure(config_of(["till=127.0.0.1:1"]))
        assert kept["endpoint_of"](till) is not None


def test_the_past_of_a_target_is_its_bins_and_its_newest_reading(tmp_path: Path) -> None:
    """All the readings of three days would take minutes where there are thousands of targets."""
    clock = Clock()
    now = clock.now_ns()
    with Store.open(tmp_path, clock=clock) as store:
        for ago in (3, 2, 1):
            at_ns = now - ago * MINUTE
            store.saw(SHOP, Vitals(at_ns=at_ns, source=Source.EXPVAR, runtime="go"), "")
            store.binned(SHOP.key, Bin(begin_ns=at_ns, stretches=ago))
    with made(tmp_path) as it:
        past = it.watcher._past(SHOP.key)
        assert past is not None
        assert [each.stretches for each in past.bins] == [3, 2, 1]
        assert past.last.at_ns == now - MINUTE
        it.clock.go(81 * 60)
        assert it.watcher._past(SHOP.key) is None


def test_builds_are_compared_by_the_first_day_of_a_process_however_old_it_is(
    tmp_path: Path,
) -> None:
    """No more of it is read than that: there are thousands of processes, some weeks old."""
    clock = Clock()
    born = clock.now_ns() - 240 * 60 * MINUTE
    with Store.open(tmp_path, clock=clock) as store:
        last = Vitals(
            at_ns=clock.now_ns() - MINUTE, source=Source.EXPVAR, runtime="go", build="v1",
            started_ns=born,
        )  # fmt: skip
        store.saw(SHOP, last, "")
        for at_ns in range(born, clock.now_ns(), 5 * MINUTE):
            store.binned(SHOP.key, Bin(begin_ns=at_ns, stretches=20, live=1e8))
    with made(tmp_path) as it:
        past = it.watcher._past(SHOP.key)
        assert past is not None
        assert (past.youth[0].begin_ns, len(past.youth), len(past.bins)) == (born, 24 * 12, 80 * 12)
        it.finds(SHOP)
        (life,) = it.watcher._deploys._lives["shop"]["v1"]
        assert len(life.blocks(AGES[-1])) == 23


def test_a_past_that_cannot_be_read_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watcher says so and watches; the store begins anew with its next commit."""

    def damaged(*_: object) -> None:
        raise RecordingError("cannot read the store")

    monkeypatch.setattr(Store, "bins", damaged)
    monkeypatch.setattr(Store, "newest", damaged)
    with made(tmp_path) as it:
        it.finds(SHOP)
        assert it.targets() == [SHOP]


def test_a_file_that_is_away_when_it_is_read_again_is_no_service(tmp_path: Path) -> None:
    """Whatever its name ends in: what was a file at the start is one."""
    path = tmp_path / "watch.conf"
    path.write_text('[[service]]\nname = "shop"\ntargets = ["127.0.0.1:1"]\n')
    read = config_reader([str(path)])
    assert read().service[0].name == "shop"
    path.unlink()
    with pytest.raises(UsageError, match="cannot be read"):
        read()


def test_a_configuration_that_cannot_be_taken_over_changes_nothing(tmp_path: Path) -> None:
    """Not half of it either: profiles are taken of the services that are watched."""
    beyond = Service(name="till", targets=("127.0.0.1:60000",), pprof="http://{host}:1{port}")
    with made(tmp_path) as it:
        before = it.watcher._config
        with pytest.raises(HeapwiseError):
            it.watcher.reconfigure(replace(before, service=(beyond,)))
        assert it.watcher._config == before
        assert it.watcher.service("till") is None
        assert it.watcher.service("shop") == before.service[0]


@pytest.mark.parametrize("as_json", [True, False])
def test_where_a_sink_writes_to_stdout_nothing_else_is_printed(as_json: bool) -> None:
    """Its lines are JSON for a program, which wants no other text, and nothing twice."""
    config = config_of(["shop=127.0.0.1:1"])
    assert len(watch_run._printed(config, as_json=as_json)) == 1
    config = replace(config, sink=(Sink(type=SinkKind.STDOUT),))
    assert watch_run._printed(config, as_json=as_json) == ()


def test_targets_of_a_service_that_is_gone_are_not_asked(tmp_path: Path) -> None:
    """A list may have been read before SIGHUP and be taken after it."""
    with made(tmp_path) as it:
        it.finds(SHOP, replace(SHOP, service="till"))
        assert it.targets() == [SHOP]


def test_how_targets_do_may_be_asked_while_others_come_and_go(tmp_path: Path) -> None:
    """The page, the sinks and the line on the terminal ask from threads of their own."""
    with made(tmp_path) as it:
        it.finds(SHOP, replace(SHOP, instance="2"))
        asked = it.watcher._asked

        class Meanwhile:
            """A target that another one joins while it is looked at."""

            @property
            def subject(self) -> object:
                asked["new"] = asked[SHOP.key]
                return asked[SHOP.key].subject

        asked["changes"] = Meanwhile()  # type: ignore[assignment]
        asked["last"] = asked[SHOP.key]
        assert len(it.watcher.states()) == 5


def test_a_list_that_makes_the_lookout_stumble_does_not_end_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else nobody would hear of targets that come and go from then on, and nobody would know."""
    finds = iter([Discovered(targets=(SHOP,)), RuntimeError("odd"), Discovered(targets=())])

    def look(*_: object) -> Discovered:
        found = next(finds, Discovered(targets=()))
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(Discovery, "glance", look)
    seen: list[Discovered] = []
    with Lookout(hurried(), Clock()) as lookout:
        while not seen or seen[-1].targets:
            seen.append(news_of(lookout))
    assert seen[-1] == Discovered(targets=())
    assert all(each.targets == (SHOP,) for each in seen[:-1])


def test_services_that_are_asked_in_another_way_are_news(tmp_path: Path) -> None:
    """Their targets are the same, their limit, their interval and their token are not."""
    config = hurried()
    (shop,) = config.service
    token = tmp_path / "token"
    token.write_text("secret")
    changed = replace(shop, limit=1 << 29, interval=3600 * 10**9, token_file=token)
    with Lookout(config, Clock()) as lookout:
        before = news_of(lookout)
        lookout.look_for(replace(config, service=(changed,)))
        assert news_of(lookout) == before


def hurried() -> Config:
    """Of one service, whose lists are looked at again and again."""
    config = config_of(["shop=127.0.0.1:1"])
    return replace(config, watch=replace(config.watch, interval=10_000_000))
