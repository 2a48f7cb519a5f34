"""``python -m heapwise_agent run``: the program notices nothing, and its children are included."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agentsupport.services import run, service, until

SHOW = """
import json, os, sys
spec = __spec__ and [__spec__.name, __spec__.origin]
print(json.dumps([sys.argv, sys.path, __name__, __file__, __package__, spec, list(sys.flags),
                  sys.warnoptions, os.environ.get("SITE")]))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A script, a package, and a sitecustomize of the user's."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "show.py").write_text(SHOW)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "__main__.py").write_text(SHOW)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(
        "import os, sys\nos.environ['SITE'] = __name__ + str(sys.modules[__name__].__file__)\n"
    )
    return tmp_path


@pytest.mark.parametrize(
    "program",
    [
        ["scripts/show.py", "a b", "-m", "--address"],
        ["-m", "package", "--", "-q"],
        ["package", "x"],
    ],
)
@pytest.mark.parametrize("options", [[], ["-X", "dev", "-O", "-W", "error::UserWarning"]])
def test_a_program_sees_what_it_sees_without_the_agent(
    folder: Path, program: list[str], options: list[str]
) -> None:
    """sys.argv, sys.path, __main__, flags, warnings and the user's sitecustomize are the same."""
    environ = {"PYTHONPATH": str(folder / "site")}
    seen = []
    for command in (program, [*run("-q"), *program]):
        with service(*options, *command, cwd=folder, environ=environ) as running:
            assert running.finish() == 0, running.output
            seen.append(json.loads(running.output))
    assert seen[0] == seen[1]
    assert seen[0][-1].startswith("sitecustomize")


def test_the_agent_is_there_before_the_first_line_and_the_exit_code_is_the_programs(
    folder: Path,
) -> None:
    """It says once where it answers; what user code starts itself changes nothing."""
    (folder / "script.py").write_text(
        "import heapwise_agent, os, sys\n"
        "agent = heapwise_agent.start('127.0.0.1:1')\n"
        "assert agent.address == os.environ['HEAPWISE_AGENT_ADDRESS'] != '127.0.0.1:1'\n"
        "sys.exit(7)\n"
    )
    with service(*run(), "script.py", cwd=folder) as running:
        assert running.finish() == 7, running.output
        assert re.fullmatch(r"heapwise_agent: http://\S+/debug/pprof/\n", running.output)


def test_allocations_of_the_imports_are_seen(folder: Path) -> None:
    """What the first line of a program allocates is in the profile."""
    (folder / "script.py").write_text(
        "blocks = [bytes(1000) for _ in range(1000)]\nimport time; time.sleep(60)\n"
    )
    with service(*run("--interval", "1"), "script.py", cwd=folder) as running:
        running.announced()
        page = until(
            lambda: re.search(
                r"1000: \d+ \[1000: \d+\] @ .*\n#.*script\.py:1",
                running.get("/debug/pprof/heap?debug=1").decode(),
            ),
            running,
        )
        assert page


def test_python_children_join_and_others_are_left_alone(folder: Path) -> None:
    """With subprocess and multiprocessing, spawned or forked, in a session of their own or not."""
    (folder / "child.py").write_text(
        "import heapwise_agent, time\nheapwise_agent.work('job')\ntime.sleep(60)\n"
    )
    (folder / "script.py").write_text(
        "import multiprocessing, subprocess, sys, time\n"
        "def target():\n"
        "    import heapwise_agent\n"
        "    heapwise_agent.work('job')\n"
        "    time.sleep(60)\n"
        "if __name__ == '__main__':\n"
        "    subprocess.Popen([sys.executable, 'child.py'])\n"
        "    subprocess.Popen([sys.executable, 'child.py'], start_new_session=True)\n"
        "    subprocess.Popen([sys.executable, '-I', '-c', 'import time; time.sleep(60)'])\n"
        "    subprocess.run(['true'], check=True)\n"
        "    for method in ('spawn', 'fork'):\n"
        "        context = multiprocessing.get_context(method)\n"
        "        context.Process(target=target, daemon=True).start()\n"
        "    time.sleep(60)\n"
    )
    with service(*run(), "script.py", cwd=folder) as running:
        running.announced()
        done = until(
            lambda: work if (work := running.variables()["heapwise"]["work"]) == {"job": 4} else 0,
            running,
        )
        assert done == {"job": 4}
        assert len(running.workers()) == 5
        for pid in running.workers():
            os.kill(pid, signal.SIGKILL)  # one has a session of its own


def test_interrupts_reach_the_program_itself(folder: Path) -> None:
    """There is no process between the shell and the program."""
    (folder / "script.py").write_text(
        "import time\n"
        "try:\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted', flush=True)\n"
    )
    with service(*run("-q"), "script.py", cwd=folder) as running:
        until(lambda: "ready" in running.output, running)
        running.process.send_signal(signal.SIGINT)
        assert running.finish() == 0
        assert running.output == "ready\ninterrupted\n"


def test_the_kill_switch_leaves_the_program_without_an_agent(folder: Path) -> None:
    """Everything else is the same."""
    (folder / "script.py").write_text("import heapwise_agent\nprint(heapwise_agent.start())\n")
    with service(*run(), "script.py", cwd=folder, environ={"HEAPWISE_AGENT": "off"}) as running:
        assert running.finish() == 0
        assert running.output == "None\n"


@pytest.mark.parametrize("option", ["-I", "-E", "-S"])
def test_an_interpreter_that_ignores_the_environment_is_refused(option: str, folder: Path) -> None:
    """The agent could not start first; the line says what to do."""
    done = subprocess.run(
        [sys.executable, option, "-m", "heapwise_agent", "run", "scripts/show.py"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "No module named" in done.stderr:
        pytest.skip("with -S this environment's packages are out of sight")
    assert done.returncode == 2
    assert "leave them out" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("program", "said"),
    [(["nope.py"], "can't open file"), (["-m", "no_such_module"], "No module named")],
)
def test_what_cannot_be_run_is_pythons_own_message(
    folder: Path, program: list[str], said: str
) -> None:
    """Exit code and words are the interpreter's."""
    outcomes = []
    for command in (program, [*run("-q"), *program]):
        with service(*command, cwd=folder) as running:
            outcomes.append((running.finish(), running.output))
    assert outcomes[0] == outcomes[1]
    assert said in outcomes[0][1]


def test_a_broken_sitecustomize_is_reported_as_ever(folder: Path) -> None:
    """An error in the user's own file is theirs to see, and the agent runs."""
    (folder / "site" / "sitecustomize.py").write_text("import no_such_module\n")
    environ = {"PYTHONPATH": str(folder / "site")}
    with service(*run(), "scripts/show.py", cwd=folder, environ=environ) as running:
        assert running.finish() == 0
        assert "no_such_module" in running.output
        assert "heapwise_agent: http://" in running.output
