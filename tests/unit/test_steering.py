"""What a running load can be told, and what it answers."""

from __future__ import annotations

import os
import pty
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.cli.typed_rates import TypedRates
from heapwise.errors import HeapwiseError, UsageError
from heapwise.load.control import ControlSocket, ask
from heapwise.load.steering import MAX_LINE, Steering
from heapwise.model.load import Hits, Outcome
from heapwise.model.schedules import ConstantRate
from heapwise.units import NS_PER_S

SCHEDULE = ConstantRate(50, 1, 10 * NS_PER_S)


def steering() -> Steering:
    """One that nobody interrupts."""
    return Steering(SCHEDULE, lambda: False)


@contextmanager
def served(socket_path: Path, answer: Steering) -> Iterator[ControlSocket]:
    """A control socket that is polled as a driver does."""
    ended = threading.Event()
    with ControlSocket(socket_path) as listener:

        def drive() -> None:
            while not ended.wait(0.002):
                listener.poll(answer.answer)

        thread = threading.Thread(target=drive)
        thread.start()
        try:
            yield listener
        finally:
            ended.set()
            thread.join()


def test_a_rate_is_taken_once() -> None:
    """The driver is given the last rate asked for, and then none."""
    told = steering()
    assert told.answer("rate 100") == "ok 100/s from now on"
    assert told.answer(" rate  50/1m ") == "ok 0.83/s from now on"
    assert told.new_rate() == Fraction(5, 6)
    assert told.new_rate() is None


def test_the_status_says_how_far_it_is() -> None:
    """Step, time, rate, and how many requests ended and failed in it."""
    told = steering()
    told.begin("load")
    hits = Hits.from_rows(np.zeros((3, 11), np.int64))
    told.see(hits)
    assert told.answer("status").endswith("of 10.0 s, 50/s, 3 requests ended")
    hits.outcome[0] = Outcome.RESET
    told.see(hits)
    told.answer("rate 70")
    status = told.answer("status")
    assert status.startswith("ok load: ")
    assert status.endswith("of 10.0 s, 70/s, 6 requests ended, 1 failed")
    told.begin("more")
    assert told.answer("status").endswith("0 requests ended")


def test_stop_ends_it_and_so_does_an_interruption() -> None:
    """Both make the driver stop."""
    told = steering()
    assert not told.stopped()
    assert told.answer("stop") == "ok stopping"
    assert told.stopped()
    assert Steering(SCHEDULE, lambda: True).stopped()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "not a command: ''"),
        ("go faster", "not a command: 'go faster'; there is rate N[/TIME], status, stop"),
        ("rate", "not a command"),
        ("rate 5 6", "not a command"),
        ("rate x", "not a rate: 'x'"),
        ("rate 0", "not a rate above zero"),
        ("rate 1." + "3" * 30, "too many digits"),
        ("rate 100000000000", "makes more than 100,000,000 requests"),
        ("status now", "not a command"),
    ],
)
def test_nonsense_is_answered_with_the_reason(line: str, words: str) -> None:
    """The load goes on as it was."""
    told = steering()
    assert words in told.answer(line)
    assert told.answer(line).startswith("error: ")
    assert told.new_rate() is None
    assert not told.stopped()


@given(st.text(max_size=MAX_LINE))
def test_any_line_gets_one_line(line: str) -> None:
    """Whatever is said, the answer is a line that begins with ok or error."""
    answer = steering().answer(line)
    assert answer.startswith(("ok ", "error: "))
    assert answer.isprintable()


def test_a_socket_answers_line_by_line(tmp_path: Path) -> None:
    """Several lines at once, or a byte at a time, get an answer each, in order."""
    path, told = tmp_path / "s", steering()
    with served(path, told):
        assert stat.S_IMODE(path.lstat().st_mode) == 0o600
        assert ask(path, "rate 7") == "ok 7/s from now on"
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(path))
            for byte in b"rate 8\nnon":
                connection.send(bytes([byte]))
            connection.send(b"sense\nrate 9\n")
            with connection.makefile() as answers:
                lines = [answers.readline() for _ in range(3)]
    assert lines[0] == "ok 8/s from now on\n"
    assert lines[1].startswith("error: not a command: 'nonsense'")
    assert lines[2] == "ok 9/s from now on\n"
    assert told.new_rate() == 9
    assert not path.exists()


