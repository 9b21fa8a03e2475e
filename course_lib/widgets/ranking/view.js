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
import { plain, shortTokens, tokenNames } from "../shared/texts.js";
import { say } from "../shared/words.js";
import { drawNode, drawRow, nodeSizes } from "./elements.js";
import { describeRanking, describeToken, rankingState, rankText, scoreText } from "./state.js";
import "./style.css";

const MANY = 64; // nodes; more of them change at once, not little by little

class RankingFigure {
  picks = new Picks(() => this.light());

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
    this.root.classList.toggle("many", this.n > MANY);
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
    this.state = rankingState(this.model);
    const { now, measure, removed } = this.state;
    const sizes = nodeSizes(this.layout.nodes, now, removed);
    this.told = this.names.map((_, position) => describeToken(this.state, this.names, position));
    this.arrows = circle(this.n, sizes).edge;
    this.above = edgesAbove(now.matrix, this.model.get("threshold"));
    this.drawEdges(this.edges, () => true);
    this.nodes.forEach((node, position) => this.updateNode(node, position, sizes[position]));
    this.updateRows();
    change(this.model, { damping_idle: !measure.damped });
    this.heading.replaceChildren(html("b", {}, measure.name()), `: ${measure.meaning()}`);
    this.status.textContent = describeRanking(this.state, this.names);
    this.caption.textContent = caption(measure, plain(this.model.get("threshold")));
    this.root.classList.toggle("unranked", now.problem !== null);
    this.light();
  }

  /** Another damping; only PageRank uses it. */
  damp() {
    if (this.state.measure.damped) this.redraw();
  }

  /** Draw the edges from query i to key j for which `test(i, j)` holds, or none if it is null. */
  drawEdges(strokes, test) {
    const { kept, matrix } = this.state.now;
    const size = kept.length;
    const values = new Float64Array(test ? size * size : 0);
    for (const k of test ? this.above : []) {
      if (test(kept[Math.floor(k / size)], kept[k % size])) values[k] = matrix[k];
    }
    strokes.draw(values, { n: size }, (_, i, j) => this.arrows(kept[i], kept[j]));
  }

  updateNode(node, position, size) {
    const [reach, dot] = node.children;
    const least = reachOf(this.layout.nodes[position].size);
    setChanged(dot, { r: size.toFixed(2) });
    setChanged(reach, { r: Math.max(size, least).toFixed(2) });
    const gone = this.state.removed.includes(position);
    node.classList.toggle("removed", gone);
    setChanged(node, { "aria-label": this.tell(position), "aria-pressed": gone });
  }

  updateRows() {
    const { now, removed } = this.state;
    const most = Math.max(...now.scores);
    this.rows.forEach(({ button, rank, bar, value }, position) => {
      const [gone, score] = [removed.includes(position), now.scores[position]];
      button.classList.toggle("removed", gone);
      setChanged(button, { "aria-pressed": gone });
      rank.textContent = score === null ? "" : rankText(now, position);
      bar.style.width = `${(100 * (score ?? 0)) / (most || 1)}%`;
      value.textContent = gone ? say("removed") : score === null ? "–" : scoreText(score);
    });
    this.list.show([...now.order, ...removed].map((position) => this.rows[position]));
  }

  /** Light up the token that is pointed at, or else has the focus, with its row and its arrows. */
  light() {
    const pick = this.picks.current;
    const { outgoing } = this.state.measure;
    this.drawEdges(this.litEdges, pick === null ? null : (i, j) => (outgoing ? i : j) === pick);
    this.nodes.forEach((node, position) => node.classList.toggle("lit", position === pick));
    this.rows.forEach(({ button }, position) => button.classList.toggle("lit", position === pick));
    this.root.classList.toggle("picked", pick !== null);
    this.readout.textContent = pick === null ? hint() : this.tell(pick);
  }

  tell(position) {
    return this.told[position];
  }
}

function positionOf(target) {
  return numberAt(target, ".node, .ranks button");
}

function hint() {
  return say(
    "Point at a token to see its arrows; click it to remove it. " +
      "Or use Tab, the arrow keys and Enter.",
  );
}

function caption({ outgoing }, threshold) {
  const areas = say(
    "The area of a node is its share of the sum of all scores. An arrow i → j says that token i " +
      "attends to token j.",
  );
  const arrows = outgoing
    ? say(
        "Arrows of weights above {threshold} are drawn; those from the token that you point at " +
          "are orange.",
        { threshold },
      )
    : say(
        "Arrows of weights above {threshold} are drawn; those to the token that you point at " +
          "are orange.",
        { threshold },
      );
  const removal = say(
    "A removed token loses its row and its column, and each row that stays is divided by its " +
      "sum. The damping is used by PageRank alone: it is how likely the walk follows an arrow " +
      "rather than jumping.",
  );
  return `${areas} ${arrows} ${removal}`;
}

export default mount((model, el) => new RankingFigure(model, el), {
  redraw: ["layer", "head_choice", "measure_choice", "removed", "threshold"],
  damp: ["damping"],
});

// What tests compare with course_lib.
export * from "./centrality.js";
export * from "./state.js";
