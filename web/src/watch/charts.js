// The timeline of a service: fetches what its charts draw, again every half minute.

import { BINARY_STEPS, align, draw, highest, valueAxis, xAxis } from "../chart.js";
import { onThemeChange, palette } from "../theme.js";
import { marks } from "./marks.js";
import { readTime } from "./times.js";

const REFRESH_MS = 30_000;
const HEADROOM = 1.08;
const FEW = 40;
const DETAILS = { limit: { dash: [5, 4] }, longest: { dash: [2, 3] } };

export function showCharts(section) {
  const choices = section.querySelector(".choices");
  const select = choices.querySelector("select");
  const nothing = section.querySelector("#nothing");
  const places = [...section.querySelectorAll("[data-chart]")];
  let range = choices.querySelector("[aria-pressed=true]").dataset.range;
  const service = decodeURIComponent(section.dataset.service);
  let instance = decodeURIComponent(section.dataset.instance);
  let shown = null;
  let asked = 0;

  async function load() {
    const mine = (asked += 1);
    const query = new URLSearchParams({ service, instance, range });
    try {
      const answer = await fetch(`/api/timeline?${query}`);
      if (!answer.ok) throw new Error((await answer.text()).trim());
      const data = await answer.json();
      if (mine !== asked) return; // another choice was made meanwhile
      shown = data;
      redraw();
    } catch (error) {
      if (mine !== asked) return;
      nothing.textContent = `The charts cannot be read: ${error.message}`;
      nothing.hidden = false;
    }
  }

  function redraw() {
    if (!shown) return;
    const kinds = Object.keys(shown.charts);
    nothing.hidden = kinds.length > 0;
    nothing.textContent = "Nothing to draw yet: the first bin is not complete.";
    for (const place of places) {
      const lines = shown.charts[place.dataset.chart];
      place.hidden = !lines;
      if (lines) chart(place, lines, shown);
    }
  }

  choices.hidden = false;
  for (const button of choices.querySelectorAll("button")) {
    button.addEventListener("click", () => {
      range = button.dataset.range;
      for (const each of choices.querySelectorAll("button")) each.setAttribute("aria-pressed", String(each === button));
      load();
    });
  }
  select?.addEventListener("change", () => {
    instance = decodeURIComponent(select.value);
    load();
  });
  setInterval(() => document.hidden || load(), REFRESH_MS);
  onThemeChange(redraw);
  nothing.textContent = "Reading…";
  load();
}

function chart(place, lines, { origin, end, coverage, ...happened }) {
  const colours = palette("only");
  const hues = instanceHues();
  const { unit } = lines[0];
  const top = highest(lines) * HEADROOM || 1;
  const extra = place.querySelector(".extra");
  if (place.dataset.chart === "pauses" && coverage !== null && coverage < 0.995) {
    extra.textContent = `· in the worst bin ${Math.floor(coverage * 100)} % of them were seen`;
  } else extra.textContent = "";
  const timed = lines.map((line) => ({ ...line, x: line.x.map((x) => origin + x) }));
  draw(place.querySelector(".plot"), {
    lines: timed.map((line, at) => look(line, DETAILS[line.name] ? colours.muted : hues[at % hues.length])),
    data: align(timed),
    sync: "timeline",
    padding: [10, 28, 0, 0], // room for half a time of day
    readX: readTime,
    scales: { x: { time: true, range: [origin, origin + end] }, y: { range: [0, top] } },
    axes: [xAxis(colours, { size: 40 }), valueAxis(unit, colours, unit === "B" ? { incrs: BINARY_STEPS } : {})],
    hooks: marks(happened, origin, colours),
  });
}

function look({ name, unit, y }, stroke) {
  // Few values stand alone, between gaps that no line leads through.
  const few = y.filter((each) => each !== null).length <= FEW && !DETAILS[name];
  return { name, unit, stroke, width: 1.75, points: { show: few, size: 5, fill: stroke }, ...DETAILS[name] };
}

// Eight hues, told apart by every common kind of colour vision.
function instanceHues() {
  const style = getComputedStyle(document.documentElement);
  return Array.from({ length: 8 }, (_, at) => style.getPropertyValue(`--line-${at}`).trim());
}
