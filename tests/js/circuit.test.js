import assert from "node:assert/strict";
import { test } from "node:test";
import { layoutOf } from "../../course_lib/widgets/circuit/layout.js";
import * as circuit from "../../course_lib/widgets/circuit/state.js";
import { assertClose, modelOf } from "./model.js";

/** Edges as Python packs them: writer and reader as uint16, strength as float32. */
function packedEdges(edges) {
  const bytes = new DataView(new ArrayBuffer(3 + 8 * edges.length), 3);
  edges.forEach(([writer, reader, strength], e) => {
    bytes.setUint16(8 * e, writer, true);
    bytes.setUint16(8 * e + 2, reader, true);
    bytes.setFloat32(8 * e + 4, strength, true);
  });
  return bytes;
}

// Three layers of two heads; two kinds of edges.
const START = {
  shape: [3, 2],
  edges: packedEdges([
    [0, 2, 0.75],
    [2, 5, 0.5],
    [1, 2, 0.25],
    [3, 4, 1],
  ]),
  counts: [3, 1],
  score_names: [],
  ...{ kind: 0, threshold: 0.25, score_choice: 0, chosen: null },
};
const state = (traits = {}) => circuit.circuitState(modelOf({ ...START, ...traits }));
const told = (traits) => {
  const { chosen, threshold } = { ...START, ...traits };
  return circuit.describeGraph(state(traits), chosen, 2, threshold);
};

test("edges of a kind above the threshold, the strongest first", () => {
  assert.deepEqual(state().edges, [
    { writer: 0, reader: 2, strength: 0.75 },
    { writer: 2, reader: 5, strength: 0.5 },
  ]);
  assert.equal(state({ threshold: 0.2 }).edges.length, 3);
  assert.deepEqual(state({ kind: 1 }).edges, [{ writer: 3, reader: 4, strength: 1 }]);
});

test("what is around a head, and how it is told", () => {
  const { into, out } = state({ chosen: 2, threshold: 0 });
  assert.deepEqual(
    [into.map(({ writer }) => writer), out.map(({ reader }) => reader)],
    [[0, 1], [5]],
  );
  assert.equal(
    told(),
    "Edges above 0.25: 2. The strongest: head 0.0 → 1.0 (0.750), head 1.0 → 2.1 (0.500).",
  );
  assert.equal(told({ threshold: 0.9 }), "No edge is above 0.9.");
  assert.equal(
    told({ chosen: 2 }),
    "Edges into head 1.0: 1. The strongest from head 0.0 (0.750). " +
      "Edges out of it: 1. The strongest to head 2.1 (0.500).",
  );
  assert.equal(told({ chosen: 3 }), "No edge leads to head 1.1. None leads on from it.");
});

test("scores, if there are any", () => {
  assert.equal(state().scores, null);
  const scores = new DataView(
    Float32Array.from([...new Array(6).fill(0), 0, 0.5, 1, 0, 0, 0]).buffer,
  );
  assertClose(
    state({ scores, score_names: ["a", "b"], score_choice: 1 }).scores,
    [0, 0.5, 1, 0, 0, 0],
  );
  assert.equal(circuit.describeNode(3, 2, 0.5), "layer 1, head 1: 0.50");
  assert.equal(circuit.describeNode(3, 2, null), "layer 1, head 1");
});

test("layers stand across where there is room, else down; heads are 24 pixels apart", () => {
  for (const [layers, heads] of [
    [30, 9],
    [2, 1],
    [1, 12],
  ]) {
    for (const width of [320, 366, 740, 900]) {
      const { places, across, height, next } = layoutOf(layers, heads, width);
      assert.ok(places.every(([x, y]) => x > 0 && x < width && y > 0 && y < height));
      const apart = places.flatMap(([x, y], k) =>
        places.slice(0, k).map(([a, b]) => Math.hypot(x - a, y - b)),
      );
      if (heads < 12 || width > 366) assert.ok(Math.min(...apart, 99) >= 24, `${layers} ${width}`);
      const along = (axis) => places.slice(heads).every((at, k) => at[axis] > places[k][axis]);
      assert.ok(along(across ? 0 : 1));
      assert.equal(next(0, across ? 1 : 0, across ? 0 : 1), layers > 1 ? heads : 0);
      assert.equal(next(0, -1, 0), 0);
    }
  }
  assert.equal(layoutOf(30, 9, 740).across, true);
  assert.equal(layoutOf(30, 9, 366).across, false);
});
