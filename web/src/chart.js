// What every chart has in common: size, axes, a key that reads out the values under the cursor.

import uPlot from "uplot";

import { font, isPrinting } from "./theme.js";
import { formatValue } from "./units.js";

const HEIGHT = 240;
const SHEET_WIDTH = 640; // of a chart on paper, whose width a script cannot measure

// Columns on one x axis: series come with x values of their own. A value that is missing because
// another series has none there is `undefined` and joined over; a `null` stays a gap.
export function align(series) {
  return uPlot.join(series.map((each) => [each.x, each.y]));
}

export function highest(series, floor = 0) {
  return series.reduce(
    (top, each) => each.y.reduce((most, y) => (y === null ? most : Math.max(most, y)), top),
    floor,
  );
}

export function lowestAbove(zero, series) {
  const values = series.flatMap((each) => each.y).filter((y) => y !== null && y > zero);
  return values.length ? values.reduce((a, b) => Math.min(a, b)) : 1;
}

export function valueAxis(unit, colours, extra = {}) {
  return {
    ...look(colours),
    size: 72,
    values: (_, splits) => splits.map((each) => (each === null ? "" : formatValue(each, unit))),
    ...extra,
  };
}

export function xAxis(colours, extra = {}) {
  return { ...look(colours), size: 30, space: 56, ...extra };
}

export function timeAxis(colours) {
  return xAxis(colours, { values: (_, splits) => splits.map((each) => `${each} s`) });
}

function look(colours) {
  return {
    stroke: colours.muted,
    font: font(11),
    grid: { stroke: colours.grid, width: 1 },
    ticks: { stroke: colours.grid, width: 1, size: 4 },
  };
}

// Bytes fall on round binary numbers, not on round decimal ones.
export const BINARY_STEPS = Array.from({ length: 50 }, (_, power) => 2 ** power);

// Ticks of a logarithmic axis: 1, 2 and 5 of every decade, or only the 1 where there are many.
export function logTicks({ bottom, top }) {
  const steps = Math.log10(top / bottom) > 3 ? [1] : [1, 2, 5];
  const splits = [];
  for (let power = Math.floor(Math.log10(bottom)); 10 ** power <= top; power += 1) {
    splits.push(...steps.map((step) => step * 10 ** power));
  }
  const inside = splits.filter((each) => each >= bottom && each <= top);
  return { splits: () => inside, filter: (_, shown) => shown };
}

// Draws into `place`, replacing what was there, and keeps to its width.
// `lines`: {name, unit, stroke, …} per series, in the order of `data`.
export function draw(place, { lines, data, axes, scales, hooks = {}, sync, readX, padding }) {
  const key = makeKey(lines, readX);
  const area = document.createElement("div");
  place.replaceChildren(key.element, area);
  const plot = new uPlot(
    {
      width: isPrinting() ? SHEET_WIDTH : place.clientWidth,
      height: HEIGHT,
      padding: padding ?? [10, 12, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { size: 7 }, sync: sync && { key: sync, scales: ["x", null] } },
      scales: { x: { time: false }, ...scales },
      axes,
      series: [{}, ...lines.map((line, at) => toSeries(line, data[at + 1]))],
      hooks: { ...hooks, setCursor: [(self) => key.show(self.cursor.idx, self.data)] },
    },
    data,
    area,
  );
  followWidth(place, plot);
  return plot;
}

function toSeries({ stroke, width = 1.5, dash, fill, points, paths }, column) {
  // No line leads through a single value: without its point nothing would be drawn at all.
  const alone = column.filter((y) => y !== null && y !== undefined).length === 1;
  return { stroke, width, dash, fill, paths, points: points ?? { show: alone, size: 7, fill: stroke } };
}

function makeKey(lines, readX) {
  const element = document.createElement("p");
  element.className = "key";
  const where = element.appendChild(document.createElement("span"));
  where.className = "where";
  const values = lines.map((line) => {
    const entry = element.appendChild(document.createElement("span"));
    const swatch = entry.appendChild(document.createElement("i"));
    swatch.style.borderTopColor = line.stroke;
    swatch.style.borderTopStyle = line.dash ? "dashed" : line.width === 0 ? "dotted" : "solid";
    entry.append(`${line.name} `);
    return entry.appendChild(document.createElement("b"));
  });
  return {
    element,
    show(index, data) {
      const inside = index !== null && index !== undefined;
      where.textContent = inside ? readX(data[0][index]) : "";
      values.forEach((value, at) => {
        value.textContent = inside ? formatValue(nearest(data[at + 1], index), lines[at].unit) : "";
      });
    },
  };
}

// The last known value at or before `index`: after `align`, series take turns having one.
function nearest(column, index) {
  while (index > 0 && column[index] === undefined) index -= 1;
  return column[index];
}

// One observer per place however often it is redrawn; the latest plot is the one to resize.
const plots = new WeakMap();
const observer = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    const plot = plots.get(target);
    const width = Math.floor(contentRect.width);
    if (width > 0 && width !== plot.width) plot.setSize({ width, height: HEIGHT });
  }
});

function followWidth(place, plot) {
  plots.get(place)?.destroy();
  plots.set(place, plot);
  observer.observe(place);
}
