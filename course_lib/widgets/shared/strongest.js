// Which of many edges are drawn.

/** The `most` strongest of the edges, flat indices in their order; of equal ones the first. */
export function strongest(matrix, edges, most) {
  if (edges.length <= most) return edges;
  const least = largestAt(
    Float64Array.from(edges, (k) => matrix[k]),
    most - 1,
  );
  let ties = most;
  for (const k of edges) if (matrix[k] > least) ties -= 1;
  return edges.filter((k) => matrix[k] > least || (matrix[k] === least && ties-- > 0));
}

/** What would stand at a place if the values were sorted, the largest first (quickselect). */
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
