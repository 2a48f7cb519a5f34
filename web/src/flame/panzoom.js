// Moves and scales a drawing by its viewBox: drag, or hold Ctrl and turn the wheel. What does not
// fit at first is cut evenly around its `middle`.

const MARGIN = 16;

export function panAndZoom(drawing, size) {
  const area = drawing.parentElement;
  const fit = Math.max(1, (size.width + 2 * MARGIN) / area.clientWidth);
  const box = { x: 0, y: -MARGIN, scale: Math.min(fit, 1.6) };
  const shown = area.clientWidth * box.scale;
  const centred = (size.width - shown) / 2;
  const most = size.width + MARGIN - shown;
  box.x = most <= -MARGIN ? centred : Math.min(most, Math.max(-MARGIN, size.middle - shown / 2));
  const apply = () => {
    const { clientWidth, clientHeight } = area;
    drawing.setAttribute("viewBox", `${box.x} ${box.y} ${clientWidth * box.scale} ${clientHeight * box.scale}`);
  };
  drawing.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) {
      const before = box.scale;
      box.scale = Math.min(8, Math.max(0.1, before * 1.002 ** event.deltaY));
      const frame = drawing.getBoundingClientRect();
      box.x += (event.clientX - frame.left) * (before - box.scale);
      box.y += (event.clientY - frame.top) * (before - box.scale);
    } else {
      box.x += event.deltaX * box.scale;
      box.y += event.deltaY * box.scale;
    }
    apply();
  }, { passive: false });
  drawing.addEventListener("pointerdown", (event) => {
    const from = { ...box, left: event.clientX, top: event.clientY };
    const move = (to) => {
      box.x = from.x - (to.clientX - from.left) * box.scale;
      box.y = from.y - (to.clientY - from.top) * box.scale;
      apply();
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", () => removeEventListener("pointermove", move), { once: true });
  });
  new ResizeObserver(apply).observe(area);
  apply();
}
