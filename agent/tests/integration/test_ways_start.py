"""`heapwise_agent.start` in real processes: once, politely, across forks, until stopped."""

from __future__ import annotations

import os
import signal
import socket
import sys

import pytest

from agentsupport.services import free_port, get, service, until

PROGRAM = """
import logging, os, sys, time
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
import heapwise_agent
"""


def test_starting_twice_is_a_no_op_and_stopping_frees_the_port() -> None:
    """The second call returns the same agent; after stop, said once or twice, nobody listens."""
    code = PROGRAM + (
        "one = heapwise_agent.start('127.0.0.1:0')\n"
        "two = heapwise_agent.start('127.0.0.1:1', interval=1)\n"
        "assert one is two and one.config.interval == 524288\n"
        "import socket\n"
        "host, port = one.address.split(':')\n"
        "socket.create_connection((host, int(port))).close()\n"
        "heapwise_agent.stop(); heapwise_agent.stop()\n"
        "again = socket.create_server((host, int(port)))\n"
        "again.close()\n"
        "assert heapwise_agent.start(one.address).address == one.address\n"
        "print('fine')\n"
    )
    with service("-c", code) as program:
        assert program.finish() == 0, program.output
        assert program.output.endswith("fine\n")
        assert list(program.runtime.glob("*/*")) == []


def test_a_port_in_use_is_one_warning_and_the_program_runs_on() -> None:
    """When the port becomes free, the agent takes it."""
    holder = socket.create_server(("127.0.0.1", 0))
    port = holder.getsockname()[1]
    code = PROGRAM + (
        f"agent = heapwise_agent.start('127.0.0.1:{port}')\n"
        "print('address', repr(agent.address))\n"
        "time.sleep(60)\n"
    )
    with service("-c", code, port=port) as program:
        until(lambda: "address ''" in program.output, program)
        assert program.output.count("WARNING") == 1
        assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in program.output
        holder.close()
        assert until(program.variables, program)["heapwise"]["pid"] == program.process.pid
        assert program.output.count("WARNING") == 1


@pytest.mark.parametrize(
    ("call", "environ", "said"),
    [
        ("start(':6060')", {}, "ERROR the agent does not start: 0.0.0.0:6060 can be reached"),
        ("start('1.94:80')", {}, "ERROR the agent does not start: not an address"),
        ("start(address=7)", {}, "WARNING the agent does not start; the program runs on"),
        ("start(interval=0)", {}, "ERROR the agent does not start: an interval of 0"),
        ("start()", {"HEAPWISE_AGENT": "off"}, ""),
        ("start()", {"HEAPWISE_AGENT_OOM_SHARE": "90"}, "ERROR the agent does not start: a share"),
    ],
)
def test_what_is_refused_never_raises(call: str, environ: dict[str, str], said: str) -> None:
    """A wrong setting is a line in the log, the kill switch none at all, and there is no agent."""
    code = PROGRAM + f"assert heapwise_agent.{call} is None\nheapwise_agent.stop()\n"
    with service("-c", code, environ=environ) as program:
        assert program.finish() == 0, program.output
        assert program.output.startswith(said)
        assert bool(said) == bool(program.output)


def test_a_runtime_directory_that_cannot_be_used_leaves_a_process_alone() -> None:
    """It says so once and answers for itself."""
    code = (
        PROGRAM
        + "heapwise_agent.start('127.0.0.1:0')\nprint('ready', flush=True)\ntime.sleep(60)\n"
    )
    environ = {"XDG_RUNTIME_DIR": "/proc/self"}
    with service("-c", code, environ=environ) as program:
        until(lambda: "ready" in program.output, program)
        assert "this process shows itself only" in program.output
        port = int(program.output.partition("listening on 127.0.0.1:")[2].split()[0])
        assert b"heapwise" in get(port, "/debug/vars")


