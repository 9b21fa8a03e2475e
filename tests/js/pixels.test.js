import assert from "node:assert/strict";
import { test } from "node:test";
import * as pixels from "../../course_lib/widgets/pixels/state.js";
import { assertClose, packed } from "./model.js";

const [ONE, HALF, SMALLEST] = [0x3c00, 0x3800, 1];

test("numbers of 16 bits", () => {
  assert.equal(pixels.halfToNumber(ONE), 1);
  assert.equal(pixels.halfToNumber(0x8000 | HALF), -0.5);
  assert.equal(pixels.halfToNumber(SMALLEST), 2 ** -24); // subnormal
  assert.equal(pixels.halfToNumber(0x7bff), 65504);
  assert.equal(pixels.halfToNumber(0x7c00), Infinity);
  assert.ok(Number.isNaN(pixels.halfToNumber(0x7e00)));
  assert.ok(Object.is(pixels.halfToNumber(0x8000), -0));
});

test("a part of a message is decoded", () => {
  const bytes = packed([0, ONE, HALF, ONE], Uint16Array);
  assert.deepEqual([...pixels.decodeHalves(bytes, 1, 2)], [1, 0.5]);
});

test("files that stand one after the other become addresses", () => {
  const bytes = packed([104, 105, 33], Uint8Array); // h i !
  const [first, second] = pixels.pictureAddresses(bytes, [2, 1]);
  assert.equal(atob(first.split(",")[1]), "hi");
  assert.equal(atob(second.split(",")[1]), "!");
  assert.match(first, /^data:image\/png;base64,/);
});

// Two rows of two places; place 3 attends to 0 (as far as can be) and to 2 (one step).
const MATRIX = Float32Array.of(
  ...[1, 0, 0, 0, 0.25, 0.25, 0.25, 0.25, 0, 0, 0.5, 0.5, 0.75, 0, 0.25, 0],
);

test("how far places look", () => {
  assertClose(pixels.lookingDistances(MATRIX, [2, 2]), [
    0,
    0.25 * (2 + Math.SQRT2),
    0.5,
    0.75 * Math.SQRT2 + 0.25,
  ]);
});

test("places by weight, and how many hold half", () => {
  assert.deepEqual(pixels.byWeight([0.2, 0, 0.6, 0.2]), [2, 0, 3]);
  assert.equal(pixels.placesForHalf([0.2, 0, 0.6, 0.2], [2, 0, 3]), 1);
  assert.equal(pixels.placesForHalf([0.25, 0.25, 0.25, 0.25], [0, 1, 2, 3]), 2);
});

test("a head of a picture, and one of its places", () => {
  const bits = [...MATRIX].map((w) => ({ 0: 0, 0.25: 0x3400, 0.5: HALF, 0.75: 0x3a00, 1: ONE })[w]);
  const bytes = packed([...new Array(16).fill(0), ...bits], Uint16Array);
  const head = pixels.headOf(bytes, [2, 1, 2, 2], 1, 0);
  assert.deepEqual([...head.matrix], [...MATRIX]);
  const state = pixels.placeState(head, 3);
  assert.deepEqual(state.order, [0, 2]);
  assert.deepEqual([state.half, state.largest], [1, 0.75]);
  assert.deepEqual(pixels.describePlace(state, 2), [
    "Row 1, column 1 attends most to row 0, column 0 (0.750); row 1, column 0 (0.250). ",
    "1 of 4 places holds half of its attention. ",
    `On average it looks 1.31 steps of the grid away; all places of this head, ${head.mean.toFixed(2)}.`,
  ]);
  const even = pixels.describePlace(pixels.placeState(head, 1), 2);
  assert.match(even[0], /row 0, column 0 \(0\.250\); itself \(0\.250\)/);
  assert.equal(even[1], "2 of 4 places hold half of its attention. ");
});

test("weights as they are written", () => {
  assert.deepEqual([0, 0.00005, 0.0012, 0.25].map(pixels.weightText), [
    "0",
    "<0.0001",
    "0.0012",
    "0.250",
  ]);
});
