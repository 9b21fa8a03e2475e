// Centrality in the browser: each the twin of a function in course_lib.centrality. Those that take
// long are generators, for `Turns` of shared/turns.js, and return what they found. Scores are arrays of length n. A matrix is a flat array of n * n weights; see shared/numbers.js.
import { range, sum } from "../shared/numbers.js";
import { largestSingular, longRun } from "./linear.js";
import { shortestWays } from "./shortest.js";

const SAME = 1e-9; // singular values closer than this, relatively, count as equal, as in Python

/**
 * The attention among the tokens that stay: `kept` lists their old positions, `matrix` their
 * weights, every row divided by its sum. `stranded` lists the tokens that keep nothing to attend
 * to; with any of these, `matrix` is no attention.
 */
export function removeTokens(matrix, n, removed) {
  const kept = range(n).filter((position) => !removed.includes(position));
  const size = kept.length;
  if (size === n) return { kept, matrix, stranded: [] };
  const rest = new Float64Array(size * size);
  const stranded = [];
  kept.forEach((query, i) => {
    const row = kept.map((key) => matrix[query * n + key]);
    const total = sum(row);
    if (total === 0) stranded.push(query);
    else
      rest.set(
        row.map((weight) => weight / total),
        i * size,
      );
  });
  return { kept, matrix: rest, stranded };
}

/** How much attention each token receives: the sum of its column. */
export function inStrength(matrix, n) {
  const sums = new Array(n).fill(0);
  for (let k = 0; k < n * n; k++) sums[k % n] += matrix[k];
  return sums;
}

/** Where a walk is found that jumps anywhere with probability 1 - damping: x = (1-c)/n + c A'x. */
export function* pagerank(matrix, n, damping) {
  const [jump, chain] = [(1 - damping) / n, new Float64Array(matrix)];
  for (let k = 0; k < n * n; k++) chain[k] = jump + damping * chain[k];
  return yield* longRun(chain, n);
}

/**
 * Where a walk is found in the long run: x = A'x, and its sum is 1. `parts` are those that a walk
 * never leaves; if there are several, the answer depends on its start and `scores` is null.
 */
export function* stationaryDistribution(matrix, n) {
  const parts = yield* closedParts(matrix, n);
  if (parts.length > 1) return { parts, scores: null };
  const [part] = parts;
  const inside =
    part.length === n ? matrix : part.flatMap((i) => part.map((j) => matrix[i * n + j]));
  const scores = new Array(n).fill(0);
  (yield* longRun(inside, part.length)).forEach((share, k) => {
    scores[part[k]] = share;
  });
  return { parts, scores };
}

/** The parts of the graph that a walk never leaves, each a list of positions. */
function* closedParts(matrix, n) {
  const parts = [];
  const settled = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    if (settled[i]) continue;
    const ahead = reachedFrom(i, n, (from, to) => matrix[from * n + to] > 0);
    const behind = reachedFrom(i, n, (from, to) => matrix[to * n + from] > 0);
    const part = range(n).filter((j) => ahead[j]);
    // Whoever leads here is in this part, or in none: the same walk can leave it.
    behind.forEach((leads, j) => {
      if (leads) settled[j] = 1;
    });
    if (part.every((j) => behind[j])) parts.push(part);
    yield;
  }
  return parts;
}

/** For each token whether a walk from `start` can come to it; it is at `start` already. */
function reachedFrom(start, n, isEdge) {
  const reached = new Array(n).fill(false);
  const waiting = [start];
  reached[start] = true;
  while (waiting.length) {
    const i = waiting.pop();
    for (let j = 0; j < n; j++) {
      if (reached[j] || !isEdge(i, j)) continue;
      reached[j] = true;
      waiting.push(j);
    }
  }
  return reached;
}

/** Hubs and authorities, or null if the largest singular value is not the only one of its size. */
export function* hits(matrix, n) {
  const { values, left, right } = yield* largestSingular(matrix, n);
  if (n > 1 && values[0] - values[1] <= SAME * values[0]) return null;
  return { hubs: shares(left.map(Math.abs)), authorities: shares(right.map(Math.abs)) };
}

/** The share of pairs of other tokens whose shortest way leads through a token (Brandes 2001). */
export function* betweenness(matrix, n) {
  const found = yield* shortestWays(matrix, n);
  const [scores, share] = [new Array(n).fill(0), new Float64Array(n)];
  for (let start = 0; start < n; start++) {
    found.from(start);
    found.count();
    const { order, ways, next, first } = found;
    share.fill(0);
    for (let at = order.length - 1; at > 0; at--) {
      const i = order[at];
      for (let e = first[at]; e < first[at + 1]; e++) {
        share[i] += (ways[i] / ways[next[e]]) * (1 + share[next[e]]);
      }
      scores[i] += share[i];
    }
    yield;
  }
  return n > 2 ? scores.map((score) => score / ((n - 1) * (n - 2))) : scores;
}

/** The share of tokens that reach a token, times the inverse of their mean distance to it. */
export function* closeness(matrix, n) {
  const found = yield* shortestWays(matrix, n);
  const [sums, counts] = [new Array(n).fill(0), new Array(n).fill(0)];
  for (let start = 0; start < n; start++) {
    found.from(start);
    for (const j of found.order) {
      sums[j] += found.distance[j];
      counts[j] += j === start ? 0 : 1;
    }
    yield;
  }
  return counts.map((count, j) => (count ? (count / sums[j]) * (count / (n - 1)) : 0));
}

function shares(scores) {
  const total = sum(scores);
  return scores.map((score) => score / total);
}
