"""The loop, without a network: lists that change, a full pool, a configuration read again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from heapwise.cli import watch_run
from heapwise.cli.watch_options import config_reader
from heapwise.errors import RecordingError, UsageError
from heapwise.model.watch import Alert, Bin, Source, Target, Vitals
from heapwise.watch.alerts import Desk, NoJournal, Notifier
from heapwise.watch.assembly import assembled
from heapwise.watch.config import Config, Shard, Sink, SinkKind, config_of
from heapwise.watch.discovery import Discovered, Discovery
from heapwise.watch.dispatch import Dispatch
from heapwise.watch.itself import itself
from heapwise.watch.lookout import Lookout
from heapwise.watch.pool import Outcome, Pool
from heapwise.watch.scale import UNSCALED
from heapwise.watch.store import Store
from heapwise.watch.watcher import Watcher
from support.alerting import MINUTE, Clock, sign

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
        self.watcher = Watcher(config, store, dispatch, clock, lambda _: None)
        self.pool = Deaf()

    def finds(self, *targets: Target, problems: tuple[str, ...] = ()) -> None:
        """Its lists name these, and it goes once round."""
        found = Discovered(targets=targets, problems=problems)
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


def test_alerts_of_a_target_that_left_while_nobody_watched_end(tmp_path: Path) -> None:
    """Nobody will ever see them gone; but a list that cannot be read says nothing of who left."""
    clock = Clock()
    before = Desk(clock, UNSCALED)
    gone = replace(SHOP, instance="2", url="http://127.0.0.1:2")
    left = [before.update(each, [sign("pauses")], ["pauses"])[0] for each in (SHOP, gone)]
    with made(tmp_path, left) as it:
        it.finds(SHOP, problems=("a list cannot be read",))
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
        bins, newest = past
        assert [each.stretches for each in bins] == [3, 2, 1]
        assert newest.at_ns == now - MINUTE
        it.clock.go(81 * 60)
        assert it.watcher._past(SHOP.key) is None


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

    monkeypatch.setattr(Discovery, "look", look)
    config = config_of(["shop=127.0.0.1:1"])
    config = replace(config, watch=replace(config.watch, interval=10_000_000))
    seen: list[Discovered] = []
    end = time.monotonic() + 10
    with Lookout(config, Clock()) as lookout:
        while (not seen or seen[-1].targets) and time.monotonic() < end:
            found = lookout.news()
            seen += [found] if found is not None else []
    assert seen[-1] == Discovered(targets=())
    assert all(each.targets == (SHOP,) for each in seen[:-1])
