"""What ``--json`` prints: ``{schema_version, kind, data}``."""

from __future__ import annotations

from typing import Any

import msgspec

from heapwise.model.baseline import Baselines
from heapwise.model.bench import BenchReport
from heapwise.model.check import Checkup
from heapwise.model.comparison import Comparison
from heapwise.model.diagnosis import Diagnosis
from heapwise.model.fix import FixReport
from heapwise.model.gate import GateResult
from heapwise.model.gc_overview import GcOverview
from heapwise.model.graph import Graph, Peek, Tags, Traces
from heapwise.model.knee import Knee
from heapwise.model.lab import LabResult
from heapwise.model.listing import Listing
from heapwise.model.load import LoadResult
from heapwise.model.query import Answer
from heapwise.model.report import RunReport
from heapwise.model.tables import Diff, Table
from heapwise.model.trace import TraceSummary
from heapwise.model.verify import Notebook, Verification
from heapwise.model.watch import Alert, Notice

SCHEMA_VERSION = 1
"""Rises when a field changes its meaning or goes; new fields do not raise it."""

KINDS: dict[str, type[msgspec.Struct]] = {
    "run": RunReport,
    "load": LoadResult,
    "knee": Knee,
    "comparison": Comparison,
    "table": Table,
    "graph": Graph,
    "peek": Peek,
    "traces": Traces,
    "listing": Listing,
    "tags": Tags,
    "diff": Diff,
    "checkup": Checkup,
    "lab": LabResult,
    "bench": BenchReport,
    "verify": Verification,
    "log": Notebook,
    "gate": GateResult,
    "baseline": Baselines,
    "gc": GcOverview,
    "trace": TraceSummary,
    "fix": FixReport,
    "diagnosis": Diagnosis,
    "query": Answer,
    "alert": Alert,
    "notice": Notice,
}
"""The type of ``data`` for each ``kind``."""


def envelope(data: msgspec.Struct) -> bytes:
    """Encode a result with its kind and schema version, ready to print."""
    return msgspec.json.format(json_line(data), indent=2)


def json_line(data: msgspec.Struct) -> bytes:
    """The same on one line, for results that come one after another."""
    kind = next(kind for kind, cls in KINDS.items() if type(data) is cls)
    return msgspec.json.encode(
        {"schema_version": SCHEMA_VERSION, "kind": kind, "data": data}, order="deterministic"
    )


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of one kind, envelope included."""
    (data,), components = msgspec.json.schema_components(
        [KINDS[kind]], ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"heapwise {kind}",
        "type": "object",
        "properties": {
            "schema_version": {"const": SCHEMA_VERSION},
            "kind": {"const": kind},
            "data": data,
        },
        "required": ["schema_version", "kind", "data"],
        "$defs": components,
    }
