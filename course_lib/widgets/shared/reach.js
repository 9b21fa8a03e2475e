// Who reaches whom along a pattern, a flat array of n * n zeros and ones.
import { range } from "./numbers.js";

/** After how many layers each query reaches each key, at least 1; 0 where it never does. */
export function reachLayers(pattern, n) {
  const keys = range(n).map((i) => range(n).filter((j) => pattern[i * n + j]));
  const layers = new Uint8Array(n * n);
  for (let i = 0; i < n; i++) {
    let front = keys[i];
    for (const j of front) layers[i * n + j] = 1;
    for (let layer = 2; front.length; layer++) {
      const next = [];
      for (const j of front) {
        for (const k of keys[j]) {
          if (layers[i * n + k]) continue;
          layers[i * n + k] = layer;
          next.push(k);
        }
      }
      front = next;
    }
  }
  return layers;
}
