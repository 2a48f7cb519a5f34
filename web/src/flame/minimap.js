// The whole scene in small, with a frame around what the stage shows; drag the frame to move.

const HEIGHT = 48;

export class Minimap {
  constructor(canvas, look) {
    this.canvas = canvas;
    this.frameBox = canvas.nextElementSibling;
    this.view = { left: 0, right: 1, height: 1 };
    canvas.parentElement.addEventListener("pointerdown", (event) => this.drag(event, look));
  }

  draw(scene, fill, rest) {
    const { canvas } = this;
    const width = canvas.clientWidth;
    const ratio = devicePixelRatio || 1;
    canvas.width = width * ratio;
    canvas.height = HEIGHT * ratio;
    const context = canvas.getContext("2d");
    const row = Math.min(4, HEIGHT / scene.rows);
    context.scale(ratio, ratio);
    const draw = (box, colour) => {
      context.fillStyle = colour;
      context.fillRect(box.left * width, box.row * row, (box.right - box.left) * width, row);
    };
    scene.visit({ left: 0, right: 1, least: 1 / width }, (box) => draw(box, fill(box)), (box) => draw(box, rest));
    this.used = (row * scene.rows) / HEIGHT;
  }

  frame(left, right, top, height) {
    this.view = { left, right, height };
    const { style } = this.frameBox;
    style.left = `${left * 100}%`;
    style.width = `${(right - left) * 100}%`;
    style.top = `${top * this.used * 100}%`;
    style.height = `${Math.min(1, height) * this.used * 100}%`;
  }

  drag(event, look) {
    const area = this.canvas.getBoundingClientRect();
    const { left, right, height } = this.view;
    const move = (to) => {
      const x = (to.clientX - area.left) / area.width - (right - left) / 2;
      const y = (to.clientY - area.top) / area.height / this.used - height / 2;
      look(x, x + right - left, y);
    };
    move(event);
    addEventListener("pointermove", move);
    addEventListener("pointerup", () => removeEventListener("pointermove", move), { once: true });
  }
}
