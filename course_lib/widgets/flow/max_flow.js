// Maximum flow and minimum cut through layers (see shared/layers.js), by Dinic's algorithm.

// Sums of float64 leave crumbs: an edge with less room than this is full. The numbers of a cut of
// a thousand edges stay right to 1e-8.
const CRUMB = 1e-11;

/**
 * The largest flow from an output to an input: its `value`, the `flow` on every edge, the edges of
 * a minimum `cut`, and whether a node is on the output's side of it (`reached`).
 */
export function maxFlow(layers, output, input) {
  const pipes = new Pipes(layers, output, input);
  let value = 0;
  while (pipes.search()) value += pipes.push(pipes.source, Infinity);
  const reached = Array.from(pipes.level, (level) => level >= 0);
  const flow = layers.data.map((capacity, e) => capacity - pipes.room[e]);
  return { value, flow, reached, cut: pipes.crossing(reached) };
}

/** The network between one output and one input. Node p * n + i is position i in layer p. */
class Pipes {
  constructor({ n, count, data }, output, input) {
    Object.assign(this, { n, count, capacity: data, room: Float64Array.from(data) });
    this.source = count * n + output;
    this.sink = input;
    this.level = new Int32Array((count + 1) * n);
    this.next = new Int32Array((count + 1) * n); // the arc of each node that is tried next
    this.widest = widestFirst(data, n);
  }

  /**
   * Arc k of a node leads down for k < n, and for k >= n back up an edge, whose flow it takes
   * back. Returns the node it leads to, or -1; `edge` is the edge and `gap` what it can take.
   */
  follow(node, k) {
    const { n } = this;
    const [p, i] = [Math.floor(node / n), node % n];
    return k < n ? this.down(p, i, k) : this.up(p, i, k - n);
  }

  down(p, i, k) {
    if (p === 0) return -1;
    const row = ((p - 1) * this.n + i) * this.n;
    const j = this.widest[row + k];
    if (p === 1 && j !== this.sink) return -1; // the other inputs lead nowhere
    this.edge = row + j;
    this.gap = this.room[this.edge];
    return this.gap > CRUMB ? (p - 1) * this.n + j : -1;
  }

  up(p, i, k) {
    if (p === this.count) return -1;
    this.edge = (p * this.n + k) * this.n + i;
    this.gap = this.capacity[this.edge] - this.room[this.edge];
    return this.gap > CRUMB ? (p + 1) * this.n + k : -1;
  }

  /** Number the nodes by their distance from the source over arcs with room; is the sink one? */
  search() {
    this.level.fill(-1);
    this.next.fill(0);
    this.level[this.source] = 0;
    const queue = [this.source];
    for (const node of queue) {
      for (let k = 0; k < 2 * this.n; k++) {
        const target = this.follow(node, k);
        if (target < 0 || this.level[target] >= 0) continue;
        this.level[target] = this.level[node] + 1;
        queue.push(target);
      }
    }
    return this.level[this.sink] >= 0;
  }

  /** Send at most `most` from a node to the sink, one level a step; returns how much went. */
  push(node, most) {
    if (node === this.sink) return most;
    let sent = 0;
    for (; this.next[node] < 2 * this.n; this.next[node]++) {
      const k = this.next[node];
      const target = this.follow(node, k);
      if (target < 0 || this.level[target] !== this.level[node] + 1) continue;
      const { edge, gap } = this;
      const part = this.push(target, Math.min(most - sent, gap));
      this.room[edge] += k < this.n ? -part : part;
      sent += part;
      if (most - sent <= CRUMB) break; // the arc may have room left: it comes first next time
    }
    return sent;
  }

  /** The edges that lead out of what is reached. */
  crossing(reached) {
    const { n } = this;
    const edges = [];
    this.capacity.forEach((capacity, e) => {
      const target = Math.floor(e / (n * n)) * n + (e % n);
      const open = capacity > 0 && (target >= n || target === this.sink);
      if (open && reached[n + Math.floor(e / n)] && !reached[target]) edges.push(e);
    });
    return edges;
  }
}

/**
 * The positions of each row, the widest edge first. A largest flow is seldom the only one: this
 * one keeps to the strong edges, where the order of the sentence would lean to one side.
 */
function widestFirst(data, n) {
  const order = new Uint16Array(data.length);
  for (let row = 0; row < data.length; row += n) {
    for (let j = 0; j < n; j++) {
      let place = row + j; // insertion: rows are short, and a sort that calls back is slower
      for (; place > row && data[row + order[place - 1]] < data[row + j]; place--) {
        order[place] = order[place - 1];
      }
      order[place] = j;
    }
  }
  return order;
}
