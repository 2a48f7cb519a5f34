"""Findings on public projects, judged by hand: at most one in ten is wrong."""

from __future__ import annotations

import pytest

from support.labels import PROJECTS, Project, labels, samples, unlabelled

pytestmark = pytest.mark.go

MOST_WRONG = 0.1


@pytest.mark.parametrize("project", PROJECTS, ids=lambda each: each.name.rpartition("/")[2])
def test_every_sampled_finding_was_looked_at(project: Project) -> None:
    """A label for each, with a reason where it is wrong."""
    assert list(unlabelled(project)) == []
    assert all(label.right or label.why for label in labels(project).values())


@pytest.mark.parametrize("sample", ["told", "recognised"])
@pytest.mark.parametrize("runtime", ["go", "python"])
def test_at_most_one_in_ten_is_wrong(runtime: str, sample: str) -> None:
    """Of what is told without a recording, and of all that the rules recognise."""
    judged = [
        labels(project)[name].right
        for project in PROJECTS
        if project.runtime == runtime
        for name in getattr(samples(project), sample)
    ]
    assert judged
    assert judged.count(False) <= MOST_WRONG * len(judged)
