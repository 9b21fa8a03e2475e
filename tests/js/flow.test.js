import assert from "node:assert/strict";
import { test } from "node:test";
import { maxFlow } from "../../course_lib/widgets/flow/max_flow.js";
import { cutByLayer, describeFlow, flowState } from "../../course_lib/widgets/flow/state.js";
import { assertClose, modelOf, weightTraits } from "./model.js";

// Layer 0 lets .25 from "a" and .5 from "b" into "b", and layer 1 lets more than that pass.
const FIRST = [
  [0.75, 0.25],
  [0.5, 0.5],
];
const SECOND = [
  [0.5, 0.5],
  [0.4, 0.6],
];
const START = { output: 1, input: 1, first_layer: 0, last_layer: 1, residual: 0 };
const NAMES = ["a", "b"];

function state(weights = [[FIRST], [SECOND]], traits = {}) {
  return flowState(modelOf({ ...weightTraits(weights), ...START, ...traits }));
}

test("flow, cut and bound of two layers", () => {
  const { value, cut, capacity, columnSum, bound, met } = state();
  assertClose([value, capacity, columnSum, bound], [0.75, 0.75, 0.75, 0.75]);
  assert.deepEqual(cut, [1, 3]); // both edges of layer 0 that lead to "b"
  assert.equal(met, true);
  assert.deepEqual(cutByLayer(state()), [2, 0]);
});

test("what flows in flows out, and no edge carries more than it can", () => {
  const { layers, flow, value } = state();
  flow.forEach((carried, e) => {
    assert.ok(carried >= 0 && carried <= layers.data[e] + 1e-12);
  });
  assertClose([flow[1] + flow[3], flow[6] + flow[7]], [value, value]);
  assertClose([flow[6], flow[7]], [flow[0] + flow[1], flow[2] + flow[3]]); // through the middle
});

test("the two ends of the range may stand in either order", () => {
  const swapped = state(undefined, { first_layer: 1, last_layer: 0 });
  assert.equal(swapped.value, state().value);
  assert.equal(swapped.layers.count, 2);
});

test("one layer carries its weight, and the residual alone carries everything", () => {
  assertClose([state(undefined, { first_layer: 1 }).value], [0.6]);
  assertClose([state(undefined, { residual: 1 }).value], [1]);
});

test("flow is taken back where an earlier path was in the way", () => {
  // The first path found, 0 → 0 → 0, blocks nothing; two more must be found beside it.
  const half = [
    [0.5, 0.5],
    [0.5, 0.5],
  ];
  const found = maxFlow({ n: 2, count: 2, data: [...half, ...half].flat() }, 0, 0);
  assertClose([found.value], [1]);
});

test("no way at all", () => {
  const same = [
    [1, 0],
    [0, 1],
  ];
  const apart = state([[same], [same]], { output: 0 });
  assert.equal(apart.value, 0);
  assert.deepEqual(apart.cut, []);
  assert.deepEqual(describeFlow(apart, NAMES, { output: 0, input: 1 }), {
    flow:
      "There is no flow from output “a” to input “b”: " +
      "no path of edges leads from one to the other.",
    cut: "",
    bound: "",
  });
});

test("what is told of a flow, its cut and its bound", () => {
  const told = (shown) => describeFlow(shown, NAMES, { output: 1, input: 1 });
  assert.deepEqual(told(state()), {
    flow: "Flow from output “b” to input “b”: 0.75.",
    cut: "The cut has 2 edges, all in layer 0; their capacities sum to 0.75.",
    bound:
      "Layer 0 lets 0.75 into “b”, so at most min(1, 0.75) = 0.75 can arrive; " +
      "met: no output can send “b” more.",
  });
  const one = told(state(undefined, { first_layer: 1 }));
  assert.equal(one.cut, "The cut has 1 edge, in layer 1; its capacity is 0.60.");
  assert.match(one.bound, /= 1\.00 can arrive; not met: the bottleneck lies elsewhere\.$/);
  const all = told(state(undefined, { residual: 1 }));
  assert.match(all.bound, /; met: all that leaves arrives\.$/);
});

test("a cut in several layers is told from the output down", () => {
  const layers = { n: 1, count: 3, first: 4, data: [0.1, 0.2, 0.3] };
  const shown = { layers, cut: [0, 2], value: 0.4, capacity: 0.4, columnSum: 0.1, bound: 0.1 };
  assert.equal(
    describeFlow(shown, ["a"], { output: 0, input: 0 }).cut,
    "The cut has 2 edges, 1 in layer 6, 1 in layer 4; their capacities sum to 0.40.",
  );
});
