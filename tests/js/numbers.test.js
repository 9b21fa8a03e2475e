import assert from "node:assert/strict";
import { test } from "node:test";
import * as numbers from "../../course_lib/widgets/shared/numbers.js";
import { assertClose, modelOf, packed, weightTraits } from "./model.js";

test("numbers are read from any byte on, and as many as are asked for", () => {
  const bytes = packed([1, 2, 3, 4]);
  assert.deepEqual([...numbers.numbersOf(bytes, Float64Array)], [1, 2, 3, 4]);
  assert.deepEqual([...numbers.numbersOf(bytes, Float64Array, 1, 2)], [2, 3]);
  assert.deepEqual([...numbers.numbersOf(bytes, Float64Array, 3)], [4]);
  assert.deepEqual([...numbers.numbersOf(Float32Array.of(5, 6).buffer, Float32Array)], [5, 6]);
});

test("weights are decoded from four or from eight bytes", () => {
  for (const Kind of [Float32Array, Float64Array]) {
    const bytes = packed([0.5, 0.5, 0.25, 0.75, 1, 0, 0, 1], Kind);
    const { layers, heads, n, size, matrix } = numbers.decodeWeights(bytes, [1, 2, 2]);
    assert.deepEqual([layers, heads, n, size], [1, 2, 2, 4]);
    assert.deepEqual([...matrix(0)], [0.5, 0.5, 0.25, 0.75]);
    assert.deepEqual([...matrix(1)], [1, 0, 0, 1]);
  }
});

test("quantised weights are decoded with the scale of their matrix", () => {
  for (const [Steps, top] of [
    [Uint8Array, 255],
    [Uint16Array, 65535],
  ]) {
    const scales = new Uint8Array(Float32Array.of(1, 0.5).buffer);
    const steps = new Uint8Array(Steps.of(top, 0, 0, top, 0, top, top, 51).buffer);
    const bytes = packed([...scales, ...steps], Uint8Array);
    const { matrix } = numbers.decodeWeights(bytes, [1, 2, 2]);
    assert.deepEqual([...matrix(0)], [1, 0, 0, 1]);
    assertClose(matrix(1), [0, 0.5, 0.5, 0.5 * (51 / top) ** 2], 1e-7);
  }
});

test("the mean of the heads is chosen by 0, head k by k + 1", () => {
  const heads = [
    [
      [1, 0],
      [0.5, 0.5],
    ],
    [
      [0, 1],
      [0.25, 0.75],
    ],
  ];
  const traits = weightTraits([heads, heads.toReversed()]);
  const weights = numbers.decodeWeights(traits.weights, traits.shape);
  const chosen = (layer, choice) => [
    ...numbers.chosenMatrix(weights, modelOf({ layer, head_choice: choice })),
  ];
  assert.deepEqual(chosen(0, 0), [0.5, 0.5, 0.375, 0.625]);
  assert.deepEqual(chosen(0, 1), [1, 0, 0.5, 0.5]);
  assert.deepEqual(chosen(1, 1), [0, 1, 0.25, 0.75]);
});

test("a weight equal to the threshold is no edge, however it was rounded", () => {
  assert.equal(numbers.isAbove(Math.fround(0.05), 0.05), false);
  assert.equal(numbers.isAbove(0.0501, 0.05), true);
  assert.deepEqual(numbers.edgesAbove([0.1, 0.9, 0, 1], 0), [0, 1, 3]);
});

test("the mass of edges is a share of all attention", () => {
  assert.deepEqual(numbers.drawnEdges([0.25, 0.75, 0.5, 0.5], 0.4), {
    matrix: [0.25, 0.75, 0.5, 0.5],
    edges: [1, 2, 3],
    mass: 0.875,
  });
  assert.equal(numbers.massKept([1, 0, 0, 1], []), 0);
});

test("an edge runs from query to key, and the other way if it is flow", () => {
  assert.deepEqual(numbers.edgeEnds(2, 5, "attends"), [2, 5]);
  assert.deepEqual(numbers.edgeEnds(2, 5, "flow"), [5, 2]);
});

test("softmax of logits that would overflow", () => {
  assert.deepEqual(numbers.softmax([1000, 1000, -1e9]), [0.5, 0.5, 0]);
  assertClose(numbers.softmax([0, Math.log(3)]), [0.25, 0.75]);
});

test("entropy in nats, with zeros", () => {
  assert.equal(numbers.entropy([1, 0, 0]), 0);
  assertClose([numbers.entropy([0.25, 0.25, 0.25, 0.25])], [Math.log(4)]);
});

test("heads are at distance 0 if alike, and 1 if they never share a key", () => {
  const [one, other] = [Float64Array.of(1, 0, 0, 1), Float64Array.of(0, 1, 1, 0)];
  assert.equal(numbers.headDistance(one, one, 2), 0);
  assertClose([numbers.headDistance(one, other, 2)], [1]);
  const half = Float64Array.of(0, 1, 0, 1); // one of two rows is alike
  assertClose([numbers.headDistance(one, half, 2)], [0.5]);
});

test("shade is the root, and no more than 1", () => {
  assert.deepEqual([0, 0.25, -0.25, 1, 2].map(numbers.shade), [0, 0.5, 0.5, 1, 1]);
});
