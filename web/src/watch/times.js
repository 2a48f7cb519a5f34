// Moments as the reader's clock and language have them.

const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const SHORT = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });

export function localTimes(within) {
  for (const time of within.querySelectorAll("time")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.valueOf())) continue;
    time.textContent = SHORT.format(moment);
    time.title = FULL.format(moment);
  }
}

export function readTime(seconds) {
  return FULL.format(new Date(seconds * 1000));
}
