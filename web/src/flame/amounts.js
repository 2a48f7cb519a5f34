// How amounts of one sample type are printed.

import { formatCount, formatDuration, formatShare, formatSize } from "../units.js";

const PRINTERS = { bytes: formatSize, byte: formatSize, nanoseconds: formatDuration, count: formatCount };

export class Amounts {
  constructor(profile, type, perWork) {
    const { unit, total, ratio } = profile.amounts[type];
    this.print = PRINTERS[unit] ?? ((value) => `${formatCount(value)} ${unit}`);
    this.factor = !profile.work || perWork ? ratio : 1;
    this.suffix = profile.work && perWork ? `/${profile.work}` : "";
    this.total = total;
  }

  text(value) {
    return this.print(this.value(value)) + this.suffix;
  }

  // With its sign, for differences.
  signed(value) {
    return value > 0 ? `+${this.text(value)}` : this.text(value).replace("-", "−");
  }

  share(value) {
    return this.total ? formatShare(value / this.total) : "–";
  }

  // The number as it is printed, without its unit.
  value(value) {
    const scaled = value * this.factor;
    return Math.abs(scaled) >= 1000 ? Math.round(scaled) : scaled;
  }
}
