// Edges from the tokens of a text up to the model's answer.
import { svg } from "../shared/drawing.js";

const HEIGHT = 70;
const MOST_WIDTH = 10; // of an edge that holds all

/** Draw the edges of a method and of the judge beside each other; `token` is lit. */
export function drawFan(root, n, method, judge, token) {
  root.setAttribute("viewBox", `0 0 ${n} ${HEIGHT}`);
  const lines = (shares, kind, aside) =>
    shares.flatMap((share, k) => (share > 0 ? [line(n, k, share, kind, aside, token)] : []));
  root.replaceChildren(...lines(judge, "judge", 0.13), ...lines(method, "method", -0.13));
}

function line(n, k, share, kind, aside, token) {
  const [x, top] = [k + 0.5 + aside, n / 2];
  return svg("path", {
    class: `edge ${kind}${token === k ? " lit" : ""}`,
    "data-token": k,
    d: `M${x} ${HEIGHT}C${x} ${0.45 * HEIGHT} ${top} ${0.55 * HEIGHT} ${top} 2`,
    "stroke-width": Math.max(0.5, MOST_WIDTH * share).toFixed(2),
    "stroke-opacity": Math.min(1, 0.35 + share).toFixed(2),
  });
}
