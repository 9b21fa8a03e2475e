// A picture and where one of its places (a pixel or a patch) attends.
import { arrowStep, frame, html, setAll, svg, watch } from "../shared/drawing.js";
import { headOf, pictureAddresses, placeState } from "./state.js";
import "./style.css";

const SIDE = 400; // the longer side of a picture in units of its drawing
const LEAST_CELL = 8; // smaller places get no grid
const FEW_PIXELS = 160; // a picture with fewer in a row shows them as squares
const MOST_EDGES = 30;
const STRONGEST_TOLD = 3;
const COVER = 0.92; // how much of the dimmed picture the strongest place hides
const HINT = "Point at a place to read its weight; click to choose it.";
const CAPTION =
  "An arrow says: the chosen place attends to the place at its tip; a ring, to itself. The wider " +
  "and stronger, the more, compared with the strongest. Click or drag on either picture, or use " +
  "Tab and the arrow keys. Rows and columns count from 0, from the top and from the left.";

/** A picture with its grid, the chosen place and the one pointed at; both panels are one. */
class Panel {
  constructor(kind, [rows, columns], ...layers) {
    Object.assign(this, { rows, columns });
    this.image = html("div", { class: "photo" }); // no img: the book's dark theme repaints these
    this.lines = svg("path", { class: "gridlines", d: gridLines(rows, columns) });
    this.hovered = svg("rect", { class: "hovered", width: 1, height: 1 });
    this.outlines = ["halo", "chosen"].map((name) =>
      svg("rect", { class: name, width: 1, height: 1 }),
    );
    // One unit a place, so that a picture of another size changes one attribute.
    this.units = svg("g", { class: "units" }, ...layers, this.lines, this.hovered, ...this.outlines);
    this.drawing = svg("svg", { role: "img" }, this.units);
    this.box = html("div", { class: `picture ${kind}` }, this.image, this.drawing);
    this.heading = html("p", { class: "heading" });
    this.root = html("div", {}, this.heading, this.box);
  }

  /** Show a picture; returns width and height of one place in units of the drawing. */
  show(address, { height, width }) {
    const scale = SIDE / Math.max(height, width);
    const [wide, high] = [width * scale, height * scale];
    const cell = [wide / this.columns, high / this.rows];
    this.image.style.backgroundImage = `url("${address}")`;
    this.image.classList.toggle("squares", Math.max(height, width) < FEW_PIXELS);
    this.drawing.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    this.box.style.aspectRatio = `${wide} / ${high}`;
    this.box.style.maxWidth = `${(100 * wide) / SIDE}%`;
    this.units.setAttribute("transform", `scale(${cell.join(" ")})`);
    this.lines.classList.toggle("fine", Math.min(...cell) < LEAST_CELL);
    return cell;
  }

  choose(place) {
    const at = { x: place % this.columns, y: Math.floor(place / this.columns) };
    for (const outline of this.outlines) setAll(outline, at);
  }

  hover(place) {
    this.hovered.classList.toggle("lit", place !== null);
    if (place === null) return;
    setAll(this.hovered, { x: place % this.columns, y: Math.floor(place / this.columns) });
  }

  /** The place under the pointer; beyond the edge of the picture, the one that is nearest. */
  placeAt({ clientX, clientY }) {
    const { left, top, width, height } = this.drawing.getBoundingClientRect();
    const index = (share, count) => Math.min(Math.max(Math.floor(share * count), 0), count - 1);
    const column = index((clientX - left) / width, this.columns);
    return index((clientY - top) / height, this.rows) * this.columns + column;
  }
}

/** The edges of one place as arrows, each with a halo; their elements are made once. */
class Edges {
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

class PixelsFigure {
  hovered = null;

  constructor(model, el) {
    this.model = model;
    [, , this.rows, this.columns] = model.get("shape");
    this.about = model.get("about");
    const lengths = this.about.map(({ bytes }) => bytes);
    this.addresses = pictureAddresses(model.get("pictures"), lengths);
    this.cells = Array.from({ length: this.rows * this.columns }, (_, p) => this.makeCell(p));
    this.edges = new Edges();
    this.left = new Panel("plain", model.get("shape").slice(2));
    this.left.drawing.append(this.edges.root);
    this.right = new Panel("map", model.get("shape").slice(2), svg("g", {}, ...this.cells));
    this.end = html("span");
    this.right.root.append(legend(this.end));
    this.readout = html("p", { class: "readout", "aria-live": "polite" });
    this.pointed = html("p", { class: "pointed" });
    this.note = html("p", { class: "note" });
    const caption = html("figcaption", {}, CAPTION);
    const text = html("div", { class: "text" }, this.readout, this.pointed, this.note, caption);
    const panels = html("div", { class: "panels" }, this.left.root, this.right.root, text);
    this.root = frame(el, "pixels-view", panels);
    this.root.classList.add("picked");
    this.listen();
  }

  makeCell(place) {
    const at = { x: place % this.columns, y: Math.floor(place / this.columns) };
    return svg("rect", { class: "cell", width: 1, height: 1, ...at });
  }

  /** One tab stop: the left picture. The right one is for the pointer. */
  listen() {
    this.handle = this.left.box;
    setAll(this.handle, { tabindex: 0, role: "application" });
    this.handle.addEventListener("keydown", (event) => {
      const step = arrowStep(event);
      if (step) this.choose(this.neighbour(...step));
    });
    for (const panel of [this.left, this.right]) this.listenToPointer(panel);
  }

