import assert from "node:assert/strict";
import { test } from "node:test";
import * as causal from "../../course_lib/widgets/causal/state.js";
import { assertClose, modelOf, packed } from "./model.js";

// One layer of two heads on "a b a": percents of the pairs (0,0) (1,0) (1,1) (2,0) (2,1) (2,2), a
// head after the other; head 0 copies, head 1 looks at the first token.
const PERCENTS = [100, 100, 0, 90, 100, 10, 0, 100, 80, 0, 20, 0];
const BITS = [0b11011101, 0b10100000];
const TEXT = [...BITS, ...PERCENTS.filter(Boolean)];

const START = {
  texts: [
    { tokens: ["x"], length: 3 },
    { tokens: ["a", "b", "a"], length: TEXT.length },
  ],
  weights: packed([0b11000000, 100, 100, ...TEXT], Uint8Array),
  scores: packed([...new Array(8).fill(0), 0, 65535, 13107, 0, 1, 2, 3, 4], Uint16Array),
  shape: [1, 2],
  ...{ text: 1, position: 2, layer: 0, head: 0, score_choice: 1, way_choice: 0, off_choice: 1 },
  positions: 0,
};
const state = (traits = {}) => causal.causalState(modelOf({ ...START, ...traits }));

test("percents are bits, and then the bytes of those that are set", () => {
  assert.deepEqual([...causal.decodePercents(Uint8Array.from(TEXT), 12)], PERCENTS);
});

test("the edges of a head from a position, and what the earlier copy means", () => {
  const { weights, copies, after, position } = state();
  assert.deepEqual([position, weights, copies, after], [2, [0, 80, 20], [0], [1]]);
  assert.deepEqual(state({ head: 1 }).weights, [100, 0, 0]);
  assert.deepEqual(state({ text: 0 }).position, 0, "a shorter text has no such position");
  assert.equal(
    causal.describeEdges(state(), "head 0"),
    "From “a [2]”, head 0 attends to “b” 80\u00a0%, “a [2]” 20\u00a0%.",
  );
  assert.equal(
    causal.describeCopies(state()),
    "What came after the earlier copy gets 80\u00a0%, the earlier copy itself less than 5\u00a0%.",
  );
  assert.equal(causal.describeCopies(state({ position: 1 })), "“b” did not stand before.");
});

test("what came after a word that is said twice at once is the word itself", () => {
  const doubled = {
    texts: [
      { tokens: ["x"], length: 3 },
      { tokens: ["a", "a", "b"], length: 12 },
    ],
  };
  const { copies, after } = state({ ...doubled, position: 1 });
  assert.deepEqual([copies, after], [[0], [1]]);
});

test("scores are those of the text and the kind that are chosen", () => {
  assertClose(state({ score_choice: 0 }).scores, [0, 1]);
  assertClose(state().scores, [0.2, 0]);
});

const LOSSES = {
  positions: 3,
  most_loss: 10,
  loss_curves: packed([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 0, 0, 255, 255], Uint8Array),
  copy_losses: packed([1, 2, 3, 4, 5], Float32Array),
  sets: [
    {
      title: "two draws",
      heads: [[[0, 0]], [[0, 1]]],
      losses: [
        [6, 8],
        [1, 2],
      ],
      curves: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    },
    {
      title: "both",
      heads: [
        [
          [0, 0],
          [0, 1],
        ],
      ],
      losses: [[9], [9]],
      curves: [
        [7, 7, 7],
        [8, 8, 8],
      ],
    },
  ],
};

test("losses of the head or the set that is switched off, in either way", () => {
  assert.equal(state().losses, null);
  const told = (traits) => state({ ...LOSSES, ...traits }).losses;
  const { rows, whole, without } = told({ head: 1 });
  assert.deepEqual(
    [whole, without],
    [
      [10, 0, 0],
      [0, 0, 10],
    ],
  );
  assert.deepEqual(
    rows.map(({ loss }) => loss),
    [1, 3, 7, 9],
  );
  assert.deepEqual(
    rows.map(({ draws }) => draws.length),
    [0, 0, 2, 0],
  );
  assert.deepEqual(told({ way_choice: 1 }).without, [10, 10, 0]);
  assert.deepEqual(told({ way_choice: 1, off_choice: 2 }).without, [4, 5, 6]);
  assert.deepEqual(told({ off_choice: 0 }).without, [10, 0, 0], "nothing is switched off");
  assert.equal(
    causal.describeLoss(told({ off_choice: 3 }), 3),
    "Loss on the second copy of random words: 1.00 with all heads on, 9.00 with both switched off.",
  );
  assert.equal(
    causal.describeLoss(told(), 0),
    "Loss on the second copy of random words: 1.00 with all heads on.",
  );
});

test("the heads of one set are marked, those of many draws are not", () => {
  const off = (off_choice) => causal.headsOff(modelOf({ ...START, ...LOSSES, off_choice }));
  assert.deepEqual([off(0), off(1), off(2), off(3)], [[], [], [], [0, 1]]);
});
