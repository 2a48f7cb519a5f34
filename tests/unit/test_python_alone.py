"""What the rules for Python tell without a recording: only what surely costs, where it serves."""

from __future__ import annotations

from pathlib import Path

import pytest

from heapwise.diagnose.source.examine import in_source, stands_alone
from heapwise.diagnose.source.tree import SourceTree

FROM_A_STREAM = """
def receive(socket):
    data = b""
    while chunk := socket.recv(4096):
        data += chunk
    return data
"""
OF_A_REQUEST = """
def page(request):
    body = b""
    for row in request.rows:
        body += row
    return body
"""
OF_SOME_VALUES = """
def packed(options):
    data = b""
    for option in options:
        data += option
    return data
"""
OF_FIELDS = """
def page(request):
    head = b""
    for name, value in request.fields.items():
        head += name + value
    return head
"""
LOOKED_INTO = """
def until(socket, prompt):
    seen = b""
    while prompt not in seen:
        seen += socket.recv(4096)
    return seen
"""
ONE_FILE = """
def count(path):
    with open(path) as file:
        return [len(line) for line in file.readlines()]
"""
FILE_AFTER_FILE = """
def count(paths):
    for path in paths:
        with open(path) as file:
            yield [len(line) for line in file.readlines()]
"""
MESSAGE = """
def page(request, logger):
    logger.debug(f"page {request.path}")
"""
CLIENT = """
import requests

def page(request):
    return requests.get("http://pages.internal/").content
"""
CLIENT_BEHIND_A_CACHE = """
import requests

def page(request):
    try:
        return CACHE[request.path]
    except KeyError:
        pass
    return requests.get("http://pages.internal/").content
"""


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (FROM_A_STREAM, True),
        (OF_A_REQUEST, True),
        (OF_SOME_VALUES, False),
        (OF_FIELDS, False),
        (LOOKED_INTO, False),
        (ONE_FILE, False),
        (FILE_AFTER_FILE, True),
        (MESSAGE, False),
        (CLIENT, True),
        (CLIENT_BEHIND_A_CACHE, False),
    ],
)
def test_what_the_source_cannot_judge_waits_for_a_recording(
    tmp_path: Path, source: str, told: bool
) -> None:
    """All of it is recognised, and a run that shows its cost tells of it."""
    (tmp_path / "service.py").write_text(source)
    assert _told(tmp_path) == [told]


@pytest.mark.parametrize(
    "path", ["tests/client.py", "examples/client.py", "client_test.py", "testing.py"]
)
def test_what_stands_beside_a_service_waits_for_a_recording(tmp_path: Path, path: str) -> None:
    """Tests and examples are read by people, and run for nobody's requests."""
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(FROM_A_STREAM)
    assert _told(tmp_path) == [False]


def _told(folder: Path) -> list[bool]:
    tree = SourceTree(folder, "python")
    found = [each.match for each in in_source(tree)]
    return [match is not None and stands_alone(tree, match) for match in found]
