import assert from "node:assert/strict";
import { test } from "node:test";
import * as centrality from "../../course_lib/widgets/ranking/centrality.js";
import { largestSingular, longRun } from "../../course_lib/widgets/ranking/linear.js";
import * as ranking from "../../course_lib/widgets/ranking/state.js";
import { ended } from "../../course_lib/widgets/shared/turns.js";
import { assertClose, modelOf, weightTraits } from "./model.js";

const CIRCLE = [0, 1, 0, 0, 0, 1, 1, 0, 0]; // 0 → 1 → 2 → 0
const STAR = [0, 0.5, 0.5, 1, 0, 0, 1, 0, 0]; // all to the first, and back
const MEASURES = ["in", "pagerank", "tokenrank", "authority", "hub", "between", "close"];

test("in the long run a walk is where it comes often and leaves seldom", () => {
  assertClose(ended(longRun([0.5, 0.5, 1, 0], 2)), [2 / 3, 1 / 3]);
  assertClose(ended(longRun([1], 1)), [1]);
});

test("parts that are nearly separate have their exact shares", () => {
  const a = 1e-16; // 1 - a has lost it
  assertClose(ended(longRun([1 - a, a, a / 2, 1 - a / 2], 2)), [1 / 3, 2 / 3], 1e-15);
  assertClose(ended(longRun([1, 1e-300, 1e-310, 1], 2)), [1e-10, 1], 1e-9);
  assertClose(ended(longRun([0, 1, Number.MIN_VALUE, 1], 2)), [0, 1], 1e-15);
  const matrix = [
    [40, 0, 0],
    [1, 40, 0],
    [0, 2, 40],
  ].flatMap((logits) => {
    const powers = logits.map((z) => Math.exp(z - 40));
    return powers.map((power) => power / powers.reduce((p, q) => p + q));
  });
  const exact = [0.537329670874, 0.356163350206, 0.106506978919];
  const { scores } = ended(centrality.stationaryDistribution(matrix, 3));
  assertClose(scores, exact, 1e-12);
  for (const share of ended(centrality.pagerank(matrix, 3, 1 - 2 ** -53))) assert.ok(share > 0);
});

test("outside the part that a walk ends in, shares are 0", () => {
  const matrix = [0, 0.5, 0.5, 0, 0.25, 0.75, 0, 0.5, 0.5];
  assertClose(ended(centrality.stationaryDistribution(matrix, 3)).scores, [0, 0.4, 0.6]);
});

test("the largest singular values and their vectors", () => {
  const { values, left, right } = ended(largestSingular([3, 0, 0, -2], 2));
  assertClose(values, [3, 2]);
  assertClose(left.map(Math.abs), [1, 0]);
  assertClose(right.map(Math.abs), [1, 0]);
});

test("every measure of a circle is the same for all", () => {
  assertClose(centrality.inStrength(CIRCLE, 3), [1, 1, 1]);
  assertClose(ended(centrality.pagerank(CIRCLE, 3, 0.85)), [1 / 3, 1 / 3, 1 / 3]);
  assertClose(ended(centrality.stationaryDistribution(CIRCLE, 3)).scores, [1 / 3, 1 / 3, 1 / 3]);
  assertClose(ended(centrality.betweenness(CIRCLE, 3)), [0.5, 0.5, 0.5]);
  assert.equal(ended(centrality.hits(CIRCLE, 3)), null); // all its singular values are 1
});

test("the middle of a star is in the middle of everything", () => {
  assertClose(centrality.inStrength(STAR, 3), [2, 0.5, 0.5]);
  assertClose(ended(centrality.stationaryDistribution(STAR, 3)).scores, [0.5, 0.25, 0.25]);
  assertClose(ended(centrality.betweenness(STAR, 3)), [1, 0, 0]);
  const { hubs, authorities } = ended(centrality.hits(STAR, 3));
  assertClose(hubs, [0, 0.5, 0.5], 1e-9);
  assertClose(authorities, [1, 0, 0], 1e-9);
  const [middle, ...rest] = ended(centrality.closeness(STAR, 3));
  assert.ok(rest.every((score) => score < middle));
});

