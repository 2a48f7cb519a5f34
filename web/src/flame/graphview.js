// Draws the call graph: callers above callees, the larger the box the more it holds itself.

import { Graph, layout } from "@dagrejs/dagre";

import { svg } from "./element.js";
import { callGraph } from "./graph.js";
import { shortName } from "./names.js";
import { panAndZoom } from "./panzoom.js";

const MOST = 40;
const WRAP = 28; // letters a line

export class GraphView {
  constructor(app, section) {
    this.app = app;
    this.box = section.querySelector(".drawing");
    this.note = section.querySelector(".note");
  }

  show() {
    const { app } = this;
    const tree = app.turned().callees;
    if (this.tree === tree && this.amounts === app.amounts) return this.mark();
    Object.assign(this, { tree, amounts: app.amounts });
    const rows = app.rows();
    const { nodes, edges } = callGraph(tree, rows, MOST);
    const total = tree.weight[0] || 1;
    const graph = new Graph();
    graph.setGraph({ ranksep: 44, nodesep: 22, edgesep: 8, ranker: "network-simplex" });
    for (const row of nodes) graph.setNode(String(row.key), this.measured(row, total));
    const drawn = edges.filter((edge) => edge.weight >= total * 0.001);
    for (const edge of drawn) {
      graph.setEdge(String(edge.from), String(edge.to), { edge, weight: Math.ceil((edge.weight / total) * 20), width: 60, height: 14, labelpos: "c" });
    }
    layout(graph);
    this.note.textContent = `The ${nodes.length} heaviest of ${rows.size.toLocaleString("en")} functions; dashed calls lead across others. Drag to move, Ctrl and the wheel zoom.`;
    this.draw(graph, total);
    this.mark();
  }

  measured(row, total) {
    const lines = wrapped(shortName(this.app.name(row.key)));
    const size = 10 + 8 * Math.sqrt(row.flat / total);
    const figures = `${this.app.figure(row.flat, row.flatNet)} of ${this.app.figure(row.cum, row.cumNet)}`;
    const letters = Math.max(...lines.map((line) => line.length * size * 0.6), figures.length * 10 * 0.55);
    return { row, lines, size, figures, width: letters + 16, height: lines.length * size * 1.2 + 26 };
  }

  draw(graph, total) {
    const { width = 0, height = 0 } = graph.graph();
    const heads = svg("marker", { id: "head", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto", markerUnits: "userSpaceOnUse" }, svg("path", { d: "M0 0L8 4L0 8z", class: "head" }));
    const content = svg("g", {},
      ...graph.edges().map((each) => this.edge(graph.edge(each), total)),
      ...graph.nodes().map((each) => this.node(graph.node(each), total)));
    const drawing = svg("svg", { role: "img", "aria-label": "Call graph; the table holds the same figures" }, svg("defs", {}, heads), content);
    this.box.replaceChildren(drawing);
    const main = graph.nodes().map((each) => graph.node(each)).sort((one, other) => other.row.cum - one.row.cum)[0];
    panAndZoom(drawing, { width, height, middle: main?.x ?? width / 2 });
  }

  node({ x, y, width, height, row, lines, size, figures }, total) {
    const { app } = this;
    const left = x - width / 2;
    const top = y - height / 2;
    const texts = lines.map((line, at) => svg("text", { x, y: top + 8 + size * (1.2 * at + 0.9), "font-size": size }, line));
    const menu = (event) => {
      event.preventDefault();
      app.menu(row.key, event.clientX, event.clientY);
    };
    const group = svg("g", { class: "node", tabindex: 0, role: "button", "data-key": row.key, click: menu, contextmenu: menu, keydown: (event) => event.key === "Enter" && app.focus(row.key) },
      svg("title", {}, `${app.name(row.key)}\nflat ${this.app.figure(row.flat, row.flatNet)}, cum ${this.app.figure(row.cum, row.cumNet)}, ${app.amounts.share(row.cum)}`),
      svg("rect", { x: left, y: top, width, height, rx: 5 }),
      ...texts,
      svg("text", { x, y: top + height - 8, "font-size": 10, class: "figures" }, figures));
    const change = row.cum ? row.cumNet / row.cum : 0;
    group.style.setProperty("--heat", String(Math.min(1, row.cum / total)));
    if (app.profile.compared) group.style.setProperty("--fill", app.colours.ofChange(change));
    return group;
  }

  edge({ points, edge, x, y }, total) {
    const stroke = (0.8 + 5 * (edge.weight / total)).toFixed(2);
    return svg("g", { class: edge.residual ? "edge residual" : "edge" },
      svg("title", {}, `${this.app.name(edge.from)} → ${this.app.name(edge.to)}`),
      svg("path", { d: smooth(points), "stroke-width": stroke, "marker-end": "url(#head)" }),
      svg("text", { x, y, "font-size": 9.5 }, this.app.figure(edge.weight, edge.net)));
  }

  mark() {
    for (const node of this.box.querySelectorAll(".node")) {
      node.classList.toggle("dim", !this.app.matches(Number(node.dataset.key)));
    }
  }
}

// A curve from the first to the last point, bent towards those between.
function smooth(points) {
  const at = ({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  const between = (one, other) => at({ x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 });
  const [first, ...inner] = points;
  const last = inner.pop();
  const bends = inner.map((point, index) => `Q${at(point)} ${between(point, inner[index + 1] ?? last)}`);
  return `M${at(first)}${bends.join("")}L${at(last)}`;
}

// A name in lines of some letters, broken behind dots, slashes and brackets.
function wrapped(name) {
  const lines = [""];
  for (const part of name.slice(0, 120).split(/(?<=[./)\]])/)) {
    if (lines.at(-1) && lines.at(-1).length + part.length > WRAP) lines.push("");
    lines[lines.length - 1] += part;
  }
  return lines.slice(0, 4);
}
