"""Which findings on text and growth get a patch, and what it reads like."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.fixing import Small, write

HEAD = "package small\n\n"


def small(folder: Path, code: str, body: str, go: str = "1.24") -> Small:
    """A package with this body, and what one rule finds in it."""
    mod = f"module example.com/small\n\ngo {go}\n".encode()
    return Small(write(folder, {"go.mod": mod, "a.go": (HEAD + body).encode()}), code)


def patched(folder: Path, code: str, body: str, go: str = "1.24") -> str:
    """The body of a package with every patch in it."""
    return small(folder, code, body, go).after("a.go").removeprefix(HEAD)


def test_a_string_becomes_a_builder_wherever_it_is_used(tmp_path: Path) -> None:
    """Its first text is written too, and whoever reads it gets its String."""
    body = (
        "func f(names []string) (string, int) {\n\ttext := `<`\n"
        "\tfor _, name := range names {\n\t\tif text != `<` {\n\t\t\ttext += `,`\n\t\t}\n"
        "\t\ttext = text + name + `;`\n\t}\n\treturn text, len(text)\n}\n"
    )
    assert patched(tmp_path, "HW403", body) == (
        'import "strings"\n\n'
        "func f(names []string) (string, int) {\n\tvar text strings.Builder\n"
        "\ttext.WriteString(`<`)\n"
        "\tfor _, name := range names {\n\t\tif text.String() != `<` {\n"
        "\t\t\ttext.WriteString(`,`)\n\t\t}\n"
        "\t\ttext.WriteString(name)\n\t\ttext.WriteString(`;`)\n\t}\n"
        "\treturn text.String(), len(text.String())\n}\n"
    )


@pytest.mark.parametrize(
    ("head", "before", "inside", "after"),
    [
        ("f(names []string) (all string)", "", "all += n", "return"),
        ("f(all string, names []string) string", "", "all += n", "return all"),
        (
            "f(names []string) func() string",
            "all := ``",
            "all += n",
            "return func() string { return all }",
        ),
        ("f(names []string) *string", "all := ``", "all += n", "return &all"),
        ("f(names []string) string", "all := ``", "all += n", "all = g(all)\n\treturn all"),
        ("f(names []string) string", "all := ``", "all += n + all", "return all"),
        ("(t *t) f(names []string)", "", "t.all += n", ""),
    ],
)
def test_a_string_that_others_set_or_see_takes_a_person(
    tmp_path: Path, head: str, before: str, inside: str, after: str
) -> None:
    """Results, parameters, captures, addresses, other assignments, itself, and fields."""
    body = (
        "type t struct{ all string }\n\nfunc g(s string) string { return s }\n\n"
        f"func {head} {{\n\t{before}\n\tfor _, n := range names {{\n\t\t{inside}\n\t}}\n"
        f"\t{after}\n}}\n"
    )
    found = small(tmp_path, "HW403", body)
    assert [(len(found.found), each.edits) for each in found.propose()] == [(1, ())]


def test_a_slice_that_may_be_nil_stays_nil(tmp_path: Path) -> None:
    """JSON tells null from []: room is made at the loop, for Grow leaves nil alone at zero."""
    body = (
        "func f(names []string) []int {\n\tvar sizes []int\n\tfor _, name := range names {\n"
        "\t\tsizes = append(sizes, len(name))\n\t}\n\treturn sizes\n}\n"
    )
    after = patched(tmp_path, "HW501", body)
    assert "\tvar sizes []int\n\tsizes = slices.Grow(sizes, len(names))\n\tfor _," in after
    assert after.startswith('import "slices"\n')


def test_a_slice_that_is_made_gets_its_room_where_it_is_made(tmp_path: Path) -> None:
    """As far as the length is known there; what is read later has it made at the loop."""
    body = (
        "func f(names []string) []int {\n\tsizes := []int{}\n\tlater := g()\n"
        "\tfor _, name := range names {\n\t\tsizes = append(sizes, len(name))\n\t}\n"
        "\tmore := make([]int, 0)\n\tlater = g()\n\tfor _, name := range later {\n"
        "\t\tmore = append(more, len(name))\n\t}\n"
        "\treturn append(sizes, more...)\n}\n\nfunc g() []string { return nil }\n"
    )
    after = patched(tmp_path, "HW501", body)
    assert "sizes := make([]int, 0, len(names))\n" in after
    assert "later = g()\n\tmore = slices.Grow(more, len(later))\n\tfor " in after


COUNTED = """func f(n int) []int {
	all := []int{}
	for i := range n {
		all = append(all, i)
	}
	return all
}
"""
BEFORE_GROW = """func f(names []string) []int {
	var all []int
	for i := range names {
		all = append(all, i)
	}
	return all
}
"""
AMONG_OTHERS = """import "strings"

func f(s string) (string, error) {
	return strings.Split(s, ",")[0], nil
}
"""


@pytest.mark.parametrize(
    ("code", "body", "go"),
    [
        # A negative number is no round of a loop, and a panic of make.
        ("HW501", COUNTED, "1.24"),
        # There is no slices.Grow yet.
        ("HW501", BEFORE_GROW, "1.20"),
        # Cut has three results, and the call stands among others.
        ("HW406", AMONG_OTHERS, "1.24"),
    ],
)
def test_what_a_patch_could_break_is_left_to_a_person(
    tmp_path: Path, code: str, body: str, go: str
) -> None:
    """The finding is there, with its sketch."""
    found = small(tmp_path, code, body, go)
    assert [(len(found.found), each.edits) for each in found.propose()] == [(1, ())]
    assert found.found[0].finding.sketch


def test_nothing_newer_than_the_language_of_the_module_is_found(tmp_path: Path) -> None:
    """Cut came with Go 1.18, a Buffer's room with 1.21."""
    cut = 'import "strings"\n\nfunc f(s string) string { return strings.Split(s, ",")[0] }\n'
    lent = (
        'import (\n\t"bytes"\n\t"strconv"\n)\n\n'
        "func f(b *bytes.Buffer, n int) {\n\tb.WriteString(strconv.Itoa(n))\n}\n"
    )
    assert not small(tmp_path / "1", "HW406", cut, "1.17").found
    assert small(tmp_path / "2", "HW406", cut, "1.18").found
    assert not small(tmp_path / "3", "HW405", lent, "1.20").found
    assert small(tmp_path / "4", "HW405", lent, "1.21").found


def test_a_percent_sign_in_disguise_is_left_alone(tmp_path: Path) -> None:
    """A format that spells its percent signs as escapes is not taken apart."""
    body = 'import "fmt"\n\nfunc f(s string) string { return fmt.Sprintf("%s\\x25d", s) }\n'
    assert not small(tmp_path, "HW404", body).found


def test_a_logger_keeps_the_context_it_was_given(tmp_path: Path) -> None:
    """And one without a context gets the one that it used by itself."""
    body = (
        'import (\n\t"context"\n\t"log/slog"\n)\n\n'
        "func f(ctx context.Context, l *slog.Logger, n int) {\n"
        '\tl.DebugContext(ctx, "a", "n", n)\n\tslog.Debug("b", "n", n)\n}\n'
    )
    after = patched(tmp_path, "HW808", body)
    assert 'l.LogAttrs(ctx, slog.LevelDebug, "a", slog.Int("n", n))' in after
    assert 'slog.LogAttrs(context.Background(), slog.LevelDebug, "b", slog.Int("n", n))' in after
