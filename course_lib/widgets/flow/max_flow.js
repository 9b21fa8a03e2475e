// Maximum flow and minimum cut through layers (see shared/layers.js), by Dinic's algorithm.
import { ended } from "../shared/turns.js";

// Sums of float64 leave crumbs: an edge with less room than this is full. The numbers of a cut of
// a thousand edges stay right to 1e-8.
const CRUMB = 1e-11;
const STEPS = 1000; // nodes that are visited before a page that waits may go on

/**
 * The largest flow from an output to an input: its `value`, the `flow` on every edge, the edges of
 * a minimum `cut`, and whether a node is on the output's side of it (`reached`).
 */
export function maxFlow(layers, output, input) {
  return ended(maxFlowInTurns(layers, output, input));
}

/** The same, for `Turns`. */
export function* maxFlowInTurns(layers, output, input) {
  if (!WIDEST.has(layers)) WIDEST.set(layers, yield* widestFirst(layers));
  const pipes = new Pipes(layers, output, input);
  yield;
  let value = 0;
  while (yield* pipes.search()) value += yield* pipes.fill();
  const reached = Array.from(pipes.level, (level) => level >= 0);
  const cut = pipes.crossing(reached);
  yield;
  const flow = pipes.flow();
  yield;
  return { value, flow, reached, cut };
}

/** The network between one output and one input. Node p * n + i is position i in layer p. */
class Pipes {
  constructor(layers, output, input) {
    const { n, count, data } = layers;
    Object.assign(this, { n, count, capacity: data, room: new Float64Array(data) });
    this.source = count * n + output;
    this.sink = input;
    this.level = new Int32Array((count + 1) * n);
    this.queue = new Int32Array((count + 1) * n);
    this.next = new Int32Array((count + 1) * n); // the arc of each node that is tried next
    this.widest = WIDEST.get(layers);
  }

  /** Number the nodes by their distance from the source over arcs with room; is the sink one? */
  *search() {
    const { n, count, level, queue } = this;
    level.fill(-1);
    this.next.fill(0);
    level[this.source] = 0;
    queue[0] = this.source;
    for (let at = 0, found = 1; at < found; at++) {
      const node = queue[at];
      const [p, i] = [Math.floor(node / n), node % n];
      const near = p > 0 ? this.below(p, i, found) : found;
      found = p < count ? this.above(p, i, near) : near;
      for (let k = found - 1; k >= 0 && level[queue[k]] < 0; k--) level[queue[k]] = level[node] + 1;
      yield;
    }
    return level[this.sink] >= 0;
  }

  /** Queue the nodes below with room on the way there, from place `found` on. */
  below(p, i, found) {
    const { n, level, queue, room } = this;
    const [row, first] = [((p - 1) * n + i) * n, (p - 1) * n];
    const [low, high] = p === 1 ? [this.sink, this.sink + 1] : [0, n]; // other inputs lead nowhere
    for (let j = low; j < high; j++) {
      if (level[first + j] < 0 && room[row + j] > CRUMB) queue[found++] = first + j;
    }
    return found;
  }

  /** Queue the nodes above from which flow comes that can be taken back. */
  above(p, i, found) {
    const { n, level, queue, room, capacity } = this;
    const first = (p + 1) * n;
    for (let k = 0; k < n; k++) {
      if (level[first + k] >= 0) continue;
      const edge = (p * n + k) * n + i;
      if (capacity[edge] - room[edge] > CRUMB) queue[found++] = first + k;
    }
    return found;
  }

  /** Send all that gets to the sink one level a step; returns how much that was. */
  *fill() {
    let value = 0;
    do {
      this.left = STEPS;
      value += this.push(this.source, Infinity);
      yield;
    } while (this.left < 0);
    return value;
  }

  /**
   * Send at most `most` from a node to the sink, one level a step; returns how much went. Arc k of
   * a node leads down for k < n, and for k >= n back up an edge, whose flow it takes back. When no
   * steps are left, it stops, and can be called again: `next` remembers the arcs that were tried.
   */
  push(node, most) {
    if (node === this.sink) return most;
    this.left--;
    const { n, count, level, next, room, widest } = this;
    const [p, i, closer] = [Math.floor(node / n), node % n, level[node] + 1];
    const row = ((p - 1) * n + i) * n;
    const arcs = p === count ? n : 2 * n;
    let sent = 0;
    for (; next[node] < arcs; next[node]++) {
      const k = next[node];
      const isDown = k < n;
      const j = isDown ? widest[row + k] : k - n;
      const target = (isDown ? p - 1 : p + 1) * n + j;
      if (level[target] !== closer) continue;
      const edge = isDown ? row + j : (p * n + j) * n + i;
      const gap = isDown ? room[edge] : this.capacity[edge] - room[edge];
      if (!(gap > CRUMB)) continue;
      const part = this.push(target, Math.min(most - sent, gap));
      room[edge] += isDown ? -part : part;
      sent += part;
      // The arc may have room left: it comes first next time.
      if (most - sent <= CRUMB || this.left < 0) break;
    }
    return sent;
  }

  /** What flows on every edge, in the memory of the room, which is asked for no more. */
  flow() {
    const { capacity, room } = this;
    for (let e = 0; e < room.length; e++) room[e] = capacity[e] - room[e];
    return room;
  }

  /** The edges that lead out of what is reached. */
  crossing(reached) {
    const { n, count, capacity, sink } = this;
    const edges = [];
    for (let row = 0; row < count * n; row++) {
      if (!reached[n + row]) continue;
      const first = Math.floor(row / n) * n; // the nodes below
      for (let j = 0; j < n; j++) {
        const isOpen = capacity[row * n + j] > 0 && (first > 0 || j === sink);
        if (isOpen && !reached[first + j]) edges.push(row * n + j);
      }
    }
    return edges;
  }
}

const WIDEST = new WeakMap(); // what `widestFirst` finds, by the layers: for pairs that follow
const PLACES = 2 ** 16 - 1;

/**
 * The positions of each row, the widest edge first. A largest flow is seldom the only one: this
 * one keeps to the strong edges, where the order of the sentence would lean to one side.
 */
function* widestFirst({ n, data }) {
  const order = new Uint16Array(data.length);
  const keys = new Float64Array(n);
  const words = new Uint32Array(keys.buffer); // of each number the lower half comes first
  for (let row = 0; row < data.length; row += n) {
    for (let j = 0; j < n; j++) {
      // Numbers are sorted fast. So the last bits of a weight, which hardly count, name its place.
      keys[j] = -data[row + j];
      words[2 * j] = (words[2 * j] & ~PLACES) | (PLACES - j);
    }
    keys.sort();
    for (let j = 0; j < n; j++) order[row + j] = PLACES - (words[2 * j] & PLACES);
    yield;
  }
  return order;
}
