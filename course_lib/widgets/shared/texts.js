// Tokens and numbers as they are written in a figure.
import { say } from "./words.js";

/** Tokens as they are printed: white space made visible, long ones cut. */
export function shortTokens(tokens, most = 9) {
  return tokens.map((token) => {
    const letters = Array.from(token.replace(/\s/gu, "␣") || say("(empty)"));
    return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : letters.join("");
  });
}

/** Tokens as they are told in a sentence: a token that repeats carries its position. */
export function tokenNames(tokens) {
  const count = new Map();
  for (const token of tokens) count.set(token, (count.get(token) ?? 0) + 1);
  return shortTokens(tokens, 24).map((name, position) =>
    count.get(tokens[position]) > 1 ? `${name} [${position}]` : name,
  );
}

/** A share as a whole percentage that never claims to be everything when it is not. */
export function percent(share) {
  return share < 1 && share >= 0.995 ? say("more than 99 %") : `${Math.round(100 * share)} %`;
}

/** A number from 0 to 1 in two decimals, or one figure where that says too little. */
export function brief(value) {
  if (value < 1e-14) return "0"; // what rounding leaves of it
  return value >= 0.01 ? value.toFixed(2) : `${Number(value.toPrecision(1))}`;
}

/** A number as short as it is exact: 2.4, not 2.4000000000000004. */
export function plain(value) {
  return `${Number(value.toPrecision(6))}`;
}

/** A number with a minus as long as a plus. */
export function withMinus(number) {
  return String(number).replace("-", "−");
}

/** A number with its sign, in two decimals. */
export function signed(value) {
  const text = Math.abs(value).toFixed(2);
  return `${value < 0 && text !== "0.00" ? "−" : "+"}${text}`;
}

/** A sentence that begins with a capital. */
export function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}
