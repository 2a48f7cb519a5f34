// The lines of one function with what each of them holds, and their text where there is any.

import { element } from "./element.js";
import { pathsOf } from "./paths.js";
import { tally } from "./tally.js";

const AROUND = 4; // lines of text before and behind those with figures

export class SourceView {
  constructor(app, section) {
    this.app = app;
    this.box = section.querySelector(".listing");
  }

  show() {
    const { app } = this;
    const key = app.lineKey();
    if (key < 0) {
      this.box.replaceChildren(element("p", { class: "muted" }, "Choose a function: click one in the table, or a box of the flame graph with the right button."));
      return;
    }
    const files = this.files(key);
    this.box.replaceChildren(
      element("h2", {}, app.name(key)),
      ...[...files].sort((one, other) => weight(other[1]) - weight(one[1])).map(([file, rows]) => this.file(file, rows)));
  }

  // File -> rows with their line, of the frames of one function.
  files(key) {
    const { profile } = this.app;
    const files = new Map();
    for (const row of this.byLine().values()) {
      if (profile.nameOfFrame[row.key] !== key) continue;
      const file = profile.frames.file[row.key];
      if (!files.has(file)) files.set(file, new Map());
      files.get(file).set(profile.frames.line[row.key], row);
    }
    return files;
  }

  // Figures of every line of the program, worked out when the first listing is asked for.
  byLine() {
    const { app } = this;
    const wanted = app.viewKey();
    if (this.wanted !== wanted) {
      const { profile } = app;
      const keys = Int32Array.from(profile.nameOfFrame, (_, frame) => frame);
      this.lines = tally(pathsOf(profile, app.view(), keys));
      this.wanted = wanted;
    }
    return this.lines;
  }

  file(file, rows) {
    const { app } = this;
    const text = app.profile.code[file] ?? {};
    const shown = linesShown([...rows.keys()], text);
    return element("section", {},
      element("p", { class: "muted" }, app.profile.files[file] || "file not known", Object.keys(text).length ? "" : element("span", {}, " · source text is shown only below -source-root")),
      element("table", { class: "code" },
        element("thead", {}, element("tr", {}, ...["Flat", "Cum", "Line", "Source"].map((title) => element("th", { scope: "col", class: title === "Source" ? "" : "number" }, title)))),
        element("tbody", {}, ...shown.map((line) => this.line(line, rows.get(line), text[line] ?? "")))));
  }

  line(line, row, text) {
    const { app } = this;
    const figure = (weight, net) => (weight ? app.figure(weight, net) : "");
    const made = element("tr", { class: row ? "hot" : "" },
      element("td", { class: "number" }, figure(row?.flat, row?.flatNet)),
      element("td", { class: "number" }, figure(row?.cum, row?.cumNet)),
      element("td", { class: "number line" }, line ? String(line) : "–"),
      element("td", {}, element("code", {}, text)));
    if (row) made.style.setProperty("--heat", String(row.cum / (app.amounts.total || 1)));
    return made;
  }
}

function weight(rows) {
  return [...rows.values()].reduce((sum, row) => sum + row.cum, 0);
}

// Lines with figures, and lines of text around them; in order.
function linesShown(lines, text) {
  const shown = new Set(lines);
  for (const line of lines) {
    for (let near = line - AROUND; near <= line + AROUND; near += 1) if (text[near] !== undefined) shown.add(near);
  }
  return [...shown].sort((one, other) => one - other);
}
