// A bag around its readout: click a member to take it away, and see the weights that are left.
import { frame, html, percent, roving, setAll, svg, watch } from "../shared/drawing.js";
import { placed } from "../shared/layouts.js";
import { poolingState } from "./state.js";
import "./style.css";

const MIDDLE = 200; // of the drawing
const RING = 140; // members lie on this circle
const SIZE = 34; // of a member's picture
const READOUT = 30; // radius
const TOLD = 0.005; // smaller weights have no number beside their arrow
const LINES =
  "An arrow says: the readout attends to the member at its tip. The wider and stronger, the more.";
const USE =
  "Click a member to take it away or bring it back; or use Tab, the arrow keys and Enter. " +
  "The weights of those that are left always sum to 1.";
const ASK = "Point at a member to see what it adds.";

class PoolingFigure {
  picks = { hover: null, focus: null };

  constructor(model, el) {
    this.model = model;
    this.graphPanel = html("div");
    this.heading = html("p", { class: "heading" });
    this.list = html("ol", { class: "members" });
    this.readout = html("p", { class: "readout", "aria-live": "polite" });
    this.status = html("p", { class: "status", role: "status" });
    const right = html("div", {}, this.heading, this.list);
    const panels = html("div", { class: "panels" }, this.graphPanel, right);
    const caption = html("figcaption", {}, `${LINES} ${USE}`);
    this.root = frame(el, "pooling-view", panels, this.readout, this.status, caption);
    this.walkNodes = roving(this.graphPanel);
    this.walkRows = roving(this.list);
    this.listen();
  }

  get bag() {
    return this.model.get("bags")[this.model.get("bag")];
  }

