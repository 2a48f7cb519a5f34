// Draws the boxes that a window on the scene shows.

import { ROW } from "./scene.js";
import { shortName } from "./names.js";

const PADDING = 4;
const FONT_SIZE = 12;
const LEAST_TEXT = 24; // pixels; narrower boxes have no text
const LEAST_BOX = 0.6; // pixels; narrower ones are not drawn

export class Painter {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.widths = new Map();
  }

  // Pixels of the screen, not of the page: lines stay sharp.
  resize(width, height) {
    const ratio = devicePixelRatio || 1;
    Object.assign(this, { width, height, ratio });
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
  }

  // look: { scene, left, right, top, colours, and of a box: fill, name, amount, dim, isSelected, isSame }
  paint(look) {
    const { context, width, height } = this;
    const scale = width / (look.right - look.left);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.fillStyle = look.colours.page;
    context.fillRect(0, 0, width, height);
    context.font = `${FONT_SIZE}px ${getComputedStyle(this.canvas).fontFamily}`;
    context.textBaseline = "middle";
    const first = Math.floor(look.top / ROW) - 1;
    const last = Math.ceil((look.top + height) / ROW);
    const placed = (draw) => (box) => {
      if (box.row < first || box.row > last) return;
      const x = Math.max(-1, (box.left - look.left) * scale);
      const end = Math.min(width + 1, (box.right - look.left) * scale);
      draw(box, x, box.row * ROW - look.top, end - x);
    };
    look.scene.visit(
      { left: look.left, right: look.right, least: LEAST_BOX / scale },
      placed((...place) => this.box(look, ...place)),
      placed((_, ...place) => this.rest(look, ...place)),
    );
  }

  box(look, box, x, y, width) {
    const { context } = this;
    const gap = width > 3 ? 1 : 0;
    context.globalAlpha = look.dim(box) ? 0.4 : 1;
    context.fillStyle = look.fill(box);
    context.fillRect(x, y, width - gap, ROW - 1);
    if (width > LEAST_TEXT) {
      context.fillStyle = look.colours.ink;
      context.fillText(this.fitted(look, box, width - 2 * PADDING), x + PADDING, y + ROW / 2);
    }
    context.globalAlpha = 1;
    if (look.isSelected(box)) this.frame(look.colours.mark, x, y, width - gap, 2);
    else if (look.isSame(box) && width > 3) this.frame(look.colours.mark, x, y, width - gap, 1);
  }

  // Boxes too narrow to be told apart: that there are some is worth knowing.
  rest(look, x, y, width) {
    this.context.globalAlpha = 0.45;
    this.context.fillStyle = look.colours.other;
    this.context.fillRect(x, y, width, ROW - 1);
    this.context.globalAlpha = 1;
  }

  frame(colour, x, y, width, line) {
    this.context.strokeStyle = colour;
    this.context.lineWidth = line;
    this.context.strokeRect(x + line / 2, y + line / 2, width - line, ROW - 1 - line);
  }

  // As much of the name as there is room for, and behind a whole name what it weighs.
  fitted(look, box, room) {
    const name = look.name(box);
    if (this.measure(name) <= room) {
      const more = `${name}   ${look.amount(box)}`;
      return room > 180 && this.measure(more) <= room ? more : name;
    }
    const short = shortName(name);
    const width = this.measure(short);
    if (width <= room) return short;
    for (let letters = Math.floor((room / width) * short.length); letters > 1; letters -= 1) {
      const cut = `${short.slice(0, letters)}…`;
      if (this.measure(cut) <= room) return cut;
    }
    return "";
  }

  measure(text) {
    let width = this.widths.get(text);
    if (width === undefined) {
      width = this.context.measureText(text).width;
      if (this.widths.size > 20_000) this.widths.clear();
      this.widths.set(text, width);
    }
    return width;
  }
}
