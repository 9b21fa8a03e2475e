// Where nodes and edges lie. Both layouts are fixed: they depend on the number of tokens only.
import { labelStyle } from "./label_spacing.js";
import { say } from "./words.js";

const HEAD = { length: 6.5, width: 3.6 };
const CENTRE = 200;
const RADIUS = 110;

/**
 * Positions on a circle, clockwise from the top; every node is query and key at once. `sizes` are
 * the radii of the nodes, if they are not all alike; edges end at the rim of a node.
 */
export function circle(n, sizes = null) {
  const radius = n === 1 ? 0 : RADIUS;
  const alike = Math.min(6.5, (0.3 * 2 * Math.PI * RADIUS) / n);
  const nodes = Array.from({ length: n }, (_, position) => {
    const angle = (2 * Math.PI * position) / n - Math.PI / 2;
    const out = [Math.cos(angle), Math.sin(angle)];
    const at = [CENTRE + radius * out[0], CENTRE + radius * out[1]];
    return {
      position,
      query: position,
      key: position,
      size: sizes ? sizes[position] : alike,
      out,
      at,
      label: spoke(at, out, angle, n),
    };
  });
  const edge = (source, target) => {
    const [from, to] = [nodes[source], nodes[target]];
    return source === target ? loop(from) : bow(from, to);
  };
  return { name: "circle", titles: [], nodes, edge, next: (k, dx, dy) => (k + dx + dy + n) % n };
}

/** Queries in a row above, keys in a row below: every edge goes across. */
export function twoRows(queries, keys = queries, { letters = false } = {}) {
  const above = row(queries, true, letters);
  const below = row(keys, false, letters);
  const nodes = [...above.nodes, ...below.nodes];
  const edge = (source, target, direction) => {
    const down = direction === "attends";
    const [from, to] = down
      ? [above.nodes[source].at, below.nodes[target].at]
      : [below.nodes[source].at, above.nodes[target].at];
    const bend = 0.42 * (to[1] - from[1]);
    const sizes = down ? [above.size, below.size] : [below.size, above.size];
    const tip = [to[0], to[1] - Math.sign(bend) * (sizes[1] + 2)];
    const start = [from[0], from[1] + Math.sign(bend) * sizes[0]];
    const control = [tip[0], tip[1] - bend];
    return curve(start, [from[0], from[1] + bend], control, tip);
  };
  const titles = [
    { text: say("queries (attend)"), y: 14 },
    { text: say("keys (attended to)"), y: 394 },
  ];
  const next = (k, dx, dy) => {
    const top = k < queries;
    if (dy) return dy < 0 === top ? k : nearest(nodes, k, top ? below.nodes : above.nodes);
    const [first, last] = top ? [0, queries - 1] : [queries, queries + keys - 1];
    return Math.min(Math.max(k + dx, first), last);
  };
  return { name: "rows", titles, nodes, edge, next };
}

/** Nodes at given places; arrow keys go to the nearest node on that side. */
export function placed(places, size) {
  const nodes = places.map((at, position) => {
    const away = Math.hypot(at[0] - CENTRE, at[1] - CENTRE) || 1;
    const out = [(at[0] - CENTRE) / away, (at[1] - CENTRE) / away || 1];
    return { position, size, at, out };
  });
  const edge = (source, target) => {
    const [from, to] = [nodes[source], nodes[target]];
    return source === target ? loop(from) : bow(from, to);
  };
  const next = (k, dx, dy) => {
    const far = ({ at: [x, y] }) => {
      const [right, down] = [x - nodes[k].at[0], y - nodes[k].at[1]];
      const [along, across] = [right * dx + down * dy, Math.abs(right * dy) + Math.abs(down * dx)];
      return along > 0 ? along + 2 * across : Infinity;
    };
    const best = nodes.reduce((one, other) => (far(other) < far(one) ? other : one));
    return far(best) < Infinity ? best.position : k;
  };
  return { nodes, edge, next };
}

/** One of the two rows. `letters`: every label is one character and stands upright. */
function row(n, top, letters) {
  const step = n === 1 ? 340 : 340 / (n - 1);
  const size = Math.min(6.5, 0.34 * step);
  const labelAt = labelStyle(step);
  const tilt = letters || n <= 5 ? 0 : n <= 16 ? -50 : -90;
  const nodes = Array.from({ length: n }, (_, position) => {
    const at = [n === 1 ? CENTRE : 30 + step * position, top ? 112 : 288];
    const anchor = tilt === 0 ? "middle" : top ? "start" : "end";
    const gap = (top ? -1 : 1) * (tilt ? 13 : 18);
    const transform = `translate(${at[0]} ${at[1] + gap}) rotate(${tilt})`;
    const font = labelAt(letters ? 0 : position); // letters have room
    const label = font && { ...font, "text-anchor": anchor, dy: "0.35em", transform };
    return { position, query: top ? position : null, key: top ? null : position, size, at, label };
  });
  return { nodes, size };
}

