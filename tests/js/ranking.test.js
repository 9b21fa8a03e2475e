import assert from "node:assert/strict";
import { test } from "node:test";
import * as centrality from "../../course_lib/widgets/ranking/centrality.js";
import { largestSingular, leastSquares } from "../../course_lib/widgets/ranking/linear.js";
import * as ranking from "../../course_lib/widgets/ranking/state.js";
import { assertClose, modelOf, weightTraits } from "./model.js";

const CIRCLE = [0, 1, 0, 0, 0, 1, 1, 0, 0]; // 0 → 1 → 2 → 0
const STAR = [0, 0.5, 0.5, 1, 0, 0, 1, 0, 0]; // all to the first, and back
const MEASURES = ["in", "pagerank", "tokenrank", "authority", "hub", "between", "close"];

test("least squares solve equations, and average those that disagree", () => {
  assertClose(leastSquares([2, 1, 1, 3], [3, 5], 2), [0.8, 1.4]);
  assertClose(leastSquares([1, 1, 1], [1, 2, 6], 1), [3]);
});

test("the largest singular values and their vectors", () => {
  const { values, left, right } = largestSingular([3, 0, 0, -2], 2);
  assertClose(values, [3, 2]);
  assertClose(left.map(Math.abs), [1, 0]);
  assertClose(right.map(Math.abs), [1, 0]);
});

test("every measure of a circle is the same for all", () => {
  assertClose(centrality.inStrength(CIRCLE, 3), [1, 1, 1]);
  assertClose(centrality.pagerank(CIRCLE, 3, 0.85), [1 / 3, 1 / 3, 1 / 3]);
  assertClose(centrality.stationaryDistribution(CIRCLE, 3).scores, [1 / 3, 1 / 3, 1 / 3]);
  assertClose(centrality.betweenness(CIRCLE, 3), [0.5, 0.5, 0.5]);
  assert.equal(centrality.hits(CIRCLE, 3), null); // all its singular values are 1
});

test("the middle of a star is in the middle of everything", () => {
  assertClose(centrality.inStrength(STAR, 3), [2, 0.5, 0.5]);
  assertClose(centrality.stationaryDistribution(STAR, 3).scores, [0.5, 0.25, 0.25]);
  assertClose(centrality.betweenness(STAR, 3), [1, 0, 0]);
  const { hubs, authorities } = centrality.hits(STAR, 3);
  assertClose(hubs, [0, 0.5, 0.5], 1e-9);
  assertClose(authorities, [1, 0, 0], 1e-9);
  const [middle, ...rest] = centrality.closeness(STAR, 3);
  assert.ok(rest.every((score) => score < middle));
});

test("without damping a walk only jumps", () => {
  assertClose(centrality.pagerank(STAR, 3, 0), [1 / 3, 1 / 3, 1 / 3]);
});

test("a walk that can end in two parts has no one distribution", () => {
  const { parts, scores } = centrality.stationaryDistribution([1, 0, 0, 1], 2);
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
    "0.0004",
    "0.250",
    "1.23e+4",
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
