// Stretches of time as shading behind a chart. A column of pixels is as dark as the share of its
// time that was covered, so that a thousand short collections look like what they are.

const LOOKS = {
  "GC mark": { colour: "muted", most: 0.28 },
  collection: { colour: "bad", most: 0.35 },
  assist: { colour: "bad", most: 0.35 },
  "stop-the-world": { colour: "ink", most: 0.5 },
};
const FAINTEST = 0.06; // what is there at all can be seen

// A hook for uPlot's `drawClear`. `all`: {name, starts, ends} each, ascending, in the x unit.
export function bands(all, colours) {
  return (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    for (const { name, starts, ends } of all) {
      const look = LOOKS[name] ?? LOOKS["GC mark"];
      ctx.fillStyle = colours[look.colour];
      for (const [left, share] of coverage(plot, starts, ends)) {
        ctx.globalAlpha = Math.max(FAINTEST, look.most * Math.min(1, share));
        ctx.fillRect(left, bbox.top, 1, bbox.height);
      }
    }
    ctx.restore();
  };
}

// For every column of device pixels that is touched, the share of it that is covered.
function coverage(plot, starts, ends) {
  const { left, width } = plot.bbox;
  const columns = new Map();
  starts.forEach((start, at) => {
    const from = Math.max(left, plot.valToPos(start, "x", true));
    const to = Math.min(left + width, plot.valToPos(ends[at], "x", true));
    for (let column = Math.floor(from); column < to; column += 1) {
      const share = Math.min(to, column + 1) - Math.max(from, column);
      columns.set(column, (columns.get(column) ?? 0) + share);
    }
  });
  return columns;
}
