"""The gateway lab is driven, found out and proved on real services, as far as two rungs tell."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from heapwise.lab.library import find_case
from heapwise.lab.runner import LabRequest, run_lab
from heapwise.lab.spec import Scale
from heapwise.model.lab import LabResult
from support.labs import Watcher

for needed in ("aiohttp", "uvloop", "heapwise_agent"):
    pytest.importorskip(needed, reason=f"{needed} is what the labs of Python need")

CASE = find_case("gateway")
PLANTED = {"HW902": "json.", "HW101": "gzip.compress(", "HW903": "ClientSession("}
"""What stands in the line that each finding leads to; of json it is the line, in or out, of which
there are more samples.
"""

_PLACE = re.compile(r"/(\w+\.py):(\d+)\)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where both rungs are recorded, and what is cached."""
    return tmp_path_factory.mktemp("gateway")


@pytest.fixture(scope="module")
def result(folder: Path) -> LabResult:
    """The first and the last rung, at the least load that tells them apart."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        scale = Scale(rate="300", duration="2500ms", warmup="500ms")
        request = LabRequest(variants=("before", "after"), scale=scale, out_dir=folder / "out")
        return run_lab(CASE, request, Watcher())


@pytest.mark.load
def test_the_gateway_shows_what_it_must(result: LabResult) -> None:
    """Found before, gone after; fewer bytes, no collection; the same answers, which are longer."""
    assert result.failures == ()
    assert any("downstream" in line for line in result.components)
    before, after = (each.report for each in result.variants)
    assert [finding.code for finding in after.findings] == []
    assert {finding.code for finding in before.findings} >= set(PLANTED)
    names = {check.name for check in result.variants[1].checks}
    assert "oracle equal_json_answers" in names
    assert "guard response_size_kept fails, as it must here" in names


@pytest.mark.load
@pytest.mark.usefixtures("result")
def test_every_planted_defect_is_in_the_top_three_with_its_line(folder: Path) -> None:
    """`heapwise diagnose` leads to the lines that were planted; mended they are not told."""
    (source,) = (folder / "cache" / "heapwise" / "labs" / "gateway").glob("*/src")
    told = diagnose(folder / "out" / "before.hw", source)
    assert {finding["code"] for finding in told[:3]} == set(PLANTED)
    for finding in told[:3]:
        place = _PLACE.search(str(finding["where"]))
        assert place is not None
        lines = (CASE.directory / place[1]).read_text("utf-8").splitlines()
        assert PLANTED[str(finding["code"])] in lines[int(place[2]) - 1]
    assert diagnose(folder / "out" / "after.hw", source) == []


def diagnose(recording: Path, source: Path) -> list[dict[str, object]]:
    """The findings that the command line prints, the most worthwhile first."""
    done = subprocess.run(
        [sys.executable, "-m", "heapwise", "diagnose", recording, source, "--json"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    found: list[dict[str, object]] = json.loads(done.stdout)["data"]["findings"]
    return found
