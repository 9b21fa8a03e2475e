import assert from "node:assert/strict";
import { test } from "node:test";
import {
  changed,
  fits,
  readLink,
  restore,
  writeLink,
} from "../../course_lib/widgets/shared/choices.js";
import { makeModel } from "../../course_lib/widgets/shared/stand_in.js";

const LIMITS = {
  layer: { low: 0, high: 5, whole: true },
  share: { low: 0, high: 1, whole: false },
  scaled: {},
  output: { low: 0, high: 3, whole: true, none: true },
  removed: { low: 0, high: 3, whole: true, length: [0, 3] },
  query: { low: -3, high: 3, length: [2, 2] },
};
const START = { layer: 1, share: 0.5, scaled: true, output: null, removed: [], query: [0, 1] };

test("what fits a trait", () => {
  const good = {
    layer: 5,
    share: 1,
    scaled: false,
    output: null,
    removed: [2, 0],
    query: [-3, 1.5],
  };
  for (const name in good) assert.ok(fits(good[name], LIMITS[name]), name);
  const bad = {
    layer: [6, -1, 1.5, "1", null, [1], {}, true, Number.NaN],
    share: [1.01, -0.1, Number.POSITIVE_INFINITY, "0.5", null],
    scaled: [0, "true", null, []],
    output: [4, "null", undefined, []],
    removed: [null, [4], [0, 0], [0, 1, 2, 3], "[]", { length: 1 }, ["0"]],
    query: [[0], [0, 4], [0, 0, 0], null],
  };
  for (const name in bad) {
    for (const value of bad[name]) assert.ok(!fits(value, LIMITS[name]), `${name} ${value}`);
  }
});

test("a link is read as it was written", () => {
  const traits = {
    layer: 4,
    share: 0.25,
    scaled: false,
    output: 2,
    removed: [3, 1],
    query: [1, -2],
  };
  const link = writeLink("flow-2", traits);
  assert.deepEqual(readLink(link, LIMITS), { name: "flow-2", traits });
  assert.match(link, /^#[\w=&%.-]+$/); // letters that an address may hold
});

test("what is malformed or hostile in a link is left out", () => {
  const read = (fragment) => readLink(fragment, LIMITS);
  for (const none of ["", "#", "#a-heading", "#figure", "#figure=", `#figure=%`, "#layer=1"]) {
    assert.equal(read(none), null, none);
  }
  const name = "flow-1";
  const only = (text, traits) => assert.deepEqual(read(`#figure=flow-1&${text}`), { name, traits });
  only("layer=99&share=0.5", { share: 0.5 });
  only("layer=%", {});
  only("layer=1e999&share=-1", {});
  only("tokens=[%22%3Cimg src%3Dx onerror%3Dalert(1)%3E%22]&_esm=%22alert(1)%22&words={}", {});
  only("__proto__=1&constructor=1&layer=2", { layer: 2 });
  only("layer", {});
  assert.equal(read(`#figure=flow-1&layer=2${"&x=1".repeat(600)}`), null);
  assert.equal({}.layer, undefined);
});

test("what has changed, and how it is undone", () => {
  const model = makeModel({ ...structuredClone(START), start: START });
  assert.deepEqual(changed(model), {});
  model.set("removed", [1]);
  model.set("output", 0);
  assert.deepEqual(changed(model), { output: 0, removed: [1] });
  // Another layer forgets the output, as another text forgets the chosen token.
  model.on("change:layer", () => model.set("output", null));
  restore(model, { layer: 3, output: 2 });
  assert.deepEqual([model.get("layer"), model.get("output")], [3, 2]);
  restore(model, START);
  assert.deepEqual(changed(model), {});
  assert.notEqual(model.get("removed"), START.removed); // whoever changes it in place changes a copy
});
