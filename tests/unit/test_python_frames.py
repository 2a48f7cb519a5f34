"""Whose a Python file is, which function owns an allocation, and what is the agent's own."""

from __future__ import annotations

import sysconfig

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.allocation import is_measuring
from heapwise.analysis.frames import Frame, frames_of, place
from heapwise.analysis.owners import owner_index
from heapwise.analysis.python_frames import is_dependency, is_library, module_of, package_of

PYTHON = frames_of("python")
LIB = "/usr/lib/python3.11"
SITE = "/srv/venv/lib/python3.12/site-packages"

LIBRARY = [
    f"{LIB}/gzip.py",
    "/usr/local/lib/python3.13/asyncio/events.py",
    "/opt/hostedtoolcache/Python/3.11.9/x64/lib/python3.11/json/encoder.py",
    "/root/.local/share/uv/python/cpython-3.13.0-linux-x86_64-gnu/lib/python3.13/threading.py",
    "/usr/lib64/python3.9/gzip.py",
    "/usr/lib/python313.zip/gzip.py",
    "/opt/python/lib/python3.13t/gzip.py",
    "C:\\Python312\\Lib\\gzip.py",
    "<frozen importlib._bootstrap>",
    "<string>",
    "/srv/venv/lib/python3.12/site-packages/heapwise_agent/gcwatch.py",
    "/home/me/agent/src/heapwise_agent/run.py",
]

DEPENDENCIES = {
    f"{SITE}/starlette/middleware/gzip.py": "starlette",
    "/usr/lib/python3/dist-packages/yaml/__init__.py": "yaml",
    "/usr/local/lib/python3.11/site-packages/six.py": "six",
    "C:\\venv\\Lib\\site-packages\\flask\\app.py": "flask",
    "/srv/venv/bin/uvicorn": "",
    "/usr/sbin/gunicorn": "",
}

OWN = [
    "/srv/app/main.py",
    "/usr/src/app/lib/util.py",
    "/home/me/python3.11/app.py",
    "/srv/lib/app.py",
    "app.py",
    "/srv/bin/serve.py",
]


@pytest.mark.parametrize("file", LIBRARY)
def test_the_library_is_known_wherever_python_lies(file: str) -> None:
    """Distributions, zips, free-threaded builds, generated code, and the agent itself."""
    assert is_library("f", file)
    assert not PYTHON.is_own(Frame("f", file, 1))


@pytest.mark.parametrize(("file", "module"), DEPENDENCIES.items())
def test_dependencies_are_neither_library_nor_own(file: str, module: str) -> None:
    """What pip installed, single files and console scripts too, under its import name."""
    assert is_dependency("f", file)
    assert not is_library("f", file)
    assert module_of(file) == module


@pytest.mark.parametrize("file", OWN)
def test_code_of_the_service_is_its_own(file: str) -> None:
    """Any other path, even one that reads a little like Python's."""
    assert PYTHON.is_own(Frame("f", file, 1))
    assert module_of(file) == ""


def test_this_very_interpreter_is_recognised() -> None:
    """The paths that `sysconfig` knows here are the shapes that are looked for."""
    paths = sysconfig.get_paths()
    assert is_library("gzip.compress", f"{paths['stdlib']}/gzip.py")
    assert is_dependency("numpy.zeros", f"{paths['purelib']}/numpy/__init__.py")


def test_pseudo_frames_belong_to_nobody() -> None:
    """Memory that no Python code asked for is the interpreter's; a nameless address is not."""
    assert is_library("python.no_frame", "")
    assert not is_library("0x401000", "")


def path(*names: str) -> tuple[Frame, ...]:
    """Frames of ``function@file``, leaf first."""
    pairs = (each.partition("@") for each in names)
    return tuple(Frame(function, file, 1) for function, _, file in pairs)


REQUEST = path(
    f"gzip.compress@{LIB}/gzip.py",
    f"starlette.middleware.gzip.f@{SITE}/starlette/middleware/gzip.py",
    "app.views.items@/srv/app/views.py",
    f"uvicorn.protocols.run_asgi@{SITE}/uvicorn/protocols/http.py",
    f"asyncio.events.Handle._run@{LIB}/asyncio/events.py",
    f"asyncio.runners.Runner.run@{LIB}/asyncio/runners.py",
    "app.__main__.main@/srv/app/__main__.py",
)


def test_the_owner_is_the_services_first_frame() -> None:
    """Neither gzip nor the middleware, but whoever has both called."""
    assert REQUEST[owner_index(REQUEST, PYTHON)].function == "app.views.items"


def test_main_does_not_own_what_the_loop_does() -> None:
    """Without own code below the loop, the dependency is; without one, what the loop called."""
    framework = (*REQUEST[:2], *REQUEST[3:])
    assert framework[owner_index(framework, PYTHON)].function == "starlette.middleware.gzip.f"
    reading = (*path(f"asyncio.selector_events._read_ready@{LIB}/asyncio/s.py"), *REQUEST[4:])
    assert owner_index(reading, PYTHON) == 0


def test_the_loop_owns_what_it_allocates_for_itself() -> None:
    """A dispatcher at the leaf is no boundary below itself."""
    loop = REQUEST[4:]
    assert loop[owner_index(loop, PYTHON)].function == "asyncio.events.Handle._run"


def test_what_the_agent_allocates_is_not_the_services() -> None:
    """A mounted agent answers in the service's own threads."""
    agent = path(f"heapwise_agent.heap.profile@{SITE}/heapwise_agent/heap.py")
    assert is_measuring((*agent, *REQUEST[2:]))
    assert not is_measuring(REQUEST)


def test_places_are_shown_from_the_package_on() -> None:
    """A path into somebody's environment tells nothing that its package does not."""
    assert place(Frame("f", f"{SITE}/starlette/middleware/gzip.py", 58)) == (
        "starlette/middleware/gzip.py:58"
    )
    assert place(Frame("f", f"{LIB}/asyncio/events.py", 7)) == "asyncio/events.py:7"
    assert place(Frame("f", "/srv/app/views.py", 7)) == "/srv/app/views.py:7"


@pytest.mark.parametrize(
    ("function", "package"),
    [
        ("app.views.Cart.add", "app.views"),
        ("app.views.<module>", "app.views"),
        ("app.views.items.<locals>.<lambda>", "app.views.items"),
        ("main", ""),
        ("", ""),
    ],
)
def test_the_module_is_read_from_a_name(function: str, package: str) -> None:
    """As far as Python's habits of writing names tell."""
    assert package_of(function) == package


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_names_have_an_answer(function: str, file: str) -> None:
    """Names come from outside: none of them raises, and whose a frame is, is one of three."""
    frame = Frame(function, file, 1)
    assert is_library(function, file) + PYTHON.is_own(frame) <= 1
    assert place(frame).endswith((":1", ""))
    package_of(function)
    assert owner_index((frame, frame), PYTHON) in {0, 1}
