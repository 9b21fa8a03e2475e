// The attention graph beside its heatmap, linked.
import { frame, html, percent, roving, setAll, shortTokens, svg, tokenNames, watch } from "./drawing.js";
import { heatmap } from "./heatmap.js";
import { circle, twoRows } from "./layouts.js";
import { decodeWeights, edgeEnds, edgesAbove, headMatrix, isAbove, massKept, shade } from "./numbers.js";

export const DIRECTIONS = ["attends", "flow"];
const LAYOUTS = [circle, twoRows];
const CAPTIONS = {
  attends: "An arrow i → j says: token i attends to token j.",
  flow: "An arrow j → i says: information flows from token j to token i, because i attends to j.",
};
const HINT = "Point at a token, an arrow or a cell; or use Tab and the arrow keys.";

/** Everything the figure shows, as plain numbers: what a test compares with course_lib. */
export function attentionState(model) {
  const weights = decodeWeights(model.get("weights"), model.get("shape"));
  const choice = model.get("head_choice"); // 0 is the mean, k + 1 is head k
  const matrix = headMatrix(weights, model.get("layer"), choice === 0 ? null : choice - 1);
  const edges = edgesAbove(matrix, model.get("threshold"));
  return { n: weights.n, matrix, edges, mass: massKept(matrix, edges) };
}

/** What is lit, in sentences [class, text]: one cell, or a row of queries and a column of keys. */
export function describe({ row, column, crossing }, { n, matrix }, names, { direction, threshold }) {
  const value = (k) => matrix[k].toFixed(2);
  if (crossing) {
    const k = row * n + column;
    const [from, to] = edgeEnds(names[row], names[column], direction);
    const hidden = isAbove(matrix[k], threshold) ? "" : " Not above the threshold, so not drawn.";
    const who = `(“${names[row]}” attends to “${names[column]}”).`;
    return [["", `${from} → ${to}: ${value(k)} ${who}${hidden}`]];
  }
  const strongest = (indices, name) =>
    indices
      .sort((a, b) => matrix[b] - matrix[a])
      .slice(0, 3)
      .map((k) => `${name(k)} ${value(k)}`)
      .join(", ");
  const all = Array.from({ length: n }, (_, p) => p);
  const sentences = [];
  if (row !== null) {
    const keys = strongest(all.map((j) => row * n + j), (k) => names[k % n]);
    sentences.push(["first", `“${names[row]}” attends most to: ${keys}. `]);
  }
  if (column !== null) {
    const queries = strongest(all.map((i) => i * n + column), (k) => names[Math.floor(k / n)]);
    sentences.push(["second", `“${names[column]}” gets most attention from: ${queries}.`]);
  }
  return sentences;
}

