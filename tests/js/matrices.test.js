import assert from "node:assert/strict";
import { test } from "node:test";
import * as matrices from "../../course_lib/widgets/shared/matrices.js";
import { range } from "../../course_lib/widgets/shared/numbers.js";
import { assertClose } from "./model.js";

test("a product by hand, with zeros and of matrices that are not square", () => {
  const [left, right] = [Float64Array.of(1, 2, 0, 0, 0, 3), Float64Array.of(1, 2, 3, 4, 5, 6)];
  const found = matrices.product(left, right, { rows: 2, inner: 3, columns: 2 });
  assert.deepEqual([...found], [7, 10, 15, 18]);
});

test("rows are added four at a time and one by one, to the same product", () => {
  for (const inner of [1, 3, 4, 5, 9]) {
    const left = Float64Array.from(range(2 * inner), (k) => (k % 3) - k / 7);
    const right = Float64Array.from(range(3 * inner), (k) => 1 + ((k * 5) % 7));
    const expected = range(6).map((e) => {
      const [i, j] = [Math.floor(e / 3), e % 3];
      return range(inner).reduce((sum, k) => sum + left[i * inner + k] * right[3 * k + j], 0);
    });
    assertClose(matrices.product(left, right, { rows: 2, inner, columns: 3 }), expected);
  }
});

test("of a symmetric product half is enough", () => {
  const matrix = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8, 10);
  const sizes = { rows: 3, inner: 3, columns: 3 };
  const turned = matrices.transposed(matrix, 3);
  const whole = matrices.product(turned, matrix, sizes);
  assert.deepEqual([...turned], [1, 4, 7, 2, 5, 8, 3, 6, 10]);
  const half = matrices.product(turned, matrix, { ...sizes, upper: true });
  assert.deepEqual([...half], [66, 78, 97, 0, 93, 116, 0, 0, 145]);
  assert.deepEqual([whole[3], whole[6], whole[7]], [78, 97, 116]);
});

test("differences keep their kind, and rows their lengths", () => {
  const left = matrices.minus(Float32Array.of(0.5, 0.25), [0.25, 0.5]);
  assert.deepEqual(left, Float32Array.of(0.25, -0.25));
  assert.deepEqual([...matrices.rowLengths([3, 4, 0, 0], 2)], [5, 0]);
});
