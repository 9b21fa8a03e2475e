// A ranking of tokens beside their graph: the better a token ranks, the larger its node.
import {
  frame,
  graphOf,
  html,
  loosePanel,
  panelsOf,
  readoutOf,
  setChanged,
  statusOf,
  svg,
} from "../shared/drawing.js";
import { circle } from "../shared/layouts.js";
import { change, mount } from "../shared/mount.js";
import { edgesAbove } from "../shared/numbers.js";
import { numberAt, onPress, Picks, reachOf, roving } from "../shared/pointing.js";
import { sortedList } from "../shared/sorted_list.js";
import { Strokes } from "../shared/strokes.js";
import { MANY, MOST_EDGES, strongest } from "../shared/strongest.js";
import { plain, shortTokens, tokenNames } from "../shared/texts.js";
import { firstTurn, Turns } from "../shared/turns.js";
import { say } from "../shared/words.js";
import { caption, hint } from "./captions.js";
import { drawNode, drawRow, nodeSizes } from "./elements.js";
import {
  chosenMeasure,
  describeRanking,
  describeToken,
  rankingInTurns,
  rankingState,
  rankText,
  scoreText,
} from "./state.js";
import "./style.css";

class RankingFigure {
  picks = new Picks(() => this.light());
  turns = new Turns((isBusy) => this.root.setAttribute("aria-busy", isBusy));
  lit = null;

  constructor(model, el) {
    this.model = model;
    this.tokens = model.get("tokens");
    this.names = tokenNames(this.tokens);
    this.n = this.tokens.length;
    this.layout = circle(this.n);
    this.build(el);
    roving(this.graphPanel)(this.nodes, this.layout.next);
    this.listen();
  }

  build(el) {
    const short = shortTokens(this.tokens);
    this.nodes = this.layout.nodes.map((node) => drawNode(node, short[node.position]));
    this.edges = new Strokes("weights");
    this.litEdges = new Strokes("weights");
    const litLayer = svg("g", { class: "lit-edges" }, this.litEdges.root);
    const nodes = svg("g", { class: "nodes" }, ...this.nodes);
    const graph = graphOf(say("attention graph"), this.edges.root, litLayer, nodes);
    this.graphPanel = html("div", {}, graph);
    [this.readout, this.status] = [readoutOf(), statusOf()];
    this.heading = html("p", { class: "heading" });
    this.rows = this.names.map(drawRow);
    this.list = sortedList({ class: "ranks", "aria-label": say("ranking") });
    this.caption = html("figcaption");
    const left = loosePanel(this.graphPanel, this.readout);
    const right = html("div", {}, this.heading, this.list.root, this.status);
    const panels = panelsOf(left, right);
    this.root = frame(el, "ranking-view", say("ranking view"), panels, this.caption);
    this.isMany = this.n > MANY;
    this.root.classList.toggle("many", this.isMany);
  }

  listen() {
    onPress(this.root, (target) => this.toggle(positionOf(target)));
    this.picks.listen(this.root, (target) => {
      const position = positionOf(target);
      if (position !== null && this.graphPanel.contains(target)) this.reveal(position);
      return position;
    });
  }

  /** Scroll the list, but not the page, so far that the row of a token can be seen. */
  reveal(position) {
    const { offsetTop, offsetHeight } = this.rows[position].element;
    const { root } = this.list;
    const least = offsetTop + offsetHeight - root.clientHeight;
    root.scrollTop = Math.min(offsetTop, Math.max(least, root.scrollTop));
  }

  /** Remove a token, or bring it back; the last one stays. */
  toggle(position) {
    if (position === null) return;
    const removed = this.model.get("removed");
    if (removed.includes(position)) {
      change(this.model, { removed: removed.filter((other) => other !== position) });
    } else if (removed.length < this.n - 1) {
      change(this.model, { removed: [...removed, position] });
    } else {
      this.status.textContent = say("“{token}” is the last token left and cannot be removed.", {
        token: this.names[position],
      });
    }
  }

  /** Show another ranking: any control has changed, or a token was removed or brought back. */
  redraw() {
    change(this.model, { damping_idle: !chosenMeasure(this.model).damped });
    const steps = rankingInTurns(this.model);
    this.turns.run(steps, (state) => this.show(state), firstTurn(this.n));
  }

