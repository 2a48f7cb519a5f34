// What all views share: the profile as the state wants it seen, and what can be done to it.

import { Amounts } from "./amounts.js";
import { Colours } from "./colour.js";
import { groupNames, pathsOf, pivot } from "./paths.js";
import { matchedWeight, tally } from "./tally.js";

export class App {
  constructor(profile, state, hooks) {
    Object.assign(this, { profile, state, hooks });
    this.colours = new Colours(profile);
    this.known = new Map();
    this.refresh();
  }

  // Reads the state anew; to be called whenever it changed.
  refresh() {
    const { profile, state } = this;
    this.type = Math.max(0, profile.amounts.findIndex(({ name }) => name === state.type));
    this.amounts = this.remember(`amounts ${this.type} ${state.work}`, () => new Amounts(profile, this.type, state.work));
    this.groups = groupNames(profile, state.by);
    this.matcher = matcherOf(state.find);
    this.colours.rank(this.paths());
  }

  // One answer for one question, as long as the question is the last of its kind.
  remember(question, answer, kind = question.split(" ")[0]) {
    const known = this.known.get(kind);
    if (known?.question === question) return known.answer;
    const fresh = { question, answer: answer() };
    this.known.set(kind, fresh);
    return fresh.answer;
  }

  view() {
    const { profile, state } = this;
    const cut = state.only.indexOf("=");
    return {
      type: this.type,
      only: cut > 0 ? [state.only.slice(0, cut), state.only.slice(cut + 1)] : null,
      by: profile.labels.has(state.by) ? state.by : "",
      hidden: new Set(state.hide.map((name) => profile.find(name)).filter((key) => key >= 0)),
    };
  }

  viewKey() {
    const { only, by, hide } = this.state;
    return JSON.stringify([this.type, only, by, hide]);
  }

  paths() {
    return this.remember(`paths ${this.viewKey()}`, () => pathsOf(this.profile, this.view()));
  }

  focusKey() {
    const { focus } = this.state;
    return focus ? this.profile.find(focus) : -1;
  }

  // Callers (or null) and callees of the function in focus; without one the tree itself.
  turned() {
    const key = this.focusKey();
    const tree = this.paths();
    if (key < 0) return { callers: null, callees: tree };
    return this.remember(`turned ${key} ${this.viewKey()}`, () => pivot(tree, key));
  }

  // The functions of what is shown: of what the one in focus calls, or of everything.
  rows() {
    const { callees } = this.turned();
    return this.remember(`rows ${this.focusKey()} ${this.viewKey()}`, () => tally(callees, this.focusKey() >= 0));
  }

  lineKey() {
    const { line } = this.state;
    return line ? this.profile.find(line) : this.focusKey();
  }

  name(key) {
    return this.profile.nameOf(key, this.groups);
  }

  // A weight in words; in a difference what came or went.
  figure(weight, net) {
    return this.profile.compared ? this.amounts.signed(net) : this.amounts.text(weight);
  }

  matches(key) {
    return this.matcher === null || this.matcher(this.name(key));
  }

  matchedShare() {
    return this.amounts.share(matchedWeight(this.paths(), (key) => this.matches(key)));
  }

  describe(box) {
    this.hooks.describe(box);
  }

  focus(key) {
    const focus = key < this.profile.rest ? this.profile.names[key] : "";
    if (key > this.profile.root) this.state.set({ only: this.label(key), by: "", focus: "", left: 0, right: 1 });
    else if (focus !== this.state.focus) this.state.set({ focus, tab: "flame", left: 0, right: 1 });
  }

  // The filter that a value of a grouping stands for; none for samples without the label.
  label(key) {
    const { values } = this.profile.labels.get(this.state.by);
    const value = values[key - this.profile.names.length];
    return value === undefined ? "" : `${this.state.by}=${value}`;
  }

  hide(key) {
    if (key >= this.profile.rest) return;
    const name = this.profile.names[key];
    this.state.set({ hide: [...new Set([...this.state.hide, name])], focus: this.state.focus === name ? "" : this.state.focus });
  }

  menu(key, x, y, zoom) {
    if (key >= this.profile.rest) return;
    const name = this.profile.names[key];
    this.hooks.menu.open(name, [
      ["Show callers and callees", () => this.focus(key)],
      ...(zoom ? [["Zoom to this box", zoom]] : []),
      ["Hide this function", () => this.hide(key)],
      ["Show its lines", () => this.state.set({ tab: "source", line: name })],
      ["Find it everywhere", () => this.state.set({ find: name, tab: "table" })],
      ["Copy its name", () => navigator.clipboard?.writeText(name)],
    ], x, y);
  }
}

// A search: a regular expression, or where it is none the text itself. Case does not matter.
function matcherOf(text) {
  if (!text) return null;
  try {
    const pattern = new RegExp(text, "i");
    return (name) => pattern.test(name) || name === text;
  } catch {
    const wanted = text.toLowerCase();
    return (name) => name.toLowerCase().includes(wanted);
  }
}
