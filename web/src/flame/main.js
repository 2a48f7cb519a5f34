// Puts the page together: data, state, views, and the keys that work everywhere.

import { formatShare } from "../units.js";
import { App } from "./app.js";
import { Controls } from "./controls.js";
import { element } from "./element.js";
import { FlameView } from "./flameview.js";
import { callGraph } from "./graph.js";
import { GraphView } from "./graphview.js";
import { interval, pinnedInterval } from "./intervals.js";
import { Menu } from "./menu.js";
import { Profile } from "./profile.js";
import { SourceView } from "./sourceview.js";
import { State } from "./state.js";
import { TableView } from "./tableview.js";
import { unpack } from "./unpack.js";

const VIEWS = { flame: FlameView, table: TableView, graph: GraphView, source: SourceView };

const byId = (id) => document.getElementById(id);

unpack().then(start, (error) => {
  byId("loading").textContent = `The data cannot be read: ${error.message}`;
});

function start(data) {
  const profile = new Profile(data);
  const defaults = { tab: data.tab, type: data.amounts[data.shown].name, work: data.perWork };
  const state = new State(defaults, () => refresh());
  const app = new App(profile, state, { describe: (box) => describe(app, box), menu: new Menu(byId("menu")) });
  const controls = new Controls(app, document.querySelector("header"));
  const views = {};
  about(data);
  byId("loading").remove();
  byId("page").hidden = false;

  function refresh() {
    if (!VIEWS[state.tab]) state.tab = defaults.tab;
    app.refresh();
    controls.show();
    legend(app);
    for (const name of Object.keys(VIEWS)) byId(name).hidden = name !== state.tab;
    views[state.tab] ??= new VIEWS[state.tab](app, byId(state.tab));
    views[state.tab].show();
  }

  refresh();
  listen(app, views);
  // For tests: what was computed, without a way to change it.
  window.heapwise = { app, views, callGraph, interval, pinnedInterval };
}

function listen(app, views) {
  const { state } = app;
  addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, select");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      document.querySelector("[data-control=find]").select();
    }
    if (event.key !== "Escape" || document.querySelector(":popover-open")) return;
    if (state.find) state.set({ find: "" });
    else if (state.left > 0 || state.right < 1) state.set({ left: 0, right: 1 });
    else if (state.focus) state.set({ focus: "" });
    if (typing) byId("stage").focus();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    app.colours.readTheme();
    views.flame?.resize();
    views[state.tab].show();
    legend(app);
  });
}

// The box under the mouse or chosen by key, in words; screen readers say it.
function describe(app, { tree, node }) {
  const { amounts, profile } = app;
  const key = tree.keys[node];
  const weight = tree.weight[node];
  const net = tree.net[node];
  const file = profile.files[profile.fileOfName[key]] ?? "";
  const own = tree.own[node];
  const figures = profile.compared
    ? `${amounts.text((weight - net) / 2)} → ${amounts.text((weight + net) / 2)}, ${amounts.signed(net)}${changed(weight, net)}`
    : `${amounts.text(weight)}, ${amounts.share(weight)}${own && own < weight ? `; itself ${amounts.text(own)}` : ""}`;
  byId("detail").replaceChildren(
    element("b", {}, app.name(key)), element("span", {}, figures), element("span", { class: "muted place" }, file));
}

// By how much of what was there before; nothing where there was nothing.
function changed(weight, net) {
  const before = (weight - net) / 2;
  return before > 0 ? ` (${net > 0 ? "+" : ""}${formatShare(net / before).replace("-", "−")})` : "";
}

function legend(app) {
  const entries = app.profile.compared
    ? [[-1, "gone"], [-0.5, "less"], [0, "as before"], [0.5, "more"], [1, "new"]].map(([change, name]) => ({ name, full: name, colour: app.colours.ofChange(change) }))
    : app.colours.legend();
  byId("legend").replaceChildren(...entries.map(({ name, full, colour }) => {
    const patch = element("i");
    patch.style.background = colour;
    return element("span", { title: full }, patch, name);
  }));
}

function about(data) {
  const notes = data.head.filter((line) => line.startsWith("Note: ")).length;
  if (notes) byId("notes").textContent = ` · ${notes} note${notes > 1 ? "s" : ""}`;
  byId("source-name").textContent = data.source;
  byId("about").replaceChildren(...[...data.head, ...data.filters.map((each) => `Filter: ${each}`)].map((line) => element("li", {}, line)));
}