function render({ model, el }) {
  const tokens = model.get("tokens");
  const n = tokens.length;
  const names = tokenNames(tokens);
  const cellPick = (k) => ({ row: Math.floor(k / n), column: k % n, crossing: true });
  const nodePick = ({ query, key }) => ({ row: query, column: key, crossing: false });
  const picks = { hover: null, focus: null };
  const paths = new Array(n * n); // made when first drawn; in the document only while drawn
  let state, layout, direction, nodes;

  const titleLayer = svg("g");
  const edgeLayer = svg("g", { class: "edges" });
  const nodeLayer = svg("g", { class: "nodes" });
  const graph = svg(
    "svg",
    { viewBox: "0 0 400 400", role: "group", "aria-label": "attention graph", class: "graph" },
    titleLayer,
    edgeLayer,
    nodeLayer,
  );
  const map = heatmap(tokens, {
    label: "attention heatmap",
    names: (k) => tell(cellPick(k))[0][1],
    onPick: (k, by) => point(k === null ? null : cellPick(k), by),
  });
  const readout = html("p", { class: "readout", "aria-live": "polite" });
  const status = html("p", { class: "status", role: "status" });
  const caption = html("figcaption");
  const graphPanel = html("div", {}, graph);
  const panels = html("div", { class: "panels" }, graphPanel, map.root);
  const root = frame(el, "attention-view", panels, readout, status, caption);

  const tell = (pick) => describe(pick, state, names, { direction, threshold: model.get("threshold") });
  const outline = (k) => layout.edge(...edgeEnds(Math.floor(k / n), k % n, direction), direction);

  const walk = roving(graphPanel);

  function point(pick, by) {
    picks[by] = pick;
    light();
  }

  function light() {
    const pick = picks.hover ?? picks.focus;
    const { row, column, crossing } = pick ?? { row: null, column: null };
    root.classList.toggle("picked", pick !== null);
    map.light(row, column, crossing);
    for (const k of state.edges) {
      const [inRow, inColumn] = [Math.floor(k / n) === row, k % n === column];
      const leaving = inRow && (inColumn || !crossing);
      const arriving = inColumn && !crossing;
      paths[k].classList.toggle("lit", leaving || arriving);
      paths[k].classList.toggle("incoming", arriving && !leaving);
    }
    for (const { element, query, key } of nodes) {
      element.classList.toggle("lit", (query ?? NaN) === row || (key ?? NaN) === column);
    }
    const sentences = pick ? tell(pick) : [["", HINT]];
    readout.replaceChildren(...sentences.map(([tone, text]) => html("span", { class: tone }, text)));
  }

  function arrange() {
    layout = LAYOUTS[model.get("layout_choice")](n);
    direction = DIRECTIONS[model.get("direction_choice")];
    const short = shortTokens(tokens);
    nodes = layout.nodes.map((node) => ({ ...node, element: drawNode(node, short, names) }));
    const elements = nodes.map(({ element }) => element);
    nodeLayer.replaceChildren(...elements);
    walk(elements, layout.next);
    const titles = layout.titles.map(({ text, y }) => svg("text", { class: "axis", x: 200, y }, text));
    titleLayer.replaceChildren(...titles);
    paths.forEach((path, k) => path.setAttribute("d", outline(k)));
    caption.textContent = `${CAPTIONS[direction]} The wider and stronger the arrow, the more attention.`;
    Object.assign(root.dataset, { direction, layout: layout.name });
  }

  function drawEdges() {
    const before = state?.edges ?? [];
    state = attentionState(model);
    const { matrix, edges, mass } = state;
    const drawn = new Set(edges);
    for (const k of before) if (!drawn.has(k)) paths[k].remove();
    for (const k of edges) {
      paths[k] ??= svg("path", {
        class: "edge",
        d: outline(k),
        "data-query": Math.floor(k / n),
        "data-key": k % n,
      });
      setAll(paths[k], strokeOf(matrix[k]));
      if (!paths[k].isConnected) edgeLayer.append(paths[k]);
    }
    map.paint(matrix);
    status.textContent = `${edges.length} of ${n * n} edges drawn; they hold ${percent(mass)} of the attention.`;
    Object.assign(root.dataset, { edges: edges.length, mass });
  }

  graph.addEventListener("pointerover", ({ target }) => {
    const node = nodes.find(({ element }) => element.contains(target));
    const { query, key } = target.dataset;
    if (node) point(nodePick(node), "hover");
    else point(query ? { row: +query, column: +key, crossing: true } : null, "hover");
  });
  graph.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "touch") point(null, "hover");
  });
  graphPanel.addEventListener("focusin", ({ target }) => {
    const node = nodes.find(({ element }) => element === target);
    if (node) point(nodePick(node), "focus");
  });
  graphPanel.addEventListener("focusout", () => point(null, "focus"));

  const stops = [
    watch(model, ["layout_choice", "direction_choice"], () => {
      arrange();
      if (state) light();
    }),
    watch(model, ["layer", "head_choice", "threshold"], () => {
      drawEdges();
      light();
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

function strokeOf(weight) {
  return {
    "stroke-width": (0.6 + 4.4 * weight).toFixed(2),
    "stroke-opacity": (0.06 + 0.94 * shade(weight)).toFixed(3),
  };
}

function drawNode({ position, query, key, size, at: [cx, cy], label }, short, names) {
  const role = query === null ? "key" : key === null ? "query" : "token";
  const group = svg(
    "g",
    { class: "node", role: "img", "data-position": position, "data-role": role },
    svg("title", {}, `${role} ${names[position]}, position ${position}`),
    svg("circle", { class: "reach", cx, cy, r: Math.max(size, 9) }),
    svg("circle", { class: "dot", cx, cy, r: size }),
  );
  group.setAttribute("aria-label", `${role} ${names[position]}, position ${position}`);
  if (label) group.append(svg("text", { class: "label", ...label }, short[position]));
  return group;
}

export default { render };
