"""``heapwise watch rules``: alerts for Prometheus, a dashboard for Grafana."""

from __future__ import annotations

from pathlib import Path

import click

from heapwise.cli.options import command as make_command
from heapwise.cli.output import must_be_free, next_step, write_bytes, write_data
from heapwise.watch.rules import grafana_dashboard, prometheus_rules

_MADE = {"prometheus": prometheus_rules, "grafana": grafana_dashboard}
_NEXT = {
    "prometheus": "promtool check rules {}",
    "grafana": "in Grafana, Dashboards > New > Import, and {}",
}


@make_command("rules", "output", "force")
@click.argument("kind", type=click.Choice(tuple(_MADE)), metavar="|".join(_MADE))
def command(kind: str, output: Path | None, force: bool) -> None:
    """Print a rule file for Prometheus, or a dashboard for Grafana.

    They use what client_golang exposes and what `heapwise watch --http` does. PromQL cannot tell a
    leak from a warm cache: those rules pass on what a watcher has found.
    """
    content = _MADE[kind]()
    if output is None:
        write_data(content)
        return
    must_be_free(output, force=force)
    write_bytes(content, output)
    next_step(_NEXT[kind].format(output))
