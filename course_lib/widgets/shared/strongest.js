// Which of many edges are drawn.
import { range } from "./numbers.js";

export const MANY = 64; // positions; of more the weak edges are left out
export const MOST_EDGES = 1500; // of so many positions; what is weaker would hide under them

/** The `most` strongest of the edges, flat indices in their order; of equal ones the first. */
export function strongest(matrix, edges, most) {
  if (edges.length <= most) return edges;
  const least = leastOf(matrix, edges, most);
  let ties = most; // so many edges of the least weight are drawn
  for (let e = 0; e < edges.length; e++) if (matrix[edges[e]] > least) ties--;
  const kept = [];
  for (let e = 0; kept.length < most; e++) {
    const weight = matrix[edges[e]];
    if (weight > least || (weight === least && ties-- > 0)) kept.push(edges[e]);
  }
  return kept;
}

/** Of edges with their values the `most` strongest. */
export function strongestOf({ edges, values }, most) {
  const places = strongest(values, range(edges.length), most);
  return { edges: places.map((k) => edges[k]), values: places.map((k) => values[k]) };
}

/** The least weight among the `most` strongest: few candidates are kept, and thinned now and then. */
function leastOf(matrix, edges, most) {
  const held = new Float64Array(2 * most);
  let [count, least] = [0, -Infinity];
  for (let e = 0; e < edges.length; e++) {
    const weight = matrix[edges[e]];
    if (!(weight > least)) continue;
    held[count++] = weight;
    if (count < held.length) continue;
    least = largestAt(held, most - 1);
    count = most;
  }
  return largestAt(held.subarray(0, count), most - 1);
}

/**
 * What would stand at a place if the values were sorted, the largest first; the larger ones then stand before
 * it (quickselect).
 */
function largestAt(values, place) {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = values[(low + high) >> 1];
    let [i, j] = [low, high];
    while (i <= j) {
      while (values[i] > pivot) i++;
      while (values[j] < pivot) j--;
      if (i > j) break;
      [values[i], values[j]] = [values[j], values[i]];
      i++;
      j--;
    }
    if (place <= j) high = j;
    else if (place >= i) low = i;
    else break;
  }
  return values[place];
}
