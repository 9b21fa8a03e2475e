import assert from "node:assert/strict";
import { test } from "node:test";
import * as pooling from "../../course_lib/widgets/pooling/state.js";
import { assertClose } from "./model.js";

const BAG = { names: ["a", "b", "c"], scores: [0, Math.log(2), 0], votes: [2, -1, 4] };

test("weights sum to 1 over those that are left", () => {
  assertClose(pooling.poolingWeights(BAG.scores, [], false), [0.25, 0.5, 0.25]);
  assertClose(pooling.poolingWeights(BAG.scores, [1], false), [0.5, 0, 0.5]);
  assertClose(pooling.poolingWeights(BAG.scores, [], true), [1 / 3, 1 / 3, 1 / 3]);
  assert.deepEqual(pooling.poolingWeights(BAG.scores, [0, 1, 2], false), [0, 0, 0]);
});

test("the answer is a logistic of weights times votes and the bias", () => {
  const state = pooling.poolingState(BAG, -1, [], false);
  assertClose(state.parts, [0.5, -0.5, 1]);
  assertClose([state.logit, state.answer, state.held], [0, 0.5, 0]);
  assert.deepEqual(state.order, [1, 0, 2]);
});

test("who is taken away comes last, and what it held is told as it was", () => {
  const state = pooling.poolingState(BAG, 0, [1], false);
  assert.deepEqual(state.order, [0, 2, 1]);
  assertClose([state.held], [0.5]);
});

function told(removed, label = null, bias = 0) {
  const state = pooling.poolingState(BAG, bias, removed, false);
  return pooling.describeBag(state, label, removed.length);
}

test("what is told of a bag", () => {
  assert.equal(told([]), "Weights times votes, plus the bias: +1.00, so yes, with 0.73 for yes.");
  assert.equal(
    told([2], 1),
    "Weights times votes, plus the bias: 0, so no, with 0.50 for yes. " +
      "The right answer for the whole bag: yes. " +
      "Without 1 member that held 25\u00a0% of the attention.",
  );
  assert.match(told([0, 1]), /Without 2 members that held 75\u00a0% of the attention\.$/);
  assert.match(told([0, 1, 2]), /^Nobody is left.*would say 0\.50: an answer about nobody\.$/);
});

test("what is told of a member", () => {
  const state = pooling.poolingState(BAG, 0, [1], false);
  assert.equal(
    pooling.describeMember(state, BAG, 2, false),
    "c: weight 0.50 times vote +4.00 adds +2.00.",
  );
  assert.equal(pooling.describeMember(state, BAG, 1, true), "b: away. Its vote would be −1.00.");
});
