"""What is missing for a lab is installed with one command, by an extra where one brings it."""

from __future__ import annotations

from importlib import metadata

import pytest

from heapwise.lab.extras import install


@pytest.mark.parametrize(
    ("missing", "command"),
    [
        (["uvicorn"], "'heapwise[web]'"),
        (["psycopg"], "'heapwise[labs]'"),
        (["Psycopg", "some_thing"], "'heapwise[labs]'"),
        (["uvicorn", "uvloop"], "'heapwise[demo]'"),
        (["uvicorn", "psycopg"], "uvicorn psycopg"),
        (["unheard-of"], "unheard-of"),
    ],
)
def test_an_extra_that_brings_it_all_is_named(
    monkeypatch: pytest.MonkeyPatch, missing: list[str], command: str
) -> None:
    """Names are compared as packaging does; what no extra brings is named itself."""
    requirements = [
        "click>=8",
        'uvicorn>=0.30; extra == "web"',
        "uvicorn<1,>=0.30; extra == 'demo'",
        'uvloop; python_version < "4" and extra == "demo"',
        'psycopg[binary]>=3; extra == "labs"',
        'Some.Thing; extra == "labs"',
    ]
    monkeypatch.setattr(metadata, "requires", lambda _name: requirements)
    assert install(missing) == f"pip install {command}"


def test_without_extras_the_distributions_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package without metadata of requirements is no reason to fail."""
    monkeypatch.setattr(metadata, "requires", lambda _name: None)
    assert install(["a", "b"]) == "pip install a b"
