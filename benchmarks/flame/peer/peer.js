// The same tree in d3-flame-graph, with the times that the benchmark asks for.

import * as module from "d3-flame-graph";
import { select } from "d3-selection";

const flamegraph = module.flamegraph ?? module.default;
const data = JSON.parse(document.getElementById("data").textContent);
const least = Number(new URLSearchParams(location.search).get("least"));

const begin = performance.now();
const chart = flamegraph().width(1248).transitionDuration(0).tooltip(false).minFrameSize(least);
select("#chart").datum(data).call(chart);
requestAnimationFrame(() => requestAnimationFrame(() => {
  window.peer = {
    drawn: performance.now(),
    took: performance.now() - begin,
    boxes: document.querySelectorAll("#chart g.frame, #chart g").length,
    // Zooming to a box and back, each until it is on the screen.
    async zoom() {
      const root = select("#chart").datum();
      const times = [];
      for (const node of [root.children[0], root, root.children[1], root]) {
        const start = performance.now();
        chart.zoomTo(node);
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        times.push(performance.now() - start);
      }
      return times;
    },
  };
}));
