"""The false and harmful claims of the articles: heapwise does not pass them on.

``tests/data/claims/<row>/`` has the code a claim is about. Where following the claim is a defect,
its line is marked ``want`` and must be found; where it does nothing, no rule may say anything.
Code that is broken lies in ``tests/data/articles/<row>/broken/``, with a twin that is not.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from heapwise.diagnose.registry import RULES, sections
from heapwise.diagnose.source.examine import in_source
from support.rule_fixtures import Fixture

DATA = Path(__file__).parents[1] / "data"
ROWS = [
    *(Fixture(path.name, "go", "claim", path) for path in sorted(DATA.glob("claims/*-*"))),
    *(
        Fixture(path.parent.name, "go", "broken", path)
        for path in sorted(DATA.glob("articles/*-*/broken"))
    ),
]
PAGE = (Path(__file__).parents[2] / "docs" / "explain" / "dropped-advice.md").read_text()

NEVER = {
    "a pooled strings.Builder (B-03)": r"pool\w* (a |the )?strings\.Builder",
    "arguments for goroutines (B-09)": r"pass\w* .*as (an )?argument.*goroutine",
    "another JSON library for Go (E-05, H-03)": r"\b(sonic|easyjson|go-json|jsoniter)\b",
    "a larger read buffer for CSV (I-03)": r"bufio\.NewReaderSize",
    "a smaller binary (J-06, J-07)": r"\bupx\b|-ldflags",
    "a hard limit (K-05, L-06)": r"(?<!not a )(?<!no )\bhard limit\b",
    "arenas (L-08)": r"arena\.New",
    "the newest release (A-16)": r"@latest\b|upgrade to (the )?latest",
    "a lower GOGC for pauses (K-06)": r"lower GOGC (for|to get) shorter",
}
"""What no remedy may say, as patterns."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_the_code_of_a_claim_is_judged_by_what_measured_true(row: Fixture) -> None:
    """Exactly the marked lines are found; mostly that is none."""
    assert row.found() == row.wanted()


@pytest.mark.parametrize("what", NEVER)
def test_no_remedy_says_what_measured_false(what: str) -> None:
    """Neither the pages of the rules nor the remedies for any code of a claim or a fixture."""
    pattern = re.compile(NEVER[what], re.IGNORECASE)
    pages = {rule.CODE: dict(sections(rule)).get("Use instead", "") for rule in RULES}
    said = {code for code, text in pages.items() if pattern.search(text)}
    remedies = (each.finding for row in ROWS for each in in_source(row.tree()))
    said |= {each.code for each in remedies if pattern.search(each.remedy)}
    assert not said


def test_every_claim_that_is_tested_is_explained() -> None:
    """On the page of dropped advice, by its row; and the rules it names are there."""
    rows = set(re.findall(r"\b[A-M]-\d\d\b", PAGE))
    assert {row.code for row in ROWS} <= rows
    assert set(re.findall(r"HW\d{3}", PAGE)) <= {rule.CODE for rule in RULES}
