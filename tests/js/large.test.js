import assert from "node:assert/strict";
import { test } from "node:test";
import { labelStyle } from "../../course_lib/widgets/shared/label_spacing.js";
import { circle, twoRows } from "../../course_lib/widgets/shared/layouts.js";
import { range } from "../../course_lib/widgets/shared/numbers.js";
import { strongest } from "../../course_lib/widgets/shared/strongest.js";

test("the strongest edges stay, in their order, and of equal ones the first", () => {
  const matrix = [0.1, 0.5, 0.3, 0.3, 0, 0.3];
  const all = [0, 1, 2, 3, 5];
  assert.deepEqual(strongest(matrix, all, 5), all);
  assert.deepEqual(strongest(matrix, all, 3), [1, 2, 3]);
  assert.deepEqual(strongest(matrix, all, 1), [1]);
  assert.deepEqual(strongest(matrix, [], 1), []);
});

test("the strongest of many are those that sorting finds", () => {
  const matrix = range(1000).map((k) => ((k * 7919) % 101) / 101); // with many ties
  const sorted = range(1000).sort((a, b) => matrix[b] - matrix[a] || a - b);
  for (const most of [1, 10, 499, 500, 999]) {
    const expected = sorted.slice(0, most).sort((a, b) => a - b);
    assert.deepEqual(strongest(matrix, range(1000), most), expected);
  }
  assert.deepEqual(strongest(range(1000).fill(0.2), range(1000), 3), [0, 1, 2]);
});

/** The least distance between labels that follow one another, in heights of their letters. */
function leastGap(nodes, isRing) {
  const labelled = nodes.filter(({ label }) => label);
  const places = labelled.map(({ label }) => /translate\(([^)]*)\)/.exec(label.transform)[1]);
  const points = places.map((place) => place.split(" ").map(Number));
  if (isRing) points.push(points[0]);
  const gaps = points.slice(1).map(([x, y], k) => Math.hypot(x - points[k][0], y - points[k][1]));
  return Math.min(...gaps) / labelled[0].label["font-size"];
}

test("labels never overlap, however many tokens there are", () => {
  for (let n = 17; n <= 512; n++) {
    const axis = Array.from({ length: n }, (_, k) => ({ k, ...labelStyle(302 / n)(k) }));
    const labels = axis.filter((label) => label["font-size"]);
    const apart = (shown) => (shown[1].k - shown[0].k) * (302 / n);
    assert.ok(apart(labels) >= 0.99 * labels[0]["font-size"] - 1e-9, `axis of ${n}`);
    // On a phone all of them have 13 units, and those between are left out: see base.css.
    assert.ok(apart(labels.filter((label) => label.class === "label")) >= 13, `phone ${n}`);
    const rows = twoRows(n).nodes.slice(0, n);
    assert.ok(leastGap(rows, false) >= 0.99, `row of ${n}`);
    assert.ok(leastGap(circle(n).nodes, true) >= 0.99, `circle of ${n}`);
  }
});
