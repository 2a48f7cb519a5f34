// One function per kind of chart: (place, recording or all of them, view) -> plot.
// A view holds what the panels of one section share: the top of the y scale, linear or log.

import {
  BINARY_STEPS,
  align,
  draw,
  highest,
  logTicks,
  lowestAbove,
  timeAxis,
  valueAxis,
  xAxis,
} from "./chart.js";
import { bands } from "./bands.js";
import { STRIP_PADDING, collectionTicks } from "./collections.js";
import { palette } from "./theme.js";

const LOG = 3; // uPlot's number for a logarithmic scale
const HEADROOM = 1.05;

function valueScale(view) {
  if (view.log) return { distr: LOG, range: [view.bottom, view.top] };
  return { range: [0, view.top] };
}

// From the first to the last point; a single point still needs some width.
function timeRange(_, min, max) {
  return min < max ? [min, max] : [(min ?? 0) - 0.5, (min ?? 0) + 0.5];
}

function common(recording, view) {
  return {
    sync: `recording ${recording.role}`,
    readX: (x) => `${x.toFixed(2)} s`,
    scales: { x: { time: false, range: timeRange }, y: valueScale(view) },
  };
}

// The sawtooth: heap in use, live heap, goal; the first in the recording's colour.
export function heap(place, recording, view) {
  const colours = palette(recording.role);
  const looks = {
    "heap in use": { stroke: colours.main, width: 1, fill: `${colours.main}30` },
    "live heap": { stroke: colours.ink, width: 1.25 },
    goal: { stroke: colours.muted, dash: [5, 4] },
  };
  return draw(place, {
    ...common(recording, view),
    // By name: any of the three may be missing.
    lines: recording.heap.map((each) => ({ ...(looks[each.name] ?? looks.goal), ...named(each) })),
    data: align(recording.heap),
    axes: [timeAxis(colours), valueAxis("B", colours, { incrs: BINARY_STEPS })],
    padding: STRIP_PADDING,
    hooks: {
      drawClear: [bands(recording.bands, colours)],
      draw: [collectionTicks(recording.collections, colours.ink)],
    },
  });
}

// p50, p99 and max per slice; the maximum and the slow hits as dots, because a line between them
// means nothing.
export function latency(place, recording, view) {
  const colours = palette(recording.role);
  const looks = {
    p50: { stroke: colours.ink, width: 1.25 },
    p99: { stroke: colours.main, width: 2 },
    max: dots(colours.muted, 3),
    "slow, GC active": dots(colours.bad, 5),
    "slow, no GC": dots(colours.ink, 5),
  };
  const series = [...recording.latency, ...recording.slow];
  return draw(place, {
    ...common(recording, view),
    lines: series.map((each) => ({ ...(looks[each.name] ?? looks.max), ...named(each) })),
    data: align(series),
    hooks: { drawClear: [bands(recording.bands, colours)] },
    axes: [timeAxis(colours), valueAxis("ns", colours, view.log ? logTicks(view) : {})],
  });
}

// Every hit that stands out as a dot, and how the many lie as lines.
export function hits(place, recording, view) {
  const colours = palette(recording.role);
  const looks = {
    OK: dots(`${colours.main}90`, 3),
    failed: dots(colours.bad, 5),
    p50: { stroke: colours.ink, width: 1.25 },
    p99: { stroke: colours.ink, width: 1.5, dash: [4, 3] },
  };
  return draw(place, {
    ...common(recording, view),
    lines: recording.hits.map((each) => ({ ...looks[each.name], ...named(each) })),
    data: align(recording.hits),
    axes: [timeAxis(colours), valueAxis("ns", colours, view.log ? logTicks(view) : {})],
  });
}

// Sent and failed per second.
export function rate(place, recording, view) {
  const colours = palette(recording.role);
  const looks = [
    { stroke: colours.main, width: 1.5 },
    { stroke: colours.bad, width: 1.5, dash: [2, 2] },
  ];
  return draw(place, {
    ...common(recording, view),
    lines: lines(recording.rate, looks),
    data: align(recording.rate),
    axes: [timeAxis(colours), valueAxis("/s", colours)],
  });
}

// Latency against percentile, every nine of it as wide as the one before: x is 1/(1-q).
export function percentiles(place, shown, view) {
  const recordings = [shown].flat(); // one, or all of them in one chart
  const colours = palette("only");
  const curves = recordings.flatMap((recording) =>
    recording.percentiles.map((series, at) => ({
      ...nines(series, recording, recordings.length),
      // One hue a recording, strong for what users see; dashes and half the ink for the service.
      stroke: at > 0 ? `${palette(recording.role).main}b0` : palette(recording.role).main,
      width: at > 0 ? 1.5 : 2.5,
      dash: at > 0 ? [3, 5] : undefined,
    })),
  );
  const most = curves.reduce((top, each) => Math.max(top, each.x.at(-1) ?? 1), 10);
  return draw(place, {
    lines: curves,
    data: align(curves),
    readX: (x) => `${percentText(x)} %`,
    scales: { x: { time: false, distr: LOG, range: [1, most] }, y: valueScale(view) },
    axes: [
      xAxis(colours, {
        splits: () => powersOfTen(most),
        filter: (_, splits) => splits,
        values: (_, splits) => splits.map((each) => `${percentText(each)} %`),
      }),
      valueAxis("ns", colours, view.log ? logTicks(view) : {}),
    ],
  });
}

// The maximum, at 100 %, has no place on such an axis; it is in the table.
function nines({ name, unit, x, y }, recording, count) {
  const kept = x.map((_, index) => index).filter((index) => x[index] < 100);
  return {
    name: count > 1 ? `${recording.role}: ${name}` : name,
    unit,
    x: kept.map((index) => 1 / (1 - x[index] / 100)),
    y: kept.map((index) => y[index]),
  };
}

function percentText(x) {
  return String(Number((100 * (1 - 1 / x)).toPrecision(x < 10 ? 3 : Math.ceil(Math.log10(x)) + 2)));
}

function powersOfTen(most) {
  const powers = [];
  for (let power = 1; power <= most; power *= 10) powers.push(power);
  return powers;
}

function lines(series, looks) {
  return series.map((each, at) => ({ ...looks[at % looks.length], ...named(each) }));
}

function dots(colour, size) {
  return { stroke: colour, width: 0, points: { show: true, size, fill: colour, stroke: colour } };
}

function named({ name, unit }) {
  return { name, unit };
}

// The scale that all panels of a section share.
export function sharedView(kind, recordings) {
  const series = recordings.flatMap((recording) => [
    ...recording[kind],
    ...(kind === "latency" ? recording.slow : []),
  ]);
  const top = highest(series) * HEADROOM || 1;
  return { top, bottom: Math.min(lowestAbove(0, series) / 1.5, top / 10), log: false };
}
