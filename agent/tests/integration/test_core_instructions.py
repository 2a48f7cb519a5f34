"""What the hooks cost in instructions, which do not depend on what else the machine does."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from agentsupport.interpreters import Interpreter, interpreters, tree
from conftest import FULL

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks" / "agent"))

import instructions  # the path comes first

pytestmark = pytest.mark.skipif(
    shutil.which("valgrind") is None, reason="instructions are counted by valgrind's callgrind"
)


@pytest.mark.parametrize("workload", instructions.GATED)
@pytest.mark.parametrize(
    "built", interpreters() if FULL else interpreters()[:1], ids=lambda each: each.version
)
def test_instructions_stay_below_their_limit(built: Interpreter, workload: str) -> None:
    """Sampling at 512 KiB with exact counters adds at most the recorded share of instructions."""
    if not instructions.recorded(built.executable):
        pytest.skip("no threshold for this build: benchmarks/agent/instructions.py --record")
    found = instructions.ratio(built.executable, str(tree(built) / "heapwise_agent"), workload)
    print(f"CPython {built.version} {workload}: {found:.4f}")
    assert 1.0 < found <= instructions.limit(built.executable, workload)
