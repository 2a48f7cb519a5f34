"""The one C extension, ``heapwise_agent._core``; all else stands in pyproject.toml.

Without a compiler the agent installs without it and serves everything but heap profiles.
``HEAPWISE_REQUIRE_EXTENSION=1`` (wheels, continuous integration) makes that an error,
``HEAPWISE_SANITIZE=1`` builds with the address and undefined-behaviour sanitizers.
"""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

from setuptools import Extension, setup

SOURCES = Path("src/heapwise_agent/_sampler")
FLAGS = ["-std=c11", "-Wall", "-Wextra", "-fvisibility=hidden"]
# Hooks run millions of times a second: no indirection through the linkage table.
FAST = ["-O2", "-fno-plt", "-fno-semantic-interposition"]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]


def core() -> Extension:
    """The sampler's hooks, tables and frame walk in one module."""
    sanitize = os.environ.get("HEAPWISE_SANITIZE") == "1"
    return Extension(
        "heapwise_agent._core",
        [path.as_posix() for path in sorted(SOURCES.glob("*.c"))],
        depends=[path.as_posix() for path in sorted(SOURCES.glob("*.h"))],
        extra_compile_args=FLAGS + (["-O1", "-g", *SANITIZE] if sanitize else FAST),
        extra_link_args=SANITIZE if sanitize else [],
        libraries=["m"],
        optional=os.environ.get("HEAPWISE_REQUIRE_EXTENSION") != "1",
    )


FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))

setup(ext_modules=[] if FREE_THREADED else [core()])