  show(state) {
    this.state = state;
    const { now, measure, removed } = state;
    const sizes = nodeSizes(this.layout.nodes, now, removed);
    this.arrows = circle(this.n, sizes).edge;
    this.above = edgesAbove(now.matrix, this.model.get("threshold"));
    this.drawn = strongest(now.matrix, this.above, this.isMany ? MOST_EDGES : Infinity);
    this.drawEdges(this.edges, this.drawn);
    this.nodes.forEach((node, position) => this.updateNode(node, position, sizes[position]));
    this.updateRows();
    this.heading.replaceChildren(html("b", {}, measure.name()), `: ${measure.meaning()}`);
    this.status.textContent = describeRanking(this.state, this.names);
    this.root.dataset.drawn = this.drawn.length;
    this.caption.textContent = caption(measure, plain(this.model.get("threshold")), {
      count: this.above.length,
      drawn: this.drawn.length,
    });
    this.root.classList.toggle("unranked", now.problem !== null);
    this.light();
  }

  /** Another damping; only PageRank uses it. */
  damp() {
    if (chosenMeasure(this.model).damped) this.redraw();
  }

  /** Draw edges, flat indices among the tokens that stay. */
  drawEdges(strokes, edges) {
    const { kept, matrix } = this.state.now;
    const line = (_, i, j) => this.arrows(kept[i], kept[j]);
    strokes.draw({ edges, values: edges.map((k) => matrix[k]) }, { n: kept.length }, line);
  }

  /** The arrows of a token that are above the threshold: those from it, or those to it. */
  edgesOf(position, outgoing) {
    const { kept } = this.state.now;
    const [size, place] = [kept.length, kept.indexOf(position)];
    return this.above.filter((k) => (outgoing ? Math.floor(k / size) : k % size) === place);
  }

  updateNode(node, position, size) {
    const [reach, dot] = node.children;
    const least = reachOf(this.layout.nodes[position].size);
    setChanged(dot, { r: size.toFixed(2) });
    setChanged(reach, { r: Math.max(size, least).toFixed(2) });
    const gone = this.state.removed.includes(position);
    node.classList.toggle("removed", gone);
    // Of very many, sentences take long: only who has the focus tells its score.
    const label = this.isMany ? this.names[position] : this.tell(position);
    setChanged(node, { "aria-label": label, "aria-pressed": gone });
  }

  updateRows() {
    const { now, removed } = this.state;
    const most = Math.max(...now.scores);
    this.rows.forEach(({ button, rank, bar, value }, position) => {
      const [gone, score] = [removed.includes(position), now.scores[position]];
      button.classList.toggle("removed", gone);
      setChanged(button, { "aria-pressed": gone });
      setText(rank, score === null ? "" : rankText(now, position));
      setText(value, gone ? say("removed") : score === null ? "–" : scoreText(score));
      bar.style.width = `${((100 * (score ?? 0)) / (most || 1)).toFixed(2)}%`;
    });
    this.list.show([...now.order, ...removed].map((position) => this.rows[position]));
  }

  /** Light up the token that is pointed at, or else has the focus, with its row and its arrows. */
  light() {
    if (!this.state) return; // the first ranking is not there yet
    const pick = this.picks.current;
    const { outgoing } = this.state.measure;
    this.drawEdges(this.litEdges, pick === null ? [] : this.edgesOf(pick, outgoing));
    for (const position of [this.lit, pick]) this.lightToken(position, pick);
    this.lit = pick;
    this.root.classList.toggle("picked", pick !== null);
    this.readout.textContent = pick === null ? hint() : this.tell(pick);
  }

  lightToken(position, pick) {
    if (position === null) return;
    const node = this.nodes[position];
    if (position === pick) setChanged(node, { "aria-label": this.tell(position) });
    for (const part of [node, this.rows[position].button]) {
      part.classList.toggle("lit", position === pick);
    }
  }

  tell(position) {
    return describeToken(this.state, this.names, position);
  }
}

/** Write a text where another one stands: each that is written is laid out anew. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function positionOf(target) {
  return numberAt(target, ".node, .ranks button");
}

export default mount(
  (model, el) => new RankingFigure(model, el),
  {
    redraw: ["layer", "head_choice", "measure_choice", "removed", "threshold"],
    damp: ["damping"],
  },
  { numbers: rankingState },
);

export { ended } from "../shared/turns.js";
// What tests compare with course_lib.
export * from "./centrality.js";
export * from "./state.js";
