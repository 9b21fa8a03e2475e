import assert from "node:assert/strict";
import { test } from "node:test";
import { convexHull, planeState } from "../../course_lib/widgets/plane/state.js";
import { curveState, niceTop } from "../../course_lib/widgets/training/state.js";
import { assertClose } from "./model.js";

const POINTS = [
  [1, 0],
  [-1, 0],
];

test("logits are products, divided by the temperature and by the root of 2", () => {
  const state = (options) =>
    planeState({ points: POINTS, query: [2, 5], temperature: 1, ...options });
  assertClose(state({ scaled: false }).logits, [2, -2]);
  assertClose(state({ scaled: true }).logits, [Math.SQRT2, -Math.SQRT2]);
  assertClose(state({ scaled: false, temperature: 2 }).logits, [1, -1]);
});

test("the output is the weighted mean of the keys", () => {
  const { weights, output, entropy } = planeState({
    ...{ points: POINTS, query: [0, 3], temperature: 1, scaled: true },
  });
  assertClose(weights, [0.5, 0.5]);
  assertClose(output, [0, 0]);
  assertClose([entropy], [Math.log(2)]);
});

test("the hull leaves out what lies inside or on an edge", () => {
  const square = [
    [0, 0],
    [2, 0],
    [2, 2],
    [0, 2],
  ];
  const hull = convexHull([...square, [1, 1], [1, 0]]);
  assert.deepEqual(hull, square);
  assert.deepEqual(convexHull([[1, 2]]), [[1, 2]]);
});

test("an axis ends at 1, 2 or 5 times a power of ten", () => {
  assert.deepEqual([0, 0.7, 1, 1.2, 2.3, 6, 70].map(niceTop), [1, 1, 1, 2, 5, 10, 100]);
  assertClose([niceTop(0.03)], [0.05]);
});

test("a curve and what is told of it", () => {
  const curve = (traits) => curveState({ losses: [], stride: 2, total: 4, state: "", ...traits });
  assert.deepEqual(curve({}).points, []);
  assert.equal(curve({}).sentence, "Waiting.");
  const { top, points, sentence } = curve({ losses: [2, 1], state: "Done" });
  assert.equal(top, 2);
  assertClose(points[0], [52 + 336 / 4, 12]); // the middle of the first two of four steps
  assertClose(points[1], [52 + (3 * 336) / 4, 12 + 154 / 2]);
  assert.equal(sentence, "Done. Loss from 2.00 to 1.00.");
  assert.equal(curve({ losses: [2], state: "Learning" }).sentence, "Learning. Loss is 2.00.");
});
