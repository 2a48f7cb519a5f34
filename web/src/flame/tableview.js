// Functions by weight: what the flame graph shows as numbers, for whoever cannot see it too.

import { element, svg } from "./element.js";
import { FEW_HITS, interval, pinnedInterval } from "./intervals.js";

const STEP = 200; // rows at a time
const WIDTH = 90; // of a bar

const PLAIN = [
  ["flat", "Flat", (row) => row.flat],
  ["share", "Flat %", (row) => row.flat],
  ["cum", "Cum", (row) => row.cum],
  ["cumShare", "Cum %", (row) => row.cum],
];
const COMPARED = [
  ["before", "Flat before", (row) => (row.flat - row.flatNet) / 2],
  ["after", "Flat after", (row) => (row.flat + row.flatNet) / 2],
  ["flatNet", "Flat change", (row) => row.flatNet],
  ["cumNet", "Cum change", (row) => row.cumNet],
];

export class TableView {
  constructor(app, section) {
    this.app = app;
    this.box = section.querySelector(".rows");
    this.sorted = null;
    this.shown = STEP;
  }

  show() {
    const { app } = this;
    const compared = app.profile.compared;
    const columns = compared ? COMPARED : PLAIN;
    const sorted = this.sorted ?? (compared ? "flatNet" : "flat");
    const value = columns.find(([name]) => name === sorted)[2];
    const rows = [...app.rows().values()]
      .filter((row) => app.matches(row.key))
      .sort((one, other) => Math.abs(value(other)) - Math.abs(value(one)) || other.cum - one.cum);
    const bars = !compared && app.profile.amounts[app.type].hits !== null;
    this.widest = rows.reduce((most, row) => Math.max(most, row.flat), 0);
    const body = rows.slice(0, this.shown).map((row) =>
      element("tr", { click: (event) => this.open(row, event) },
        ...(compared ? this.changes(row) : this.weights(row)),
        ...(bars ? [this.bar(row)] : []),
        this.nameCell(row)));
    this.box.replaceChildren(
      element("table", {},
        element("caption", {}, this.caption(rows.length, bars)),
        element("thead", {}, element("tr", {},
          ...columns.map(([name, title]) => this.heading(name, title, sorted)),
          ...(bars ? [element("th", { scope: "col" }, "95 % interval of flat")] : []),
          element("th", { scope: "col" }, "Function"))),
        element("tbody", {}, ...body)),
      ...(rows.length > this.shown ? [this.more(rows.length)] : []));
  }

  caption(count, bars) {
    const { app } = this;
    const { noBars } = app.profile;
    const why = bars || app.profile.compared ? "" : ` No error bars: ${noBars || "not for this type"}.`;
    return `${count.toLocaleString("en")} functions, ${app.profile.amounts[app.type].name}.${why}`;
  }

  heading(name, title, sorted) {
    const order = name === sorted ? "descending" : "none";
    const sort = () => {
      this.sorted = name;
      this.show();
    };
    return element("th", { scope: "col", class: "number", "aria-sort": order },
      element("button", { click: sort }, title));
  }

  weights({ flat, cum }) {
    const { amounts } = this.app;
    return [amounts.text(flat), amounts.share(flat), amounts.text(cum), amounts.share(cum)].map(number);
  }

  changes({ flat, flatNet, cumNet }) {
    const { amounts } = this.app;
    const texts = [amounts.text((flat - flatNet) / 2), amounts.text((flat + flatNet) / 2)];
    return [...texts.map(number), ...[flatNet, cumNet].map((net) => {
      const kind = net < 0 ? "number less" : net > 0 ? "number more" : "number";
      return element("td", { class: kind }, amounts.signed(net));
    })];
  }

  bar({ flat, hits, variance }) {
    const { app } = this;
    if (!flat) return element("td");
    const pinned = app.profile.amounts[app.type].pinned;
    const [low, high] = pinned ? pinnedInterval(flat, variance, pinned) : interval(flat, variance);
    const few = hits < FEW_HITS;
    const events = `${Math.round(hits).toLocaleString("en")} sampled event${Math.round(hits) === 1 ? "" : "s"}`;
    const text = `${app.amounts.text(low)} … ${app.amounts.text(high)}`;
    return element("td", { class: few ? "interval few" : "interval", title: events },
      whisker(flat, low, high, this.widest), text, few ? element("b", {}, ` from ${events}`) : "");
  }

  nameCell({ key }) {
    const { app } = this;
    return element("td", { class: "name" },
      element("a", { href: "#", click: (event) => event.preventDefault() }, app.name(key)));
  }

  open({ key }, event) {
    const { app } = this;
    if (String(getSelection()) !== "") return;
    app.menu(key, event.clientX, event.clientY);
  }

  more(count) {
    const show = () => {
      this.shown += 5 * STEP;
      this.show();
    };
    return element("button", { click: show }, `Show more of ${count.toLocaleString("en")}`);
  }
}

// A bar as long as the value, with its interval across the end.
function whisker(value, low, high, widest) {
  const at = (amount) => Math.min(WIDTH, (amount / widest) * WIDTH * 0.8);
  const across = { x: at(low), y: 5, width: Math.max(1, at(high) - at(low)), height: 2, class: "across" };
  return svg("svg", { width: WIDTH, height: 12, "aria-hidden": true },
    svg("rect", { y: 1, width: Math.max(1, at(value)), height: 10, class: "value" }), svg("rect", across));
}

function number(text) {
  return element("td", { class: "number" }, text);
}
