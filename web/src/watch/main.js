// What every page of a watcher does once it is there. The pages read without this script: it turns
// times into the reader's own, draws charts, follows what changes, finds rows and copies commands.

import { followBoard } from "./board.js";
import { showCharts } from "./charts.js";
import { findRows } from "./find.js";
import { localTimes } from "./times.js";

localTimes(document);
document.querySelectorAll(".command").forEach(offerCopy);

const table = document.getElementById("services");
if (table) {
  const search = findRows(table);
  followBoard(table, search);
}
const timeline = document.getElementById("timeline");
if (timeline) showCharts(timeline);

function offerCopy(line) {
  const button = line.querySelector("button");
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = line.querySelector("code");
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "copied";
    } catch {
      // Off loopback without TLS browsers have no clipboard for pages: leave it selected.
      getSelection().selectAllChildren(text);
      button.textContent = "selected: press Ctrl-C";
    }
  });
}
