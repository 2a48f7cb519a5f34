"""Who may ask, and who may not."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise_agent.messages import RefusedError
from heapwise_agent.security import Policy, host_name

OPEN = Policy()
SECRET = Policy(token="s3cret-ü")


def refusal(policy: Policy, **headers: str) -> int:
    """The status that a request gets; 200 where it may pass."""
    try:
        policy.check({name.replace("_", "-"): value for name, value in headers.items()})
    except RefusedError as refused:
        return refused.status
    return 200


def basic(password: str) -> str:
    """A header as curl and Go send it for ``user:password@host``."""
    return "Basic " + base64.b64encode(f"heapwise:{password}".encode()).decode()


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:6060", "LOCALHOST.", "127.0.0.1:6060", "[::1]:6060", "10.0.0.7"],
)
def test_names_and_addresses_that_only_a_local_user_means_are_good(host: str) -> None:
    """An address cannot have been rebound."""
    assert refusal(OPEN, host=host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:6060",
        "localhost.evil.example",
        "",
        "[::1]evil.example",
        "[127.0.0.1].evil.example:80",
        "[localhost",
        "[localhost]",
        "localhost:evil.example",
    ],
)
def test_any_other_name_is_refused(host: str) -> None:
    """A page whose name was pointed at 127.0.0.1 gets nothing."""
    assert refusal(OPEN, host=host) == 403
    assert refusal(Policy(any_host=True), host=host) == 200


def test_names_of_the_configuration_are_good_too() -> None:
    """With any port, in any case."""
    assert refusal(Policy(hosts=("app.internal",)), host="App.Internal:80") == 200


def test_a_request_without_a_host_is_malformed() -> None:
    """As HTTP/1.1 says."""
    assert refusal(OPEN) == 400


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_may_not_ask(site: str) -> None:
    """Even when it asks for localhost by name, as an image of a page can."""
    assert refusal(OPEN, host="localhost", sec_fetch_site=site) == 403
    assert refusal(OPEN, host="localhost", sec_fetch_site="none") == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer wrong",
        "Bearer",
        "Basic !!!",
        "Basic czNjcmV0",
        "Digest s3cret-ü",
        basic("wrong"),
        "Bearer s3cret-",
    ],
)
def test_without_the_token_nothing_is_shown(header: str) -> None:
    """401, and how to send it."""
    assert refusal(SECRET, host="localhost", authorization=header) == 401


def test_the_token_is_taken_as_bearer_and_as_password() -> None:
    """As bytes of UTF-8, which a header carries as Latin-1."""
    sent = "s3cret-ü".encode().decode("latin-1")
    assert refusal(SECRET, host="localhost", authorization=f"Bearer {sent}") == 200
    assert refusal(SECRET, host="localhost", authorization=basic("s3cret-ü")) == 200


def test_a_part_of_an_application_needs_a_token() -> None:
    """Behind a proxy everybody seems to be local."""
    mounted = Policy(any_host=True, token_needed=True)
    assert refusal(mounted, host="localhost") == 403


@given(st.text(), st.text())
def test_no_header_makes_the_check_fail_in_another_way(host: str, authorization: str) -> None:
    """Anything is let pass or refused."""
    assert refusal(SECRET, host=host, authorization=authorization) in {200, 401, 403}
    assert isinstance(host_name(host), str)
