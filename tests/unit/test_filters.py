"""What each filter takes out, case by case; the whole is judged by pprof in tests/integration."""

from __future__ import annotations

import pytest

from heapwise.analysis.filters import Filters, apply
from heapwise.analysis.tag_filters import label_units
from heapwise.errors import UsageError
from heapwise.model.profile import Profile
from support.profiles import Sample, profile

Stacks = list[tuple[str, ...]]

BUILT = profile([
    Sample(("leaf (/a/leaf.go:1)", "mid inlined into outer", "main"), (1, 8), {"tenant": "t1"}),
    Sample(("other", "mid", "main"), (1, 64), {"tenant": "t2", "shard": 4}),
    Sample(("0x400100", "main"), (1, 4096), {}),
    Sample((), (1, 1), {}),
])  # fmt: skip


def stacks(built: Profile) -> Stacks:
    """The frames of each sample, leaf first; locations without lines by their address."""
    return [
        tuple(
            name
            for location in built.stack(stack)
            for name in [
                built.function_name(line["function"]) for line in built.location_lines(location)
            ]
            or [hex(built.locations["address"][location])]
        )
        for stack in built.stacks
    ]


def filtered(built: Profile = BUILT, **filters: str) -> Stacks:
    """The stacks that filters leave."""
    return stacks(apply(Filters(**filters), built, label_units(built))[0])


FIRST = ("leaf", "mid", "outer", "main")
SECOND = ("other", "mid", "main")
BARE = ("0x400100", "main")


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({"focus": "mid"}, [FIRST, SECOND]),
        ({"focus": "leaf\\.go$"}, [FIRST]),
        ({"focus": "service"}, [FIRST, SECOND, BARE]),
        ({"ignore": "outer"}, [SECOND, BARE]),
        ({"focus": "mid", "ignore": "leaf"}, [SECOND]),
        ({"hide": "mid"}, [("leaf", "outer", "main"), ("other", "main"), BARE]),
        ({"hide": "service"}, []),
        ({"show": "mid|leaf"}, [("leaf", "mid"), ("mid",)]),
        ({"show": "mid", "hide": "m"}, []),
        ({"show_from": "mid"}, [("leaf", "mid"), ("other", "mid")]),
        ({"show_from": "outer"}, [("leaf", "mid", "outer")]),
        ({"prune_from": "mid|other"}, [("mid", "outer", "main"), SECOND, BARE, ()]),
        ({"prune_from": "outer"}, [("outer", "main"), SECOND, BARE, ()]),
        ({"tagfocus": "tenant=t"}, [FIRST, SECOND]),
        ({"tagfocus": "tenant:t1"}, [FIRST]),
        ({"tagfocus": "tenant=t1,t2"}, [FIRST, SECOND]),
        ({"tagfocus": "t1,t2"}, []),
        ({"tagfocus": "8b"}, [FIRST]),
        ({"tagfocus": "bytes=9b:4kb"}, [SECOND, BARE]),
        ({"tagfocus": ":64b"}, [FIRST, SECOND, ()]),
        ({"tagfocus": "shard=4"}, [SECOND]),
        ({"tagignore": "bytes=4kb:"}, [FIRST, SECOND, ()]),
        ({"tagignore": "4kb:"}, [FIRST, ()]),  # "4 shards" is no amount of bytes, so it passes too
        ({}, [FIRST, SECOND, BARE, ()]),
    ],
)
def test_a_filter_leaves(filters: dict[str, str], left: Stacks) -> None:
    """Exactly these stacks."""
    assert filtered(**filters) == left


def test_stacks_that_become_equal_share_their_id() -> None:
    """The profile stays deduplicated, and what is filtered is left as it was."""
    built, _ = apply(Filters(show="main"), BUILT, {})
    assert built.stacks.tolist() == [0, 0, 0]
    assert stacks(BUILT) == [FIRST, SECOND, BARE, ()]


@pytest.mark.parametrize(
    ("filters", "keys"),
    [({"tagshow": "ten|sh"}, {"tenant", "shard"}), ({"taghide": "t"}, {"shard"})],
)
def test_labels_go_by_their_key(filters: dict[str, str], keys: set[str]) -> None:
    """The samples stay."""
    built, _ = apply(Filters(**filters), BUILT, {})
    assert {built.strings.text(key) for key in built.labels["key"]} == keys
    assert len(built) == len(BUILT)


def test_filters_that_match_nothing_are_named() -> None:
    """Each by its flag."""
    given = Filters(focus="main", ignore="x1", tagfocus="tenant=t9", taghide="zz", prune_from="yy")
    assert apply(given, BUILT, {})[1] == ["ignore", "taghide", "prune_from", "tagfocus"]


@pytest.mark.parametrize(
    ("flag", "text", "why"),
    [
        ("focus", "(", "a bracket \\( is not closed"),
        ("hide", "a**", "nothing to repeat"),
        ("tagfocus", "k=[z-a]", "a range"),
        ("show", "(?=a)", "RE2 has no group"),
        ("tagshow", "\\p{Greek}", "escape"),
    ],
)
def test_a_pattern_that_cannot_be_read_names_its_flag(flag: str, text: str, why: str) -> None:
    """The reader learns which of several patterns is wrong, and in what."""
    with pytest.raises(UsageError, match=f"-{flag}: .*{why}"):
        filtered(**{flag: text})


def test_the_unit_of_a_label_is_the_first_one_given() -> None:
    """Without any it is what pprof takes the key for."""
    assert label_units(BUILT) == {"bytes": "bytes", "shard": "shard"}
    named = profile([Sample(("f",), (0, 0), {"request": 5, "alignment": 8})])
    assert label_units(named) == {"request": "bytes", "alignment": "bytes"}


def test_the_head_of_a_view_names_its_filters_shortened() -> None:
    """By bytes, as pprof does, and without prune_from."""
    shown = Filters(focus="é" * 60, hide="x", prune_from="y").shown()
    assert shown == ("focus=" + "é" * 37 + "…", "hide=x")
