"""What became of patches: those that break nothing and, if asked, gain, stay in the source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from heapwise.errors import Interrupted
from heapwise.fix.apply import Applier
from heapwise.fix.builds import Builds
from heapwise.fix.patches import Patches
from heapwise.fix.proposal import Proposal
from heapwise.fix.prove import Rounds
from heapwise.model.fix import Fix, FixState, Proof


@dataclass(eq=False)
class Prover:
    """Proves one group of patches after another, each against what was proved before.

    Attributes:
        builds: makes services of the source.
        rounds: how they are made.
        base: starts the service without the patches that are to be proved.
    """

    builds: Builds
    rounds: Rounds
    base: str

    def prove(self, proposals: Sequence[Proposal]) -> Proof:
        """Prove the patches that are in the source now and were not there before."""
        new = self.builds.make()
        proof = self.rounds.prove(self.base, new, proposals)
        if proof.gained:
            self.base = new
        return proof


@dataclass(eq=False)
class Outcome:
    """What became of patches.

    Attributes:
        states: by the number of the finding, with the reason for what did not stay.
        proofs: in the order they were made.
    """

    states: dict[int, tuple[FixState, str]] = field(default_factory=dict)
    proofs: list[Proof] = field(default_factory=list)

    @property
    def applied(self) -> frozenset[int]:
        """Numbers of the findings whose patches stay."""
        return frozenset(
            number for number, (state, _) in self.states.items() if state is FixState.APPLIED
        )

    def note(self, proposal: Proposal, state: FixState, why: str = "") -> None:
        """Say what became of a patch, so far."""
        self.states[proposal.number] = (state, why)


def apply(
    groups: Iterable[Sequence[Proposal]],
    applier: Applier,
    prove: Callable[[Sequence[Proposal]], Proof] | None,
) -> Outcome:
    """Write patches, one at a time, and keep those that break nothing and, if asked, gain.

    Args:
        groups: of patches, those that are proved together in one.
        applier: writes them.
        prove: makes rounds with those of a group that broke nothing; None not to.

    Raises:
        HeapwiseError: a service could not be measured; what was not proved is undone.
        Interrupted: stopped by the user; likewise.
    """
    outcome = Outcome()
    for group in groups:
        try:
            held = [proposal for proposal in group if _holds(proposal, applier, outcome)]
            if prove is not None and held:
                proof = prove(held)
                outcome.proofs.append(proof)
                if not proof.gained:
                    _take_out(held, proof.why, applier, outcome)
        except BaseException as error:
            applier.undo([each for each in group if each in applier.held])
            if isinstance(error, KeyboardInterrupt):
                numbers = {each.number for each in applier.held}
                raise Interrupted("interrupted", _left(numbers)) from None
            raise
    return outcome


def _take_out(proposals: Sequence[Proposal], why: str, applier: Applier, outcome: Outcome) -> None:
    applier.undo(proposals)
    for proposal in proposals:
        outcome.note(proposal, FixState.ROLLED_BACK, why)


def _left(proved: Iterable[int]) -> str:
    stays = ", ".join(map(str, sorted(proved)))
    return f"only what was proved stays: finding {stays}" if stays else "every patch is taken out"


def _holds(proposal: Proposal, applier: Applier, outcome: Outcome) -> bool:
    failure = applier.apply(proposal)
    if failure is not None and not failure.earlier:
        outcome.note(proposal, FixState.ROLLED_BACK, str(failure))
        return False
    why = f"but {failure}, without the patch as well" if failure is not None else ""
    outcome.note(proposal, FixState.APPLIED, why)
    return True


def fixes(patches: Patches, outcome: Outcome | None) -> tuple[Fix, ...]:
    """The patches as they are told, a finding each.

    Args:
        patches: with their proposals.
        outcome: what became of them; None where nothing was written.
    """
    return tuple(_fix(patches, each, outcome) for each in patches.proposals)


def _fix(patches: Patches, proposal: Proposal, outcome: Outcome | None) -> Fix:
    state, why = FixState.NO_PATCH, proposal.why
    diff = ""
    if proposal.edits:
        state, why = FixState.PROPOSED, ""
        diff = patches.diff([proposal]).decode("utf-8", "replace")
        if outcome is not None:
            state, why = outcome.states[proposal.number]
    return Fix(
        number=proposal.number,
        finding=proposal.finding,
        state=state,
        by=proposal.by if proposal.edits else "",
        diff=diff,
        files=proposal.files,
        why=why,
        command=proposal.command if not proposal.edits else "",
        same_as=proposal.same_as,
    )
