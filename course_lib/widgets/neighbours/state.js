// What the figure of a given graph computes and tells: the weights of its edges, node by node.
import { numbersOf, range } from "../shared/numbers.js";
import { number } from "../shared/texts.js";
import { say } from "../shared/words.js";

/** The parts of the logits, as Python sends them: float64 queries, keys and attention. */
export function logitParts(bytes, [heads, n, features]) {
  const data = numbersOf(bytes, Float64Array);
  const size = heads * n * features;
  const [queries, keys] = [data.subarray(0, size), data.subarray(size, 2 * size)];
  return { heads, n, features, queries, keys, attention: data.subarray(2 * size) };
}

/** The logit of each edge in one head: sum over f of a_f LeakyReLU(q_if + k_jf). */
export function edgeLogits(parts, [query, key], head, slope) {
  const { n, features, queries, keys, attention } = parts;
  return Float64Array.from(query, (i, e) => {
    const [q, k] = [i, key[e]].map((node) => (head * n + node) * features);
    let logit = 0;
    for (let f = 0; f < features; f++) {
      const z = queries[q + f] + keys[k + f];
      logit += attention[head * features + f] * (z > 0 ? z : slope * z);
    }
    return logit;
  });
}

/** A softmax over the edges of each query. */
export function edgeSoftmax(logits, [query], n) {
  const largest = new Float64Array(n).fill(-Infinity);
  query.forEach((i, e) => {
    largest[i] = Math.max(largest[i], logits[e]);
  });
  const powers = logits.map((logit, e) => Math.exp(logit - largest[query[e]]));
  const sums = new Float64Array(n);
  query.forEach((i, e) => {
    sums[i] += powers[e];
  });
  return powers.map((power, e) => power / sums[query[e]]);
}

/**
 * Two nodes that see the same two neighbours: [e, f, g, h] with edges e and f of the one node and
 * g and h of the other, where e and g lead to one neighbour, f and h to the other.
 */
export function sharedPairs([query, key], n) {
  const edgeTo = Array.from({ length: n }, () => new Map());
  query.forEach((i, e) => edgeTo[i].set(key[e], e));
  const found = [];
  for (let i = 0; i < n; i++) {
    for (let other = i + 1; other < n; other++) {
      const common = [...edgeTo[i].keys()].filter((j) => edgeTo[other].has(j));
      common.forEach((j, a) => {
        for (const k of common.slice(a + 1)) {
          found.push([edgeTo[i], edgeTo[other]].flatMap((to) => [to.get(j), to.get(k)]));
        }
      });
    }
  }
  return found;
}

const TIED = 1e-9; // rounding may tell apart what is equal

/** How many of these pairs both nodes rank alike by `scores`, one an edge. */
export function rankedAlike(scores, pairs) {
  const sign = (x) => (Math.abs(x) < TIED ? 0 : Math.sign(x));
  let alike = 0;
  for (const [e, f, g, h] of pairs) {
    const [one, other] = [sign(scores[e] - scores[f]), sign(scores[g] - scores[h])];
    if (one * other >= 0) alike++;
  }
  return alike;
}

/** Everything that depends on head and slope: what a test compares with course_lib. */
export function neighboursState(parts, edges, pairs, { choice, slope }) {
  const heads = choice === 0 ? range(parts.heads) : [choice - 1];
  const logits = heads.map((head) => edgeLogits(parts, edges, head, slope));
  const each = logits.map((row) => edgeSoftmax(row, edges, parts.n));
  const weights = each[0].map((_, e) => each.reduce((sum, w) => sum + w[e], 0) / each.length);
  const alike = rankedAlike(heads.length === 1 ? logits[0] : weights, pairs);
  return { weights, alike };
}

/** The edges that leave a node, the largest weight first. */
export function edgesOf(node, [query], weights) {
  const mine = query.flatMap((i, e) => (i === node ? [e] : []));
  return mine.sort((e, f) => weights[f] - weights[e] || e - f);
}

const TOLD = 3; // so many neighbours are named in a sentence

/** What a node attends to most, in a sentence; `mine` are its edges, the largest weight first. */
export function describeNeighbours(node, mine, [, key], weights, names) {
  const name = names[node];
  if (!mine.length) return say("{node} has no neighbours: it attends to nobody.", { node: name });
  const most = mine.slice(0, TOLD).map((e) => {
    const to = key[e] === node ? say("itself") : names[key[e]];
    return `${to} (${number(weights[e], 3)})`;
  });
  return say("{node} attends most to {most}. Alike for all {count} would be {alike}.", {
    node: name,
    most: most.join(", "),
    count: mine.length,
    alike: number(1 / mine.length, 3),
  });
}

/** How often nodes that share neighbours rank them alike, in a sentence. */
export function describeAlike(alike, pairs) {
  if (!pairs) return say("No two nodes share two neighbours.");
  return say("Two nodes that share two neighbours rank these alike in {alike} of {pairs} cases.", {
    alike,
    pairs,
  });
}
