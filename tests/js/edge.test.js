import assert from "node:assert/strict";
import { test } from "node:test";
import * as edge from "../../course_lib/widgets/edge/state.js";
import { assertClose, modelOf, packed } from "./model.js";

// Two tokens, four features each, whose logits are easy: √d is 2.
const QUERY = [2, 0, 0, 0, 0, 0, 0, 0];
const KEY = [0, 1, 0, 0, Math.log(3), 5, 0, 0];
const VALUE = [1, 0, 0, 3];

function bytesOf(...parts) {
  const views = parts.map((part) => new Uint8Array(part.buffer));
  return packed(
    views.flatMap((view) => [...view]),
    Uint8Array,
  );
}

const HEAD = { tokens: ["a", "b"], features: [4, 2], size: 4, masked: false };
const NUMBERS = Float32Array.from([...QUERY, ...KEY, ...VALUE]);
const START = { heads: [HEAD], vectors: bytesOf(NUMBERS), head: 0, query: 0, key: 1 };
const state = (traits) => edge.edgeState(modelOf({ ...START, step: 0, entry: 0, ...traits }));

test("a float16 is read bit by bit", () => {
  const half = { 0: 0, 32768: -0, 15360: 1, 49152: -2, 13653: 0.333251953125 };
  for (const [bits, value] of Object.entries(half)) assert.equal(edge.half(+bits), value);
  assert.equal(edge.half(1), 2 ** -24, "the smallest");
  assert.equal(edge.half(0x7bff), 65504, "the largest");
});

test("an edge is followed from its vectors to its share", () => {
  const told = state();
  assertClose(told.products, [2 * Math.log(3), 0, 0, 0], 1e-7);
  assertClose([told.dot, told.logit], [2 * Math.log(3), Math.log(3)], 1e-7);
  assertClose(told.exponentials, [1 / 3, 1], 1e-7);
  assertClose([told.total, told.weight], [4 / 3, 3 / 4], 1e-7);
  assertClose(told.output, [0.25, 2.25], 1e-7);
  assertClose(told.brought, [0, 2.25], 1e-7);
  assertClose([told.share], [2.25 ** 2 / (0.25 ** 2 + 2.25 ** 2)], 1e-7);
  assertClose([state({ key: 0 }).share + told.share], [1], 1e-7);
});

test("a masked key has a logit, and no weight", () => {
  const masked = { ...HEAD, masked: true };
  const vectors = bytesOf(NUMBERS, Uint8Array.from([1, 0, 1, 1]));
  const told = state({ heads: [masked], vectors });
  assertClose([told.logit], [Math.log(3)], 1e-7);
  assert.deepEqual([told.isAllowed, told.masked[1], told.weight], [false, -Infinity, 0]);
  assert.deepEqual([told.output, told.share], [[1, 0], 0]);
  assert.match(edge.describeStep(told, 4), /leaves 1 of them .* “b” is masked\.$/);
  assert.match(edge.describeStep(state(), 4), /no mask forbids any/);
});

test("heads of different sizes lie one behind the other", () => {
  const halves = { ...HEAD, tokens: ["c"], features: [1, 1], size: 2, masked: true };
  const first = [Uint16Array.from([0x3c00, 0xc000, 0x3c00]), Uint8Array.from([1])];
  const heads = [halves, HEAD];
  const vectors = bytesOf(...first, NUMBERS);
  assertClose([state({ heads, vectors, head: 1 }).weight], [0.75], 1e-7);
  const small = state({ heads, vectors, query: 1, key: 1 });
  assert.deepEqual([small.i, small.j], [0, 0], "a shorter text has no such position");
  assert.deepEqual([small.q, small.k, small.dot, small.share], [[1], [-2], -2, 1]);
});

test("an output of zero has no shares", () => {
  const zero = Float32Array.from([...QUERY, ...KEY, 0, 0, 0, 0]);
  const told = state({ vectors: bytesOf(zero) });
  assert.equal(told.share, null);
  assert.match(edge.describeStep(told, 8), /is zero, so no edge has a share/);
});

test("every step has a name, a formula that ends in its number, and a sentence", () => {
  const told = state();
  const ends = edge.stepNames().map((_, step) => edge.formulaOf(told, step).at(-1));
  assert.equal(ends[0], " = 0.750");
  assert.equal(ends[2], " = 2.197");
  assert.equal(ends[3], " / √4 = 1.099");
  assert.equal(ends[4], " = 1.099");
  assert.equal(ends[5], " = 1.000");
  assert.equal(ends[6], " = 1.000 / 1.333 = 0.750");
  assert.equal(ends[8], "‖² = 0.988");
  edge.stepNames().forEach((_, step) => {
    assert.doesNotMatch(edge.describeStep(told, step), /undefined|NaN|\{/);
  });
  assert.match(edge.describeStep(told, 2), /2\.197 above zero and 0 below make 2\.197/);
  assert.match(edge.describeStep(told, 6), /1\.000 \/ 1\.333 = 0\.750\./);
  assert.match(edge.describeStep({ ...told, weight: 1e-9 }, 6), /1\.333 < 0\.0001\./);
});

test("numbers too small for three decimals are told by two figures", () => {
  assert.deepEqual([0, 0.00042, -0.5, -1e-9, -Infinity, null].map(edge.told), [
    "0",
    "0.00042",
    "−0.500",
    ">−0.0001",
    "−∞",
    "–",
  ]);
});