def test_who_sends_no_line_is_sent_away(tmp_path: Path) -> None:
    """A line that never ends costs a bounded amount of memory, and its sender the connection."""
    with served(tmp_path / "s", steering()), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(tmp_path / "s"))
        connection.send(b"x" * (MAX_LINE + 1))
        answer = connection.recv(1000)
        assert answer == b"error: a line is at most 200 bytes\n"
        assert connection.recv(1) == b""


def test_a_crowd_of_silent_clients_does_not_stop_the_load(tmp_path: Path) -> None:
    """Beyond eight they wait in the kernel's queue, and those that leave make room."""
    path = tmp_path / "s"
    with served(path, steering()):
        crowd = [socket.socket(socket.AF_UNIX) for _ in range(10)]
        for client in crowd:
            client.connect(str(path))
        for client in crowd:
            client.close()
        assert ask(path, "rate 3") == "ok 3/s from now on"


def test_bytes_of_any_kind_are_answered(tmp_path: Path) -> None:
    """What is no text gets an error, not a crash."""
    with served(tmp_path / "s", steering()), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(tmp_path / "s"))
        connection.send(b"\xff\x00\x1b[2J\n")
        answer = connection.recv(1000).decode()
    assert answer.startswith("error: not a command: ")
    assert answer.rstrip("\n").isprintable()


def test_a_place_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    """What exists stays; a directory that others may write to, or that is none, is no place."""
    taken = tmp_path / "taken"
    taken.write_text("mine")
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    for path, words in (
        (taken, "exists already"),
        (shared / "s", "open to others"),
        (Path("/proc/self/s"), "open to others|cannot make"),
        (tmp_path / "no" / "s", "cannot make"),
        (tmp_path / ("x" * 200), "too long"),
    ):
        with pytest.raises(UsageError, match=words):
            ControlSocket(path)
    assert taken.read_text() == "mine"


def test_another_socket_in_its_place_is_left_alone(tmp_path: Path) -> None:
    """Whoever moved ours away and put theirs there keeps theirs."""
    path = tmp_path / "s"
    with ControlSocket(path):
        path.unlink()
        path.write_text("theirs")
    assert path.read_text() == "theirs"


def test_a_load_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """Nothing listens, or nobody answers: one line says which."""
    with pytest.raises(UsageError, match="no load listens"):
        ask(tmp_path / "s", "status")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()

        def hang_up() -> None:
            listener.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(HeapwiseError, match=r"ended before it answered|does not answer"):
            ask(tmp_path / "s", "status")
        thread.join()


def test_a_terminal_takes_bare_rates() -> None:
    """A number alone is a rate, words are commands, and an empty line is nothing."""
    keyboard, terminal = pty.openpty()
    told = steering()
    answers: list[str] = []
    lines = TypedRates(answers.append, terminal)
    lines._ours = lambda: True  # type: ignore[method-assign]  # the terminal is not this test's own
    try:
        lines.poll(told.answer)
        assert answers == []
        os.write(keyboard, b"500\n\nrate 50/1m\nbogus\n")
        while len(answers) < 3:
            lines.poll(told.answer)
        assert answers[:2] == ["ok 500/s from now on", "ok 0.83/s from now on"]
        assert answers[2].startswith("error: not a rate: 'bogus'")
        os.write(keyboard, b"\x04")
        while lines._open:
            lines.poll(told.answer)
    finally:
        os.close(keyboard)
        os.close(terminal)


def test_in_the_background_the_terminal_is_left_alone() -> None:
    """Reading there would stop the process: a terminal that is not ours to read is not read."""
    keyboard, terminal = pty.openpty()
    try:
        os.write(keyboard, b"500\n")
        answers: list[str] = []
        TypedRates(answers.append, terminal).poll(steering().answer)
        assert answers == []
    finally:
        os.close(keyboard)
        os.close(terminal)
