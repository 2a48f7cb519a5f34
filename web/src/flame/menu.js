// What can be done with a function, where it was clicked.

import { element } from "./element.js";

export class Menu {
  constructor(host) {
    this.host = host;
    host.addEventListener("toggle", (event) => {
      if (event.newState === "closed") this.before?.focus();
    });
    host.addEventListener("keydown", (event) => this.key(event));
  }

  // items: [text, action] pairs
  open(title, items, x, y) {
    this.before = document.activeElement;
    this.host.replaceChildren(
      element("p", {}, title),
      ...items.map(([text, act]) => element("button", { role: "menuitem", click: () => this.choose(act) }, text)));
    this.host.showPopover();
    const { offsetWidth, offsetHeight, style } = this.host;
    style.left = `${Math.max(4, Math.min(x, innerWidth - offsetWidth - 8))}px`;
    style.top = `${Math.max(4, Math.min(y, innerHeight - offsetHeight - 8))}px`;
    this.host.querySelector("button").focus();
  }

  choose(act) {
    this.host.hidePopover();
    act();
  }

  key(event) {
    const buttons = [...this.host.querySelectorAll("button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const next = (buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length;
    buttons[next].focus();
    event.preventDefault();
  }
}
