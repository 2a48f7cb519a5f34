"""A verification for a pull request: the verdict, the change, the table, how it was measured."""

from __future__ import annotations

from heapwise.model.verify import Verification
from heapwise.report.markdown import code, escaped
from heapwise.report.markdown_comparison import render_markdown
from heapwise.report.notebook_text import files_in_words
from heapwise.report.verify_text import what_is_left


def render_verification_markdown(verification: Verification) -> str:
    """GitHub's Markdown; what is no primary metric and no guard is folded away."""
    # The verdict is the comparison's first block; below it stands what was changed.
    verdict, _, figures = render_markdown(verification.comparison).partition("\n\n")
    return f"{verdict}\n\n{_change(verification)}\n\n{figures}"


def _change(verification: Verification) -> str:
    state = verification.state
    lines = [f"- {side.name}: {code(side.title)}" for side in state.sides]
    lines += [
        f"- {label}: {escaped(text)}"
        for label, text in (
            ("hypothesis", state.hypothesis),
            ("prediction", state.prediction),
            ("changed", files_in_words(state.changed)),
        )
        if text
    ]
    lines += [f"- **{escaped(problem.what)}**" for problem in verification.warnings]
    return "\n".join([*lines, *(f"- {escaped(text)}" for text in what_is_left(verification))])
