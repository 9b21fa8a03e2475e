import assert from "node:assert/strict";
import { test } from "node:test";
import { ended, Turns } from "../../course_lib/widgets/shared/turns.js";

function* countTo(most) {
  for (let k = 0; k < most; k++) yield;
  return most;
}

function* wait(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) yield;
  return milliseconds;
}

test("a computation returns what it found, at once or in turns", async () => {
  assert.equal(ended(countTo(3)), 3);
  const told = [];
  const turns = new Turns((isBusy) => told.push(isBusy));
  turns.run(wait(2), (found) => told.push(found), Infinity);
  assert.deepEqual(told, [false, 2]);
  await new Promise((resolve) => turns.run(wait(20), resolve));
  assert.deepEqual([told[2], told.at(-1)], [true, false]);
});

test("a new computation takes the place of one that has not ended", async () => {
  const shown = [];
  const turns = new Turns(() => {});
  turns.run(wait(15), () => shown.push("given up"));
  await new Promise((resolve) => turns.run(wait(15), resolve));
  assert.deepEqual(shown, []);
});
