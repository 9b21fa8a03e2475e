// A bag around its readout: click a member to take it away, and see the weights that are left.
import {
  frame,
  graphOf,
  html,
  panelsOf,
  readoutOf,
  ringOf,
  setAll,
  statusOf,
  svg,
} from "../shared/drawing.js";
import { change, mount } from "../shared/mount.js";
import { numberAt, onPress, Picks, roving } from "../shared/pointing.js";
import { sortedList, sortedRow } from "../shared/sorted_list.js";
import { number, signed } from "../shared/texts.js";
import { say } from "../shared/words.js";
import { describeBag, describeMember, poolingState } from "./state.js";
import "./style.css";

const MIDDLE = 200; // of the drawing
const RING = 140; // members lie on this circle
const SIZE = 34; // of a member's picture
const READOUT = 30; // radius
const TOLD = 0.005; // smaller weights have no number beside their arrow

class PoolingFigure {
  picks = new Picks(() => this.light());

  constructor(model, el) {
    this.model = model;
    this.graphPanel = html("div");
    this.heading = html("p", { class: "heading" });
    this.list = sortedList({ class: "members" });
    [this.readout, this.status] = [readoutOf(), statusOf()];
    const panels = panelsOf(this.graphPanel, html("div", {}, this.heading, this.list.root));
    const texts = [this.readout, this.status, html("figcaption", {}, caption())];
    this.root = frame(el, "pooling-view", say("pooling view"), panels, ...texts);
    this.walkNodes = roving(this.graphPanel);
    onPress(this.root, (target) => this.toggle(memberOf(target)));
    this.picks.listen(this.root, memberOf);
  }

  get bag() {
    return this.model.get("bags")[this.model.get("bag")];
  }

  toggle(member) {
    if (member === null) return;
    const removed = this.model.get("removed");
    const rest = removed.filter((other) => other !== member);
    change(this.model, { removed: rest.length < removed.length ? rest : [...removed, member] });
  }

  /** Another bag is chosen: all its members are there again. */
  choose() {
    change(this.model, { removed: [] });
    this.redraw();
  }

  /** Make the members of the chosen bag, in the graph and in the list. */
  makeMembers() {
    this.made = this.model.get("bag");
    const { bag } = this;
    const n = bag.names.length;
    const places = ringOf(n, MIDDLE, RING);
    const addresses = bag.pictures.map(pictureAddress);
    this.members = places.map((at, i) => drawPooled(at, i, addresses[i]));
    this.arrows = places.map((at, i) =>
      svg("path", { class: "edge", "data-member": i, d: spokeTo(at) }),
    );
    this.numbers = places.map(numberBeside);
    this.rows = bag.names.map((name, i) => drawVote(name, i, addresses[i]));
    this.answer = svg("text", { class: "answer", x: MIDDLE, y: MIDDLE, dy: "-0.1em" });
    this.share = svg("text", { class: "share", x: MIDDLE, y: MIDDLE, dy: "1.1em" });
    const centre = svg("circle", { class: "centre", cx: MIDDLE, cy: MIDDLE, r: READOUT });
    const graph = graphOf(
      say("bag and readout"),
      svg("g", { class: "edges" }, ...this.arrows),
      svg("g", { class: "readout-node" }, centre, this.answer, this.share),
      svg("g", { class: "nodes" }, ...this.members),
      svg("g", { class: "numbers" }, ...this.numbers),
    );
    this.graphPanel.replaceChildren(graph);
    this.walkNodes(this.members, (k, dx, dy) => (k + dx + dy + n) % n);
  }

  /** A bag is shown, members were taken away or brought back, or the weights are of the other kind. */
  redraw() {
    if (this.made !== this.model.get("bag")) this.makeMembers();
    const removed = this.model.get("removed");
    const uniform = this.model.get("weights_choice") === 1;
    this.state = poolingState(this.bag, this.model.get("bias"), removed, uniform);
    const { weights, answer, empty } = this.state;
    weights.forEach((weight, i) => {
      const gone = removed.includes(i);
      const strength = (0.2 + 0.8 * Math.sqrt(weight)).toFixed(3);
      setAll(this.arrows[i], {
        "stroke-width": (0.8 + 7 * weight).toFixed(2),
        "stroke-opacity": gone ? 0 : strength,
      });
      this.numbers[i].textContent = weight >= TOLD ? number(weight) : "";
      this.members[i].classList.toggle("removed", gone);
      setAll(this.members[i], { "aria-label": this.tell(i), "aria-pressed": gone });
      this.updateRow(i, gone);
    });
    const rows = this.state.order.map((i) => this.rows[i]);
    this.list.show(rows, drawTitles());
    this.answer.textContent = empty ? "–" : answer > 0.5 ? say("yes") : say("no");
    this.share.textContent = empty ? "" : number(answer);
    this.heading.textContent = say("The model is asked: {question}", {
      question: this.model.get("question"),
    });
    this.status.textContent = describeBag(this.state, this.bag.label, removed.length);
    Object.assign(this.root.dataset, { answer, removed: removed.length });
    this.light();
  }

