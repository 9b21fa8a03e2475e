import assert from "node:assert/strict";
import { test } from "node:test";
import * as scales from "../../course_lib/widgets/shared/scales.js";
import { assertClose } from "./model.js";

test("weights are painted by their root, differences on both sides of 0", () => {
  assertClose([0, 0.25, 1].map(scales.weightScale.strength), [0, 0.5, 1]);
  assertClose([-1, -0.25, 0, 0.25].map(scales.differenceScale.strength), [-1, -0.5, 0, 0.5]);
  assert.deepEqual(
    scales.differenceScale.ticks.map(([, text]) => text),
    ["−1", "−0.25", "0", "+0.25", "+1"],
  );
});

test("a linear scale ends where it is told, and no further", () => {
  const { strength, ticks } = scales.linearScale(0.4);
  assertClose([0, 0.1, 0.4, 0.5].map(strength), [0, 0.25, 1, 1]);
  assert.deepEqual(ticks, [
    [0, "0"],
    [0.2, "0.2"],
    [0.4, "0.4"],
  ]);
});

test("a log scale has equal steps for equal factors, and nothing for 0", () => {
  const { strength, ticks } = scales.logScale(1e-4);
  assertClose([1, 0.1, 1e-4, 1e-6].map(strength), [1, 0.75, 0, 0]);
  assert.equal(strength(0), null);
  assert.deepEqual(
    ticks.map(([, text]) => text),
    ["≤ 0.0001", "0.001", "0.01", "0.1", "1"],
  );
});

test("a signed linear scale reaches as far below 0 as above", () => {
  const { signed, strength, ticks } = scales.signedLinearScale(0.5);
  assert.ok(signed);
  assertClose([-1, -0.25, 0, 0.5].map(strength), [-1, -0.5, 0, 1]);
  assert.deepEqual(
    ticks.map(([, text]) => text),
    ["−0.5", "0", "+0.5"],
  );
});

test("bars start at zero: values below it go to its left", () => {
  assert.deepEqual(scales.barsAroundZero([-1, 3, 0, -Infinity]), {
    zero: 0.25,
    bars: [
      { from: 0, size: 0.25 },
      { from: 0.25, size: 0.75 },
      { from: 0.25, size: 0 },
      { from: 0.25, size: 0 },
    ],
  });
  assert.equal(scales.barsAroundZero([0.5, 1]).zero, 0);
  assert.equal(scales.barsAroundZero([-0.5, -1]).zero, 1);
  assert.deepEqual(scales.barsAroundZero([0]).bars, [{ from: 0, size: 0 }]);
});
