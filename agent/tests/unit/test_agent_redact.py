"""Command lines without their secrets."""

from __future__ import annotations

import pytest

from heapwise_agent.redact import redacted


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("uvicorn app.auth:app --port 80", "uvicorn app.auth:app --port 80"),
        ("x --db-password hunter2 --port 80", "x --db-password REDACTED --port 80"),
        ("x --db-password=hunter2", "x --db-password=REDACTED"),
        ("x --no-auth --port 80", "x --no-auth --port 80"),
        ("x API_TOKEN=abc", "x API_TOKEN=REDACTED"),
        ("x --url=postgres://me:pa/ss@db/shop", "x --url=postgres://REDACTED@db/shop"),
        ("x https://h/?q=1&api_key=abc&x=2", "x https://h/?q=1&api_key=REDACTED"),
        ("x -H Authorization:abc", "x -H REDACTED"),
        ("x --header=X-Any:abc", "x --header=REDACTED"),
    ],
)
def test_values_go_where_a_name_sounds_like_a_secret(words: str, shown: str) -> None:
    """Everything else stays as it was."""
    assert redacted(words.split(" ")) == shown.split(" ")


def test_a_header_in_one_word_loses_its_value() -> None:
    """Also without an option before it."""
    assert redacted(["Authorization: Bearer abc"]) == ["Authorization: REDACTED"]
