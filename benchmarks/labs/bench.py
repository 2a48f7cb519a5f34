"""What the case studies' fixes gain, lab by lab, at full scale on real components.

    python benchmarks/labs/bench.py            all of them, some 20 minutes
    python benchmarks/labs/search.py           one

Each lab has a program of its own beside this one, and keeps its figures in a folder of its name.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    """Run them one after another; one that fails does not keep the others from running."""
    failed = []
    for program in sorted(HERE.glob("*.py")):
        if program.name == Path(__file__).name:
            continue
        print(f"\n== {program.stem}", flush=True)
        if subprocess.run([sys.executable, program], check=False).returncode:
            failed.append(program.stem)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
