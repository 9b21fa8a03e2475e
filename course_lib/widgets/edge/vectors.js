// The vectors of heads, as Python sends them: see `_sent` in view.py.
import { numbersOf, range } from "../shared/numbers.js";

/** The chosen head: its tokens, vectors row by row, and who may attend to whom. */
export function headVectors(model) {
  const heads = model.get("heads");
  const chosen = model.get("head");
  const first = heads.slice(0, chosen).reduce((total, head) => total + bytesOf(head), 0);
  const { tokens, features, size, masked } = heads[chosen];
  const [n, [d, width]] = [tokens.length, features];
  const bytes = numbersOf(model.get("vectors"), Uint8Array, first, bytesOf(heads[chosen]));
  const numbers = numbersOf(bytes, Uint8Array, 0, size * n * (2 * d + width));
  const all = size === 2 ? numbersOf(numbers, Uint16Array) : numbersOf(numbers, Float32Array);
  const decoded = Float64Array.from(all, size === 2 ? half : Number);
  const rowsOf = (start, length) =>
    range(n).map((i) => Array.from(decoded.subarray(start + i * length, start + (i + 1) * length)));
  const mask = bytes.subarray(numbers.length);
  return {
    n,
    d,
    tokens,
    masked,
    query: rowsOf(0, d),
    key: rowsOf(n * d, d),
    value: rowsOf(2 * n * d, width),
    allowed: range(n).map((i) => range(n).map((j) => !masked || mask[i * n + j] === 1)),
  };
}

function bytesOf({ tokens: { length: n }, features: [d, width], size, masked }) {
  return size * n * (2 * d + width) + (masked ? n * n : 0);
}

/** The number that the 16 bits of a float16 stand for; all are finite here. */
export function half(bits) {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size = exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24;
  return bits & 0x8000 ? -size : size;
}
