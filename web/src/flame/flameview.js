// The flame graph on its stage: what is drawn, what the mouse and the keys do.

import { Minimap } from "./minimap.js";
import { Painter } from "./painter.js";
import { ROW, Scene } from "./scene.js";

const LEAST_WIDTH = 1e-7; // of the whole; closer nothing new is to be seen
const KEYS = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };

export class FlameView {
  constructor(app, section) {
    this.app = app;
    this.stage = section.querySelector(".stage");
    this.spacer = this.stage.firstElementChild;
    this.painter = new Painter(this.spacer.firstElementChild);
    this.minimap = new Minimap(section.querySelector(".minimap"), (left, right, top) => this.look(left, right, top));
    this.listen();
  }

  show() {
    const { app } = this;
    const { callers, callees } = app.turned();
    const scene = new Scene(callers, callees);
    if (this.callees !== callees) {
      Object.assign(this, { callees, scene, selected: null, hovered: null });
      this.spacer.style.height = `${scene.height}px`;
      this.resize();
      this.stage.scrollTop = scene.middle * ROW - this.stage.clientHeight / 3;
    }
    this.tell();
    this.paint();
  }

  resize() {
    const { stage } = this;
    const most = Math.max(240, innerHeight - stage.getBoundingClientRect().top - scrollY - 104);
    stage.style.height = `${Math.min(this.scene.height + 1, most)}px`;
    this.painter.resize(stage.clientWidth, stage.clientHeight);
    this.minimap.draw(this.scene, (box) => this.fill(box), this.app.colours.other);
    this.paint();
  }

  paint() {
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      const { app, scene, stage } = this;
      const { left, right } = app.state;
      const pointed = this.hovered ?? this.selected;
      this.painter.paint({
        scene, left, right,
        top: stage.scrollTop,
        colours: app.colours,
        fill: (box) => this.fill(box),
        name: (box) => app.name(box.tree.keys[box.node]),
        amount: (box) => app.figure(box.tree.weight[box.node], box.tree.net[box.node]),
        dim: (box) => !app.matches(box.tree.keys[box.node]),
        isSelected: (box) => same(box, this.selected) || (box.node === 0 && scene.up !== null),
        isSame: (box) => pointed !== null && box.tree.keys[box.node] === pointed.tree.keys[pointed.node],
      });
      this.minimap.frame(left, right, stage.scrollTop / scene.height, stage.clientHeight / scene.height);
      if (!this.drawn) this.drawn = performance.mark("heapwise drawn");
    });
  }

  fill({ tree, node }) {
    const { colours, profile } = this.app;
    if (profile.compared) return colours.ofChange(tree.weight[node] ? tree.net[node] / tree.weight[node] : 0);
    return colours.ofKey(tree.keys[node]);
  }

  // The window on the scene: shares of its width, and how far down.
  look(left, right, top) {
    const width = Math.min(1, Math.max(LEAST_WIDTH, right - left));
    const from = Math.min(Math.max(0, left), 1 - width);
    this.app.state.zoom(from, from + width);
    if (top !== undefined) this.stage.scrollTop = top * this.scene.height;
    this.paint();
  }

  zoomBy(factor, at = 0.5) {
    const { left, right } = this.app.state;
    const width = (right - left) * factor;
    const fixed = left + (right - left) * at;
    this.look(fixed - width * at, fixed + width * (1 - at));
  }

  zoomTo({ left, right }) {
    this.look(left, right);
  }

  tell() {
    this.app.describe(this.hovered ?? this.selected ?? this.scene.box(false, 0));
  }

  select(box) {
    if (!box) return;
    this.selected = box;
    this.hovered = null;
    const { left, right } = this.app.state;
    if (box.right <= left || box.left >= right || (box.right - box.left) / (right - left) < 0.004) {
      const width = Math.max(box.right - box.left, LEAST_WIDTH) * 4;
      const middle = (box.left + box.right) / 2;
      this.look(middle - width / 2, middle + width / 2);
    }
    const y = box.row * ROW;
    const { stage } = this;
    if (y < stage.scrollTop) stage.scrollTop = y;
    if (y + ROW > stage.scrollTop + stage.clientHeight) stage.scrollTop = y + ROW - stage.clientHeight;
    this.tell();
    this.paint();
  }

  boxAt(event) {
    const area = this.painter.canvas.getBoundingClientRect();
    const { left, right } = this.app.state;
    const x = left + ((event.clientX - area.left) / area.width) * (right - left);
    return this.scene.at(Math.floor((event.clientY - area.top + this.stage.scrollTop) / ROW), x);
  }

  listen() {
    const { stage } = this;
    new ResizeObserver(() => this.scene && stage.clientWidth !== this.painter.width && this.resize()).observe(stage);
    stage.addEventListener("scroll", () => this.paint());
    stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    stage.addEventListener("pointerdown", (event) => this.press(event));
    stage.addEventListener("pointermove", (event) => this.hover(event));
    stage.addEventListener("pointerleave", () => this.hover(null));
    stage.addEventListener("contextmenu", (event) => this.menu(event));
    stage.addEventListener("keydown", (event) => this.key(event));
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey && !event.deltaX) return;
    event.preventDefault();
    const { left, right } = this.app.state;
    if (event.ctrlKey || event.metaKey) {
      const area = this.stage.getBoundingClientRect();
      this.zoomBy(1.002 ** event.deltaY, (event.clientX - area.left) / area.width);
    } else {
      const moved = ((event.deltaX || event.deltaY) / this.painter.width) * (right - left);
      this.look(left + moved, right + moved);
    }
  }

  // A click is a press that did not move; one that did drags the scene along.
  press(event) {
    if (event.button !== 0 || event.offsetX > this.stage.clientWidth) return;
    const { left, right } = this.app.state;
    const from = { x: event.clientX, y: event.clientY, top: this.stage.scrollTop };
    let moved = false;
    const move = (to) => {
      const [dx, dy] = [to.clientX - from.x, to.clientY - from.y];
      moved ||= Math.hypot(dx, dy) > 4;
      if (!moved) return;
      const share = (dx / this.painter.width) * (right - left);
      this.look(left - share, right - share);
      this.stage.scrollTop = from.top - dy;
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", (to) => {
      removeEventListener("pointermove", move);
      const box = moved ? null : this.boxAt(to);
      if (box) this.app.focus(box.tree.keys[box.node]);
    }, { once: true });
  }

  hover(event) {
    const box = event && this.boxAt(event);
    if (same(box, this.hovered)) return;
    this.hovered = box;
    this.tell();
    this.paint();
  }

  menu(event) {
    const box = this.boxAt(event);
    if (!box) return;
    event.preventDefault();
    this.app.menu(box.tree.keys[box.node], event.clientX, event.clientY, () => this.zoomTo(box));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const box = this.selected ?? this.scene.box(false, 0);
    const act = {
      Enter: () => this.app.focus(box.tree.keys[box.node]),
      h: () => this.app.hide(box.tree.keys[box.node]),
      z: () => this.zoomTo(box),
      "+": () => this.zoomBy(0.5),
      "-": () => this.zoomBy(2),
      0: () => this.look(0, 1),
    }[event.key];
    if (KEYS[event.key]) this.select(this.selected ? this.scene.next(box, KEYS[event.key]) : box);
    else if (act) act();
    else return;
    event.preventDefault();
  }
}

function same(one, other) {
  return one === other || (one && other && one.tree === other.tree && one.node === other.node);
}