  updateRow(i, gone) {
    const { button, bar, weight, vote } = this.rows[i];
    button.classList.toggle("removed", gone);
    button.setAttribute("aria-pressed", gone);
    bar.style.width = `${(100 * this.state.weights[i]).toFixed(2)}%`;
    weight.textContent = gone ? say("away") : number(this.state.weights[i]);
    vote.textContent = signed(this.bag.votes[i]);
  }

  light() {
    const pick = this.picks.current;
    this.members.forEach((member, i) => member.classList.toggle("lit", i === pick));
    this.rows.forEach(({ button }, i) => button.classList.toggle("lit", i === pick));
    this.root.classList.toggle("picked", pick !== null);
    this.readout.textContent =
      pick === null ? say("Point at a member to see what it adds.") : this.tell(pick);
  }

  tell(i) {
    return describeMember(this.state, this.bag, i, this.model.get("removed").includes(i));
  }
}

function memberOf(target) {
  return numberAt(target, "[data-member]", "member");
}

/** A PNG file in hexadecimal as a data URI. */
function pictureAddress(hex) {
  const letters = hex.match(/../g).map((pair) => String.fromCharCode(parseInt(pair, 16)));
  return `data:image/png;base64,${btoa(letters.join(""))}`;
}

/** An arrow from the readout to a member. */
function spokeTo([x, y]) {
  const [dx, dy] = [(x - MIDDLE) / RING, (y - MIDDLE) / RING];
  const along = (length) => [MIDDLE + length * dx, MIDDLE + length * dy];
  const tip = along(RING - 0.75 * SIZE);
  const back = along(RING - 0.75 * SIZE - 8);
  const barb = (side) => [back[0] - side * 5 * dy, back[1] + side * 5 * dx];
  const text = (point) => point.map((value) => value.toFixed(1)).join(" ");
  return `M${text(along(READOUT))}L${text(tip)}M${text(barb(1))}L${text(tip)}L${text(barb(-1))}`;
}

function drawPooled([x, y], i, href) {
  const half = SIZE / 2;
  const place = { x: -half, y: -half, width: SIZE, height: SIZE };
  return svg(
    "g",
    {
      class: "node",
      role: "button",
      "data-member": i,
      transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`,
    },
    svg("rect", {
      class: "reach",
      x: -half - 5,
      y: -half - 5,
      width: SIZE + 10,
      height: SIZE + 10,
    }),
    svg("image", { ...place, href, preserveAspectRatio: "none" }),
    svg("rect", { class: "border", ...place }),
  );
}

/** Where the weight of a member stands: outside of the circle. */
function numberBeside([x, y]) {
  const [dx, dy] = [(x - MIDDLE) / RING, (y - MIDDLE) / RING];
  const far = RING + 0.75 * SIZE + 12;
  return svg("text", { class: "tick", x: MIDDLE + far * dx, y: MIDDLE + far * dy, dy: "0.35em" });
}

function drawVote(name, i, address) {
  const picture = html("b", { style: `background-image: url("${address}")` });
  const who = html("span", { class: "who" }, picture, name);
  const [weight, vote] = [html("span", { class: "number" }), html("span", { class: "number" })];
  const bar = html("i");
  const scale = html("span", {}, bar);
  const row = sortedRow({ "data-member": i }, who, weight, scale, vote);
  return { ...row, bar, weight, vote };
}

function drawTitles() {
  const head = [say("member"), say("weight"), "", say("vote")].map((text) =>
    html("span", {}, text),
  );
  return html("li", { class: "titles", "aria-hidden": "true" }, ...head);
}

function caption() {
  const lines = say(
    "An arrow says: the readout attends to the member at its tip. The wider and stronger, the more.",
  );
  const use = say(
    "Click a member to take it away or bring it back; or use Tab, the arrow keys and Enter. " +
      "The weights of those that are left always sum to 1.",
  );
  return `${lines} ${use}`;
}

export default mount((model, el) => new PoolingFigure(model, el), {
  redraw: ["removed", "weights_choice"],
  choose: ["bag"],
});

// What tests compare with NumPy.
export * from "./state.js";
