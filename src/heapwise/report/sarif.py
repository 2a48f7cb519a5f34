"""SARIF 2.1.0, for code hosts that show results beside the code; and of a gate's answer."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from heapwise import __version__
from heapwise.model.gate import GateCheck, GateResult, Outcome
from heapwise.model.verify import WORK_TREES
from heapwise.names import visible

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

Json = dict[str, Any]
"""An object of a JSON document."""

_WORK_TREE = re.compile(rf"/(?:[^\s:]*/)?{WORK_TREES}[^\s:/]+/[a-z]+/")
_PLACE = re.compile(r"(?P<file>/[^\s:]+):(?P<line>\d{1,9})\b", re.ASCII)


def render_sarif(result: GateResult, *, root: PurePosixPath, budgets_file: str) -> str:
    """The whole document: one result for each budget that did not pass.

    A result stands at the heaviest finding of the new side where that lies below the root, else
    at the file that holds the budgets.

    Args:
        result: of the gate.
        root: of the repository; places are written relative to it.
        budgets_file: relative to it.
    """
    checks = [check for check in result.checks if check.outcome is not Outcome.PASSED]
    rules = sorted({check.metric for check in checks})
    return document(
        [_rule(metric) for metric in rules],
        [_result(result, check, root, budgets_file) for check in checks],
    )


def document(
    rules: Sequence[Json], results: Sequence[Json], *, notifications: Sequence[str] = ()
) -> str:
    """A SARIF log with one run of ours, as text.

    Args:
        rules: that the results are of.
        results: as of `result_at`.
        notifications: what there is to say that is no result.
    """
    driver = {"name": "heapwise", "semanticVersion": __version__, "rules": rules}
    run: Json = {"tool": {"driver": driver}, "results": results}
    if notifications:
        told = [{"level": "note", "message": {"text": visible(each)}} for each in notifications]
        run["invocations"] = [{"executionSuccessful": True, "toolExecutionNotifications": told}]
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def result_at(
    rule: str, level: str, message: str, file: str, line: int, end_line: int | None = None
) -> Json:
    """One result at lines of a file.

    Args:
        rule: its id.
        level: ``error``, ``warning`` or ``note``.
        message: for people.
        file: relative to the repository's root.
        line: the first, from 1.
        end_line: the last; None for the same.
    """
    region = {"startLine": line} | ({"endLine": end_line} if end_line is not None else {})
    place = {"artifactLocation": {"uri": quote(file)}, "region": region}
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": visible(message)},
        "locations": [{"physicalLocation": place}],
    }


def _rule(metric: str) -> Json:
    return {
        "id": f"gate/{metric}",
        "shortDescription": {"text": f"The budget of {metric} is exceeded."},
    }


def _result(result: GateResult, check: GateCheck, root: PurePosixPath, budgets_file: str) -> Json:
    file, line = _place(check.where, root) or (budgets_file, 1)
    failed = check.outcome is Outcome.FAILED or result.strict
    message = f"{check.budget}: {check.name} {check.why}"
    return result_at(f"gate/{check.metric}", "error" if failed else "warning", message, file, line)


def _place(where: str, root: PurePosixPath) -> tuple[str, int] | None:
    """A file below the root and its line; the file is named, never looked at.

    The work tree that a revision was built in stands for the root.
    """
    found = _PLACE.search(_WORK_TREE.sub(lambda _: f"{root}/", where, count=1))
    if found is None or ".." in found["file"]:
        return None
    path = PurePosixPath(found["file"])
    if not path.is_relative_to(root):
        return None
    return str(path.relative_to(root)), max(1, int(found["line"]))
