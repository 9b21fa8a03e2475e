// Shortest ways between tokens, the twin of course_lib/_shortest.py: an edge of weight w is -ln w
// long, so that the shortest way has the largest product of weights.

// Both as in course_lib._shortest.
const SHORTEST = 1e-12; // the length of an edge of weight 1
const TIED = 2 ** -46; // ways that differ by less, relative to their length, are equally short
const BITS = 16; // of a number, for the token that an edge leads to

/** Make `ShortestWays` of a matrix; for `Turns`, because edges are sorted first. */
export function* shortestWays(matrix, n) {
  return new ShortestWays(yield* sortedEdges(matrix, n), n);
}

/**
 * Shortest ways from one token after the other: `from(start)` finds who can be reached, `order`,
 * the nearest first, and how far each of them is, `distance`. Then `count()` finds `ways`, the
 * number of shortest ways to each, and the edges on them: those of the token that comes at place
 * p of the order lead to `next[first[p]]`, and so on as far as `first[p + 1]`.
 */
class ShortestWays {
  constructor(edges, n) {
    Object.assign(this, { n, edges, heap: new Heap(n * n) });
    this.distance = new Float64Array(n);
    this.ways = new Float64Array(n);
    this.next = new Uint16Array(n * n);
    this.first = new Uint32Array(n + 1);
    this.settled = new Uint8Array(n);
    this.most = new Float64Array(n);
    this.place = new Uint16Array(n);
  }

  /**
   * Dijkstra's algorithm. The edges of a token are sorted: only those are looked at that are so
   * short that they can still lead to something nearer.
   */
  from(start) {
    const { n, edges, distance, heap, settled } = this;
    this.order = [start];
    distance.fill(Infinity);
    settled.fill(0);
    distance[start] = 0;
    settled[start] = 1;
    const [low, high] = [start * n, start * n + edges.counts[start]];
    for (let e = low; e < high; e++) distance[edges.to[e]] = edges.lengths[e];
    heap.fill(edges.lengths.subarray(low, high), edges.to.subarray(low, high));
    let farthest = Infinity; // nobody who is not settled is farther away
    while (heap.size && this.order.length < n) {
      const near = heap.lengths[0];
      const i = heap.pop();
      if (settled[i]) continue; // a shorter way was found after this one
      settled[i] = 1;
      // After 1, 2, 4, 8, ... tokens: often enough, and it costs next to nothing.
      if (isPowerOfTwo(this.order.length)) farthest = within(farthestOpen(distance, settled));
      this.order.push(i);
      this.relax(i, near, farthest);
    }
  }

  relax(i, near, farthest) {
    const { n, distance, heap } = this;
    const { to, lengths, counts } = this.edges;
    const end = i * n + counts[i];
    for (let e = i * n; e < end; e++) {
      const far = near + lengths[e];
      if (far > farthest) break;
      if (far >= distance[to[e]]) continue;
      distance[to[e]] = far;
      heap.push(far, to[e]);
    }
  }

  count() {
    const { n, order, distance, ways, next, first, most, place } = this;
    const { to, lengths, counts } = this.edges;
    for (let i = 0; i < n; i++) most[i] = distance[i] + Math.min(distance[i] * TIED, SHORTEST / 2);
    place.fill(0); // of the start, too: no edge leads back to it
    for (let at = 1; at < order.length; at++) place[order[at]] = at;
    const farthest = within(most[order.at(-1)]);
    ways.fill(0);
    ways[order[0]] = 1;
    let found = 0;
    for (let at = 0; at < order.length; at++) {
      const i = order[at];
      const end = i * n + counts[i];
      first[at] = found;
      for (let e = i * n; e < end; e++) {
        const far = distance[i] + lengths[e];
        if (far > farthest) break;
        const j = to[e];
        if (far > most[j] || place[j] <= at) continue;
        ways[j] += ways[i];
        next[found++] = j;
      }
    }
    first[order.length] = found;
  }
}

/** The edges of token i, the shortest first: `counts[i]` of them, from place i * n on. */
function* sortedEdges(matrix, n) {
  const [to, lengths] = [new Uint16Array(n * n), new Float64Array(n * n)];
  const [counts, row] = [new Uint16Array(n), new Float64Array(n)];
  const keys = new Float64Array(n);
  const words = new Uint32Array(keys.buffer); // of each number the lower half comes first
  for (let i = 0; i < n; i++) {
    let count = 0;
    for (let j = 0; j < n; j++) {
      const weight = matrix[i * n + j];
      if (!(weight > 0) || i === j) continue; // self-loops are no edges here
      row[j] = Math.max(SHORTEST, -Math.log(weight));
      // Numbers are sorted fast. So the last bits of a length, which hardly count, name its token.
      keys[count] = row[j];
      words[2 * count] = ((words[2 * count] >>> BITS) << BITS) | j;
      count++;
    }
    keys.subarray(0, count).sort();
    for (let e = 0; e < count; e++) {
      const j = words[2 * e] & (2 ** BITS - 1);
      to[i * n + e] = j;
      lengths[i * n + e] = row[j];
    }
    counts[i] = count;
    yield;
  }
  return { to, lengths, counts };
}

/** A bound for edges that are sorted by all but their last bits: none behind it is below. */
function within(most) {
  return most * (1 + 2 ** (BITS - 48));
}

function isPowerOfTwo(count) {
  return (count & (count - 1)) === 0;
}

function farthestOpen(distance, settled) {
  let most = 0;
  for (let i = 0; i < distance.length; i++) {
    if (!settled[i] && distance[i] > most) most = distance[i];
  }
  return most;
}

/** A binary heap of tokens, the nearest on top. */
class Heap {
  size = 0;

  constructor(most) {
    this.lengths = new Float64Array(most);
    this.tokens = new Uint16Array(most);
  }

  /** Hold these, which come in order: so they are a heap already. */
  fill(lengths, tokens) {
    this.lengths.set(lengths);
    this.tokens.set(tokens);
    this.size = tokens.length;
  }

  pop() {
    const { lengths, tokens } = this;
    const size = --this.size;
    const [nearest, length, token] = [tokens[0], lengths[size], tokens[size]];
    let hole = 0;
    for (let child = 1; child < size; child = 2 * hole + 1) {
      if (child + 1 < size && lengths[child + 1] < lengths[child]) child++;
      if (lengths[child] >= length) break;
      lengths[hole] = lengths[child];
      tokens[hole] = tokens[child];
      hole = child;
    }
    lengths[hole] = length;
    tokens[hole] = token;
    return nearest;
  }

  push(length, token) {
    const { lengths, tokens } = this;
    let hole = this.size++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (lengths[parent] <= length) break;
      lengths[hole] = lengths[parent];
      tokens[hole] = tokens[parent];
      hole = parent;
    }
    lengths[hole] = length;
    tokens[hole] = token;
  }
}
