// Where the boxes of a tree lie: children side by side under their parent, heaviest first.

// Children as CSR, and both edges of every node as shares of the root's width.
export function layout(tree) {
  const { size, parents, weight } = tree;
  const first = new Int32Array(size + 1);
  for (let node = 1; node < size; node += 1) first[parents[node] + 1] += 1;
  for (let node = 0; node < size; node += 1) first[node + 1] += first[node];
  const children = new Int32Array(Math.max(size - 1, 0));
  const filled = first.slice(0, size);
  for (let node = 1; node < size; node += 1) children[filled[parents[node]]++] = node;
  const left = new Float64Array(size);
  const right = new Float64Array(size);
  right[0] = 1;
  const unit = weight[0] > 0 ? 1 / weight[0] : 0;
  let deepest = 0;
  for (let node = 0; node < size; node += 1) {
    deepest = Math.max(deepest, tree.depths[node]);
    const own = children.subarray(first[node], first[node + 1]);
    own.sort((one, other) => weight[other] - weight[one] || tree.keys[one] - tree.keys[other]);
    let x = left[node];
    for (const child of own) {
      left[child] = x;
      x = right[child] = x + weight[child] * unit;
    }
  }
  return { tree, first, children, left, right, deepest };
}

export function childrenOf({ first, children }, node) {
  return children.subarray(first[node], first[node + 1]);
}

// Calls `draw(node)` for every box at least `least` wide that reaches into left..right, and
// `rest(node, left, right)` for what the narrower children of a node cover together.
export function visit(boxes, view, draw, rest) {
  const { left, right } = boxes;
  const pending = [0];
  while (pending.length) {
    const node = pending.pop();
    draw(node);
    const children = childrenOf(boxes, node);
    for (const child of children) {
      // Heaviest first: whatever follows one that is too narrow is narrower still.
      if (right[child] - left[child] < view.least) {
        const end = right[children.at(-1)];
        if (end - left[child] >= view.least) rest(node, left[child], end);
        break;
      }
      if (right[child] > view.left && left[child] < view.right) pending.push(child);
    }
  }
}

// The box at a share of the width, so many levels below the root; -1 for none.
export function nodeAt(boxes, level, x) {
  let node = 0;
  for (let depth = 0; depth < level; depth += 1) {
    node = childrenOf(boxes, node).find((child) => x >= boxes.left[child] && x < boxes.right[child]) ?? -1;
    if (node < 0) return -1;
  }
  return node;
}
