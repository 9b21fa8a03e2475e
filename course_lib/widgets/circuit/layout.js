// Where the heads stand: layers across where there is room, else layers down.
import { range } from "../shared/numbers.js";

const STEP = 24; // at least, between heads that can be clicked
const WIDE = { row: 36, left: 18, top: 40, right: 2, bottom: 12 };
const TALL = { row: STEP, left: 26, top: 40, right: 8, bottom: 12 };

/**
 * The sheet of `layers` × `heads` in a width: `width`, `height`, the place [x, y] of each head, the
 * places of the layers' numbers, the heads' and both their names, and `line(from, to)`, how an edge
 * runs.
 */
export function layoutOf(layers, heads, width) {
  const across = (width - WIDE.left - WIDE.right) / layers >= STEP;
  const { row, left, top, right, bottom } = across ? WIDE : TALL;
  const [columns, rows] = across ? [layers, heads] : [heads, layers];
  const step = Math.min((width - left - right) / columns, across ? 60 : 80);
  const at = (column, line) => [left + step * (column + 0.5), top + row * (line + 0.5)];
  const places = range(layers * heads).map((k) => {
    const [layer, head] = [Math.floor(k / heads), k % heads];
    return across ? at(layer, head) : at(head, layer);
  });
  const above = (column) => [at(column, 0)[0], top - 8];
  const aside = (line) => [left - 10, at(0, line)[1] + 4];
  const numbers = range(layers).map(across ? above : aside);
  const headNumbers = range(heads).map(across ? aside : above);
  const titles = { across: [(left + width) / 2, 12], down: [0, 12] };
  const height = top + row * rows + bottom;
  const next = (k, dx, dy) => {
    const [layer, head] = [Math.floor(k / heads), k % heads];
    const [to, other] = across ? [layer + dx, head + dy] : [layer + dy, head + dx];
    const inside = to >= 0 && to < layers && other >= 0 && other < heads;
    return inside ? to * heads + other : k;
  };
  const names = { numbers, headNumbers, titles };
  return { across, width, height, places, ...names, next, line: lineOf(places, across) };
}

/** Edges leave and arrive along the layers; one between heads in line bows out of their way. */
function lineOf(places, across) {
  return (from, to) => {
    const [[x, y], [tx, ty]] = [places[from], places[to]];
    const along = across ? tx - x : ty - y;
    const apart = across ? ty - y : tx - x;
    const bow = Math.abs(apart) < 1 && along > 40 ? 15 : 0;
    const bend = 0.45 * along;
    const controls = across
      ? `${x + bend} ${y - bow} ${tx - bend} ${ty - bow}`
      : `${x - bow} ${y + bend} ${tx - bow} ${ty - bend}`;
    return `M${x} ${y}C${controls} ${tx} ${ty}`;
  };
}
