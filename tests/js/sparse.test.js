import assert from "node:assert/strict";
import { test } from "node:test";
import * as patterns from "../../course_lib/widgets/patterns/state.js";
import { reachLayers } from "../../course_lib/widgets/shared/reach.js";
import * as sparsity from "../../course_lib/widgets/sparsity/state.js";
import { assertClose, modelOf, packed, weightTraits } from "./model.js";

const PARTS = { radius: 0, dilation: 1, globals: 0, random: 0, block: 1 };
const ORDER = [0, 1, 2, 3, 1, 0, 2, 3, 2, 3, 0, 1, 3, 2, 1, 0]; // each row begins with itself

function rows(parts) {
  const pattern = patterns.makePattern({ n: 4, order: ORDER, ...PARTS, ...parts });
  return [0, 4, 8, 12].map((start) => [...pattern.slice(start, start + 4)].join(""));
}

test("a pattern is the union of its parts, with its diagonal", () => {
  assert.deepEqual(rows({}), ["1000", "0100", "0010", "0001"]);
  assert.deepEqual(rows({ radius: 1 }), ["1100", "1110", "0111", "0011"]);
  assert.deepEqual(rows({ radius: 1, dilation: 2 }), ["1010", "0101", "1010", "0101"]);
  assert.deepEqual(rows({ globals: 1 }), ["1111", "1100", "1010", "1001"]);
  assert.deepEqual(rows({ block: 2 }), ["1100", "1100", "0011", "0011"]);
  assert.deepEqual(rows({ random: 1 }), ["1100", "1100", "0011", "0011"]);
});

test("what is reached after how many layers, and what never", () => {
  const chain = [1, 1, 0, 0, 1, 1, 0, 0, 1]; // 0 → 1 → 2
  assert.deepEqual([...reachLayers(chain, 3)], [1, 1, 2, 0, 1, 1, 0, 0, 1]);
  const long = Array.from({ length: 300 * 300 }, (_, e) => (e % 301 === 1 ? 1 : 0)); // i → i + 1
  const layers = reachLayers(long, 300);
  assert.deepEqual([...layers.subarray(0, 300)], [...Array(300).keys()]);
  assert.equal(layers.filter((steps) => steps > 0).length, (300 * 299) / 2);
});

function patternState(traits) {
  const start = { radius: 1, dilation: 1, block: 1, global_positions: 0, random_keys: 0 };
  const order = packed(ORDER, Uint8Array);
  return patterns.patternState(modelOf({ n: 4, order, ...start, ...traits }));
}

test("the state of a pattern, and what is told of it", () => {
  const state = patternState();
  assert.deepEqual([state.edges, state.full], [10, 3]);
  assert.equal(patterns.reachedWithin(state.layers, 2), 14);
  assert.equal(
    patterns.describePattern(state, 2),
    "10 of 16 edges (62.5\u00a0%). Every output reaches every input after 3 layers. " +
      "Within 2 layers: 88\u00a0% of all pairs.",
  );
  assert.equal(
    patterns.describePosition(state, 0),
    "Position 0 attends to 2 positions; within 2 layers it draws on 3 of 4, " +
      "within 3 layers it draws on 4 of 4.",
  );
});

test("nobody reaches anybody else, and everybody everybody at once", () => {
  const alone = patternState({ radius: 0 });
  assert.equal(alone.full, null);
  assert.match(
    patterns.describePattern(alone, 1),
    /never reach some inputs.* Within 1 layer: 25\u00a0%/,
  );
  assert.equal(patterns.describePosition(alone, 2), "Position 2 attends to 1 position.");
  const all = patternState({ radius: 3 });
  assert.match(patterns.describePattern(all, 1), /after 1 layer\. Within 1 layer: 100\u00a0%/);
});

test("a node as it is named", () => {
  assert.equal(patterns.describeNode(3, null), "position 3, not reached");
  assert.equal(patterns.describeNode(3, 1), "position 3, drawn on after 1 layer");
  assert.equal(patterns.describeNode(3, 2), "position 3, drawn on after 2 layers");
});

test("what is kept: above the cutoff, or the k largest, and never nothing", () => {
  const row = [0.1, 0.4, 0.4, 0.1];
  const kept = (options) => sparsity.keptPositions(row, options);
  assert.deepEqual(kept({ method: 0, cutoff: 0.2 }), [1, 2]);
  assert.deepEqual(kept({ method: 0, cutoff: 0.4 }), [1]); // the lower of two equal ones
  assert.deepEqual(kept({ method: 1, k: 3 }), [0, 1, 2]);
});

test("rows sum to 1 again, and outputs move", () => {
  const matrix = Float64Array.of(0.8, 0.2, 0.5, 0.5);
  const { sparse, kept } = sparsity.sparsened(matrix, 2, { method: 0, cutoff: 0.3 });
  assertClose(sparse, [1, 0, 0.5, 0.5]);
  assertClose(kept, [0.8, 1]);
  assertClose(sparsity.outputErrors(matrix, sparse, [3, 0, 0, 4], 2, 2), [1, 0]); // 0.2 · (3, −4)
});

test("the state of the figure, and what is told of it", () => {
  const matrix = [
    [0.8, 0.2],
    [0.5, 0.5],
  ];
  const told = (traits) => {
    const all = { layer: 0, head_choice: 0, features: 2, values: packed([3, 0, 0, 4]), ...traits };
    const state = sparsity.sparsityState(modelOf({ ...weightTraits([[matrix]]), ...all }));
    return [state, sparsity.describeSparse(state, 2)];
  };
  const [state, text] = told({ method_choice: 0, threshold: 0.3, k: 1 });
  assert.deepEqual(state.edges, [0, 2, 3]);
  assertClose(state.bounds, [1.6, 0]); // twice what was left out, times the longest value
  assert.equal(
    text,
    "3 of 4 edges are kept, and 90\u00a0% of the attention; at least 80\u00a0% in every row. An output " +
      "moves by up to 1.000; the bound says at most 1.600. " +
      "1 of 2 pairs of tokens are no longer joined by any way.",
  );
  assert.match(told({ method_choice: 1, threshold: 0, k: 2 })[1], /in at most 1 step\.$/);
});
