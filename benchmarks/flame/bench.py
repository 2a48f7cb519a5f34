"""How fast the flame graph of a large heap is there, against d3-flame-graph in the same browser.

The heap is the generated one of the documented shape, some 65,000 call paths. Needs Chromium and
npm; the peer is installed into a temporary folder.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "profile"), str(HERE.parents[1] / "tests")]

from heaps import heap  # noqa: E402 - a file beside us
from table import Row, report  # noqa: E402 - a file beside us

from heapwise.analysis.flame import flame_tree  # noqa: E402 - after its neighbours
from heapwise.analysis.view import Query, look  # noqa: E402 - the same
from heapwise.model.flame import FlameTree  # noqa: E402 - the same
from heapwise.report.flame_data import flame_data  # noqa: E402 - the same
from heapwise.report.flame_html import flame_page  # noqa: E402 - the same
from support.browser import Page, chromium  # noqa: E402 - the tests' browser

ROUNDS = 7
DRAWN = "performance.getEntriesByName('heapwise drawn')[0]?.startTime ?? null"
PAN = """(async () => {
  const { app, views } = window.heapwise, times = [];
  for (let at = 0; at < 30; at += 1) {
    const start = performance.now();
    views.flame.look(at / 100, at / 100 + 0.3);
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    times.push(performance.now() - start);
  }
  return times;
})()"""
FOCUS = """(async () => {
  const { app } = window.heapwise, times = [];
  const rows = [...app.rows().values()].sort((one, other) => other.cum - one.cum);
  for (const { key } of rows.slice(0, 5)) {
    const start = performance.now();
    app.focus(key);
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    times.push(performance.now() - start);
    app.state.set({ focus: "" });
  }
  return times;
})()"""


def main() -> None:
    """Measure both, one after the other, ROUNDS times."""
    start = time.perf_counter()
    tree = flame_tree(look(heap(1), Query(), source="heap"))
    page = flame_page("heap", flame_data(tree)).text
    made = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        ours, peer = Path(folder, "ours.html"), _peer_page(Path(folder), tree)
        ours.write_text(page)
        found: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            _measure_ours(browser.new_page(), ours, found)
            for least in (0, 1):
                _measure_peer(browser.new_page(), peer, least, found)
    size = len(page) / 1e6
    rows = [
        Row("page", size, "MB", "< 1.5", size < 1.5, f"{len(tree.depths):,} nodes, one file"),
        Row("profile to page", made * 1e3, "ms", "", None, "one run, the profile in memory"),
    ]
    goals = {"heapwise: drawn": 1000.0, "heapwise: pan": 33.0}
    method = f"median of {ROUNDS} new tabs; pan, focus and zoom until the next frame"
    for name, values in found.items():
        value, goal = statistics.median(values), goals.get(name)
        text = f"< {goal:.0f}" if goal else ""
        rows.append(Row(name, value, "ms", text, value < goal if goal else None, method))
    report("flame", rows)


def _measure_ours(tab: Page, page: Path, found: dict[str, list[float]]) -> None:
    tab.open(page.as_uri())
    _add(found, "heapwise: drawn", [_wait(tab, DRAWN)])
    _add(found, "heapwise: pan", tab.eval(PAN))
    _add(found, "heapwise: focus", tab.eval(FOCUS))
    tab.call("Page.navigate", url="about:blank")


def _measure_peer(tab: Page, page: Path, least: int, found: dict[str, list[float]]) -> None:
    tab.open(f"{page.as_uri()}?least={least}")
    name = "d3-flame-graph" + (f", boxes of {least} px and more" if least else "")
    _add(found, f"{name}: drawn", [_wait(tab, "window.peer?.drawn ?? null")])
    _add(found, f"{name}: zoom", tab.eval("window.peer.zoom()"))
    tab.call("Page.navigate", url="about:blank")


def _wait(tab: Page, expression: str) -> float:
    for _ in range(600):
        value = tab.eval(expression)
        if value is not None:
            return float(value)
        time.sleep(0.05)
    raise TimeoutError(expression)


def _add(found: dict[str, list[float]], name: str, values: list[float]) -> None:
    found.setdefault(name, []).append(statistics.median(values))


def _peer_page(folder: Path, tree: FlameTree) -> Path:
    shutil.copytree(HERE / "peer", folder / "peer")
    install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(install, cwd=folder / "peer", check=True)
    bundle = ["node_modules/.bin/esbuild", "peer.js", "--bundle", "--minify", "--outfile=out.js"]
    subprocess.run(bundle, cwd=folder / "peer", check=True, capture_output=True)
    script = (folder / "peer/out.js").read_text()
    page = folder / "peer.html"
    page.write_text(
        f'<!doctype html><div id="chart"></div><script type="application/json" id="data">'
        f"{json.dumps(_nested(tree))}</script><script>{script}</script>"
    )
    return page


def _nested(tree: FlameTree) -> dict[str, Any]:
    """What d3-flame-graph reads: a tree of name, value and children."""
    own = [0.0] * len(tree.depths)
    shown = tree.amounts[tree.shown]
    for node, value in zip(tree.cell_nodes.tolist(), shown.values.tolist(), strict=True):
        own[node] += value
    names = [tree.frames.names[tree.frames.name[frame]] for frame in tree.node_frames.tolist()]
    path: list[dict[str, Any]] = []
    for name, depth, value in zip(names, tree.depths.tolist(), own, strict=True):
        node: dict[str, Any] = {"name": name, "value": value, "children": []}
        del path[depth:]
        if path:
            path[-1]["children"].append(node)
        path.append(node)
        for above in path[:-1]:
            above["value"] += value
    return path[0]


if __name__ == "__main__":
    main()
