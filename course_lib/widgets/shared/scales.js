// From a number to how strongly its cell is painted, with the ticks that tell it.
//
// A scale has `strength(value)`, from -1 (or 0) to 1, or null for what the scale cannot show;
// `signed`, whether there are values below 0; and `ticks`, pairs of a value and its text.
import { shade } from "./numbers.js";
import { plain } from "./texts.js";

const short = (value) => plain(value, 2);

/** Weights from 0 to 1. The root lets small weights be seen beside large ones. */
export const weightScale = {
  signed: false,
  strength: shade,
  ticks: [0, 0.1, 0.25, 0.5, 1].map((value) => [value, short(value)]),
};

/** Differences of weights, from -1 to 1, with the same root on both sides of 0. */
export const differenceScale = {
  signed: true,
  strength: (value) => Math.sign(value) * shade(value),
  ticks: [-1, -0.25, 0, 0.25, 1].map((value) => [value, signedText(value)]),
};

/** Equal steps of colour for equal steps of weight, from 0 to `most`. */
export function linearScale(most) {
  const ticks = [0, most / 2, most].map((value) => [value, short(value)]);
  return { signed: false, strength: (value) => Math.min(value / most, 1), ticks };
}

/** Equal steps of colour for equal factors, from `least` to 1; 0 has no logarithm. */
export function logScale(least) {
  const strength = (value) => {
    if (value <= 0) return null;
    return Math.max(0, 1 - Math.log(value) / Math.log(least));
  };
  const decades = Math.round(-Math.log10(least));
  const values = Array.from({ length: decades + 1 }, (_, k) => Number(`1e${k - decades}`));
  const ticks = values.map((value, k) => [value, k === 0 ? `≤ ${plain(value)}` : plain(value)]);
  return { signed: false, strength, ticks };
}

/** Equal steps of colour for equal differences, as far below 0 as above. */
export function signedLinearScale(most) {
  const ticks = [-most, 0, most].map((value) => [value, signedText(value)]);
  const strength = (value) => Math.max(-1, Math.min(value / most, 1));
  return { signed: true, strength, ticks };
}

/**
 * Bars along a line that holds all values and 0, as shares of its length: `zero`, where 0 is, and
 * of each value the start and the size of its bar. What is not finite has none.
 */
export function barsAroundZero(values) {
  const finite = values.filter(Number.isFinite);
  const low = Math.min(0, ...finite);
  const length = Math.max(0, ...finite) - low || 1;
  const place = (value) => (value - low) / length;
  const bars = values.map((value) => {
    const end = Number.isFinite(value) ? value : 0;
    return { from: place(Math.min(end, 0)), size: Math.abs(end) / length };
  });
  return { zero: place(0), bars };
}

function signedText(value) {
  return value > 0 ? `+${short(value)}` : short(value);
}
