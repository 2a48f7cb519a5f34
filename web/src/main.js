// Finds the places the template left for charts and fills them with the data beside them.
// The page reads without this script: it adds charts and opens rows by a click anywhere on them.

import * as kinds from "./kinds.js";
import { onThemeChange } from "./theme.js";

const recordings = JSON.parse(document.getElementById("data").textContent);
const redraws = [];

for (const section of document.querySelectorAll("[data-chart]")) {
  const kind = section.dataset.chart;
  const view = kinds.sharedView(kind, recordings);
  const redraw = () => {
    for (const panel of section.querySelectorAll("[data-recording]")) {
      const which = panel.dataset.recording;
      const shown = which === "all" ? recordings : recordings[Number(which)];
      kinds[kind](panel, shown, view);
    }
  };
  wireLogToggle(section, view, redraw);
  redraws.push(redraw);
  redraw();
}

onThemeChange(() => redraws.forEach((redraw) => redraw()));
document.querySelectorAll("tr[data-path]").forEach(openByClick);

function wireLogToggle(section, view, redraw) {
  const button = section.querySelector("button[data-log]");
  if (!button) return;
  view.log = button.dataset.log === "on";
  const show = () => button.setAttribute("aria-pressed", String(view.log));
  button.addEventListener("click", () => {
    view.log = !view.log;
    show();
    redraw();
  });
  button.hidden = false;
  show();
}

function openByClick(row) {
  const details = row.querySelector("details");
  row.addEventListener("click", (event) => {
    const selecting = String(getSelection()) !== "";
    if (selecting || event.target.closest("details")) return;
    details.open = !details.open;
  });
}
