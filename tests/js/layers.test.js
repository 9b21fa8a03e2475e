import assert from "node:assert/strict";
import { test } from "node:test";
import * as layers from "../../course_lib/widgets/shared/layers.js";
import { decodeWeights } from "../../course_lib/widgets/shared/numbers.js";
import { assertClose, weightTraits } from "./model.js";

const SWAP = [
  [0, 1],
  [1, 0],
];
const SAME = [
  [1, 0],
  [0, 1],
];
const SKEW = [
  [0.75, 0.25],
  [0.5, 0.5],
];

function decoded(weights) {
  const traits = weightTraits(weights);
  return decodeWeights(traits.weights, traits.shape);
}

function mixed(weights, options) {
  const all = { first: 0, last: weights.length - 1, fusion: "mean", residual: 0, ...options };
  return layers.residualLayers(decoded(weights), all);
}

test("the residual is mixed into every layer of the range", () => {
  const { n, count, first, data, empty } = mixed([[SWAP], [SKEW]], { first: 1, residual: 0.5 });
  assert.deepEqual([n, count, first, empty], [2, 1, 1, null]);
  assertClose(data, [0.875, 0.125, 0.25, 0.75]);
});

test("heads are fused by mean, maximum and minimum, and rows sum to 1 again", () => {
  const heads = [[SAME, SKEW]];
  assertClose(mixed(heads, { fusion: "mean" }).data, [0.875, 0.125, 0.25, 0.75]);
  assertClose(mixed(heads, { fusion: "max" }).data, [0.8, 0.2, 1 / 3, 2 / 3]);
  assertClose(mixed(heads, { fusion: "min" }).data, [1, 0, 0, 1]);
});

test("the first row that the minimum empties is named", () => {
  const found = mixed(
    [[SKEW], [SKEW], [SAME]].map(([head]) => [head, SWAP]),
    { fusion: "min" },
  );
  assert.deepEqual(found.empty, { layer: 2, row: 0 });
});

test("later layers are multiplied from the left", () => {
  const { product, distances } = layers.rolloutSteps(mixed([[SKEW], [SWAP]]));
  assertClose(product, [0.5, 0.5, 0.75, 0.25]);
  assert.equal(distances.length, 2);
});

test("a matrix of equal rows is at distance 0 from rank one", () => {
  assert.equal(layers.distanceFromRankOne([0.3, 0.7, 0.3, 0.7], 2), 0);
  assertClose([layers.distanceFromRankOne([1, 0, 0, 1], 2)], [Math.SQRT1_2]);
});

test("a walk goes down layer by layer, and its edges carry its probability", () => {
  const model = mixed([[SKEW], [SWAP]]);
  const masses = layers.walkMasses(model, 1);
  assertClose(masses, [0.75, 0.25, 1, 0, 0, 1]); // inputs, between, outputs
  const { edges, values } = layers.walkedEdges(model, masses, 0);
  assert.deepEqual(edges, [0, 1, 6]);
  assertClose(values, [0.75, 0.25, 1]);
  assert.deepEqual(layers.walkedEdges(model, masses, 0.5).edges, [0, 6]);
});
