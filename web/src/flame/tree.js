// A tree of call paths that grows node by node, parents first.

export class Tree {
  constructor(rootKey, width) {
    this.width = width;
    this.index = new Map();
    this.keys = [rootKey];
    this.parents = [0];
    this.depths = [0];
    this.own = [0]; // magnitude that ends here
    this.ownNet = [0]; // the same, what a base held counted as negative
    this.hits = [0];
    this.variance = [0];
  }

  get size() {
    return this.keys.length;
  }

  child(parent, key) {
    const place = parent * this.width + key;
    let node = this.index.get(place);
    if (node === undefined) {
      node = this.keys.length;
      this.index.set(place, node);
      this.keys.push(key);
      this.parents.push(parent);
      this.depths.push(this.depths[parent] + 1);
      this.own.push(0);
      this.ownNet.push(0);
      this.hits.push(0);
      this.variance.push(0);
    }
    return node;
  }

  // Weights with all below; call it once the tree is complete.
  finish() {
    this.index = null;
    this.weight = summedUp(this.own, this.parents);
    this.net = summedUp(this.ownNet, this.parents);
    return this;
  }

  // The ancestors of a node, itself first and the root last.
  path(node) {
    const found = [node];
    while (node) found.push((node = this.parents[node]));
    return found;
  }
}

function summedUp(own, parents) {
  const sums = Float64Array.from(own);
  for (let node = sums.length - 1; node > 0; node -= 1) sums[parents[node]] += sums[node];
  return sums;
}