/** The index of the node in another row that lies nearest to node `k`. */
function nearest(nodes, k, others) {
  const away = ({ at }) => Math.abs(at[0] - nodes[k].at[0]);
  return nodes.indexOf(others.reduce((best, node) => (away(node) < away(best) ? node : best)));
}

/** A label outside the circle: level while there is room for that, along the spoke otherwise. */
function spoke(at, out, angle, n) {
  const position = Math.round((angle + Math.PI / 2) / ((2 * Math.PI) / n));
  const font = labelStyle((2 * Math.PI * RADIUS) / n, n)(position);
  if (!font) return null;
  const level = n <= 12;
  const central = level && Math.abs(out[0]) < 0.3; // right above or below its node
  const gap = central ? 38 : 30; // clear of the self-loop
  const place = point([at[0] + gap * out[0], at[1] + gap * out[1]]);
  if (level) {
    const anchor = central ? "middle" : out[0] > 0 ? "start" : "end";
    return { ...font, dy: "0.35em", "text-anchor": anchor, transform: `translate(${place})` };
  }
  const left = out[0] < -1e-9;
  const turn = (angle * 180) / Math.PI + (left ? 180 : 0);
  const anchor = left ? "end" : "start";
  return {
    ...font,
    dy: "0.35em",
    "text-anchor": anchor,
    transform: `translate(${place}) rotate(${turn.toFixed(1)})`,
  };
}

/** A curve bowed to its left, so that the two directions of a pair lie apart. */
function bow({ at: from, size: away }, { at: to, size: near }) {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const middle = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
  const inward = [0.18 * (CENTRE - middle[0]), 0.18 * (CENTRE - middle[1])];
  const control = [middle[0] + inward[0] - 0.13 * dy, middle[1] + inward[1] + 0.13 * dx];
  const start = towards(from, control, away);
  const tip = towards(to, control, near + 2);
  return `M${point(start)}Q${point(control)} ${point(tip)}${head(control, tip, 1)}`;
}

/** A self-loop on the outer side of a node. */
function loop({ at, out, size }) {
  const side = [-out[1], out[0]];
  const spread = Math.min(16, 2.4 * size);
  const reach = Math.max(30, size + 12);
  const move = (outward, sideways) => [
    at[0] + outward * out[0] + sideways * side[0],
    at[1] + outward * out[1] + sideways * side[1],
  ];
  const tip = move(size * 0.8 + 1.5, size * 0.8 + 1);
  const control = move(reach, spread);
  return curve(move(size * 0.8, -size * 0.7), move(reach, -spread), control, tip, 0.75);
}

/** A cubic curve that ends in an arrow head. */
function curve(start, away, control, tip, scale = 1) {
  const bends = [away, control, tip].map(point).join(" ");
  return `M${point(start)}C${bends}${head(control, tip, scale)}`;
}

/** An open arrow head at `tip`, seen coming from `control`. */
function head(control, tip, scale) {
  const back = towards(tip, control, HEAD.length * scale);
  const length = Math.hypot(tip[0] - control[0], tip[1] - control[1]) || 1;
  const side = [
    (-(tip[1] - control[1]) / length) * HEAD.width * scale,
    ((tip[0] - control[0]) / length) * HEAD.width * scale,
  ];
  const barb = (sign) => point([back[0] + sign * side[0], back[1] + sign * side[1]]);
  return `M${barb(1)}L${point(tip)}L${barb(-1)}`;
}

function towards([x, y], [tx, ty], distance) {
  const length = Math.hypot(tx - x, ty - y) || 1;
  return [x + (distance * (tx - x)) / length, y + (distance * (ty - y)) / length];
}

const WRITTEN = new Map(); // numbers by their tenths: thousands of edges have few, and writing takes long

function tenth(value) {
  const tenths = Math.round(10 * value);
  if (!WRITTEN.has(tenths)) WRITTEN.set(tenths, (tenths / 10).toFixed(1));
  return WRITTEN.get(tenths);
}

const point = ([x, y]) => `${tenth(x)} ${tenth(y)}`;
