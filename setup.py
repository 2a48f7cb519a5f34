"""The C extensions; all else about the package stands in pyproject.toml.

``HEAPWISE_SANITIZE=1`` builds them with the address and undefined-behaviour sanitizers, for
``make check-native``.
"""

from __future__ import annotations

import os
from pathlib import Path

from setuptools import Extension, setup

FLAGS = ["-std=c11", "-Wall", "-Wextra"]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]


def extension(path: Path) -> Extension:
    """``src/heapwise/formats/_pprof.c`` is the module ``heapwise.formats._pprof``.

    Headers lie in folders beside it.
    """
    sanitize = os.environ.get("HEAPWISE_SANITIZE") == "1"
    return Extension(
        ".".join(path.relative_to("src").with_suffix("").parts),
        [path.as_posix()],
        depends=[each.as_posix() for each in path.parent.glob("*/*.h")],
        extra_compile_args=FLAGS + (["-Werror", "-O1", "-g", *SANITIZE] if sanitize else ["-O3"]),
        extra_link_args=SANITIZE if sanitize else [],
    )


setup(ext_modules=[extension(path) for path in sorted(Path("src/heapwise").glob("*/_*.c"))])
