"""The socket over which a job is held at its beginning and at its end."""

from __future__ import annotations

import os
import socket

from hypothesis import given
from hypothesis import strategies as st

from heapwise.record.job_channel import Channel


def program_of(channel: Channel) -> socket.socket:
    """The program's end, as the program has it after it was started."""
    theirs = socket.socket(fileno=os.dup(channel.number))
    channel.handed_over()
    theirs.settimeout(5)
    return theirs


def test_a_program_says_where_it_is_measured_and_waits_to_begin() -> None:
    """``ready URL``, and ``go`` is the answer."""
    with Channel() as channel, program_of(channel) as program:
        program.sendall(b"ready http://127.0.0.1:1234\n")
        channel.listen(5)
        assert channel.url == "http://127.0.0.1:1234"
        channel.go()
        assert program.recv(16) == b"go\n"


def test_a_program_that_has_ended_waits_until_it_is_let_go() -> None:
    """``done``, and the closed socket is the answer."""
    with Channel() as channel, program_of(channel) as program:
        program.sendall(b"ready http://127.0.0.1:1\ndone\n")
        channel.listen(5)
        assert channel.done
        channel.release()
        assert program.recv(16) == b""


def test_a_program_that_dies_is_noticed() -> None:
    """The kernel closes its end."""
    with Channel() as channel:
        program_of(channel).close()
        channel.listen(5)
        assert not channel.open
        assert not channel.done


def test_a_second_program_of_the_same_command_need_not_wait() -> None:
    """It is not measured, and its address is not taken for the first one's."""
    with Channel() as channel, program_of(channel) as program:
        program.sendall(b"ready http://127.0.0.1:1\n")
        channel.listen(5)
        program.sendall(b"ready http://127.0.0.1:2\n")
        channel.listen(5)
        assert channel.url == "http://127.0.0.1:1"
        assert program.recv(16) == b"go\n"


@given(st.lists(st.binary(max_size=700), max_size=6))
def test_whatever_a_program_says_is_heard_in_bounds(pieces: list[bytes]) -> None:
    """Lines may come in pieces, without end, or as nonsense."""
    with Channel() as channel, program_of(channel) as program:
        for piece in pieces:
            program.sendall(piece)
            channel.listen(0 if not piece else 5)
        assert len(channel.url) <= 1024
