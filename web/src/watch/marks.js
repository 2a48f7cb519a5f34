// What happened meanwhile: alerts as shading, deploys as lines with their build, captures as dots.

const LOOKS = { bad: ["bad", 0.16], warn: ["warn", 0.16], note: ["main", 0.1], none: ["muted", 0.08] };
const CLEARANCE = 90; // pixels between two names of builds

// Hooks for uPlot; times in seconds after `origin`.
export function marks({ alerts, deploys, captures }, origin, colours) {
  return {
    drawClear: [(plot) => painted(plot, (ctx) => shade(ctx, plot, alerts, origin, colours))],
    draw: [
      (plot) => painted(plot, (ctx) => {
        deployLines(ctx, plot, deploys, origin, colours);
        captureDots(ctx, plot, captures, origin, colours);
      }),
    ],
  };
}

function painted({ ctx }, paint) {
  ctx.save();
  paint(ctx);
  ctx.restore();
}

function shade(ctx, plot, alerts, origin, colours) {
  const { left, top, width, height } = plot.bbox;
  for (const alert of alerts) {
    const [colour, alpha] = LOOKS[alert.look] ?? LOOKS.none;
    const from = Math.max(left, plot.valToPos(origin + alert.from, "x", true));
    const to = Math.min(left + width, plot.valToPos(origin + alert.to, "x", true));
    ctx.fillStyle = colours[colour] ?? colours.muted;
    ctx.globalAlpha = alpha;
    if (to >= from) ctx.fillRect(from, top, Math.max(2, to - from), height);
  }
}

function deployLines(ctx, plot, deploys, origin, colours) {
  const { left, top, width, height } = plot.bbox;
  const ratio = devicePixelRatio;
  ctx.strokeStyle = ctx.fillStyle = colours.ink;
  ctx.lineWidth = ratio;
  ctx.textAlign = "left";
  ctx.font = `${11 * ratio}px sans-serif`;
  let free = left;
  for (const { at, build } of deploys) {
    const x = plot.valToPos(origin + at, "x", true);
    if (x < left || x > left + width) continue;
    ctx.setLineDash([4 * ratio, 3 * ratio]);
    ctx.globalAlpha = 0.7;
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + height);
    ctx.stroke();
    if (x < free || x > left + width - 40 * ratio) continue;
    ctx.fillText(shortened(build), x + 4 * ratio, top + 11 * ratio);
    free = x + CLEARANCE * ratio;
  }
}

function captureDots(ctx, plot, captures, origin, colours) {
  const { left, top, width, height } = plot.bbox;
  ctx.fillStyle = colours.ink;
  for (const { at } of captures) {
    const x = plot.valToPos(origin + at, "x", true);
    if (x < left || x > left + width) continue;
    ctx.beginPath();
    ctx.arc(x, top + height - 4 * devicePixelRatio, 3 * devicePixelRatio, 0, 2 * Math.PI);
    ctx.fill();
  }
}

function shortened(build) {
  return build.length > 14 ? `${build.slice(0, 13)}…` : build;
}
