"""What keeps the agent going."""

from __future__ import annotations

import logging

import pytest

from heapwise_agent import lifecycle
from heapwise_agent.config import configure


def test_trouble_that_nobody_thought_of_does_not_end_the_keeper(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is one line in the log, and the keeper comes back later."""
    agent = lifecycle.Agent(configure({}, address="none"))

    def fail() -> None:
        raise KeyError("events")

    assert agent._attend(None) == lifecycle.ATTEND_S
    monkeypatch.setattr(agent._group, "attend", fail)
    with caplog.at_level(logging.WARNING, "heapwise_agent"):
        assert agent._attend(None) == lifecycle.TROUBLE_S
    assert "could not look after itself" in caplog.text
