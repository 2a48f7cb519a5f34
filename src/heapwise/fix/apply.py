"""Writes patches one at a time, keeps those that leave the source whole, and undoes the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from heapwise.errors import ToolchainError
from heapwise.fix.checks import Checks, Failure
from heapwise.fix.place import UnpatchableError, read, write
from heapwise.fix.proposal import Proposal, Source
from heapwise.fix.signals import held_back


class Applier:
    """The source directory with some proposals written into it.

    A file is always written whole from what it was first and the proposals that hold, so taking
    one out again needs no patch backwards.

    Args:
        source: as it was diagnosed.
        checks: what a patch has to stand.
        announce: told what takes long.

    Attributes:
        held: the proposals that are in the source.
    """

    def __init__(self, source: Source, checks: Checks, announce: Callable[[str], None]) -> None:
        self._source = source
        self._checks = checks
        self._announce = announce
        self.held: list[Proposal] = []
        self._ours: dict[str, set[bytes]] = {}

    def apply(self, proposal: Proposal) -> Failure | None:
        """Write a proposal, check the source, and undo it where it broke anything.

        Returns:
            What it broke, or what was broken before; None for nothing.

        Raises:
            HeapwiseError: a check could not be made; the proposal is undone.
            KeyboardInterrupt: likewise.
        """
        self._announce(f"{_name(proposal)}: building, vetting and testing")
        self.held.append(proposal)
        try:
            failure = self._tried(proposal)
        except BaseException:
            self.undo([proposal])
            raise
        if failure is not None and not failure.earlier and proposal in self.held:
            self.undo([proposal])
        return failure

    def _tried(self, proposal: Proposal) -> Failure | None:
        try:
            self._write(self.held, proposal.files)
        except UnpatchableError as error:  # everything is as it was
            self.held.remove(proposal)
            return Failure(str(error), "")
        try:
            return self._checks.failure(proposal.files, lambda: self._without(proposal))
        except ToolchainError as error:
            return Failure(str(error), "")

    def undo(self, proposals: Sequence[Proposal]) -> None:
        """Take proposals out again.

        Raises:
            UnpatchableError: somebody else wrote a file meanwhile; it is left as it is.
        """
        gone = {each.number for each in proposals}
        self.held = [each for each in self.held if each.number not in gone]
        try:
            self._write(self.held, {path for each in proposals for path in each.files})
        except UnpatchableError as error:
            raise UnpatchableError(
                f"the patch of finding {', '.join(map(str, sorted(gone)))} cannot be undone",
                str(error),
                "undo it by hand; `heapwise fix` shows it",
            ) from None

    @contextmanager
    def _without(self, proposal: Proposal) -> Iterator[None]:
        others = [each for each in self.held if each is not proposal]
        self._write(others, proposal.files)
        try:
            yield
        finally:
            self._write(self.held, proposal.files)

    def _write(self, proposals: Sequence[Proposal], paths: Iterable[str]) -> None:
        """Write some files with some proposals in them; all of them, or none.

        Raises:
            UnpatchableError: one is not as we left it, or cannot be written.
        """
        paths = sorted(paths)
        after = self._source.after(proposals)
        now = {path: self._as_left(path) for path in paths}
        with held_back():
            for number, path in enumerate(paths):
                try:
                    self._put(path, after.get(path, self._source.before(path)))
                except UnpatchableError:
                    for other in paths[:number]:
                        self._put(other, now[other])
                    raise

    def _put(self, path: str, data: bytes) -> None:
        write(self._source.root, path, data)
        self._ours.setdefault(path, set()).add(data)

    def _as_left(self, path: str) -> bytes:
        now = read(self._source.root, path)
        if now != self._source.before(path) and now not in self._ours.get(path, ()):
            raise UnpatchableError(f"{path} changed since it was diagnosed")
        return now


def _name(proposal: Proposal) -> str:
    return f"finding {proposal.number}, {proposal.finding.code}"
