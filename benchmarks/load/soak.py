"""Ten minutes at 20,000 requests a second, some of them with a megabyte: nothing may grow."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import stats

RATE, SECONDS, EVERY_S = 20_000, 600, 5
SMALL_PER_BIG = 200


def soak(url: str) -> None:
    """Run it, watch the generator's memory and descriptors, and print what they do."""
    with tempfile.NamedTemporaryFile("w", suffix=".targets") as targets:
        targets.write(f"GET {url}\n\n" * SMALL_PER_BIG + f"GET {url}m\n")
        targets.flush()
        command = [
            str(Path(sys.executable).with_name("heapwise")), "attack", f"-targets={targets.name}",
            f"-rate={RATE}", f"-duration={SECONDS}s", "-max-connections=200", "--json", "-q",
        ]  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as load:
            rows = []
            while load.poll() is None:
                time.sleep(EVERY_S)
                rows.append(_look(load.pid))
    settled = np.array([row for row in rows if row][len(rows) // 10 : -1], float)
    for name, column in (("resident MiB", 0), ("descriptors", 1)):
        found = stats.linregress(np.arange(len(settled)) * EVERY_S, settled[:, column])
        print(
            f"{name}: {settled[:, column].min():.1f} to {settled[:, column].max():.1f}, "
            f"{found.slope * 60:+.3f} a minute (p = {found.pvalue:.3f})"
        )
    print("exit code", load.returncode)


def _look(pid: int) -> tuple[float, int] | None:
    """Resident MiB and open descriptors of the engine's process, the child."""
    try:
        (engine,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        pages = int(Path(f"/proc/{engine}/statm").read_text().split()[1])
        descriptors = len(list(Path(f"/proc/{engine}/fd").iterdir()))
    except (OSError, ValueError):
        return None
    return pages * resource.getpagesize() / 2**20, descriptors
