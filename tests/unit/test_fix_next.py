"""What `heapwise fix` says to type next."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from heapwise.cli.fix_next import Typed, next_of
from heapwise.cli.fix_options import FixOptions
from heapwise.diagnose.source.match import Edit
from heapwise.fix.patches import Patches
from heapwise.fix.proposal import Proposal, Source
from heapwise.fix.render import Renderer
from heapwise.fix.session import Outcome
from heapwise.model.fix import FixState, Proof
from support.runs import finding

AGAIN = "heapwise fix 'a run.hw' src --only HW101 --finding 3 --apply --verify"


def typed(recording: Path = Path("a run.hw")) -> Typed:
    """A choice of findings, of a recording with a blank in its name."""
    options: dict[str, Any] = {"only": "HW101", "finding": (3,), "rounds": 6}
    return Typed(recording, Path("src"), cast("FixOptions", options))


def patches(*proposals: Proposal) -> Patches:
    """Patches of some findings."""
    return Patches(Source(Path("src"), Renderer("go", None)), None, proposals)


def proposal(number: int) -> Proposal:
    """One with a patch."""
    return Proposal(number=number, finding=finding(), edits=(Edit("a.go", 0, 0, "\n"),))


def outcome(*proofs: Proof, applied: bool = False) -> Outcome:
    """What became of the patch of finding 1."""
    made = Outcome(proofs=list(proofs))
    made.note(proposal(1), FixState.APPLIED if applied else FixState.ROLLED_BACK)
    return made


def proof(*numbers: int, gained: bool = False, decided: bool = True) -> Proof:
    """Rounds of some patches."""
    return Proof(
        numbers=numbers, directory="run.fix.verify", rounds=6, gains=(), gained=gained,
        decided=decided, why="",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("became", "expected"),
    [
        (None, AGAIN),
        (outcome(applied=True), "heapwise verify --like 'a run.hw' --new COMMAND"),
        (outcome(), "heapwise explain HW101"),
        (outcome(proof(1, gained=True), applied=True), "heapwise gate run.fix.verify"),
        (outcome(proof(1, decided=False)), f"{AGAIN} --rounds 12"),
        (outcome(proof(1, 2)), f"{AGAIN} --one-by-one"),
        (outcome(proof(1)), "heapwise explain HW101"),
    ],
)
def test_the_choice_is_typed_again_with_what_is_missing(
    became: Outcome | None, expected: str
) -> None:
    """More rounds where they could not tell, one patch at a time where several gained nothing."""
    assert next_of(typed(), patches(proposal(1)), became) == expected


def test_without_a_patch_there_is_something_to_read() -> None:
    """The rule of the first finding, or where the bytes go."""
    by_hand = Proposal(number=1, finding=finding())
    assert next_of(typed(), patches(by_hand), None) == "heapwise explain HW101"
    assert next_of(typed(), patches(), None) == "heapwise top 'a run.hw'"


def test_a_profile_has_no_load_to_prove_anything_with(tmp_path: Path) -> None:
    """Its patches can be applied; what they gain a recording would tell."""
    (tmp_path / "heap.pb.gz").touch()
    profile = typed(tmp_path / "heap.pb.gz")
    assert next_of(profile, patches(proposal(1)), None).endswith(" --apply")
    assert next_of(profile, patches(proposal(1)), outcome(applied=True)) == "heapwise explain HW101"
