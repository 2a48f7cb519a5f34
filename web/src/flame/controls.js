// The bar above the views: what is shown, and what it was narrowed to.

import { element } from "./element.js";

const LIMIT = 500; // label values to choose from

export class Controls {
  constructor(app, root) {
    this.app = app;
    this.root = root;
    const find = (name) => root.querySelector(`[data-control="${name}"]`);
    this.parts = Object.fromEntries(["type", "work", "by", "only", "find", "matched", "copy", "reload"].map((name) => [name, find(name)]));
    this.chips = root.querySelector(".chips");
    this.fill();
    this.listen();
  }

  fill() {
    const { profile } = this.app;
    const { type, work, by, only } = this.parts;
    type.replaceChildren(...profile.amounts.map(({ name }) => element("option", { value: name }, name)));
    work.parentElement.hidden = !profile.work;
    work.nextSibling.textContent = ` per ${profile.work}`;
    const labels = [...profile.labels];
    by.parentElement.hidden = only.parentElement.hidden = labels.length === 0;
    by.replaceChildren(element("option", { value: "" }, "nothing"), ...labels.map(([key]) => element("option", { value: key }, key)));
    only.replaceChildren(element("option", { value: "" }, "everything"), ...labels.map(([key]) => this.values(key)));
  }

  // The values of a label, those that weigh most first.
  values(key) {
    const { profile, type } = this.app;
    const { values, bySet } = profile.labels.get(key);
    const sums = new Float64Array(values.length);
    profile.amounts[type].values.forEach((value, cell) => {
      const at = bySet[profile.cellLabels[cell]];
      if (at >= 0) sums[at] += Math.abs(value);
    });
    const order = [...sums.keys()].sort((one, other) => sums[other] - sums[one]).slice(0, LIMIT);
    return element("optgroup", { label: key },
      ...order.map((at) => element("option", { value: `${key}=${values[at]}` }, `${key}: ${values[at]}`)));
  }

  listen() {
    const { app, parts } = this;
    const { state } = app;
    parts.type.addEventListener("change", () => state.set({ type: parts.type.value }));
    parts.work.addEventListener("change", () => state.set({ work: parts.work.checked }));
    parts.by.addEventListener("change", () => state.set({ by: parts.by.value, left: 0, right: 1 }));
    parts.only.addEventListener("change", () => state.set({ only: parts.only.value, left: 0, right: 1 }));
    parts.find.addEventListener("input", () => state.set({ find: parts.find.value }, { step: false }));
    parts.copy.addEventListener("click", () => this.copy());
    parts.reload.addEventListener("click", () => location.reload());
    for (const tab of this.tabs()) tab.addEventListener("click", () => state.set({ tab: tab.dataset.tab }));
    this.root.querySelector("[role=tablist]").addEventListener("keydown", (event) => this.key(event));
  }

  tabs() {
    return [...this.root.querySelectorAll("[role=tab]")];
  }

  key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const tabs = this.tabs();
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    next.focus();
    next.click();
  }

  async copy() {
    const { copy } = this.parts;
    this.app.state.write(false);
    try {
      await navigator.clipboard.writeText(location.href);
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "Copy it from the address bar";
    }
    setTimeout(() => (copy.textContent = "Copy link"), 2000);
  }

  show() {
    const { app, parts } = this;
    const { state } = app;
    parts.type.value = app.profile.amounts[app.type].name;
    parts.work.checked = state.work;
    parts.by.value = state.by;
    parts.only.value = state.only;
    if (parts.find.value !== state.find) parts.find.value = state.find;
    parts.matched.textContent = state.find ? app.matchedShare() : "";
    for (const tab of this.tabs()) {
      const on = tab.dataset.tab === state.tab;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
    }
    this.chips.replaceChildren(...this.narrowed());
  }

  narrowed() {
    const { state, profile } = this.app;
    const chips = [];
    const whole = { left: 0, right: 1 };
    if (state.focus) {
      const missing = profile.find(state.focus) < 0 ? " (not in this profile)" : "";
      chips.push(chip("focus", state.focus + missing, () => state.set({ focus: "", ...whole })));
    }
    if (state.only) chips.push(chip("only", state.only, () => state.set({ only: "", ...whole })));
    for (const name of state.hide) {
      chips.push(chip("hidden", name, () => state.set({ hide: state.hide.filter((each) => each !== name) })));
    }
    return chips;
  }
}

function chip(kind, text, remove) {
  return element("span", { class: "chip" }, `${kind}: `, element("b", {}, text),
    element("button", { "aria-label": `Do without ${kind} ${text}`, click: remove }, "×"));
}
