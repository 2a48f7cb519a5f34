// Flat and cum of every function of a tree, as in pprof's top.

// Key -> { key, flat, flatNet, cum, cumNet, hits, variance }. A function that calls itself counts
// once a path. The root is no function, unless the tree was turned around one (`turned`).
export function tally(tree, turned) {
  const rows = new Map();
  const row = (key) => {
    if (!rows.has(key)) {
      rows.set(key, { key, flat: 0, flatNet: 0, cum: 0, cumNet: 0, hits: 0, variance: 0 });
    }
    return rows.get(key);
  };
  const outermost = outermostOf(tree);
  for (let node = turned ? 0 : 1; node < tree.size; node += 1) {
    const found = row(tree.keys[node]);
    found.flat += tree.own[node];
    found.flatNet += tree.ownNet[node];
    found.hits += tree.hits[node];
    found.variance += tree.variance[node];
    if (outermost[node]) {
      found.cum += tree.weight[node];
      found.cumNet += tree.net[node];
    }
  }
  return rows;
}

// 1 for each node none of whose ancestors has its key.
export function outermostOf(tree) {
  const { keys, parents, size } = tree;
  const flags = new Uint8Array(size).fill(1);
  for (let node = 1; node < size; node += 1) {
    let above = parents[node];
    while (above && keys[above] !== keys[node]) above = parents[above];
    if (keys[above] === keys[node]) flags[node] = 0;
  }
  return flags;
}

// What the functions that match hold together: every path once.
export function matchedWeight(tree, matches) {
  const inside = new Uint8Array(tree.size);
  let sum = 0;
  for (let node = 1; node < tree.size; node += 1) {
    inside[node] = inside[tree.parents[node]];
    if (!inside[node] && matches(tree.keys[node])) {
      inside[node] = 1;
      sum += tree.weight[node];
    }
  }
  return sum;
}
