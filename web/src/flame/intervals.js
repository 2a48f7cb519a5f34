// 95 % intervals of sampled amounts, as `heapwise.analysis.sampling_error` has them: a filter in
// the page changes the sums, so they cannot be worked out before. A test compares the two.

const Z = 1.959964;

export const FEW_HITS = 5;

// Wilson's score interval of an estimate: [low, high].
export function interval(value, variance) {
  if (value <= 0 || variance <= 0) return [value, value];
  const spread = (Z * Z * variance) / value;
  const reach = Math.sqrt(spread * (value + spread / 4));
  const high = value + spread / 2 + reach;
  return [(value * value) / high, high];
}

// The same for a part of a total that is known exactly: only its share errs.
//   pinned: [value, variance] of all that was sampled
export function pinnedInterval(value, variance, pinned) {
  const rest = Math.max(0, pinned[0] - value);
  if (value <= 0 || rest <= 0) return [value, value];
  const [low, high] = interval(value, variance);
  const [restLow, restHigh] = interval(rest, Math.max(0, pinned[1] - variance));
  const odds = Math.log(value) - Math.log(rest);
  const down = Math.hypot(Math.log(value / low), Math.log(restHigh / rest));
  const up = Math.hypot(Math.log(high / value), Math.log(rest / restLow));
  return [odds - down, odds + up].map((at) => pinned[0] / (1 + Math.exp(-at)));
}
