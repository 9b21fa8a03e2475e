// A picture and where one of its places (a pixel or a patch) attends.
import { frame, html, loosePanel, panelsOf, readoutOf, setAll, svg } from "../shared/drawing.js";
import { change, mount } from "../shared/mount.js";
import { arrowStep } from "../shared/pointing.js";
import { say } from "../shared/words.js";
import { Edges } from "./edges.js";
import { Panel } from "./panel.js";
import {
  describePlace,
  headOf,
  pictureAddresses,
  placeName,
  placeState,
  weightText,
} from "./state.js";
import "./style.css";

const COVER = 0.92; // how much of the dimmed picture the strongest place hides

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
    this.readout = readoutOf();
    this.pointed = html("p", { class: "pointed" });
    this.note = html("p", { class: "note" });
    const texts = [this.readout, this.pointed, this.note, html("figcaption", {}, caption())];
    const text = loosePanel(...texts);
    text.classList.add("text");
    const panels = panelsOf(this.left.root, this.right.root, text);
    this.root = frame(el, "pixels-view", say("pixels view"), panels);
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
    // A finger on the chosen place drags it every way; elsewhere, up and down scrolls the page.
    const drags = (event) => panel.placeAt(event) === this.model.get("place");
    const start = (event) => drags(event.touches[0]) && event.preventDefault();
    drawing.addEventListener("touchstart", start, { passive: false });
    let touched = null; // where a finger came down that may yet scroll the page
    drawing.addEventListener("pointerdown", (event) => {
      touched = event.pointerType === "touch" && !drags(event) ? event : null;
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
    change(this.model, { place });
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
    this.right.heading.textContent = say("{head}: where the place attends", {
      head: this.model.get("heads")[head],
    });
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
    const weight = weightText(largest);
    this.end.textContent = say("{weight}, the place’s largest weight", { weight });
    const told = describePlace(this.state, this.columns);
    this.readout.replaceChildren(...told.map((sentence) => html("span", {}, sentence)));
    this.describe(this.name(place));
    Object.assign(this.root.dataset, { place, half: this.state.half });
    this.tellHovered();
  }

  centre(place) {
    const [width, height] = this.cell;
    const row = Math.floor(place / this.columns);
    return [((place % this.columns) + 0.5) * width, (row + 0.5) * height];
  }

  name(place) {
    return placeName(place, this.columns);
  }

  /** What screen readers say of the pictures. */
  describe(place) {
    const { title } = this.about[this.model.get("picture")];
    const told = say("{title}: {place} is chosen; the arrow keys choose another", { title, place });
    this.handle.setAttribute("aria-label", told);
    this.left.drawing.setAttribute("aria-label", say("picture with the strongest edges"));
    const map = say("map of the weights of {place}", { place });
    this.right.drawing.setAttribute("aria-label", map);
  }

  tellHovered() {
    for (const panel of [this.left, this.right]) panel.hover(this.hovered);
    this.pointed.textContent =
      this.hovered === null
        ? say("Point at a place to read its weight; click to choose it.")
        : say("To {place}: {weight}.", {
            place: this.name(this.hovered),
            weight: weightText(this.state.row[this.hovered]),
          });
  }
}

/** Has a finger moved from side to side? Up and down, it scrolls the page. */
function goesSideways(from, to) {
  const [dx, dy] = [Math.abs(to.clientX - from.clientX), Math.abs(to.clientY - from.clientY)];
  return dx > 6 && dx > dy;
}

/** What the colours of the map mean; `end` tells where they end. */
function legend(end) {
  const strip = html("i", { style: `opacity: ${COVER}` });
  return html("p", { class: "colours" }, html("span", {}, "0"), html("b", {}, strip), end);
}

function caption() {
  return say(
    "An arrow says: the chosen place attends to the place at its tip; a ring, to itself. The " +
      "wider and stronger, the more, compared with the strongest. Click or drag on either " +
      "picture, or use Tab and the arrow keys. Rows and columns count from 0, from the top and " +
      "from the left.",
  );
}

export default mount((model, el) => new PixelsFigure(model, el), {
  change: ["picture", "head"],
  redraw: ["place", "edges"],
});

// What tests compare with NumPy.
export * from "./state.js";
