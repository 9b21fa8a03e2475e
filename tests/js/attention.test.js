import assert from "node:assert/strict";
import { test } from "node:test";
import { attentionState } from "../../course_lib/widgets/attention/state.js";
import { chosenExample, exampleState } from "../../course_lib/widgets/examples/state.js";
import { describe, describeDrawn } from "../../course_lib/widgets/shared/attention_texts.js";
import { assertClose, modelOf, packed, weightTraits } from "./model.js";

const MATRIX = [0.1, 0.9, 0.6, 0.4];
const ROWS = [MATRIX.slice(0, 2), MATRIX.slice(2)];
const NAMES = { queries: ["a", "b"], keys: ["c", "d"] };
const CELL = { row: 0, column: 1, crossing: true };

test("the state holds the edges above the threshold and their mass", () => {
  const traits = { layer: 0, head_choice: 1, threshold: 0.5 };
  const { n, matrix, edges, mass } = attentionState(
    modelOf({ ...weightTraits([[ROWS]]), ...traits }),
  );
  assert.deepEqual([n, ...matrix], [2, ...MATRIX]);
  assert.deepEqual(edges, [1, 2]);
  assertClose([mass], [0.75]);
});

test("an example is cut from the numbers of all", () => {
  const examples = [
    { queries: ["a"], keys: ["b", "c"], note: "", length: 16 },
    { queries: ["d", "e"], keys: ["f", "g"], note: "n", length: 32 },
  ];
  const data = packed([0.5, 0.5, 1, 0, ...MATRIX, 0, 1, 1, 0], Float32Array);
  const model = modelOf({
    ...{ weights: data, shape: [1, 2], examples },
    ...{ example: 1, layer: 0, head_choice: 2, threshold: 0.5 },
  });
  const example = chosenExample(model);
  assert.equal(example.note, "n");
  assertClose(
    [0, 1].flatMap((m) => [...example.weights.matrix(m)]),
    [...MATRIX, 0, 1, 1, 0],
    1e-7,
  );
  assert.deepEqual(exampleState(model, example).edges, [1, 2]);
});

test("a cell is told with its edge, in the direction that is drawn", () => {
  const told = (drawn) => describe(CELL, MATRIX, NAMES, drawn);
  assert.deepEqual(told({ direction: "attends", threshold: 0.5 }), [
    ["", "a → d: 0.90 (“a” attends to “d”)."],
  ]);
  assert.deepEqual(told({ direction: "flow", threshold: 0.5 }), [
    ["", "d → a: 0.90 (“a” attends to “d”)."],
  ]);
  const [[, hidden]] = told({ direction: "attends", threshold: 0.9 });
  assert.match(hidden, / Not above the threshold, so not drawn\.$/);
  const [[, gone]] = told({ direction: "attends", threshold: 0.9, hidden: "Gone." });
  assert.match(gone, /\. Gone\.$/);
});

test("a token is told as query and as key", () => {
  const both = describe({ row: 1, column: 1, crossing: false }, MATRIX, NAMES, {});
  assert.deepEqual(both, [
    ["first", "“b” attends most to: c 0.60, d 0.40. "],
    ["second", "“d” gets most attention from: a 0.90, b 0.40."],
  ]);
  const one = describe({ row: null, column: 0, crossing: false }, MATRIX, NAMES, {});
  assert.deepEqual(one, [["second", "“c” gets most attention from: b 0.60, a 0.10."]]);
});

test("how many edges are drawn", () => {
  assert.equal(
    describeDrawn({ matrix: MATRIX, edges: [1, 2], mass: 0.75 }),
    "2 of 4 edges drawn; they hold 75\u00a0% of the attention.",
  );
});
