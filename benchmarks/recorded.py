"""What `heapwise lab run` tells of variants, for benchmarks of labs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from typing import Any


def recorded(lab: str, scale: int, *names: str) -> dict[str, dict[str, Any]]:
    """The reports of some variants of a lab, by their names; under the agent, at a scale."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "heapwise", "lab", "run", lab]
        command += [f"--only={name}" for name in names]
        command += [f"--scale={scale}", "--json", "-q", "-o", f"{folder}/out"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):  # 3: something was not as expected; the figures are there
        raise SystemExit(done.stderr)
    return {each["name"]: each["report"] for each in json.loads(done.stdout)["data"]["variants"]}
