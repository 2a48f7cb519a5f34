"""The agent's settings: who wins, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise_agent.config import Address, ConfigError, configure, is_off, parse_address


def test_defaults_are_loopback_and_half_a_mebibyte() -> None:
    """Without any setting the agent listens on 127.0.0.1:6060 and samples each 512 KiB."""
    config = configure({})
    assert (str(config.address), config.interval) == ("127.0.0.1:6060", 524288)
    assert config.oom_directory is None


def test_none_listens_nowhere() -> None:
    """The pages can be mounted instead; a socket may be asked for beside it."""
    assert configure({}, address="none").address is None
    assert configure({"HEAPWISE_AGENT_ADDRESS": "none"}).place == "none"


def test_arguments_beat_the_environment_and_the_environment_beats_defaults() -> None:
    """The environment fills in what the caller left out."""
    environ = {
        "HEAPWISE_AGENT_ADDRESS": "127.0.0.1:7000",
        "HEAPWISE_AGENT_INTERVAL": "1",
        "HEAPWISE_AGENT_HOSTS": "a.example, b.example",
        "HEAPWISE_AGENT_OOM_DIR": "/var/tmp/x",
        "HEAPWISE_AGENT_OOM_SHARE": "0.5",
    }
    config = configure(environ, interval=4096)
    assert (str(config.address), config.interval) == ("127.0.0.1:7000", 4096)
    assert config.hosts == ("a.example", "b.example")
    assert (config.oom_directory, config.oom_share) == (Path("/var/tmp/x"), 0.5)


@pytest.mark.parametrize("word", ["off", "0", "OFF", " false ", "no"])
def test_kill_switch(word: str) -> None:
    """Any usual word for no switches the agent off."""
    assert is_off({"HEAPWISE_AGENT": word})
    assert not is_off({})
    assert not is_off({"HEAPWISE_AGENT": "on"})


@pytest.mark.parametrize("address", ["0.0.0.0:6060", ":6060", "[::]:6060", "10.0.0.7:1", "web:80"])
def test_open_to_the_network_only_with_a_token(address: str) -> None:
    """An address that other machines reach is refused without a token, in one line."""
    with pytest.raises(ConfigError, match="no token is set") as refused:
        configure({}, address=address)
    assert "\n" not in str(refused.value)
    assert configure({}, address=address, token="secret").token == "secret"
    assert configure({}, address=address, unix_socket="/run/x.sock").unix_socket


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:6060", "127.0.0.1", 6060),
        ("localhost:0", "localhost", 0),
        ("[::1]:65535", "::1", 65535),
        (":80", "0.0.0.0", 80),
        (" 127.0.0.1:1 ", "127.0.0.1", 1),
    ],
)
def test_addresses(text: str, host: str, port: int) -> None:
    """The usual spellings are read."""
    assert parse_address(text) == Address(host, port)


@pytest.mark.parametrize(
    "text",
    ["", "6060", "127.0.0.1", "1.94:80", "127.1:80", "::1:6060", "127.0.0.1:65536", "a b:1",
     "127.0.0.1:-1", "127.0.0.1:٣", "http://127.0.0.1:6060", "[localhost]:80", "127.0.0.1:1_0"],
)  # fmt: skip
def test_wrong_addresses_are_refused_with_an_example(text: str) -> None:
    """What is no address is not guessed at."""
    with pytest.raises(ConfigError, match=r"not an address.*127\.0\.0\.1:6060"):
        parse_address(text)


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    """The parser gives an address that prints as it reads, or one clear error."""
    try:
        address = parse_address(text)
    except ConfigError:
        return
    assert parse_address(str(address)) == address
    assert 0 <= address.port <= 65535


@pytest.mark.parametrize(
    ("name", "text"),
    [("INTERVAL", "0"), ("INTERVAL", "512k"), ("INTERVAL", "-1"), ("INTERVAL", "9" * 15),
     ("OOM_SHARE", "90"), ("OOM_SHARE", "nan"), ("OOM_SHARE", "much"), ("HOSTS", "a/b"),
     ("GROUP", "../x"), ("GROUP", "x" * 33)],
)  # fmt: skip
def test_wrong_settings_are_refused(name: str, text: str) -> None:
    """A setting out of range is refused in one line, wherever it comes from."""
    with pytest.raises(ConfigError) as refused:
        configure({f"HEAPWISE_AGENT_{name}": text})
    assert "\n" not in str(refused.value)


def test_interval_must_be_a_whole_number() -> None:
    """A float or a bool is a programming error and is named."""
    for wrong in (1.5, True):
        with pytest.raises(ConfigError, match="whole number"):
            configure({}, interval=wrong)  # type: ignore[arg-type]  # on purpose
