# noqa: INP001 - a directory for PYTHONPATH, no package
"""Starts the agent before any user code, then runs the user's own sitecustomize.

``python -m heapwise_agent run`` puts this directory on PYTHONPATH, so every Python that inherits
the environment comes through here; also old ones, and ones that have no agent: nothing in this
file may fail there.
"""

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib costs 5 ms


def _start() -> None:
    """Start the agent where this interpreter has it."""
    if sys.version_info < (3, 11):  # noqa: UP036 - children may run older ones
        return
    try:
        from heapwise_agent.lifecycle import start_from_environment  # noqa: PLC0415
    except ImportError:
        return
    start_from_environment()


def _chain() -> None:
    """Run the sitecustomize that this one hides, under its own name."""
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != _HERE]  # noqa: PTH100
    hidden = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # type: ignore[import-not-found]  # noqa: F401, PLC0415 - the user's, if any
    except ImportError as error:
        if getattr(error, "name", None) != "sitecustomize":
            raise
        if hidden is not None:
            sys.modules["sitecustomize"] = hidden


_start()
_chain()
