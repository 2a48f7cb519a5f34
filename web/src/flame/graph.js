// The call graph of a tree: its heaviest functions, and the calls between them.

import { outermostOf } from "./tally.js";

// Nodes are the keys kept; an edge counts once a path, however often the call recurs in it, and
// leads across functions that are not kept (`residual`).
export function callGraph(tree, rows, most) {
  const kept = heaviest(rows, most, tree.weight[0]);
  const edges = new Map();
  const nearest = new Int32Array(tree.size).fill(-1); // kept node, of the tree, at or above
  const outermost = outermostOf(tree);
  if (kept.has(tree.keys[0])) nearest[0] = 0; // turned around a function, the root is one
  for (let node = 1; node < tree.size; node += 1) {
    const parent = tree.parents[node];
    const caller = nearest[parent];
    nearest[node] = kept.has(tree.keys[node]) ? node : caller;
    if (nearest[node] !== node || caller < 0 || tree.keys[caller] === tree.keys[node]) continue;
    if (!outermost[node] && recurs(tree, nearest, node, caller)) continue;
    const place = `${tree.keys[caller]} ${tree.keys[node]}`;
    if (!edges.has(place)) {
      edges.set(place, { from: tree.keys[caller], to: tree.keys[node], weight: 0, net: 0, residual: false });
    }
    const edge = edges.get(place);
    edge.weight += tree.weight[node];
    edge.net += tree.net[node];
    edge.residual ||= parent !== caller;
  }
  return { nodes: [...kept].map((key) => rows.get(key)), edges: [...edges.values()] };
}

// True where the same call stands above already.
function recurs(tree, nearest, node, caller) {
  for (let below = caller; below >= 0 && below; below = nearest[tree.parents[below]] ?? -1) {
    const above = nearest[tree.parents[below]];
    if (above < 0) return false;
    if (tree.keys[below] === tree.keys[node] && tree.keys[above] === tree.keys[caller]) return true;
  }
  return false;
}

const LEAST = 0.005; // of the total, as pprof's nodefraction

// Half of them by what they hold themselves, half by what they lead to.
function heaviest(rows, most, total) {
  const all = [...rows.values()].filter(({ cum }) => cum >= total * LEAST);
  const by = (field) => all.filter((row) => row[field] > 0).sort((one, other) => other[field] - one[field]);
  const kept = new Set();
  const [flat, cum] = [by("flat"), by("cum")];
  for (let at = 0; at < all.length && kept.size < most; at += 1) {
    if (flat[at]) kept.add(flat[at].key);
    if (cum[at] && kept.size < most) kept.add(cum[at].key);
  }
  return kept;
}
