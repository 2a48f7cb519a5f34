// The boxes of one flame graph: a function in the middle, its callers above, its callees below.
// Without a focus the middle is the root, and nothing is above it.

import { layout, nodeAt, visit } from "./layout.js";

export const ROW = 20;

export class Scene {
  // callers: a tree or null; callees: a tree
  constructor(callers, callees) {
    this.up = callers && callers.size > 1 ? layout(callers) : null;
    this.down = layout(callees);
    this.middle = this.up ? this.up.deepest : 0;
    this.rows = this.middle + this.down.deepest + 1;
  }

  get height() {
    return this.rows * ROW;
  }

  // Calls `draw({ up, node, row, left, right, tree })` for what a view can show, and
  // `rest({ row, left, right })` for boxes side by side that are too narrow for it.
  visit(view, draw, rest) {
    for (const up of this.up ? [true, false] : [false]) {
      const step = up ? -1 : 1;
      const one = (node) => (node || !up) && draw(this.box(up, node));
      const many = (node, left, right) => rest({ row: this.box(up, node).row + step, left, right });
      visit(up ? this.up : this.down, view, one, many);
    }
  }

  box(up, node) {
    const boxes = up ? this.up : this.down;
    const depth = boxes.tree.depths[node];
    return {
      up,
      node,
      row: this.middle + (up ? -depth : depth),
      left: boxes.left[node],
      right: boxes.right[node],
      tree: boxes.tree,
    };
  }

  at(row, x) {
    const up = row < this.middle;
    const boxes = up ? this.up : this.down;
    const node = boxes && row < this.rows ? nodeAt(boxes, Math.abs(row - this.middle), x) : -1;
    return node < 0 ? null : this.box(up, node);
  }

  // The box next to one: "up", "down", "left" or "right" as seen on the screen; null at the edge.
  next({ up, node, tree }, direction) {
    const boxes = up ? this.up : this.down;
    if (direction === "left" || direction === "right") {
      const siblings = node ? [...this.children(boxes, tree.parents[node])] : [];
      const other = siblings[siblings.indexOf(node) + (direction === "left" ? -1 : 1)];
      return other === undefined ? null : this.box(up, other);
    }
    const outwards = (direction === "up") === up;
    if (node === 0 && direction === "up") return this.heaviest(this.up, true, 0);
    if (outwards || node === 0) return this.heaviest(boxes, up, node);
    const parent = tree.parents[node];
    return this.box(parent ? up : false, parent);
  }

  children({ first, children }, node) {
    return children.subarray(first[node], first[node + 1]);
  }

  heaviest(boxes, up, node) {
    const child = boxes ? this.children(boxes, node)[0] : undefined;
    return child === undefined ? null : this.box(up, child);
  }
}
