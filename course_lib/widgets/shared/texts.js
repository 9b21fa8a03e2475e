// Tokens and numbers as they are written in a figure.
import { say } from "./words.js";

const LEAST = 0.0001; // of what is smaller, only this is told

/**
 * Tokens as they are named, in a drawing, a list and a sentence alike: white space made visible,
 * and one that repeats carries its position. Words of more than about `most` letters are cut.
 */
export function tokenNames(tokens, most = 24) {
  const count = new Map();
  for (const token of tokens) count.set(token, (count.get(token) ?? 0) + 1);
  return tokens.map((token, position) => {
    const repeats = count.get(token) > 1;
    const word = cut(token.replace(/\s/gu, "␣") || say("(empty)"), repeats ? most - 3 : most);
    return repeats ? `${word} [${position}]` : word;
  });
}

/** The names of tokens where there is little room. */
export function shortTokens(tokens) {
  return tokenNames(tokens, 9);
}

function cut(word, most) {
  const letters = Array.from(word);
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : word;
}

/** A share as a whole percentage that never claims to be everything, or nothing, when it is not. */
export function percent(share) {
  if (share > 0 && share < 0.005) return say("less than 1 %");
  return share < 1 && share >= 0.995 ? say("more than 99 %") : `${Math.round(100 * share)}\u00a0%`;
}

/**
 * A number as every figure writes it, never in powers of ten: so many decimals, or two figures
 * where these say too little. `number` of texts.py, for the stills, is its twin.
 */
export function number(value, decimals = 2) {
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size < LEAST) return value > 0 ? `<${LEAST}` : `>−${LEAST}`;
  if (size >= 1000) return withMinus(value.toFixed(0));
  const few = size < 10 ** (1 - decimals);
  return withMinus(few ? value.toPrecision(2) : value.toFixed(decimals));
}

/** Numbers that are compared, with decimals alike, so that they are seen to add up. */
export function numbersAlike(values) {
  const small = values.some((value) => value !== 0 && Math.abs(value) < 0.01);
  return values.map((value) => {
    const isTiny = value !== 0 && Math.abs(value) < LEAST;
    return isTiny ? number(value) : withMinus(value.toFixed(small ? 4 : 2));
  });
}

/** A number as short as it is exact, for axes and limits: 2.4, not 2.4000000000000004. */
export function plain(value, figures = 6) {
  const format = { maximumSignificantDigits: figures, useGrouping: false };
  return withMinus(value.toLocaleString("en", format));
}

/** A number with a minus as long as a plus. */
export function withMinus(number) {
  return String(number).replace("-", "−");
}

/** A number with its sign. */
export function signed(value) {
  return value > 0 ? `+${number(value)}` : number(value);
}

/** A sentence that begins with a capital. */
export function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}
