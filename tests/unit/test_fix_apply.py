"""Patches in Python source: written one at a time, tested, and undone where they break anything."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from heapwise.diagnose.source.match import Edit
from heapwise.errors import HeapwiseError, Interrupted, ToolchainError, UsageError
from heapwise.fix.apply import Applier
from heapwise.fix.place import UnpatchableError
from heapwise.fix.programs import run
from heapwise.fix.proposal import Proposal, Source
from heapwise.fix.python_checks import PythonChecks
from heapwise.fix.render import Renderer
from heapwise.fix.session import apply
from heapwise.fix.signals import held_back, interrupting
from heapwise.fix.worktree import must_be_clean
from heapwise.model.fix import FixState, Proof
from support.fixing import write
from support.repository import Repository
from support.runs import finding

SOURCE = b"A = 1\nB = 2\n"
TEST = f"{sys.executable} -c 'import service; assert service.A == 1'"


def proposal(number: int, *edits: Edit) -> Proposal:
    """A patch of a finding."""
    return Proposal(number=number, finding=finding(), edits=edits)


def change(old: bytes, new: str, source: bytes = SOURCE) -> Edit:
    """An edit of some bytes of the service."""
    at = source.index(old)
    return Edit("service.py", at, at + len(old), new)


class Bench:
    """A service and what applies patches to it."""

    def __init__(self, folder: Path, test: str = "", source: bytes = SOURCE) -> None:
        self.folder = write(folder, {"service.py": source})
        self.checks = PythonChecks(folder, test)
        self.source = Source(folder, Renderer("python", None))
        self.applier = Applier(self.source, self.checks, lambda _text: None)

    def now(self) -> bytes:
        """The service as it is."""
        return (self.folder / "service.py").read_bytes()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A service that its test likes."""
    return Bench(tmp_path, TEST)


def test_what_breaks_nothing_stays_and_the_rest_is_undone(bench: Bench) -> None:
    """Each on its own: the second fails the test, and the third is written beside the first."""
    patches = [
        proposal(1, change(b"B = 2", "B = 3")),
        proposal(2, change(b"A = 1", "A = 5")),
        proposal(3, Edit("service.py", 0, 0, "C = 0\n")),
    ]
    outcome = apply([patches], bench.applier, None)
    assert bench.now() == b"C = 0\nA = 1\nB = 3\n"
    assert outcome.applied == {1, 3}
    state, why = outcome.states[2]
    assert state is FixState.ROLLED_BACK
    assert why.endswith("; AssertionError")


def test_a_patch_that_does_not_compile_is_undone(bench: Bench) -> None:
    """Renderers refuse syntax errors; what only the compiler knows is found here."""
    failure = bench.applier.apply(proposal(1, change(b"A = 1", "return")))
    assert failure is not None
    assert str(failure).startswith("it does not compile: service.py: 'return' outside function")
    assert bench.now() == SOURCE


def test_tests_that_failed_before_prove_nothing(tmp_path: Path) -> None:
    """The patch stays, and what fails is told."""
    bench = Bench(tmp_path, f"{sys.executable} -c 'raise SystemExit(\"down\")'")
    outcome = apply([[proposal(1, change(b"B = 2", "B = 3"))]], bench.applier, None)
    state, why = outcome.states[1]
    assert state is FixState.APPLIED
    assert why.endswith("fails: down, without the patch as well")
    assert bench.now() == b"A = 1\nB = 3\n"


def test_what_somebody_else_writes_meanwhile_is_left_alone(bench: Bench) -> None:
    """The patch was of other bytes."""
    assert bench.source.before("service.py") == SOURCE
    (bench.folder / "service.py").write_bytes(b"A = 1\nB = 'mine'\n")
    failure = bench.applier.apply(proposal(1, change(b"B = 2", "B = 3")))
    assert str(failure) == "service.py changed since it was diagnosed"
    assert bench.now() == b"A = 1\nB = 'mine'\n"


def test_a_patch_under_a_foreign_change_is_not_undone_silently(bench: Bench) -> None:
    """Undoing would lose what was written; a person is told."""
    patch = proposal(1, change(b"B = 2", "B = 3"))
    assert bench.applier.apply(patch) is None
    (bench.folder / "service.py").write_bytes(b"A = 1\nB = 'mine'\n")
    with pytest.raises(UnpatchableError, match="the patch of finding 1 cannot be undone"):
        bench.applier.undo([patch])


