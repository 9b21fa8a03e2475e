import assert from "node:assert/strict";
import { test } from "node:test";
import * as rollout from "../../course_lib/widgets/rollout/state.js";
import { assertClose, modelOf, weightTraits } from "./model.js";

const SKEW = [
  [0.75, 0.25],
  [0.5, 0.5],
];
const SWAP = [
  [0, 1],
  [1, 0],
];

function state(weights, traits) {
  const all = { depth: weights.length, residual: 0, fusion_choice: 0, ...traits };
  return rollout.rolloutState(modelOf({ ...weightTraits(weights), ...all }));
}

test("only as many layers as are asked for are multiplied", () => {
  const weights = [[SKEW], [SWAP]];
  assertClose(state(weights, { depth: 1 }).product, SKEW.flat());
  assertClose(state(weights, { depth: 2 }).product, [0.5, 0.5, 0.75, 0.25]);
});

test("the fusion is chosen by its number", () => {
  assertClose(
    state([[SKEW, SWAP]], { fusion_choice: 2, residual: 0.5 }).product,
    [0.5, 0.5, 0.5, 0.5],
  );
  assert.ok(state([[SKEW, SWAP]], { fusion_choice: 0 }).layers.empty === null);
});

test("the strongest inputs come first, and those of weight 0 not at all", () => {
  assert.deepEqual(rollout.strongestInputs([0, 1]), [1]);
  assert.deepEqual(rollout.strongestInputs([0.75, 0.25]), [0, 1]);
});

test("the row of an output is that of the product", () => {
  const { layers, product } = state([[SKEW], [SWAP], [SKEW]], { residual: 0.25 });
  for (const output of [0, 1]) {
    const row = product.subarray(2 * output, 2 * output + 2);
    assertClose(rollout.rolloutRow(layers, output), [...row]);
  }
});

test("what is told of an output, of a cell, and of those that are not named", () => {
  const names = ["a", "b"];
  const row = Float64Array.of(0.75, 0.25);
  assert.equal(
    rollout.describeRollout(row, names, { output: 0, input: null }),
    "“a” draws on “a” 0.75, “b” 0.25.",
  );
  assert.equal(
    rollout.describeRollout(row, names, { output: 0, input: 1 }),
    "“a” → “b”: 0.25. “a” draws on “a” 0.75, “b” 0.25.",
  );
  const even = new Float64Array(8).fill(0.125);
  assert.match(
    rollout.describeRollout(even, "abcdefgh".split(""), { output: 0, input: null }),
    /“e” 0\.13; 3 more hold 0\.38\.$/,
  );
});

test("an emptied row is told in plain words", () => {
  const told = rollout.describeEmpty({ layer: 2, row: 1 }, ["a", "b"]);
  assert.match(told, /^There is no rollout: in layer 2 the minimum over the heads leaves “b” no/);
});
