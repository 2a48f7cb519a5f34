// Follows the server's events: each holds the parts of the page that changed, by their key, made
// and escaped by the template that made the page; null is a part that has gone.

import { localTimes } from "./times.js";

export function followBoard(table, search) {
  const status = document.getElementById("live");
  const body = table.tBodies[0];
  const parts = new Map();
  for (const part of document.querySelectorAll("[data-key]")) parts.set(part.dataset.key, part);
  let seen = status.dataset.seen;
  let source = null;

  function take(event) {
    const changed = JSON.parse(event.data);
    // A watcher that was started anew sends all there is, and does not know what was before.
    if (epoch(event.lastEventId) !== epoch(seen)) {
      for (const key of [...parts.keys()]) changed[key] ??= null;
    }
    seen = event.lastEventId;
    for (const [key, html] of Object.entries(changed)) replace(key, html);
    search.apply();
  }

  function replace(key, html) {
    const before = parts.get(key);
    const part = html === null ? null : parse(html);
    if (part === null) {
      parts.delete(key);
      before?.remove();
      return;
    }
    localTimes(part);
    parts.set(key, part);
    if (!part.matches("tr")) before?.replaceWith(part);
    else if (before && compare(before, part) === 0) before.replaceWith(part);
    else {
      before?.remove();
      insert(part);
    }
  }

  function insert(row) {
    let low = 0;
    let high = body.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(body.rows[middle], row) < 0) low = middle + 1;
      else high = middle;
    }
    body.insertBefore(row, body.rows[low] ?? null);
  }

  function say(text, look) {
    status.textContent = text;
    status.className = look;
    status.hidden = false;
  }

  function open() {
    if (source) return;
    source = new EventSource(`/events?since=${encodeURIComponent(seen)}`);
    source.addEventListener("open", () => say("live", "good"));
    source.addEventListener("message", take);
    source.addEventListener("error", () => {
      say("not connected", "bad");
      // A refusal ends an EventSource for good; ask again later all the same.
      if (source?.readyState === EventSource.CLOSED) {
        close();
        setTimeout(openIfSeen, 10_000);
      }
    });
  }

  function close() {
    source?.close();
    source = null;
  }

  function openIfSeen() {
    if (!document.hidden) open();
  }

  // Browsers have six connections for a server; a page that nobody looks at gives its own back.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  openIfSeen();
}

function epoch(mark) {
  return mark.split("-", 1)[0];
}

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

// The order of the server: what needs somebody first, then by name.
function compare(a, b) {
  const rank = Number(a.dataset.rank) - Number(b.dataset.rank);
  if (rank) return rank;
  return a.dataset.name < b.dataset.name ? -1 : Number(a.dataset.name > b.dataset.name);
}
