"""``heapwise.toml``: what a project wants of its gate and its notebook."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from heapwise.errors import UsageError

FILE = Path("heapwise.toml")
_LARGEST = 1 << 20


class GateSettings(
    msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True
):
    """The table ``[gate]``.

    Attributes:
        fail_on: budgets.
        strict: undecided fails.
        baseline: folder of baselines.
        name: of the baseline to compare with.
        min_effect: smallest relative change that counts.
    """

    fail_on: tuple[str, ...] = ()
    strict: bool = False
    baseline: str = "heapwise-baselines"
    name: str = "main"
    min_effect: float = 0.02

    def __post_init__(self) -> None:
        """Refuse what is no share, as NaN, which TOML has."""
        if not 0 <= self.min_effect <= 1:
            raise ValueError("min-effect must be from 0 to 1, as 0.02")


class LogSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table ``[log]``.

    Attributes:
        enabled: every verify run is noted down.
    """

    enabled: bool = False


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file; tables of later versions are left alone."""

    gate: GateSettings = GateSettings()
    log: LogSettings = LogSettings()


def read_project(path: Path | None = None) -> Project:
    """Read a project's file.

    Args:
        path: None looks for `FILE` in the current folder and takes defaults where there is none.

    Raises:
        UsageError: it was named and is not there, or does not say what it may.
    """
    if path is None and not FILE.is_file():
        return Project()
    path = path or FILE
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST).decode()
        return msgspec.convert(tomllib.loads(text), type=Project)
    except OSError as error:
        raise UsageError(f"cannot read {path}", error.strerror or str(error)) from None
    except RecursionError:
        raise UsageError(f"{path} is not what it should be", "it is nested too deeply") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise UsageError(f"{path} is not what it should be", str(error)) from None
