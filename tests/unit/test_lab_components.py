"""The best provider of a component that can be started is, and everybody is told which."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import pytest

from heapwise.errors import ToolchainError
from heapwise.lab.components.base import Kind, Running, first_of, known, provided, providers
from heapwise.lab.components.script import Script
from heapwise.lab.ports import free_ports, in_use
from heapwise.lab.spec import load_spec
from heapwise.lab.words import filled, names
from support.labs import TALLY, silent


@dataclass
class Some:
    """A provider that is there, is not, or fails."""

    kind: Kind
    lacks: str = ""
    fails: str = ""
    events: list[str] = field(default_factory=list)

    def missing(self) -> str:
        """What to install."""
        return self.lacks

    @contextmanager
    def start(self, directory: Path) -> Iterator[Running]:
        """Start, or fail."""
        if self.fails:
            raise ToolchainError(self.fails)
        self.events.append(f"start {directory.name}")
        try:
            yield Running("place", f"{self.kind.name} 1.0", self.kind)
        finally:
            self.events.append("stop")


ABSENT = Some(Kind.SYSTEM, lacks="apt-get install it")
BROKEN = Some(Kind.PACKAGE, fails="its port is taken")


def test_the_first_that_can_be_started_is(tmp_path: Path) -> None:
    """Why no better one runs is told with the one that does."""
    last, said = Some(Kind.STAND_IN), list[str]()
    with first_of(
        "broker", (ABSENT, BROKEN, last), tmp_path, require_real=False, announce=said.append
    ) as running:
        assert running.what == "STAND_IN 1.0"
        assert last.events == ["start broker-2"]
    assert last.events == ["start broker-2", "stop"]
    assert said == [
        "broker: STAND_IN 1.0, a stand-in (not better: apt-get install it; its port is taken)"
    ]


def test_a_better_one_leaves_the_others_alone(tmp_path: Path) -> None:
    """What comes after the first is not even looked at."""
    first, second = Some(Kind.SYSTEM), Some(Kind.PACKAGE)
    with first_of("x", (first, second), tmp_path, require_real=True, announce=silent) as running:
        assert running.kind is Kind.SYSTEM
    assert second.events == []


def test_where_none_can_be_started_the_error_says_what_to_install(tmp_path: Path) -> None:
    """A stand-in that is refused is among the reasons."""
    stand_in = Some(Kind.STAND_IN)
    with (
        pytest.raises(ToolchainError) as caught,
        first_of("x", (ABSENT, stand_in), tmp_path, require_real=True, announce=silent),
    ):
        pass
    assert str(caught.value) == (
        "component x cannot be started: apt-get install it; "
        "its stand-in is refused by --require real"
    )
    assert stand_in.events == []


def test_what_fails_while_it_runs_is_no_reason_to_take_another(tmp_path: Path) -> None:
    """An error of whoever uses a component is theirs, and ends it."""
    first, second = Some(Kind.SYSTEM), Some(Kind.PACKAGE)
    with (
        pytest.raises(ToolchainError, match="mine"),
        first_of("x", (first, second), tmp_path, require_real=False, announce=silent),
    ):
        raise ToolchainError("mine")
    assert first.events == ["start x-0", "stop"]
    assert second.events == []


def test_components_are_modules_with_providers() -> None:
    """Names that are none, and modules that only help, are not known."""
    assert known("postgres")
    assert all(provider.kind in Kind for provider in providers("postgres"))
    for name in ("base", "limit", "script", "nothing", "os.path", "../base", ""):
        assert not known(name)


def test_a_component_is_provided_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its module's tuple is what is tried."""
    one = Some(Kind.SYSTEM)
    module = type(sys)("heapwise.lab.components.one")
    module.PROVIDERS = (one,)  # type: ignore[attr-defined]  # a module made by hand
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with provided("one", tmp_path, require_real=False, announce=silent) as running:
        assert running.place == "place"


def test_a_script_listens_on_a_port_of_its_own_until_it_is_left(tmp_path: Path) -> None:
    """It is waited for, answers, and is gone afterwards; two do not meet."""
    script = Script(TALLY / "greeter.py", ("{port}",))
    with script.start(tmp_path / "a") as one, script.start(tmp_path / "b") as two:
        assert one.place != two.place
        for running in (one, two):
            with urlopen(running.place) as answer:
                assert answer.read() == b"good day"
        assert one.what == f"greeter.py, {one.place}"
    for running in (one, two):
        assert not in_use(int(running.place.rpartition(":")[2]))


def test_a_script_that_dies_is_one_error(tmp_path: Path) -> None:
    """Its last words are in the error."""
    script = Script(TALLY / "greeter.py", ("no-port", "{port}"))
    with (
        pytest.raises(ToolchainError, match=r"greeter\.py does not run: .*invalid literal"),
        script.start(tmp_path / "a"),
    ):
        pass


def test_places_are_filled_and_other_braces_stay() -> None:
    """A place may stand within a word, and more than once."""
    words = ("--a={port}/{port}", "{out}", '{"json": 1}', "{}")
    assert filled(words, {"port": "80", "out": "/x"}) == ("--a=80/80", "/x", '{"json": 1}', "{}")
    assert names(words, "out")
    assert not names(words, "json")


def test_free_ports_differ_and_are_not_in_use() -> None:
    """As many as were asked for, none of which anybody listens on."""
    ports = free_ports(5)
    assert len(set(ports)) == 5
    assert not any(in_use(port) for port in ports)


def test_the_test_lab_itself_is_good() -> None:
    """What the tests of jobs run can be read."""
    assert load_spec(TALLY / "lab.toml").ladder == ("before", "wrong", "after", "hoard")
