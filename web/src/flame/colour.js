// Colours of boxes: by package, or in a difference by what became of them. All come from the style
// sheet, in shades of the same lightness, so that text stays readable and no hue means danger.

import { shortName } from "./names.js";

const HUES = 8;

export class Colours {
  constructor(profile) {
    this.profile = profile;
    this.ranks = new Map();
    this.readTheme();
  }

  readTheme() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    this.hues = Array.from({ length: HUES }, (_, at) => read(`--flame-${at}`));
    this.other = read("--flame-other");
    this.ink = read("--flame-ink");
    this.page = read("--surface");
    this.mark = read("--ink");
    this.less = parts(read("--flame-less"));
    this.more = parts(read("--flame-more"));
    this.same = parts(read("--flame-same"));
  }

  // The packages that cover most of the picture have colours of their own; the others share one.
  rank({ keys, weight }) {
    const areas = new Map();
    keys.forEach((key, node) => {
      const name = this.profile.packages[key];
      if (name) areas.set(name, (areas.get(name) ?? 0) + weight[node]);
    });
    const ordered = [...areas].sort((one, other) => other[1] - one[1]).slice(0, HUES);
    this.ranks = new Map(ordered.map(([name], at) => [name, at]));
  }

  legend() {
    const names = [...this.ranks.keys()];
    const isAmbiguous = (name) => names.filter((other) => shortName(other) === shortName(name)).length > 1;
    return names.map((name, at) => ({ name: isAmbiguous(name) ? name : shortName(name), full: name, colour: this.hues[at] }));
  }

  ofKey(key) {
    const rank = this.ranks.get(this.profile.packages[key]);
    return rank === undefined ? this.other : this.hues[rank];
  }

  // From all gone (-1) over unchanged (0) to all new (1).
  ofChange(change) {
    const end = change < 0 ? this.less : this.more;
    const much = Math.min(1, Math.abs(change)) ** 0.7;
    const mixed = end.map((part, at) => Math.round(this.same[at] + (part - this.same[at]) * much));
    return `rgb(${mixed.join(" ")})`;
  }
}

function parts(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