def test_children_of_fork_are_in_the_view_and_one_takes_over() -> None:
    """Every child counts for itself; when the first process is killed, a child answers."""
    code = PROGRAM + (
        "heapwise_agent.start('127.0.0.1:0')\n"
        "heapwise_agent.work('row', 100)\n"
        "print(heapwise_agent.start().config.address.port, flush=True)\n"
        "for number in range(2):\n"
        "    if os.fork() == 0:\n"
        "        heapwise_agent.work('row', 1)\n"
        "        break\n"
        "time.sleep(60)\n"
    )
    with service("-c", code) as program:
        program.port = int(until(lambda: program.output.split("127.0.0.1:")[1:], program)[0][:5])
        until(lambda: len(program.workers()) == 3, program)
        found = program.variables()
        assert found["heapwise"]["work"] == {"row": 102}
        total = found["memstats"]["TotalAlloc"]
        parts = [each["alloc_bytes"] for each in program.workers().values()]
        assert 0 < min(parts) < total
        os.kill(program.process.pid, signal.SIGKILL)
        until(lambda: len(program.workers()) == 2, program)
        assert program.process.pid not in program.workers()
        assert program.variables()["heapwise"]["work"] == {"row": 2}


def test_the_agent_sees_the_program_and_not_itself() -> None:
    """A minute of questions does not add to the program's allocations."""
    code = (
        PROGRAM
        + "heapwise_agent.start('127.0.0.1:0')\nprint('ready', flush=True)\ntime.sleep(60)\n"
    )
    with service("-c", code) as program:
        until(lambda: "ready" in program.output, program)
        program.port = int(program.output.partition("127.0.0.1:")[2].split()[0])
        program.get("/debug/pprof/heap?gc=1")
        before = program.variables()["memstats"]["TotalAlloc"]
        for _ in range(10):
            program.get("/debug/pprof/heap?gc=1")
        after = program.variables()
        assert after["memstats"]["TotalAlloc"] - before < 20_000
        assert after["heapwise"]["agent_bytes"] > 100_000


def test_asking_two_processes_adds_next_to_nothing_to_either() -> None:
    """Threads that ask and answer are the agent's before they make their first buffer."""
    code = PROGRAM + (
        "heapwise_agent.start('127.0.0.1:0')\n"
        "print(heapwise_agent.start().config.address.port, flush=True)\n"
        "os.fork()\n"
        "time.sleep(60)\n"
    )
    with service("-c", code) as program:
        program.port = int(until(lambda: program.output.split("127.0.0.1:")[1:], program)[0][:5])
        until(lambda: len(program.workers()) == 2, program)
        before = program.workers()
        for _ in range(200):
            program.get("/debug/vars")
        after = program.workers()
        assert before.keys() == after.keys()
        for pid, found in after.items():
            assert found["alloc_bytes"] - before[pid]["alloc_bytes"] < 20_000
            assert found["agent_bytes"] - before[pid]["agent_bytes"] > 100_000


def test_a_mounted_app_and_the_agent_watch_each_collection_once() -> None:
    """There is one watch in a process, also in a forked one, which counts from zero."""
    code = PROGRAM + (
        "import gc\n"
        "from heapwise_agent import mount, source\n"
        "def watched():\n"
        "    mount.router()\n"
        "    ours = [one for one in gc.callbacks if 'GcWatch' in one.__qualname__]\n"
        "    before = source.local().watch.totals().collections\n"
        "    gc.disable(); gc.collect()\n"
        "    return len(ours), source.local().watch.totals().collections - before\n"
        "heapwise_agent.start('127.0.0.1:0')\n"
        "assert watched() == (2, 1), watched()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(watched() != (2, 1))\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "print('fine')\n"
    )
    with service("-c", code) as program:
        assert program.finish() == 0, program.output
        assert program.output.endswith("fine\n")


def test_a_unix_socket_takes_the_place_of_the_port() -> None:
    """With mode 0600; what is left behind by a killed process is replaced."""
    code = PROGRAM + "print(heapwise_agent.start(unix_socket='a.sock').address); time.sleep(60)\n"
    with service("-c", code) as program:
        until(lambda: "a.sock" in program.output, program)
        path = program.runtime / "a.sock"
        assert path.stat().st_mode & 0o777 == 0o600
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b"GET /debug/vars HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_forked_child_does_not_hold_the_port_of_a_dead_parent() -> None:
    """The listening socket is closed in the child, or nobody could listen there again."""
    port = free_port()
    code = PROGRAM + (
        f"heapwise_agent.start('127.0.0.1:{port}')\n"
        "if os.fork() == 0:\n"
        "    heapwise_agent.stop()\n"
        "    print('child', flush=True)\n"
        "    time.sleep(60)\n"
        "time.sleep(1); os._exit(0)\n"
    )
    with service("-c", code) as program:
        until(lambda: "child" in program.output, program)
        program.process.wait(10)
        socket.create_server(("127.0.0.1", port)).close()
