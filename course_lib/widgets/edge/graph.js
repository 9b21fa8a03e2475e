// The graph of a head: queries on the left, keys on the right, an edge between each pair.
import { html, setAll, svg } from "../shared/drawing.js";
import { range, shade } from "../shared/numbers.js";
import { onPress } from "../shared/pointing.js";
import { alongRow, radios } from "../shared/radios.js";
import { shortTokens } from "../shared/texts.js";
import { say } from "../shared/words.js";
import { told } from "./steps.js";

const LEAST = 0.01; // weaker edges are not drawn, unless one is chosen
const ROW = 26; // the height of a token

/** The graph in an HTML element, `root`; `choose({ query, key })` is called with what is chosen. */
export class EdgeGraph {
  constructor(choose) {
    this.choose = choose;
    this.columns = {
      query: radioColumn("query", say("query: the token that attends")),
      key: radioColumn("key", say("key: the token attended to")),
    };
    this.lines = svg("svg", { preserveAspectRatio: "none", "aria-hidden": "true" });
    const between = html("div", { class: "between" }, this.lines);
    onPress(between, (target) => {
      const { query, key } = target.dataset;
      if (query) choose({ query: +query, key: +key, down: true });
    });
    const titles = [say("query"), "", say("key")].map((title) => html("b", {}, title));
    const { query, key } = this.columns;
    this.root = html("div", { class: "bipartite" }, ...titles, query.root, between, key.root);
  }

  /** Write the tokens of another head. */
  write(head) {
    this.head = head;
    const short = shortTokens(head.tokens);
    for (const [role, column] of Object.entries(this.columns)) {
      column.write(short, head.names, (k) => this.choose({ [role]: k }));
    }
    setAll(this.lines, { viewBox: `0 0 100 ${ROW * head.n}` });
    this.lines.style.height = `${ROW * head.n}px`;
    this.paths = range(head.n ** 2).map((e) => this.edge(Math.floor(e / head.n), e % head.n));
  }

  edge(query, key) {
    const [y0, y1] = [query, key].map((k) => ROW * (k + 0.5));
    const d = `M0 ${y0}C40 ${y0} 60 ${y1} 100 ${y1}`;
    const weight = this.head.rows[query].weights[key];
    const line = {
      "stroke-width": 0.8 + 4.4 * weight,
      "stroke-opacity": 0.12 + 0.88 * shade(weight),
    };
    const ends = { "data-query": query, "data-key": key };
    return svg(
      "g",
      {},
      svg("path", { class: "edge", d, ...line }),
      svg("path", { class: "hit", d, ...ends }),
    );
  }

  /** Show the chosen edge, and the part of the graph that the step is about. */
  show({ i, j, weights }, part) {
    const { n, rows, allowed } = this.head;
    this.columns.query.mark(i);
    this.columns.key.mark(j);
    this.columns.key.tell(weights, (k) => allowed[i][k]);
    const drawn = range(n * n).filter((e) => {
      const [query, key] = [Math.floor(e / n), e % n];
      const weight = rows[query].weights[key];
      return weight >= LEAST || (query === i && key === j && weight > 0);
    });
    const rank = (e) => (e === i * n + j ? 2 : Math.floor(e / n) === i ? 1 : 0);
    drawn.sort((a, b) => rank(a) - rank(b) || a - b);
    const kinds = ["", "in-row", "chosen"];
    for (const e of drawn) this.paths[e].setAttribute("class", kinds[rank(e)]);
    this.lines.replaceChildren(...drawn.map((e) => this.paths[e]));
    this.root.dataset.part = part;
  }

  /** The elements that stand for the two ends of the edge. */
  ends({ i, j }) {
    return { query: this.columns.query.word(i), key: this.columns.key.word(j) };
  }
}

/** A column of tokens of which one is chosen. */
function radioColumn(role, label) {
  const root = html("div", {
    class: role === "key" ? "column keys" : "column queries",
    role: "radiogroup",
    "aria-label": label,
  });
  let items = [];
  const column = {
    root,
    write(short, names, choose) {
      items = short.map((token, k) => {
        const [word, share] = [html("span", {}, token), html("small", { "aria-hidden": "true" })];
        const button = html("button", { type: "button", "data-position": k }, word);
        if (role === "key") button.append(share);
        button.setAttribute(
          "aria-label",
          say("{token}, position {position}", { token: names[k], position: k }),
        );
        return { button, word, share, name: names[k] };
      });
      const buttons = items.map(({ button }) => button);
      root.replaceChildren(...buttons);
      column.mark = radios(root, buttons, { next: alongRow(buttons.length), choose });
    },
    /** Tell the weights of a row beside the keys. */
    tell(weights, isAllowed) {
      items.forEach(({ button, share, name }, k) => {
        const values = { token: name, position: k, weight: told(weights[k]) };
        share.textContent = isAllowed(k) ? told(weights[k]) : say("masked");
        button.classList.toggle("masked", !isAllowed(k));
        button.setAttribute(
          "aria-label",
          isAllowed(k)
            ? say("{token}, position {position}, weight {weight}", values)
            : say("{token}, position {position}, masked", values),
        );
      });
    },
    word: (k) => items[k].word,
  };
  return column;
}
