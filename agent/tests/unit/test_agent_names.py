"""What a function is called in a profile."""

from __future__ import annotations

import json
import json.decoder
import sys
from types import ModuleType

import pytest

from heapwise_agent.names import Names
from heapwise_agent.sampler import Frame


@pytest.mark.parametrize(
    ("name", "filename", "shown"),
    [
        ("JSONDecoder.decode", json.decoder.__file__, "json.decoder.JSONDecoder.decode"),
        ("loads", json.__file__, "json.loads"),
        ("<module>", "/srv/app.py", "app.<module>"),
        ("f.<locals>.<lambda>", "/srv/app.py", "app.f.<locals>.<lambda>"),
        ("main", "/srv/shop/__init__.py", "shop.main"),
        ("main", "relative.py", "relative.main"),
        ("_find_and_load", "<frozen importlib._bootstrap>", "importlib._bootstrap._find_and_load"),
        ("<module>", "<string>", "string.<module>"),
        ("f", "/", "unknown.f"),
        ("python.no_frame", "", "python.no_frame"),
        ("<no Python frame>", "", "python.no_Python_frame"),
    ],
)
def test_a_name_begins_with_its_module(name: str, filename: str, shown: str) -> None:
    """The module is the one that was loaded from the file, or else the file's own name."""
    assert Names().shown(Frame(name, filename, 1, 1)) == shown


def test_a_lazy_module_is_not_loaded_to_learn_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules that do something when they are asked are not asked."""

    class Lazy(ModuleType):
        def __getattribute__(self, name: str) -> object:
            raise AssertionError(name)

    monkeypatch.setitem(sys.modules, "lazy_of_a_test", Lazy("lazy_of_a_test"))
    assert Names().shown(Frame("f", "/srv/x.py", 1, 1)) == "x.f"
