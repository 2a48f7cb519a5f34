"""Amounts by function, path, instance, build or service, in SQL over the view ``samples``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heapwise.errors import UsageError
from heapwise.model.query import Cell, Column, Meaning
from heapwise.watch.store.archive.fleet import ask
from heapwise.watch.store.query.questions import By, Question

if TYPE_CHECKING:
    import duckdb


class Asked:
    """One question of amounts, in SQL."""

    def __init__(self, database: duckdb.DuckDBPyConnection, question: Question) -> None:
        self._database = database
        self._question = question
        self._values: dict[str, Any] = {
            "type": question.sample_type,
            "begin": question.begin_ns // 1000,
            "end": question.end_ns // 1000,
        }
        conditions = ["taken >= make_timestamp($begin)", "taken < make_timestamp($end)"]
        for name in ("service", "instance", "build"):
            if value := getattr(question, name):
                self._values[name] = value
                conditions.append(f"{name} = ${name}")
        self._where = " AND ".join(conditions)
        self._chosen = f"SELECT * FROM samples WHERE sample_type = $type AND {self._where}"  # noqa: S608 - names are ours, values are bound
        if is_state(question.sample_type):
            # Several profiles of one process hold the same bytes: only the newest counts.
            newest = "max(taken) OVER (PARTITION BY service, instance, kind)"
            self._chosen += f" QUALIFY taken = {newest}"

    def totals(self) -> tuple[str, int, int, int]:
        """Unit, sum, profiles, instances."""
        rows = self._ask(
            "SELECT coalesce(any_value(unit), ''), coalesce(sum(value), 0), "  # noqa: S608 - see above
            "count(DISTINCT (service, instance, kind, taken)), count(DISTINCT (service, instance)) "
            f"FROM ({self._chosen})"
        )
        return rows[0]

    def rows(
        self, unit: str, total: int
    ) -> tuple[tuple[Column, ...], tuple[tuple[Cell, ...], ...]]:
        """The heaviest."""
        meaning = _MEANINGS.get(unit, "count")
        by = self._question.by
        if by == "function":
            return self._functions(meaning, total)
        columns = (
            Column(self._question.sample_type, meaning), Column("share", "share"),
            Column(by, "name"),
        )  # fmt: skip
        found = self._ask(
            f"SELECT sum(value), {_NAMES[by]} FROM ({self._chosen}) "  # noqa: S608 - see above
            "GROUP BY 2 ORDER BY 1 DESC, 2 LIMIT $limit",
            limit=self._question.limit,
        )
        return columns, tuple((value, _share(value, total), name) for value, name in found)

    def _functions(
        self, meaning: Meaning, total: int
    ) -> tuple[tuple[Column, ...], tuple[tuple[Cell, ...], ...]]:
        """Flat and cum as in a profile: of a stack that has a function twice, cum counts once."""
        columns = (
            Column("flat", meaning), Column("flat%", "share"), Column("cum", meaning),
            Column("cum%", "share"), Column("function", "name"),
        )  # fmt: skip
        found = self._ask(
            "WITH stacks AS (SELECT string_split(stack, ';') frames, sum(value) value "  # noqa: S608 - see above
            f"FROM ({self._chosen}) GROUP BY stack), "
            "parts AS (SELECT frames[-1] name, value flat, 0 cum FROM stacks UNION ALL "
            "SELECT unnest(list_distinct(frames)), 0, value FROM stacks) "
            "SELECT sum(flat), sum(cum), name FROM parts GROUP BY name "
            "ORDER BY 1 DESC, 2 DESC, 3 LIMIT $limit",
            limit=self._question.limit,
        )
        return columns, tuple(
            (flat, _share(flat, total), cum, _share(cum, total), name) for flat, cum, name in found
        )

    def must_exist(self) -> None:
        """Tell a sample type that nobody has from one that nothing was captured of.

        Raises:
            UsageError: other types were.
        """
        others = self._ask(f"SELECT DISTINCT sample_type FROM samples WHERE {self._where}")  # noqa: S608 - see above
        names = sorted(name for (name,) in others)
        if names:
            raise UsageError(
                f"there are no samples of {self._question.sample_type!r} in that time",
                f"there are {', '.join(names)}",
            )

    def _ask(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        given = {**self._values, **values}
        return ask(self._database, query, {k: v for k, v in given.items() if f"${k}" in query})[1]


_MEANINGS: dict[str, Meaning] = {"bytes": "bytes", "nanoseconds": "nanoseconds"}
_NAMES: dict[By, str] = {
    "path": "replace(stack, ';', ' > ')",
    "instance": "service || '/' || instance",
    "build": "build",
    "service": "service",
}


def is_state(sample_type: str) -> bool:
    """Whether values are of a moment, and adding up those of several moments means nothing."""
    return sample_type.startswith(("inuse_", "goroutine"))


def _share(value: int, total: int) -> float | None:
    return value / total if total else None
