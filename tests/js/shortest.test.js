import assert from "node:assert/strict";
import { test } from "node:test";
import { shortestWays } from "../../course_lib/widgets/ranking/shortest.js";
import { range } from "../../course_lib/widgets/shared/numbers.js";
import { ended } from "../../course_lib/widgets/shared/turns.js";
import { assertClose } from "./model.js";

/** Weights of n tokens, every third of them 0 if `isSparse`; rows sum to 1. */
function attention(n, isSparse) {
  return range(n).flatMap((i) => {
    const row = range(n).map((j) => {
      const k = i * n + j;
      return isSparse && k % 3 === 0 && i !== j ? 0 : Math.exp((((k + 1) * 7919) % 101) / 20);
    });
    const total = row.reduce((a, b) => a + b);
    return row.map((weight) => weight / total);
  });
}

/** Distances by Floyd and Warshall, which know no order and leave no edge out. */
function distances(matrix, n) {
  const away = matrix.map((weight) => (weight > 0 ? -Math.log(weight) : Infinity));
  for (let i = 0; i < n; i++) away[i * (n + 1)] = 0;
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        away[i * n + j] = Math.min(away[i * n + j], away[i * n + k] + away[k * n + j]);
      }
    }
  }
  return away;
}

test("no edge that leads to something nearer is left out", () => {
  for (const n of [1, 2, 7, 40]) {
    for (const isSparse of [false, true]) {
      const matrix = attention(n, isSparse);
      const [found, expected] = [ended(shortestWays(matrix, n)), distances(matrix, n)];
      for (let start = 0; start < n; start++) {
        found.from(start);
        const reached = found.order.map((j) => found.distance[j]);
        assert.deepEqual(
          reached,
          reached.toSorted((a, b) => a - b),
        );
        assertClose(
          reached,
          found.order.map((j) => expected[start * n + j]),
        );
        assert.equal(
          found.order.length,
          range(n).filter((j) => expected[start * n + j] < Infinity).length,
        );
      }
    }
  }
});

test("a token that nothing leads to is not reached", () => {
  const found = ended(shortestWays([0.5, 0.5, 0, 0, 1, 0, 0.2, 0.2, 0.6], 3));
  found.from(0);
  assert.deepEqual(found.order, [0, 1]);
  assert.equal(found.distance[2], Infinity);
});

test("ways that are equally long, but for rounding, are all counted", () => {
  const [a, b] = [0.3, 0.7]; // 0 → 1 → 3 and 0 → 2 → 3: the same factors in another order
  const matrix = [0, a, b, 0, 0, 0, 0, b * (1 + 2 ** -52), 0, 0, 0, a, 0, 0, 0, 1];
  const found = ended(shortestWays(matrix, 4));
  found.from(0);
  found.count();
  assert.deepEqual([...found.ways], [1, 1, 1, 2]);
  const next = range(found.order.length).map((at) => [
    ...found.next.subarray(found.first[at], found.first[at + 1]),
  ]);
  assert.deepEqual(
    found.order.map((i, at) => [i, next[at].toSorted()]),
    [
      [0, [1, 2]],
      [2, [3]],
      [1, [3]],
      [3, []],
    ],
  );
});
