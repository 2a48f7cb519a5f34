"""HW401's patch: the pattern becomes a package variable wherever that changes nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.fixing import GO_MOD, Small, write


def patched(folder: Path, body: str, **others: str) -> str:
    """A package with this body behind its imports, mended."""
    head = 'package small\n\nimport "regexp"\n\n'
    files = {"go.mod": GO_MOD, "a.go": (head + body).encode()}
    files |= {f"{name}.go": (head + text).encode() for name, text in others.items()}
    return Small(write(folder, files), "HW401").after("a.go").removeprefix(head)


def untouched(folder: Path, body: str) -> bool:
    """Whether the package has findings and none of them a patch."""
    source = f'package small\n\nimport "regexp"\n\n{body}'
    files = {"go.mod": GO_MOD, "a.go": source.encode()}
    proposals = Small(write(folder, files), "HW401").propose()
    assert proposals
    return all(not each.edits and each.why for each in proposals)


def test_a_pattern_that_is_used_at_once_moves_above_the_comment(tmp_path: Path) -> None:
    """The variable is named after the function; its documentation stays with the function."""
    assert patched(
        tmp_path,
        "// valid says yes.\n// Or no.\nfunc valid(s string) bool {\n"
        "\treturn regexp.MustCompile(`^a`).MatchString(s)\n}\n",
    ) == (
        "var validPattern = regexp.MustCompile(`^a`)\n\n"
        "// valid says yes.\n// Or no.\nfunc valid(s string) bool {\n"
        "\treturn validPattern.MatchString(s)\n}\n"
    )


def test_a_pattern_in_a_variable_moves_where_only_methods_are_called_on_it(tmp_path: Path) -> None:
    """The local variable stays, so that nothing else in the function changes."""
    assert "\tre := fPattern\n\treturn re.MatchString(s) && re.NumSubexp() == 0\n" in patched(
        tmp_path,
        "func f(s string) bool {\n\tre := regexp.MustCompile(`^a`)\n"
        "\treturn re.MatchString(s) && re.NumSubexp() == 0\n}\n",
    )


@pytest.mark.parametrize(
    "body",
    [
        "func f() *regexp.Regexp { return regexp.MustCompile(`a`) }\n",
        "func f() { g(regexp.MustCompile(`a`)) }\nfunc g(*regexp.Regexp) {}\n",
        "func f() { re := regexp.MustCompile(`a`); re.Longest() }\n",
        "func f() { re := regexp.MustCompile(`a`); g(re) }\nfunc g(*regexp.Regexp) {}\n",
        "func f() { re := regexp.MustCompile(`a`); re = nil; re.MatchString(``) }\n",
        "func f() { re, _ := regexp.Compile(`a`); re.MatchString(``) }\n",
        "type t struct{ re *regexp.Regexp }\nfunc (x *t) f() { x.re = regexp.MustCompile(`a`) }\n",
    ],
)
def test_a_pattern_that_others_get_or_change_stays(tmp_path: Path, body: str) -> None:
    """A shared Regexp must not be changed, and an error must go on being handled."""
    assert untouched(tmp_path, body)


def test_no_name_of_the_package_is_taken_twice(tmp_path: Path) -> None:
    """Whoever has the name, in any file, keeps it; calls alike have numbers."""
    body = (
        "func f(s string) bool {\n\treturn regexp.MustCompile(`a`).MatchString(s) ||\n"
        "\t\tregexp.MustCompile(`b`).MatchString(s)\n}\n"
    )
    other = (
        "var fPattern = 1\n\ntype t int\n\nfunc (t) F(s string) bool {\n"
        "\treturn regexp.MustCompile(`c`).MatchString(s)\n}\n"
    )
    after = patched(tmp_path, body, b=other)
    assert "var fPattern2 = regexp.MustCompile(`a`)\n\nvar fPattern3 = " in after
    assert "fPattern2.MatchString(s) ||\n\t\tfPattern3.MatchString(s)" in after
    small = Small(tmp_path, "HW401")
    assert "fPattern4.MatchString(s)" in small.after("b.go")


def test_two_findings_in_one_line_are_both_mended(tmp_path: Path) -> None:
    """They change other bytes of it."""
    after = patched(
        tmp_path,
        "func f(s string) bool {\n\treturn regexp.MustCompile(`a`).MatchString(s) == "
        "regexp.MustCompile(`b`).MatchString(s)\n}\n",
    )
    assert "return fPattern.MatchString(s) == fPattern2.MatchString(s)" in after
