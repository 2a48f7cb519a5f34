// Numbers as `heapwise.units` prints them: charts and tables must not disagree in a digit.
// A test compares the two over many values.

const SIZES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const DURATIONS = [["ns", 1], ["µs", 1e3], ["ms", 1e6], ["s", 1e9]];

export function formatSize(size) {
  if (!Number.isFinite(size)) return "–";
  let index = 0;
  while (Math.abs(size) >= 1024 * 0.9995 && index < SIZES.length - 1) {
    size /= 1024;
    index += 1;
  }
  return `${index === 0 ? formatCount(size) : threeDigits(size)} ${SIZES[index]}`;
}

export function formatCount(count) {
  const magnitude = Math.abs(count);
  if (Number.isInteger(count) || magnitude >= 1000) return grouped(fixed(count, 0));
  return fixed(count, magnitude >= 10 ? 1 : 2);
}

export function formatDuration(ns) {
  if (!Number.isFinite(ns)) return "–";
  const magnitude = Math.abs(ns);
  if (ns === 0) return "0 s";
  if (magnitude < 1) return `${Number(fixed(ns, 1 - Math.floor(Math.log10(magnitude))))} ns`;
  const [unit, size] = DURATIONS.find(([, each]) => magnitude < each * 999.5) ?? DURATIONS[3];
  return `${threeDigits(ns / size)} ${unit}`;
}

export function formatShare(share) {
  const percent = share * 100;
  if (percent === 0) return "0 %";
  return `${fixed(percent, Math.abs(percent) >= 0.95 ? 1 : 2)} %`;
}

export function formatValue(value, unit) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  switch (unit) {
    case "B": return formatSize(value);
    case "ns": return formatDuration(value);
    case "share": return formatShare(value);
    case "/s": return `${formatCount(value)}/s`;
    default: return formatCount(value);
  }
}

function threeDigits(value) {
  const magnitude = Math.abs(value);
  if (magnitude >= 99.95) return grouped(fixed(value, 0));
  return fixed(value, magnitude >= 9.995 ? 1 : 2);
}

// `toFixed` rounds a tie up, Python to the even digit. Scaling by a power of two is exact, so a
// tie is seen for what it is; its last digit then is a 5 that both decimals spell out in full.
function fixed(value, digits) {
  const isTie = (Math.abs(value) * 2 ** (digits + 1)) % 2 === 1;
  if (!isTie) return value.toFixed(digits);
  const down = Math.floor(Math.abs(value) * 10 ** digits);
  const even = (down % 2 === 0 ? down : down + 1) / 10 ** digits;
  return (value < 0 ? -even : even).toFixed(digits);
}

function grouped(text) {
  return text.replace(/\B(?=(\d{3})+$)/g, ",");
}
