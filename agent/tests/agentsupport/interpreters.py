"""Every CPython of this machine that the agent supports, each with the extension built for it.

``HEAPWISE_AGENT_PRELOAD``, the path of libasan, builds with the sanitizers and loads it first.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

AGENT = Path(__file__).parents[2]
PACKAGE = AGENT / "src" / "heapwise_agent"
SAMPLER = PACKAGE / "_sampler"
MINORS = (11, 12, 13, 14)
FLAGS = [
    "-std=c11",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-fvisibility=hidden",
    "-fno-plt",
    "-fno-semantic-interposition",
    "-fPIC",
    "-shared",
]
SANITIZE = [
    "-O1",
    "-g",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
]
PRELOAD = os.environ.get("HEAPWISE_AGENT_PRELOAD", "")

_ASK = (
    "import sys, sysconfig, os; v = sysconfig.get_config_var; p = sysconfig.get_path('include');"
    "ok = sys.implementation.name == 'cpython' and not v('Py_GIL_DISABLED')"
    " and os.path.exists(p + '/internal/pycore_frame.h');"
    "print(ok, '%d.%d.%d' % sys.version_info[:3], p, v('EXT_SUFFIX'), v('LIBDIR'), sep='\\n')"
)


@dataclass(frozen=True)
class Interpreter:
    """One CPython.

    Attributes:
        executable: what to start.
        version: as ``3.11.7``.
        include: where its headers are.
        suffix: of extension modules.
        libraries: where its shared library is.
    """

    executable: str
    version: str
    include: str
    suffix: str
    libraries: str

    @property
    def minor(self) -> int:
        """11 for 3.11.7."""
        return int(self.version.split(".")[1])

    def run(
        self, script: str, *, timeout: float = 120, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run Python code with the agent on its path; its asserts are the test.

        Raises:
            AssertionError: it ended in another way than by exiting with 0.
        """
        done = subprocess.run(
            [self.executable, "-c", script],
            env=os.environ | _environment(self) | (env or {}),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0, f"CPython {self.version}: {done.returncode}\n{done.stderr}"
        return done


def _environment(python: Interpreter) -> dict[str, str]:
    preload = {"LD_PRELOAD": PRELOAD} if PRELOAD else {}
    return {"PYTHONPATH": str(tree(python)), "PYTHONHASHSEED": "0", **preload}


def _describe(executable: str) -> Interpreter | None:
    try:
        done = subprocess.run(
            [executable, "-c", _ASK], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    usable, *facts = done.stdout.splitlines()
    return Interpreter(executable, *facts) if usable == "True" else None


def _candidates(minor: int) -> list[str]:
    name = f"python3.{minor}"
    found = [sys.executable] if sys.version_info[1] == minor else []
    on_path = shutil.which(name)
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found += [str(path) for path in sorted(root.glob(f"versions/3.{minor}.*/bin/{name}"))]
    return [*found, *([on_path] if on_path else [])]


@cache
def interpreters() -> tuple[Interpreter, ...]:
    """One for each minor version from 3.11 to 3.14 that is here with its headers."""
    found = []
    for minor in MINORS:
        described = (_describe(each) for each in _candidates(minor))
        first = next((each for each in described if each and each.minor == minor), None)
        found += [first] if first else []
    return tuple(found)


@cache
def extension(python: Interpreter) -> Path:
    """The extension compiled for it, kept between runs as long as the C code is the same."""
    sources = sorted(SAMPLER.glob("*.[ch]"))
    flags = [*FLAGS, *(SANITIZE if PRELOAD else ())]
    key = hashlib.sha256(repr((python, flags)).encode())
    for source in sources:
        key.update(source.read_bytes())
    home = Path(tempfile.gettempdir()) / f"heapwise-agent-tests-{os.getuid()}"
    home.mkdir(mode=0o700, exist_ok=True)
    built = home / f"{key.hexdigest()[:16]}{python.suffix}"
    if not built.exists():
        # Two test runs at once each write their own; the last rename stands.
        fresh = built.with_name(f"{os.getpid()}-{built.name}")
        compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
        code = [str(path) for path in sources if path.suffix == ".c"]
        words = [compiler, *flags, f"-I{python.include}", *code, "-o", str(fresh), "-lm"]
        subprocess.run(words, check=True, timeout=120)
        fresh.rename(built)
    return built


@cache
def tree(python: Interpreter) -> Path:
    """A folder to import the agent from, with the extension for this interpreter."""
    home = Path(tempfile.mkdtemp(prefix="heapwise-agent-tree-"))
    _trees.append(home)
    package = home / "heapwise_agent"
    shutil.copytree(
        PACKAGE, package, ignore=shutil.ignore_patterns("*.so", "__pycache__", "_sampler")
    )
    shutil.copy(extension(python), package / f"_core{python.suffix}")
    shutil.copytree(
        Path(__file__).parent, home / "agentsupport", ignore=shutil.ignore_patterns("__pycache__")
    )
    return home


_trees: list[Path] = []


def remove_trees() -> None:
    """At the end of the tests."""
    for home in _trees:
        shutil.rmtree(home, ignore_errors=True)
