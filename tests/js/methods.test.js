import assert from "node:assert/strict";
import { test } from "node:test";
import * as methods from "../../course_lib/widgets/methods/state.js";
import { assertClose, modelOf, packed } from "./model.js";

const NAMES = ["opposite", "like", "flat"];
const START = {
  texts: [
    { tokens: ["x", "y"], output: "", special: [true, false] },
    { tokens: ["a", "b", "a"], output: "c", special: [true, false, false] },
  ],
  // Of each text the judge first.
  values: packed([0, 1, 0, 1, 0, 1, 2, 2, 1, 4, 2, 3, 1, 2, -2, 4, 3, 5, 5, 5], Float32Array),
  names: NAMES,
  ...{ text: 1, method: 0, token: null, skip_special: false, signed: false, bars_choice: 0 },
};
const state = (traits = {}) => methods.methodsState(modelOf({ ...START, ...traits }));

test("equal values share the mean of their ranks", () => {
  assert.deepEqual(methods.averageRanks([3, 1, 3, 0]), [3.5, 2, 3.5, 1]);
  assert.deepEqual(methods.averageRanks([]), []);
});

test("rank correlation by hand", () => {
  assert.equal(methods.rankCorrelation([1, 2, 3], [10, 20, 30]), 1);
  assert.equal(methods.rankCorrelation([1, 2, 3], [3, 2, 1]), -1);
  assertClose([methods.rankCorrelation([1, 2, 2, 4], [1, 2, 3, 4])], [4.5 / Math.sqrt(22.5)]);
  assert.equal(methods.rankCorrelation([1, 1], [1, 2]), null);
});

test("methods are sorted by their agreement with the judge; what ranks nothing comes last", () => {
  const { rows, order } = state();
  assert.deepEqual(
    rows.map(({ correlation }) => correlation),
    [1, -1, 1, null],
  );
  assert.deepEqual(order, [1, 0, 2]);
  assert.deepEqual(rows[2].ranks, [1, 3, 2], "by size, unless signs count");
  assert.deepEqual(state({ text: 0 }).rows[3].correlation, null);
});

test("sizes are compared, or values with their signs", () => {
  const values = packed(
    [...new Array(8).fill(0), 1, 2, 3, -5, 1, 2, 1, 1, 1, 1, 1, 1],
    Float32Array,
  );
  assert.deepEqual(state({ values }).rows[1].ranks, [3, 1, 2]);
  assert.deepEqual(state({ values, signed: true }).rows[1].ranks, [1, 2, 3]);
  assert.equal(state({ values, signed: true }).rows[1].correlation, 1);
});

test("special tokens are left out when asked, those that cannot be hidden always", () => {
  const { rows, counted } = state({ skip_special: true });
  assert.deepEqual(counted, [false, true, true]);
  assert.deepEqual(rows[1].ranks, [null, 1, 2]);
  const values = packed(
    [...new Array(8).fill(0), 2, 4, Number.NaN, 3, 2, 1, 2, 4, 3, 5, 5, 5],
    Float32Array,
  );
  assert.deepEqual(state({ values }).counted, [true, true, false]);
  assert.equal(state({ values }).rows[1].correlation, -1);
});

test("bars are ranks or values; edges are shares of sizes", () => {
  const now = state();
  assertClose(methods.barHeights(now.rows[0], now, false), [1 / 3, 1, 2 / 3]);
  assertClose(methods.barHeights(now.rows[2], now, true), [-0.5, 1, 0.75]);
  assertClose(methods.edgeShares(now.rows[2], now), [2 / 9, 4 / 9, 3 / 9]);
});

test("a method and a token are told", () => {
  assert.equal(
    methods.describeMethod(state(), NAMES, 0),
    "opposite: rank correlation −1.00 with the judge, number 2 of 3 methods. " +
      "It puts “a [0]” first, the judge “b”.",
  );
  assert.equal(
    methods.describeMethod(state(), NAMES, 2),
    "flat gives all tokens the same: it ranks nothing.",
  );
  assert.equal(
    methods.describeToken(state(), NAMES, 0, 1),
    "“b”: number 1 of 3 by the judge, number 3 by opposite.",
  );
  assert.equal(
    methods.describeToken(state({ skip_special: true }), NAMES, 0, 0),
    "“a [0]” takes no part.",
  );
  assert.deepEqual([0.567, -0.004, -0.5, null].map(methods.correlationText), [
    "0.57",
    "−0.0040",
    "−0.50",
    "–",
  ]);
});
