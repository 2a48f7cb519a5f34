// Garbage collections as ticks above a chart; where several share a pixel, as density.

const STRIP = 8; // height of the strip, CSS pixels
const FAINTEST = 0.3;

export const STRIP_PADDING = [STRIP + 8, 12, 0, 0];

// A hook for uPlot's `draw`: `seconds` ascending, in the chart's x unit.
export function collectionTicks(seconds, colour) {
  return (plot) => {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    const wide = Math.max(1, Math.round(ratio));
    const bins = countPerBin(plot, seconds, wide);
    const most = Math.max(...bins.values());
    ctx.save();
    ctx.fillStyle = colour;
    for (const [left, count] of bins) {
      ctx.globalAlpha = most === 1 ? 1 : FAINTEST + (1 - FAINTEST) * (count / most);
      ctx.fillRect(left, bbox.top - (STRIP + 2) * ratio, wide, STRIP * ratio);
    }
    ctx.restore();
  };
}

function countPerBin(plot, seconds, wide) {
  const { min, max } = plot.scales.x;
  const bins = new Map();
  for (const second of seconds) {
    if (second < min || second > max) continue;
    const left = Math.round(plot.valToPos(second, "x", true) / wide) * wide;
    bins.set(left, (bins.get(left) ?? 0) + 1);
  }
  return bins;
}
