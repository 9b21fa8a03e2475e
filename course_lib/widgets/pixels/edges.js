// The strongest edges of the chosen place, drawn on the picture.
import { setAll, svg } from "../shared/drawing.js";

const MOST_EDGES = 30;

/** The edges of one place as arrows, each with a halo; their elements are made once. */
export class Edges {
  constructor() {
    this.groups = Array.from({ length: MOST_EDGES }, () => {
      const lines = ["halo", "edge"].map((name) => svg("path", { class: name }));
      return svg("g", { class: "absent" }, ...lines);
    });
    this.root = svg("g", { class: "edges" }, ...this.groups);
  }

  draw({ place, row, order, largest }, count, centre, cell) {
    const drawn = order.slice(0, count);
    this.groups.forEach((group, k) => {
      // The strongest is drawn last, above all others.
      const target = drawn[drawn.length - 1 - k];
      group.classList.toggle("absent", target === undefined);
      if (target === undefined) return;
      const share = row[target] / largest;
      const d = target === place ? ring(centre(place), cell) : arrow(centre(place), centre(target));
      const width = 1 + 2.6 * share;
      setAll(group, { "data-key": target, opacity: (0.4 + 0.6 * share).toFixed(3) });
      setAll(group.firstChild, { d, "stroke-width": (width + 2.4).toFixed(2) });
      setAll(group.lastChild, { d, "stroke-width": width.toFixed(2) });
    });
  }
}

/** An arrow from one point to another, bowed a little to its left. */
function arrow([x, y], [tx, ty]) {
  const [dx, dy] = [tx - x, ty - y];
  const bend = [x + dx / 2 - 0.12 * dy, y + dy / 2 + 0.12 * dx];
  const away = Math.hypot(tx - bend[0], ty - bend[1]);
  const ahead = [(tx - bend[0]) / away, (ty - bend[1]) / away];
  const size = Math.min(8, 0.4 * Math.hypot(dx, dy));
  const barb = (side) => [
    tx - size * (ahead[0] + 0.55 * side * ahead[1]),
    ty - size * (ahead[1] - 0.55 * side * ahead[0]),
  ];
  const text = ([px, py]) => `${px.toFixed(1)} ${py.toFixed(1)}`;
  const tip = text([tx, ty]);
  return `M${text([x, y])}Q${text(bend)} ${tip}M${text(barb(1))}L${tip}L${text(barb(-1))}`;
}

/** A ring around a place, outside its outline: it attends to itself. */
function ring([x, y], cell) {
  const r = 0.5 * Math.hypot(...cell) + 4;
  const half = (to) => `a${r} ${r} 0 1 0 ${to} 0`;
  return `M${x - r} ${y}${half(2 * r)}${half(-2 * r)}`;
}
