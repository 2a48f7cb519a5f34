"""Imports behind a patch: what it needs comes in its place, what it freed goes."""

from __future__ import annotations

import pytest

from heapwise.fix import go_imports, python_imports
from heapwise.fix.place import UnpatchableError


def go(before: str, after: str, *needed: str) -> str:
    """The imports of a Go file in which only the body changed."""
    head, _, old = before.partition("---\n")
    new = after.encode()
    whole = f"package p\n\n{head}\n".encode()
    result = go_imports.with_imports("p.go", whole + old.encode(), whole + new, needed)
    return result.decode().removeprefix("package p\n\n").rpartition("\nfunc")[0]


PRINTS = 'func f() { fmt.Println("x") }\n'
CONVERTS = "func f() { strconv.Itoa(1) }\n"


@pytest.mark.parametrize(
    ("imports", "expected"),
    [
        ('import "fmt"\n', 'import "strconv"\n'),
        ('import (\n\t"fmt"\n)\n', 'import "strconv"\n'),
        ('import (\n\t"fmt"\n\t"os"\n)\n', 'import (\n\t"os"\n\t"strconv"\n)\n'),
        (
            'import (\n\t"fmt" // printing\n\n\t"a.com/b"\n)\n',
            'import (\n\t"strconv"\n\n\t"a.com/b"\n)\n',
        ),
        (
            'import (\n\t"bytes"\n\t"fmt"\n\t"unsafe"\n\n\t"a.com/b"\n)\n',
            'import (\n\t"bytes"\n\t"strconv"\n\t"unsafe"\n\n\t"a.com/b"\n)\n',
        ),
        ('import "os"\nimport "fmt"\n', 'import (\n\t"os"\n\t"strconv"\n)\n'),
        (
            '// #include <a.h>\nimport "C"\nimport "fmt"\n',
            'import "strconv"\n\n// #include <a.h>\nimport "C"\n',
        ),
        ('import f "fmt"\nimport "fmt"\n', 'import (\n\tf "fmt"\n\t"strconv"\n)\n'),
        (
            'import (\n\t"fmt"; "os"\n\t"strconv"\n)\n',
            'import (\n\t"os"\n\t"strconv"\n)\n',
        ),
    ],
)
def test_an_import_of_go_takes_the_place_that_gofmt_gives_it(imports: str, expected: str) -> None:
    """Groups, names, cgo and rows of several stay; what is used elsewhere would stay too."""
    assert go(f"{imports}---\n{PRINTS}", CONVERTS, "strconv") == expected


def test_what_was_unused_before_or_is_used_still_stays() -> None:
    """Only what the patch was the last to use goes; a type counts as a use."""
    imports = 'import (\n\t"fmt"\n\t"os"\n)\n'
    still = "func f() { var s fmt.Stringer; _ = s }\n"
    assert go(f"{imports}---\n{PRINTS}", still) == imports
    assert go(f"{imports}---\n{PRINTS}", "func f() {}\n") == 'import (\n\t"os"\n)\n'


@pytest.mark.parametrize(
    ("imports", "after", "why"),
    [
        ('import sc "strconv"\n', CONVERTS, "imports strconv under another name"),
        ('import strconv "a.com/x"\n', CONVERTS, r"strconv is a\.com/x in p\.go"),
        ("", "func f(strconv T) { strconv.Itoa(1) }\n", "strconv is a variable where"),
    ],
)
def test_a_package_that_cannot_be_named_is_no_patch(imports: str, after: str, why: str) -> None:
    """The edit would call something else by the package's name."""
    with pytest.raises(UnpatchableError, match=why):
        go(f"{imports}---\n{PRINTS}", after, "strconv")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("import json\nimport sys\n", "import json\nimport orjson\nimport sys\n"),
        ('"""Says."""\n\nX = 1\n', '"""Says."""\nimport orjson\n\nX = 1\n'),
        ("from __future__ import x\n", "from __future__ import x\nimport orjson\n"),
        ("import orjson\n", "import orjson\n"),
        ("#!/bin/python\n# coding: l1\n", "#!/bin/python\n# coding: l1\nimport orjson\n"),
        ("", "import orjson\n"),
    ],
)  # fmt: skip
def test_an_import_of_python_comes_among_those_there_are(head: str, expected: str) -> None:
    """Sorted, behind the docstring and what must come first."""
    source = head.encode()
    assert python_imports.with_imports("a.py", source, source, ["orjson"]).decode() == expected


@pytest.mark.parametrize(
    ("path", "row", "stays"),
    [
        ("a.py", "import re\n", False),
        ("a.py", "import re as r\n", True),
        ("a.py", "import re  # noqa\n", True),
        ("a.py", "import re, os\n", True),
        ("__init__.py", "import re\n", True),
    ],
)
def test_an_import_of_python_goes_where_nobody_can_want_it(
    path: str, row: str, *, stays: bool
) -> None:
    """A package's own names, and what a comment keeps, are wanted by others."""
    before, after = (row + body for body in ("re.compile('a')\n", "X = 1\n"))
    result = python_imports.with_imports(path, before.encode(), after.encode(), [])
    assert result.decode() == (after if stays else "X = 1\n")
