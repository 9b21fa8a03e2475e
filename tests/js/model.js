// What a figure's state is made of in these tests: traits, with numbers packed as Python packs them.
import assert from "node:assert/strict";

/** A model that answers `get`. */
export function modelOf(traits) {
  return { get: (name) => traits[name] };
}

/** Numbers as a message holds them: a DataView that begins at an odd byte. */
export function packed(numbers, Kind = Float64Array) {
  const data = Kind.from(numbers);
  const bytes = new Uint8Array(data.byteLength + 3);
  bytes.set(new Uint8Array(data.buffer), 3);
  return new DataView(bytes.buffer, 3);
}

/** The traits `weights` and `shape` of nested lists, layers by heads by rows. */
export function weightTraits(weights) {
  const shape = [weights.length, weights[0].length, weights[0][0].length];
  return { weights: packed(weights.flat(3)), shape };
}

/** Two lists of numbers that are alike but for rounding. */
export function assertClose(actual, expected, most = 1e-12) {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, k) => {
    assert.ok(Math.abs(actual[k] - value) <= most, `entry ${k}: ${actual[k]}, not ${value}`);
  });
}
