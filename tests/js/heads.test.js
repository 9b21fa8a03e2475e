import assert from "node:assert/strict";
import { test } from "node:test";
import * as heads from "../../course_lib/widgets/heads/state.js";
import * as heatmaps from "../../course_lib/widgets/heatmaps/state.js";
import { assertClose, modelOf, weightTraits } from "./model.js";

const SAME = [
  [1, 0],
  [0, 1],
];
const SKEW = [
  [0.75, 0.25],
  [0.004, 0.996],
];

test("two heads, their difference and their distance", () => {
  const traits = { layer: 0, first: 0, second: 1, threshold: 0.3 };
  const state = heads.headsState(modelOf({ ...weightTraits([[SAME, SKEW]]), ...traits }));
  assertClose(state.difference, [0.25, -0.25, -0.004, 0.004]);
  assert.deepEqual(state.edges, [
    [0, 3],
    [0, 3],
  ]);
  assert.ok(state.distance > 0 && state.distance < 1);
  const names = ["a", "b"];
  assert.equal(
    heads.describeCell(state, { first: 0, second: 1 }, names, 1),
    "“a” attends to “b”: head 0 0.00, head 1 0.25, difference −0.25.",
  );
});

test("what a head is compared as", () => {
  const told = (head, first, second) => heads.describeHead(head, 4, { first, second });
  assert.equal(told(1, 0, 2), "head 1, 4 edges");
  assert.equal(told(1, 1, 2), "head 1, 4 edges, compared as first");
  assert.equal(told(1, 0, 1), "head 1, 4 edges, compared as second");
  assert.equal(told(1, 1, 1), "head 1, 4 edges, compared as first and second");
});

function linked(traits) {
  const start = { first: 0, second: 1, order_choice: 0, orders: [[1, 0]] };
  return heatmaps.linkedState(modelOf({ ...weightTraits([[SAME, SKEW]]), ...start, ...traits }));
}

test("heads are counted through all layers, and rows may stand in another order", () => {
  assertClose(linked().second, SKEW.flat());
  const turned = linked({ order_choice: 1 });
  assert.deepEqual(turned.order, [1, 0]);
  assertClose(turned.second, [0.996, 0.004, 0.25, 0.75]);
  const deep = weightTraits([
    [SAME, SAME],
    [SAME, SKEW],
  ]);
  const traits = { first: 3, second: 0, order_choice: 0 };
  assertClose(heatmaps.linkedState(modelOf({ ...deep, ...traits })).first, SKEW.flat());
});

test("where the scales end", () => {
  const ends = (choice) => heatmaps.scalesOf(linked(), choice).map(({ ticks }) => ticks.at(-1)[0]);
  assertClose(ends(0), [1, 0.996, 0.25]); // each its own
  assertClose(ends(1), [1, 1, 1]); // shared
  assertClose(ends(2), [1, 1, 1]);
  assertClose(ends(3), [1, 1, 1]);
  const alike = linked({ second: 0 });
  assert.equal(heatmaps.scalesOf(alike, 0)[2].strength(0), 0); // not 0 / 0
});

test("heads and cells are told; small numbers in four decimals", () => {
  assert.equal(heatmaps.headName(3, [2, 2]), "layer 1, head 1");
  assert.equal(heatmaps.headName(1, [1, 2]), "head 1");
  const told = (cell) => heatmaps.describeLinked(linked(), ["a", "b"], cell);
  assert.equal(told(0), "“a” attends to “a”: first 1.00, second 0.75, difference +0.25.");
  assert.equal(told(2), "“b” attends to “a”: first 0.0000, second 0.0040, difference −0.0040.");
  const apart = { ...linked(), first: [0.5], second: [0.50001], difference: [-0.00001], n: 1 };
  assert.equal(
    heatmaps.describeLinked({ ...apart, order: [0] }, ["a"], 0),
    "“a” attends to “a”: first 0.5000, second 0.5000, difference <0.0001.",
  );
});
