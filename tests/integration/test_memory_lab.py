"""The memory lab: its naive service is killed and found out; `lab check` runs the other ones."""

from __future__ import annotations

import pytest

from heapwise.lab.components.limit import Way, limited
from heapwise.lab.library import find_case
from heapwise.lab.runner import LabRequest, run_lab
from heapwise.lab.spec import Amount
from heapwise.model.lab import LabResult
from support.labs import Watcher

pytest.importorskip("heapwise_agent", reason="heapwise-agent is part of heapwise[labs]")
pytest.importorskip("ijson", reason="ijson is part of heapwise[labs]")

LIMIT = 256 << 20
REQUESTS = 420_000
"""As few as fill the limit with pages."""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> LabResult:
    """What `before` does within the lab's own limit."""
    folder = tmp_path_factory.mktemp("memory")
    request = LabRequest(variants=("before",), scale=Amount(scale=REQUESTS), out_dir=folder / "out")
    with limited(("true",), LIMIT) as limit:
        if limit.way is Way.ADDRESS_SPACE:
            pytest.skip("no control group can be made here: RLIMIT_AS counts something else")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        return run_lab(find_case("memory"), request, Watcher())


def test_the_kernel_s_own_count_says_that_it_was_killed(result: LabResult) -> None:
    """By the limit that the lab gives, and every other check of it holds too."""
    checks = result.variants[0].checks
    assert [check for check in checks if not check.passed] == []
    (ending,) = (check for check in checks if check.name == "ends killed")
    assert "within 256 MiB" in ending.detail
    assert "oom_kill +1" in ending.detail


def test_a_killed_run_is_diagnosed_with_lines(result: LabResult) -> None:
    """What was read until then names both defects."""
    places = {each.code: each.place for each in result.variants[0].report.findings[:3]}
    for code, line in {"HW910": "json.load(file)", "HW908": "def page("}.items():
        place = places[code]
        assert place is not None
        source = find_case("memory").directory / place.file
        assert line in source.read_text().splitlines()[place.line - 1]
