// From cells to the tree that is shown: one sample type, filtered and grouped by labels, without
// what is hidden, and turned around a function where one is in focus.

import { Tree } from "./tree.js";

// The call paths of a view, by function or, with `keys` of frames, by line.
//   view: { type, only: [key, value] or null, by: key or "", hidden: Set of names' indices }
export function pathsOf(profile, view, keys = profile.nameOfFrame) {
  const { values, hits, variance } = profile.amounts[view.type];
  const groups = view.by ? profile.labels.get(view.by) : null;
  const names = profile.names.length;
  const tree = new Tree(profile.root, Math.max(names, keys.length) + (groups?.values.length ?? 0) + 2);
  const resolver = new Resolver(profile, tree, keys, view.hidden);
  for (const cell of cellsOf(profile, view, groups)) {
    const value = values[cell];
    if (!value) continue;
    const group = groups ? groups.bySet[profile.cellLabels[cell]] : -1;
    if (groups) resolver.start(tree.child(0, names + (group < 0 ? groups.values.length : group)), group);
    const node = resolver.nodeOf(profile.cellNodes[cell]);
    tree.own[node] += Math.abs(value);
    tree.ownNet[node] += value;
    if (hits) {
      tree.hits[node] += hits[cell];
      tree.variance[node] += variance[cell];
    }
  }
  return tree.finish();
}

// The texts of a grouping's values, in the order of their keys.
export function groupNames(profile, by) {
  const { values } = profile.labels.get(by) ?? { values: [] };
  return [...values.map((value) => `${by}: ${value}`), `${by}: none`];
}

// Cells that pass the filter, those of one group together.
function cellsOf(profile, { only }, groups) {
  const wanted = only && profile.labels.get(only[0]);
  const value = wanted ? wanted.values.indexOf(only[1]) : -1;
  const cells = [];
  for (let cell = 0; cell < profile.cellNodes.length; cell += 1) {
    if (!only || (value >= 0 && wanted.bySet[profile.cellLabels[cell]] === value)) cells.push(cell);
  }
  if (!groups) return cells;
  const group = (cell) => groups.bySet[profile.cellLabels[cell]];
  return cells.sort((one, other) => group(one) - group(other) || one - other);
}

// Maps nodes of the profile to nodes of the tree, each once a group.
class Resolver {
  constructor(profile, tree, keys, hidden) {
    Object.assign(this, { profile, tree, keys, hidden });
    this.known = new Int32Array(profile.parents.length);
    this.start(0, null);
  }

  start(root, group) {
    if (group === this.group) return;
    this.group = group;
    this.known.fill(-1);
    this.known[0] = root;
  }

  nodeOf(node) {
    const known = this.known[node];
    if (known >= 0) return known;
    const { frameOf, parents, nameOfFrame } = this.profile;
    const above = this.nodeOf(parents[node]);
    const frame = frameOf[node];
    // Whatever a hidden function holds counts for its caller.
    const hidden = this.hidden.has(nameOfFrame[frame]);
    return (this.known[node] = hidden ? above : this.tree.child(above, this.keys[frame]));
  }
}

// Everything that passes through a function: what it calls, and turned around who calls it. Where
// it calls itself the outermost call counts, so that every stack does once.
export function pivot(tree, key) {
  const callees = new Tree(key, tree.width);
  const callers = new Tree(key, tree.width);
  const places = new Int32Array(tree.size).fill(-1);
  const outermost = [];
  for (let node = 0; node < tree.size; node += 1) {
    const above = node ? places[tree.parents[node]] : -1;
    if (above >= 0) places[node] = callees.child(above, tree.keys[node]);
    else if (tree.keys[node] === key) {
      places[node] = 0;
      outermost.push(node);
    }
    const place = places[node];
    if (place < 0) continue;
    callees.own[place] += tree.own[node];
    callees.ownNet[place] += tree.ownNet[node];
    callees.hits[place] += tree.hits[node];
    callees.variance[place] += tree.variance[node];
  }
  for (const node of outermost) {
    let place = 0;
    for (let above = node; above && (above = tree.parents[above]);) {
      place = callers.child(place, tree.keys[above]);
    }
    callers.own[place] += tree.weight[node];
    callers.ownNet[place] += tree.net[node];
  }
  return { callees: callees.finish(), callers: callers.finish() };
}
