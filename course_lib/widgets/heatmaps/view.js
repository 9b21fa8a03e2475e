// Two heads and the difference between them as three linked heatmaps.
import { frame, html, loosePanel, panelsOf, readoutOf } from "../shared/drawing.js";
import { Heatmap } from "../shared/heatmap.js";
import { mount } from "../shared/mount.js";
import { Picks } from "../shared/pointing.js";
import { shortTokens, tokenNames } from "../shared/texts.js";
import { say } from "../shared/words.js";
import { describeLinked, headName, linkedState, SCALES, scalesOf } from "./state.js";
import "./style.css";

class LinkedFigure {
  picks = new Picks(() => this.light());

  constructor(model, el) {
    this.model = model;
    this.tokens = model.get("tokens");
    this.names = tokenNames(this.tokens);
    this.maps = [
      this.makeMap(say("first head"), say("weight")),
      this.makeMap(say("second head"), say("weight")),
      this.makeMap(say("first minus second"), say("difference")),
    ];
    this.headings = this.maps.map(() => html("p", { class: "heading" }));
    const panels = this.maps.map((map, k) => html("div", {}, this.headings[k], map.root));
    this.readout = readoutOf();
    this.caption = html("figcaption");
    const text = loosePanel(this.readout, this.caption);
    const label = say("linked heatmaps");
    this.root = frame(el, "linked-heatmaps", label, panelsOf(...panels, text));
  }

  makeMap(label, colour) {
    return new Heatmap(this.tokens, {
      label,
      titles: { colour },
      names: (cell) => this.tell(cell),
      picks: this.picks,
    });
  }

  redraw() {
    this.state = linkedState(this.model);
    const { first, second, difference, order } = this.state;
    const choice = this.model.get("scale_choice");
    const scales = scalesOf(this.state, choice);
    const short = shortTokens(this.tokens);
    const labels = order.map((position) => short[position]);
    [first, second, difference].forEach((matrix, k) => {
      this.maps[k].relabel(labels, labels);
      this.maps[k].rescale(scales[k]);
      this.maps[k].paint(matrix);
    });
    const shape = this.model.get("shape");
    const [one, other] = ["first", "second"].map((name) => headName(this.model.get(name), shape));
    this.headings[0].textContent = one;
    this.headings[1].textContent = other;
    this.headings[2].textContent = say("{first}, minus {second}", { first: one, second: other });
    this.caption.textContent = caption(SCALES[choice] === "log");
    this.light();
  }

  light() {
    const cell = this.picks.current;
    const { n } = this.state;
    const place = cell === null ? [null, null] : [Math.floor(cell / n), cell % n];
    for (const map of this.maps) map.light(...place, true);
    this.root.classList.toggle("picked", cell !== null);
    this.readout.textContent = cell === null ? hint() : this.tell(cell);
  }

  tell(cell) {
    return describeLinked(this.state, this.names, cell);
  }
}

function hint() {
  return say("Point at a cell, or use Tab and the arrow keys, to read it in all three.");
}

function caption(withGrey) {
  const rows = say(
    "Rows attend, columns are attended to. In the difference, blue says that the first head " +
      "gives more, orange the second. Mind the ends of the colour bars: they are what the scale " +
      "changes.",
  );
  const grey = say("A grey cell is a weight of 0, which has no logarithm.");
  return withGrey ? `${rows} ${grey}` : rows;
}

export default mount((model, el) => new LinkedFigure(model, el), {
  redraw: ["first", "second", "scale_choice", "order_choice"],
});

// What tests compare with course_lib.
export * from "./state.js";
