// Where the nodes of the layered graph and their labels stand.
import { labelStyle } from "./label_spacing.js";
import { MANY } from "./strongest.js";

export const SHEET = { width: 400, left: 66 };
export const MOST_SIZE = 2.7; // radius of a node that holds all, in radii of a plain one
export const LEAST_DOT = 1.5; // radius of a plain one, unless there are many

/** Where things stand on the sheet: what depends on the tokens and the model's depth alone. */
export function sheetOf(short, layers) {
  const n = short.length;
  const letters = short.map((token) => Array.from(token).length);
  const right = n <= 16 ? 20 + 4 * letters[n - 1] : 10; // as far as the last label leans
  const span = SHEET.width - SHEET.left - right;
  const spacing = n === 1 ? span : span / (n - 1);
  const x = short.map((_, i) => SHEET.left + (n === 1 ? span / 2 : i * spacing));
  const size = 13; // of a label on a phone
  const length = 0.62 * size * Math.max(...letters);
  const tilt = length < spacing ? 0 : n <= 16 ? -50 : -90;
  const dot = Math.min(4.5, Math.max(n > MANY ? 0.6 : LEAST_DOT, 0.26 * spacing));
  const steep = tilt ? Math.sin((-tilt * Math.PI) / 180) : 1;
  const gap = MOST_SIZE * Math.max(dot, LEAST_DOT) + (tilt ? 3 : 9); // between a node and its label
  const top = (gap + (tilt && length)) * steep + 0.7 * size;
  const bottom = top + Math.min(480, Math.max(220, 54 * layers));
  const room = steep * spacing; // across the labels; what is narrow reaches over its neighbours
  const width = Math.max(Math.min(room, 44), Math.min(29, 1.8 * room));
  const reach = { width, height: 16 + gap + (tilt && length) };
  const labelAt = labelStyle(spacing);
  return { x, short, tilt, labelAt, dot, gap, reach, top, bottom, height: top + bottom };
}
