"""Which functions of Python answer requests, as far as signatures tell."""

from __future__ import annotations

import pytest

from heapwise.diagnose.rules.python.answering import answering
from heapwise.diagnose.rules.python.values import constant_text, is_short, whole_number
from heapwise.diagnose.source.python_file import PythonFile


def file(text: str) -> PythonFile:
    return PythonFile("app.py", text.encode())


def names(text: str) -> set[str]:
    return {each.name for each in answering(file(text))}


@pytest.mark.parametrize(
    "head",
    [
        "@app.get('/users')\ndef f(): ...",
        "@app.route('/users', methods=['GET'])\ndef f(): ...",
        "@router.post(path='/users')\nasync def f(): ...",
        "@blueprint.get('')\ndef f(): ...",
        "@shared_task\ndef f(user): ...",
        "@app.task(bind=True)\ndef f(self, user): ...",
        "def f(request): ...",
        "async def f(self, request): ...",
        "def f(_request): ...",
        "def f(user, request: Request): ...",
        "def f(message: 'http.HttpRequest'): ...",
        "async def f(scope, receive, send): ...",
        "def f(environ, start_response): ...",
        "class A(BaseHTTPRequestHandler):\n    def do_GET(self): ...",
        "class A(web.View):\n    async def get(self): ...",
    ],
)
def test_a_handler_is_known_by_its_signature(head: str) -> None:
    """Registered for a path or a message, given a request, or named after a verb in a view."""
    assert len(names(head)) == 1


@pytest.mark.parametrize(
    "head",
    [
        "def f(url): ...",
        "@cache.get('users')\ndef f(): ...",
        "@app.get\ndef f(): ...",
        "@pytest.fixture\ndef f(request): ...",
        "@lru_cache(maxsize=None)\ndef f(request): ...",
        "class A:\n    def __init__(self, request): ...",
        "class A(Mapping):\n    def get(self, key): ...",
        "def f(receive, send): ...",
        "@shared_task\ndef f(): ...",
        "@app.task(bind=True)\ndef f(self): ...",
        "from airflow.decorators import task\n@task\ndef f(day): ...",
    ],
)
def test_other_functions_are_no_handlers(head: str) -> None:
    """Whatever they are called, or are decorated with."""
    assert names(head) == set()


def test_what_a_handler_calls_in_its_file_runs_with_it() -> None:
    """By name or on itself, and again what that calls; what is kept, or called by others, not."""
    assert names(
        "def page(request):\n    a()\n    stored()\n\n"
        "def a():\n    b()\n\n"
        "def b():\n    a()\n\n"
        "@cache\ndef stored():\n    made()\n\n"
        "def made(): ...\n\n"
        "def other():\n    page(1)\n\n"
        "class View(MethodView):\n"
        "    def get(self):\n        self.shown()\n"
        "    def shown(self): ...\n"
    ) == {"page", "a", "b", "get", "shown"}


@pytest.mark.parametrize(
    "body",
    [
        "    try:\n        pass\n    except OSError:\n        made()\n",
        "    if page.text is None:\n        made()\n",
        "    return page.text if not stale else made()\n",
        "    page = CACHE.get(request)\n    if page:\n        return page\n    made()\n",
    ],
)
def test_what_is_called_now_and_then_does_not_run_with_it(body: str) -> None:
    """Where something is missing, went wrong or was not kept."""
    assert names(f"def page(request):\n{body}\ndef made(): ...\n") == {"page"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1048576", 1 << 20),
        ("1 << 20", 1 << 20),
        ("1024 * 1024", 1 << 20),
        ("2 ** 20", 1 << 20),
        ("9 ** 9 ** 9", None),
        ("1 << 1000000", None),
        ("2 ** -1", None),
        ("True", None),
        ("size", None),
        ("1.5", None),
    ],
)
def test_a_number_is_read_without_being_computed_for_ever(text: str, number: int | None) -> None:
    """What a source says may be anything."""
    (call,) = file(f"f({text})").calls("f")
    assert whole_number(call.node.args[0]) == number


@pytest.mark.parametrize(
    ("head", "short"),
    [
        ("for x in (1, 2, 3)", True),
        ("for x in [1, *more]", False),
        ("for x in range(4)", True),
        ("for x in range(2, 10)", True),
        ("for x in range(1000)", False),
        ("for x in range(n)", False),
        ("for x in rows", False),
        ("while rows", False),
    ],
)
def test_a_loop_is_short_if_its_head_says_so(head: str, short: bool) -> None:
    """Over a few values that stand there, or a small range."""
    source = file(f"{head}:\n    f()")
    (call,) = source.calls("f")
    loop = source.loop_around(call.node)
    assert loop is not None
    assert is_short(loop) == short


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("n = 4\n    for x in range(n): f()", True),
        ("w, h = 8, 8\n    for x in range(h): f()", True),
        ("names = ['a', host]\n    for x in names: f()", True),
        ("names = []\n    names.append(n)\n    for x in names: f()", False),
        ("names = ['a']\n    fill(names)\n    for x in names: f()", False),
        ("n = 4\n    n += more\n    for x in range(n): f()", False),
        ("n = 1000\n    for x in range(n): f()", False),
        ("for x in range(n): f()", False),
    ],
)
def test_a_loop_is_short_by_what_its_function_names(text: str, short: bool) -> None:
    """A name that is given once stands for what it was given."""
    source = file(f"def g(n):\n    {text}")
    (call,) = source.calls("f")
    loop = source.loop_around(call.node)
    assert loop is not None
    assert is_short(loop, source.function_of(call.node)) == short


def test_a_text_is_constant_behind_a_name_that_is_given_once() -> None:
    """A name that is given twice may be either."""
    source = file("A = 'a'\nB = 'b'\nB = 'c'\nf(A, B, 'd', g())")
    (call,) = source.calls("f")
    assert [constant_text(source, each) for each in call.node.args] == ["a", None, "d", None]
