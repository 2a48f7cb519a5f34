"""Findings without a recording, on public projects: at most one in ten is wrong, by hand."""

from __future__ import annotations

import pytest

from support.labels import PROJECTS, Project, labels, sample

pytestmark = pytest.mark.go

MOST_WRONG = 0.1


@pytest.mark.parametrize("project", PROJECTS, ids=lambda each: each.name.rpartition("/")[2])
def test_every_sampled_finding_was_looked_at(project: Project) -> None:
    """A label for each, with a reason where it is wrong."""
    known = labels(project)
    assert [name for name, _ in sample(project) if name not in known] == []
    assert all(label.right or label.why for label in known.values())


@pytest.mark.parametrize("runtime", ["go", "python"])
def test_at_most_one_in_ten_is_wrong(runtime: str) -> None:
    """Of all that are sampled of a runtime, as a person judged them."""
    judged = [
        labels(project)[name].right
        for project in PROJECTS
        if project.runtime == runtime
        for name, _ in sample(project)
    ]
    assert judged
    assert judged.count(False) <= MOST_WRONG * len(judged)
