// The nodes and the rows of a ranking: how large, and of what they are made.
import { html, svg } from "../shared/drawing.js";
import { sortedRow } from "../shared/sorted_list.js";
import { scoreShares } from "./state.js";

const MOST_SIZE = 22; // radius of a node that holds all: short of its label
const LEAST_SIZE = 1.8; // so that a node of score 0 can still be seen

/** The radius of each node: its area is the token's share; without a ranking all are alike. */
export function nodeSizes(nodes, ranking, removed) {
  const held = scoreShares(ranking);
  return nodes.map(({ size, position }) =>
    ranking.problem || removed.includes(position)
      ? size
      : Math.max(LEAST_SIZE, MOST_SIZE * Math.sqrt(held[position])),
  );
}

export function drawNode({ position, at: [cx, cy], label }, text) {
  const group = svg(
    "g",
    { class: "node", role: "button", "data-position": position },
    svg("circle", { class: "reach", cx, cy }),
    svg("circle", { class: "dot", cx, cy }),
  );
  if (label) group.append(svg("text", label, text));
  return group;
}

export function drawRow(name, position) {
  const [rank, value] = [html("span", { class: "rank" }), html("span", { class: "value" })];
  const bar = html("i");
  const parts = [rank, html("span", { class: "token" }, name), html("span", {}, bar), value];
  return { ...sortedRow({ "data-position": position }, ...parts), rank, bar, value };
}
