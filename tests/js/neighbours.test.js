import assert from "node:assert/strict";
import { test } from "node:test";
import * as neighbours from "../../course_lib/widgets/neighbours/state.js";
import { assertClose, packed } from "./model.js";

// Nodes 0 and 1 both attend to 2 and 3; node 2 to itself alone.
const EDGES = [
  [0, 0, 1, 1, 2],
  [2, 3, 2, 3, 2],
];
const PARTS = neighbours.logitParts(packed([1, -1, 0, 0, 0, 0, 2, -3, 1]), [1, 4, 1]);

test("the parts of the logits are told apart", () => {
  const { heads, n, features, queries, keys, attention } = PARTS;
  assert.deepEqual([heads, n, features], [1, 4, 1]);
  assert.deepEqual([[...queries], [...keys], [...attention]], [[1, -1, 0, 0], [0, 0, 2, -3], [1]]);
});

test("a negative sum is flattened by the slope", () => {
  assertClose(neighbours.edgeLogits(PARTS, EDGES, 0, 0.5), [3, -1, 1, -2, 2]);
  assertClose(neighbours.edgeLogits(PARTS, EDGES, 0, 0), [3, 0, 1, 0, 2]);
});

test("weights of each node sum to 1, large logits or not", () => {
  const weights = neighbours.edgeSoftmax(Float64Array.of(1000, 1000, 0, Math.log(3), 5), EDGES, 4);
  assertClose(weights, [0.5, 0.5, 0.25, 0.75, 1]);
});

test("nodes that share two neighbours are found, and whether they rank them alike", () => {
  const pairs = neighbours.sharedPairs(EDGES, 4);
  assert.deepEqual(pairs, [[0, 1, 2, 3]]);
  assert.equal(neighbours.rankedAlike([2, 1, 5, 4, 0], pairs), 1);
  assert.equal(neighbours.rankedAlike([2, 1, 4, 5, 0], pairs), 0);
  assert.equal(neighbours.rankedAlike([1, 1 + 1e-12, 4, 5, 0], pairs), 1); // a tie
});

test("the state of a head, and of their mean", () => {
  const pairs = neighbours.sharedPairs(EDGES, 4);
  const state = (choice) => neighbours.neighboursState(PARTS, EDGES, pairs, { choice, slope: 1 });
  assertClose(state(0).weights, state(1).weights); // there is one head only
  assert.equal(state(1).alike, 1);
});

test("a node's edges come by weight, and are told with a node itself", () => {
  const weights = [0.25, 0.75, 0.5, 0.5, 1];
  const names = ["a", "b", "c", "d"];
  const told = (node) => {
    const mine = neighbours.edgesOf(node, EDGES, weights);
    return neighbours.describeNeighbours(node, mine, EDGES, weights, names);
  };
  assert.deepEqual(neighbours.edgesOf(0, EDGES, weights), [1, 0]);
  assert.deepEqual(neighbours.edgesOf(1, EDGES, weights), [2, 3]); // equal ones as they stand
  assert.equal(told(0), "a attends most to d (0.750), c (0.250). Alike for all 2 would be 0.500.");
  assert.equal(told(2), "c attends most to itself (1.000). Alike for all 1 would be 1.000.");
  assert.equal(told(3), "d has no neighbours: it attends to nobody.");
});

test("how often nodes rank alike", () => {
  assert.equal(neighbours.describeAlike(0, 0), "No two nodes share two neighbours.");
  assert.match(neighbours.describeAlike(1, 2), /rank these alike in 1 of 2 cases\.$/);
});