def test_ctrl_c_while_a_patch_is_tested_undoes_all_that_is_not_proved(tmp_path: Path) -> None:
    """Those before it in its group as well, though they passed; an earlier group stays."""
    bench = Bench(tmp_path)
    patches = [
        proposal(1, change(b"B = 2", "B = 3")),
        proposal(2, change(b"A = 1", "A = 5")),
        proposal(3, Edit("service.py", 0, 0, "C = 0\n")),
    ]
    third: list[str] = []

    class Interrupting(PythonChecks):
        def failure(self, *_args: object) -> None:
            if b"C = 0" in bench.now():
                third.append(bench.now().decode())
                signal.raise_signal(signal.SIGINT)

    applier = Applier(bench.source, Interrupting(tmp_path), lambda _text: None)
    with interrupting(), pytest.raises(Interrupted, match="only what was proved stays: finding 1"):
        apply([patches[:1], patches[1:]], applier, lambda _group: proof(gained=True))
    assert third == ["C = 0\nA = 5\nB = 3\n"]
    assert bench.now() == b"A = 1\nB = 3\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_waits_until_all_files_are_written(number: signal.Signals) -> None:
    """It comes as soon as they are, once, whatever ends a program."""
    steps = []

    def two_steps() -> None:
        with held_back():
            signal.raise_signal(number)
            signal.raise_signal(number)
            steps.append("both")
        steps.append("never")

    with interrupting(), pytest.raises(KeyboardInterrupt):
        two_steps()
    assert steps == ["both"]


def test_a_signal_that_the_user_lets_pass_goes_on_passing() -> None:
    """As nohup does, so that a fix outlives its terminal."""
    earlier = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupting():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, earlier)
    assert signal.getsignal(signal.SIGHUP) == earlier


def test_a_test_that_does_not_end_is_ended_with_all_it_started(tmp_path: Path) -> None:
    """What it runs in the background as well; how long it had is told."""
    command = ["sh", "-c", f"sleep 300 & echo $! > {tmp_path}/pid; wait"]
    with pytest.raises(ToolchainError, match=r"^sh -c did not end within 0\.5 seconds"):
        run(command, tmp_path, dict(os.environ), seconds=0.5)
    pid = int((tmp_path / "pid").read_text())
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text():
            return
        time.sleep(0.02)
    pytest.fail(f"{pid} is still there")


def proof(*, gained: bool) -> Proof:
    """Rounds that say so."""
    return Proof(
        numbers=(1,), directory="x", rounds=6, gains=(), gained=gained, decided=True, why="said so"
    )


def test_what_does_not_gain_is_undone_together(bench: Bench) -> None:
    """One group is proved at once; the next one by itself."""
    first, second = proposal(1, change(b"B = 2", "B = 3")), proposal(2, change(b"1", "1.0"))
    third = proposal(3, Edit("service.py", 0, 0, "C = 0\n"))
    outcome = apply(
        [[first, second], [third]],
        bench.applier,
        lambda group: proof(gained=len(group) == 1),
    )
    assert bench.now() == b"C = 0\nA = 1\nB = 2\n"
    assert outcome.states[1] == outcome.states[2] == (FixState.ROLLED_BACK, "said so")
    assert outcome.applied == {3}


def test_what_could_not_be_measured_is_undone(bench: Bench) -> None:
    """A service that does not start ends everything, and leaves nothing unproved."""

    def dead(_group: object) -> Proof:
        raise HeapwiseError("the service exited")

    with pytest.raises(HeapwiseError, match="the service exited"):
        apply([[proposal(1, change(b"B = 2", "B = 3"))]], bench.applier, dead)
    assert bench.now() == SOURCE


def test_source_that_is_broken_before_is_refused(tmp_path: Path) -> None:
    """No patch of it could be judged."""
    bench = Bench(tmp_path, source=b"def f(:\n")
    with pytest.raises(UsageError, match="no patch of broken source"):
        bench.checks.prepare(["service.py"])


def test_changes_that_are_not_committed_are_refused(tmp_path: Path) -> None:
    """With their names; what is not under version control is nobody's change."""
    must_be_clean(tmp_path)
    repository = Repository(tmp_path)
    repository.commit("first", service__py="A = 1\n", other__py="")
    write(tmp_path, {"notes.txt": b"", "inner/new.py": b""})
    must_be_clean(tmp_path)
    write(tmp_path, {"service.py": b"A = 2\n"})
    with pytest.raises(UsageError, match=r"not committed: service\.py;"):
        must_be_clean(tmp_path)
    must_be_clean(tmp_path / "inner")


def test_a_repository_that_tells_nothing_is_refused(tmp_path: Path) -> None:
    """A broken one, or somebody else's: what is not committed there is not known."""
    write(tmp_path, {".git": b"gitdir: /nonexistent", "inner/service.py": b""})
    with pytest.raises(
        UsageError, match=r"git cannot tell whether .*: fatal: not a git repository"
    ):
        must_be_clean(tmp_path / "inner")
