"""HW708 on real profiles of a service that calls another one sixteen times at once."""

from __future__ import annotations

import pytest

from heapwise.diagnose.rules.network.connection_churn import find
from support.patterns import go_case

pytestmark = pytest.mark.go


def test_calls_that_find_no_idle_connection_are_found() -> None:
    """Two idle connections for sixteen calls: about fourteen are dialled for each request."""
    (finding,) = find(go_case(["/HW708/before"], requests=30))
    dials = float(finding.title.split()[1])
    assert 8 <= dials <= 24  # from samples, and as fast as the machine is
    assert "MaxIdleConnsPerHost" in finding.remedy
    assert finding.where.startswith("net/http.(*Transport).dialConn (")
    assert finding.gain_bytes_per_work is not None
    assert finding.gain_bytes_per_work > 8 * 8_192


def test_calls_that_use_idle_connections_are_not() -> None:
    """The same sixteen calls with sixteen idle connections dial once, not for each request."""
    assert list(find(go_case(["/HW708/after"], requests=30))) == []
