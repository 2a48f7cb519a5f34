// The data as typed arrays, with what every view asks of it: names, labels and amounts.

import { packageOf } from "./names.js";

const ROOT = -1;
const REST = -2;

export class Profile {
  constructor(data) {
    Object.assign(this, data);
    const frames = data.frames;
    this.rest = this.names.length;
    this.names = [...this.names, "(lighter paths)", "all"];
    this.root = this.rest + 1;
    this.nameOfFrame = Int32Array.from([...frames.name, this.rest, this.root]);
    const frameCount = frames.name.length;
    this.frames = { file: [...frames.file, 0, 0], line: [...frames.line, 0, 0] };
    this.frameOf = Int32Array.from(data.nodes.frame, (frame) => {
      if (frame === ROOT) return frameCount + 1;
      return frame === REST ? frameCount : frame;
    });
    this.parents = parentsOf(data.nodes.depth);
    this.cellNodes = summed(data.cells.node);
    this.cellLabels = Int32Array.from(data.cells.labels);
    this.labels = labelsOf(data.labelSets);
    this.fileOfName = new Int32Array(this.names.length);
    frames.name.forEach((name, frame) => (this.fileOfName[name] = frames.file[frame]));
    this.packages = this.names.map((name, id) => packageOf(name, this.files[this.fileOfName[id]]));
  }

  // What a key stands for: an index into the names, or behind them one of a grouping's values.
  nameOf(key, groups) {
    return key < this.names.length ? this.names[key] : groups[key - this.names.length];
  }

  find(name) {
    const key = this.names.indexOf(name);
    return key >= 0 && key < this.rest ? key : -1;
  }
}

// Nodes come parents first, each subtree in one piece: the parent is the last one less deep.
function parentsOf(depths) {
  const last = [];
  return Int32Array.from(depths, (depth, node) => {
    last[depth] = node;
    return depth ? last[depth - 1] : 0;
  });
}

function summed(steps) {
  let sum = 0;
  return Int32Array.from(steps, (step) => (sum += step));
}

// Key -> { values, bySet }: the distinct values, and the index of that of each set or -1.
function labelsOf(sets) {
  const labels = new Map();
  sets.forEach((set, number) => {
    for (const [key, value] of set) {
      if (!labels.has(key)) labels.set(key, { values: [], bySet: new Int32Array(sets.length).fill(-1) });
      const { values, bySet } = labels.get(key);
      if (!values.includes(value)) values.push(value);
      bySet[number] = values.indexOf(value);
    }
  });
  return labels;
}
