// What the figure of a picture computes and tells: where one place attends, and how far it looks.
// Places are numbered row by row: place p of a grid lies in row floor(p / columns).
import { numbersOf, range, sum } from "../shared/numbers.js";
import { capital, number } from "../shared/texts.js";
import { say } from "../shared/words.js";

let NUMBERS = null; // what each pattern of 16 bits stands for; made when first needed

/** Little-endian float16 numbers `first` to `first + count` of a message, as a Float32Array. */
export function decodeHalves(bytes, first, count) {
  NUMBERS ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => halfToNumber(bits));
  const patterns = numbersOf(bytes, Uint16Array, first, count);
  const numbers = new Float32Array(count);
  for (let k = 0; k < count; k++) numbers[k] = NUMBERS[patterns[k]];
  return numbers;
}

/** The number that 16 bits stand for: 1 for the sign, 5 for the exponent, 10 for the fraction. */
export function halfToNumber(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return (sign * fraction) / 2 ** 24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The PNG or JPEG files that a message holds, one after the other, each as a data URI. */
export function pictureAddresses(bytes, lengths) {
  let start = 0;
  return lengths.map((length) => {
    const file = numbersOf(bytes, Uint8Array, start, length);
    start += length;
    const letters = Array.from(file, (byte) => String.fromCharCode(byte)).join("");
    return `data:image/${file[0] === 0xff ? "jpeg" : "png"};base64,${btoa(letters)}`;
  });
}

/** How far place j lies from place i, in steps of the grid: entry [|rows apart|][|columns|]. */
function stepTable(rows, columns) {
  return range(rows).map((r) => Float64Array.from(range(columns), (c) => Math.hypot(r, c)));
}

/** The mean distance at which each place looks: sum over j of A_ij |p_i - p_j|. */
export function lookingDistances(matrix, [rows, columns]) {
  const n = rows * columns;
  const steps = stepTable(rows, columns);
  return Float64Array.from({ length: n }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    let [total, k] = [0, i * n];
    for (let r = 0; r < rows; r++) {
      const apart = steps[Math.abs(r - row)];
      for (let c = 0; c < columns; c++) total += matrix[k++] * apart[Math.abs(c - column)];
    }
    return total;
  });
}

/** Places by falling weight, those with weight 0 left out; equal ones as they are numbered. */
export function byWeight(row) {
  const places = Array.from(row.keys()).filter((j) => row[j] > 0);
  return places.sort((a, b) => row[b] - row[a] || a - b);
}

/** How many places, the strongest first, it takes to hold half of the attention of a row. */
export function placesForHalf(row, order) {
  const half = sum(row) / 2;
  let [held, count] = [0, 0];
  while (held < half && count < order.length) held += row[order[count++]];
  return count;
}

/** The matrix of one head of one picture, with the distances at which its places look. */
export function headOf(bytes, [, heads, rows, columns], picture, head) {
  const size = (rows * columns) ** 2;
  const matrix = decodeHalves(bytes, (picture * heads + head) * size, size);
  const distances = lookingDistances(matrix, [rows, columns]);
  const mean = sum(distances) / distances.length;
  return { matrix, distances, mean };
}

/** Everything that the figure says of one place: what a test compares with NumPy. */
export function placeState({ matrix, distances, mean }, place) {
  const n = distances.length;
  const row = matrix.subarray(place * n, (place + 1) * n);
  const order = byWeight(row);
  const [half, distance] = [placesForHalf(row, order), distances[place]];
  return { place, row, order, largest: row[order[0]], half, distance, mean };
}

const TOLD = 3; // so many of the strongest places are named

/** A weight as it is written. */
export function weightText(weight) {
  return number(weight, 3);
}

export function placeName(place, columns) {
  return say("row {row}, column {column}", {
    row: Math.floor(place / columns),
    column: place % columns,
  });
}

/** Where one place attends, how many places hold half of it, and how far it looks. */
export function describePlace({ place, row, order, half, distance, mean }, columns) {
  const strongest = order.slice(0, TOLD).map((j) => {
    const name = j === place ? say("itself") : placeName(j, columns);
    return `${name} (${weightText(row[j])})`;
  });
  const attends = say("{place} attends most to {places}.", {
    place: placeName(place, columns),
    places: strongest.join("; "),
  });
  const values = { count: half, all: row.length };
  const held =
    half === 1
      ? say("1 of {all} places holds half of its attention.", values)
      : say("{count} of {all} places hold half of its attention.", values);
  const looks = say(
    "On average it looks {distance} steps of the grid away; all places of this head, {mean}.",
    { distance: number(distance), mean: number(mean) },
  );
  return [`${capital(attends)} `, `${held} `, looks];
}
