"""A machine that lacks something is told the name of the Debian package."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "bootstrap.sh"
SHELL = shutil.which("sh") or "/bin/sh"


def bootstrap(path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the script with nothing but the given folder on PATH."""
    dirname = shutil.which("dirname")
    assert dirname is not None
    (path / "dirname").symlink_to(dirname)
    return subprocess.run(
        [SHELL, str(SCRIPT)], env={"PATH": str(path), **env},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def fake_python(path: Path, refused: str) -> None:
    """A python3 that answers yes to everything but what mentions a word."""
    fake = path / "python3"
    fake.write_text(f'#!{SHELL}\ncase "$*" in *{refused}*) exit 1;; esac\n')
    fake.chmod(0o755)


def test_without_python_the_package_is_named(tmp_path: Path) -> None:
    """No python3 on PATH."""
    done = bootstrap(tmp_path)
    assert done.returncode == 1
    assert "there is no python3 here" in done.stderr
    assert "apt-get install python3" in done.stderr


@pytest.mark.parametrize(
    ("refused", "package"),
    [("version_info", "python3"), ("ensurepip", "python3-venv"), ("Python.h", "python3-dev")],
)
def test_a_python_that_lacks_something_names_its_package(
    tmp_path: Path, refused: str, package: str
) -> None:
    """Too old, without venv, without headers."""
    fake_python(tmp_path, refused)
    done = bootstrap(tmp_path)
    assert done.returncode == 1
    assert f"apt-get install {package}" in done.stderr


def test_without_a_compiler_gcc_is_named(tmp_path: Path) -> None:
    """Python is fine, but there is no cc and no gcc."""
    fake_python(tmp_path, "nothing")
    done = bootstrap(tmp_path)
    assert done.returncode == 1
    assert "apt-get install gcc" in done.stderr


def test_the_script_is_what_make_runs() -> None:
    """Every target goes through it."""
    makefile = (SCRIPT.parents[1] / "Makefile").read_text()
    assert "scripts/bootstrap.sh" in makefile
    assert os.access(SCRIPT, os.X_OK)