test("without damping a walk only jumps", () => {
  assertClose(ended(centrality.pagerank(STAR, 3, 0)), [1 / 3, 1 / 3, 1 / 3]);
});

test("a walk that can end in two parts has no one distribution", () => {
  const { parts, scores } = ended(centrality.stationaryDistribution([1, 0, 0, 1], 2));
  assert.deepEqual(parts, [[0], [1]]);
  assert.equal(scores, null);
});

test("rows that stay are divided by their sums; who keeps nothing is stranded", () => {
  const rest = centrality.removeTokens([0.5, 0.25, 0.25, 0, 1, 0, 0.2, 0.2, 0.6], 3, [1]);
  assert.deepEqual(rest.kept, [0, 2]);
  assertClose(rest.matrix, [2 / 3, 1 / 3, 0.25, 0.75]);
  assert.deepEqual(centrality.removeTokens(CIRCLE, 3, [1]).stranded, [0]);
});

function state(matrix, traits = {}) {
  const n = Math.sqrt(matrix.length);
  const rows = Array.from({ length: n }, (_, i) => matrix.slice(i * n, (i + 1) * n));
  const start = { layer: 0, head_choice: 0, measure_choice: 0, damping: 0.85, removed: [] };
  return ranking.rankingState(modelOf({ ...weightTraits([[rows]]), ...start, ...traits }));
}

test("equal scores share a rank, and keep the order of the sentence", () => {
  const { now } = state(STAR);
  assert.deepEqual(now.ranks, [1, 2, 2]);
  assert.deepEqual(now.order, [0, 1, 2]);
  assert.deepEqual(
    [0, 1, 2].map((position) => ranking.rankText(now, position)),
    ["1", "2=", "2="],
  );
  assertClose(ranking.scoreShares(now), [2 / 3, 1 / 6, 1 / 6]);
  assert.deepEqual(ranking.scoreShares({ scores: [0, 0] }), [0, 0]);
});

test("scores as they are written", () => {
  assert.deepEqual([0, 1e-13, 0.0004, 0.25, 12345].map(ranking.scoreText), [
    "0",
    "0",
    "0.00040",
    "0.250",
    "12345",
  ]);
});

const NAMES = ["a", "b", "c"];

test("what is told of a token before and after one is removed", () => {
  assert.equal(
    ranking.describeToken(state(STAR), NAMES, 1),
    "“b”: In-strength 0.500, rank 2 of 3, shared by 2.",
  );
  const removed = state(STAR, { removed: [2] });
  assert.equal(
    ranking.describeToken(removed, NAMES, 0),
    "“a”: In-strength 1.000, rank 1 of 2, shared by 2. With all tokens: 2.000, rank 1 of 3.",
  );
  assert.equal(
    ranking.describeToken(removed, NAMES, 2),
    "“c” is removed. With all tokens: 0.500, rank 2 of 3, shared by 2.",
  );
});

test("what is told of the ranking, and why there is none", () => {
  const told = (matrix, traits) => ranking.describeRanking(state(matrix, traits), NAMES);
  assert.equal(told(STAR), "3 of 3 tokens ranked.");
  assert.equal(told(STAR, { removed: [2] }), "2 of 3 tokens ranked. Removed: “c”.");
  assert.match(told(CIRCLE, { removed: [1] }), /^No ranking: without “b”, “a” attends to nothing/);
  const apart = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  assert.match(
    told(apart, { measure_choice: MEASURES.indexOf("tokenrank") }),
    /stay for ever in 3 parts, for instance at “a” or at “b”/,
  );
  assert.match(told(CIRCLE, { measure_choice: MEASURES.indexOf("hub") }), /more than one answer/);
});

test("of many removed tokens a few are named", () => {
  const even = new Array(49).fill(1 / 7);
  const shown = state(even, { removed: [0, 1, 2, 3, 4, 5] });
  assert.match(
    ranking.describeRanking(shown, "abcdefg".split("")),
    /Removed: “a”, “b”, “c”, “d” and 2 more\.$/,
  );
});