  listenToPointer(panel) {
    const { drawing } = panel;
    const point = (place) => {
      if (place === this.hovered) return;
      this.hovered = place;
      this.tellHovered();
    };
    let touched = null; // where a finger came down that may yet scroll the page
    drawing.addEventListener("pointerdown", (event) => {
      touched = event.pointerType === "touch" ? event : null;
      if (touched || event.button !== 0) return; // a finger's tap ends in a click
      drawing.setPointerCapture(event.pointerId);
      this.choose(panel.placeAt(event));
    });
    drawing.addEventListener("pointermove", (event) => {
      if (touched && goesSideways(touched, event)) touched = null;
      if (event.buttons & 1 && !touched) this.choose(panel.placeAt(event));
      if (event.pointerType !== "touch") point(panel.placeAt(event));
    });
    drawing.addEventListener("click", (event) => {
      this.choose(panel.placeAt(event));
      this.handle.focus({ preventScroll: true }); // so that the arrow keys go on from here
    });
    drawing.addEventListener("pointerleave", () => point(null));
  }

  neighbour(dx, dy) {
    const place = this.model.get("place");
    const column = Math.min(Math.max((place % this.columns) + dx, 0), this.columns - 1);
    const row = Math.min(Math.max(Math.floor(place / this.columns) + dy, 0), this.rows - 1);
    return row * this.columns + column;
  }

  choose(place) {
    if (place === this.model.get("place")) return;
    this.model.set("place", place);
    this.model.save_changes();
  }

  /** Another picture or another head. */
  change() {
    const [picture, head] = ["picture", "head"].map((name) => this.model.get(name));
    this.head = headOf(this.model.get("weights"), this.model.get("shape"), picture, head);
    const { title, note } = this.about[picture];
    for (const panel of [this.left, this.right]) {
      this.cell = panel.show(this.addresses[picture], this.about[picture]);
    }
    this.left.heading.textContent = title;
    this.right.heading.textContent = `${this.model.get("heads")[head]}: where the place attends`;
    this.note.textContent = note;
    this.redraw();
  }

  /** Another place, or another number of edges. */
  redraw() {
    this.state = placeState(this.head, this.model.get("place"));
    const { place, row, largest } = this.state;
    for (const panel of [this.left, this.right]) panel.choose(place);
    this.edges.draw(this.state, this.model.get("edges"), (p) => this.centre(p), this.cell);
    this.cells.forEach((cell, j) => {
      cell.setAttribute("fill-opacity", ((COVER * row[j]) / largest).toFixed(3));
    });
    this.end.textContent = `${weightText(largest)}, the place’s largest weight`;
    this.readout.replaceChildren(...this.tell().map((text) => html("span", {}, text)));
    const where = `${this.about[this.model.get("picture")].title}: ${this.name(place)} is chosen`;
    this.handle.setAttribute("aria-label", `${where}; the arrow keys choose another`);
    this.left.drawing.setAttribute("aria-label", "picture with the strongest edges");
    this.right.drawing.setAttribute("aria-label", `map of the weights of ${this.name(place)}`);
    Object.assign(this.root.dataset, { place, half: this.state.half });
    this.tellHovered();
  }

  centre(place) {
    const [width, height] = this.cell;
    const row = Math.floor(place / this.columns);
    return [((place % this.columns) + 0.5) * width, (row + 0.5) * height];
  }

  name(place) {
    return `row ${Math.floor(place / this.columns)}, column ${place % this.columns}`;
  }

  tell() {
    const { place, row, order, half, distance, mean } = this.state;
    const strongest = order.slice(0, STRONGEST_TOLD).map((j) => {
      return `${j === place ? "itself" : this.name(j)} (${weightText(row[j])})`;
    });
    return [
      `${capital(this.name(place))} attends most to ${strongest.join("; ")}. `,
      `${half} of ${row.length} places ${half === 1 ? "holds" : "hold"} half of its attention. `,
      `On average it looks ${distance.toFixed(2)} steps of the grid away; ` +
        `all places of this head, ${mean.toFixed(2)}.`,
    ];
  }

  tellHovered() {
    for (const panel of [this.left, this.right]) panel.hover(this.hovered);
    if (this.hovered === null) this.pointed.textContent = HINT;
    else {
      const weight = weightText(this.state.row[this.hovered]);
      this.pointed.textContent = `To ${this.name(this.hovered)}: ${weight}.`;
    }
  }
}

/** Has a finger moved from side to side? Up and down, it scrolls the page. */
function goesSideways(from, to) {
  const [dx, dy] = [Math.abs(to.clientX - from.clientX), Math.abs(to.clientY - from.clientY)];
  return dx > 6 && dx > dy;
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

/** A weight in three decimals, or in four where these would say too little. */
export function weightText(weight) {
  if (weight === 0) return "0";
  return weight < 0.0001 ? "below 0.0001" : weight.toFixed(weight < 0.01 ? 4 : 3);
}

/** The lines between places, in units of a place. */
function gridLines(rows, columns) {
  const across = Array.from({ length: rows - 1 }, (_, r) => `M0 ${r + 1}H${columns}`);
  const down = Array.from({ length: columns - 1 }, (_, c) => `M${c + 1} 0V${rows}`);
  return [...across, ...down].join("");
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

/** What the colours of the map mean; `end` tells where they end. */
function legend(end) {
  const strip = html("i", { style: `opacity: ${COVER}` });
  return html("p", { class: "colours" }, html("span", {}, "0"), html("b", {}, strip), end);
}

function render({ model, el }) {
  const figure = new PixelsFigure(model, el);
  figure.change();
  const stops = [
    watch(model, ["picture", "head"], () => figure.change()),
    watch(model, ["place", "edges"], () => figure.redraw()),
  ];
  return () => stops.forEach((stop) => stop());
}

export default { render };

// What tests compare with course_lib.
export * from "./state.js";
