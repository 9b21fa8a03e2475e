// Where the heads stand: layers across where there is room, else layers down.
import { range } from "../shared/numbers.js";

const STEP = 24; // at least, between heads that can be clicked
const WIDE = { row: 36, left: 2, top: 26, right: 2, bottom: 12 };
const TALL = { row: STEP, left: 26, top: 12, right: 8, bottom: 12 };

/**
 * The sheet of `layers` × `heads` in a width: `width`, `height`, the place [x, y] of each head, the
 * places of the layers' numbers, and `line(from, to)`, how an edge runs.
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
  const numbers = range(layers).map((layer) =>
    across ? [at(layer, 0)[0], top - 8] : [left - 10, at(0, layer)[1] + 4],
  );
  const height = top + row * rows + bottom;
  const next = (k, dx, dy) => {
    const [layer, head] = [Math.floor(k / heads), k % heads];
    const [to, other] = across ? [layer + dx, head + dy] : [layer + dy, head + dx];
    const inside = to >= 0 && to < layers && other >= 0 && other < heads;
    return inside ? to * heads + other : k;
  };
  return { across, width, height, places, numbers, next, line: lineOf(places, across) };
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