  listen() {
    const { root } = this;
    root.addEventListener("click", ({ target }) => this.toggle(memberOf(target)));
    this.graphPanel.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return; // rows are buttons, which need no help
      event.preventDefault(); // the page does not scroll
      this.toggle(memberOf(event.target));
    });
    root.addEventListener("pointerover", ({ target }) => this.point(target, "hover"));
    root.addEventListener("pointerleave", ({ pointerType }) => {
      if (pointerType !== "touch") this.point(null, "hover");
    });
    root.addEventListener("focusin", ({ target }) => {
      if (target.matches(":focus-visible")) this.point(target, "focus");
    });
    root.addEventListener("focusout", () => this.point(null, "focus"));
  }

  point(target, by) {
    this.picks[by] = memberOf(target);
    this.light();
  }

  toggle(member) {
    if (member === null) return;
    const removed = this.model.get("removed");
    const rest = removed.filter((other) => other !== member);
    this.change(rest.length < removed.length ? rest : [...removed, member]);
  }

  change(removed) {
    this.model.set("removed", removed);
    this.model.save_changes();
  }

  /** Show another bag: all its members are there again. */
  rebuild() {
    const { bag } = this;
    const n = bag.names.length;
    const places = bag.names.map((_, i) => {
      const angle = (2 * Math.PI * i) / n - Math.PI / 2;
      return [MIDDLE + RING * Math.cos(angle), MIDDLE + RING * Math.sin(angle)];
    });
    this.layout = placed(places, SIZE / 2);
    const addresses = bag.pictures.map(pictureAddress);
    this.members = places.map((at, i) => drawPooled(at, i, addresses[i]));
    this.arrows = places.map((at, i) => svg("path", { class: "edge", "data-member": i, d: spokeTo(at) }));
    this.numbers = places.map(numberBeside);
    this.rows = bag.names.map((name, i) => drawVote(name, i, addresses[i]));
    this.answer = svg("text", { class: "answer", x: MIDDLE, y: MIDDLE, dy: "-0.1em" });
    this.share = svg("text", { class: "share", x: MIDDLE, y: MIDDLE, dy: "1.1em" });
    const attributes = { viewBox: "0 0 400 400", role: "group", "aria-label": "bag and readout" };
    const centre = svg("circle", { class: "centre", cx: MIDDLE, cy: MIDDLE, r: READOUT });
    const graph = svg("svg", { ...attributes, class: "graph" });
    graph.append(
      svg("g", { class: "edges" }, ...this.arrows),
      svg("g", { class: "readout-node" }, centre, this.answer, this.share),
      svg("g", { class: "nodes" }, ...this.members),
      svg("g", { class: "numbers" }, ...this.numbers),
    );
    this.graphPanel.replaceChildren(graph);
    this.walkNodes(this.members, (k, dx, dy) => (k + dx + dy + n) % n);
    this.order = null;
    this.redraw();
  }

  /** Members were taken away or brought back, or the weights are of the other kind. */
  redraw() {
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
      this.numbers[i].textContent = weight >= TOLD ? weight.toFixed(2) : "";
      this.members[i].classList.toggle("removed", gone);
      setAll(this.members[i], { "aria-label": this.tell(i), "aria-pressed": gone });
      this.updateRow(i, gone);
    });
    this.sortRows();
    this.answer.textContent = empty ? "–" : answer > 0.5 ? "yes" : "no";
    this.share.textContent = empty ? "" : answer.toFixed(2);
    this.heading.textContent = `The model is asked: ${this.model.get("question")}`;
    this.status.textContent = this.summary(removed);
    Object.assign(this.root.dataset, { answer, removed: removed.length });
    this.light();
  }

  updateRow(i, gone) {
    const { button, bar, weight, vote } = this.rows[i];
    button.classList.toggle("removed", gone);
    setAll(button, { "aria-label": this.tell(i), "aria-pressed": gone });
    bar.style.width = `${(100 * this.state.weights[i]).toFixed(2)}%`;
    weight.textContent = gone ? "away" : this.state.weights[i].toFixed(3);
    vote.textContent = signed(this.bag.votes[i]);
  }

  /** Put the rows in order; whoever has the focus keeps it, though a move takes it away. */
  sortRows() {
    const { order } = this.state;
    if (`${order}` === `${this.order}`) return;
    this.order = order;
    const focused = this.list.contains(document.activeElement) ? document.activeElement : null;
    const head = ["member", "weight", "", "vote"].map((text) => html("span", {}, text));
    const titles = html("li", { class: "titles", "aria-hidden": "true" }, ...head);
    this.list.replaceChildren(titles, ...order.map((i) => this.rows[i].element));
    const buttons = order.map((i) => this.rows[i].button);
    this.walkRows(buttons, (k, dx, dy) => k + dx + dy);
    focused?.focus({ preventScroll: true });
  }

  summary(removed) {
    const { logit, answer, held, empty } = this.state;
    if (empty) {
      const p = answer.toFixed(2);
      return `Nobody is left, and nothing was pooled. The bias alone would say ${p}: an answer about nobody.`;
    }
    const yes = (is) => (is ? "yes" : "no");
    const sum = `Weights times votes, plus the bias: ${signed(logit)}, so ${yes(answer > 0.5)}, with ${answer.toFixed(2)} for yes.`;
    const { label } = this.bag;
    const truth = label === null ? "" : ` The right answer for the whole bag: ${yes(label === 1)}.`;
    const members = removed.length === 1 ? "member" : "members";
    const gone = removed.length
      ? ` Without ${removed.length} ${members} that held ${percent(held)} of the attention.`
      : "";
    return sum + truth + gone;
  }

  light() {
    const pick = this.picks.hover ?? this.picks.focus;
    this.members.forEach((member, i) => member.classList.toggle("lit", i === pick));
    this.rows.forEach(({ button }, i) => button.classList.toggle("lit", i === pick));
    this.root.classList.toggle("picked", pick !== null);
    this.readout.textContent = pick === null ? ASK : this.tell(pick);
  }

  tell(i) {
    const { names, votes } = this.bag;
    const vote = signed(votes[i]);
    if (this.model.get("removed").includes(i)) return `${names[i]}: away. Its vote would be ${vote}.`;
    const [weight, part] = [this.state.weights[i].toFixed(3), signed(this.state.parts[i])];
    return `${names[i]}: weight ${weight} times vote ${vote} adds ${part}.`;
  }
}

function memberOf(element) {
  const part = element?.closest("[data-member]");
  return part ? +part.dataset.member : null;
}

/** A number with its sign, in two decimals. */
export function signed(value) {
  const text = Math.abs(value).toFixed(2);
  return `${value < 0 && text !== "0.00" ? "−" : "+"}${text}`;
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
    svg("rect", { class: "reach", x: -half - 5, y: -half - 5, width: SIZE + 10, height: SIZE + 10 }),
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
  const button = html("button", { type: "button", "data-member": i }, who, weight, scale, vote);
  return { element: html("li", {}, button), button, bar, weight, vote };
}

function render({ model, el }) {
  const figure = new PoolingFigure(model, el);
  figure.rebuild();
  const stops = [
    watch(model, ["bag"], () => {
      model.set("removed", []);
      model.save_changes();
      figure.rebuild();
    }),
    watch(model, ["removed", "weights_choice"], () => figure.redraw()),
  ];
  return () => stops.forEach((stop) => stop());
}

export default { render };

// What tests compare with course_lib.
export * from "./state.js";
