"""What is installed is what the checkout holds."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_file_the_package_needs_is_package_data() -> None:
    """Templates, assets, advisories and labs reach whoever installs the wheel."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["*"]
    missing = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "src" / "heapwise").rglob("*")
        if path.is_file()
        and path.suffix not in {".py", ".pyc", ".so", ".c", ".h"}
        and not any(fnmatch(path.name, pattern) for pattern in patterns)
    ]
    assert missing == []
