// What the builder of patterns computes. A pattern is a flat array of n * n zeros and ones: entry
// i * n + j says whether query i may attend to key j. The twin of course_lib/sparsity.py.

/** The union of window, global, random and block pattern, always with its diagonal. */
export function makePattern({ n, order, radius, dilation, globals, random, block }) {
  const pattern = new Uint8Array(n * n);
  const global = new Set(Array.from({ length: globals }, (_, g) => Math.floor((g * n) / globals)));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const apart = Math.abs(i - j);
      const near = apart <= radius * dilation && apart % dilation === 0;
      const together = Math.floor(i / block) === Math.floor(j / block);
      pattern[i * n + j] = near || together || global.has(i) || global.has(j) ? 1 : 0;
    }
    for (let k = 0; k <= random; k++) pattern[i * n + order[i * n + k]] = 1; // the first: itself
  }
  return pattern;
}

/** After how many layers each query reaches each key, at least 1; 0 where it never does. */
export function reachLayers(pattern, n) {
  const keys = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => j).filter((j) => pattern[i * n + j]),
  );
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

/** Everything the figure shows but the chosen position: what a test compares with course_lib. */
export function patternState(model) {
  const names = ["n", "radius", "dilation", "block"];
  const [n, radius, dilation, block] = names.map((name) => model.get(name));
  const [globals, random] = ["global_positions", "random_keys"].map((name) => model.get(name));
  const bytes = model.get("order");
  const order = new Uint8Array(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, n * n);
  const pattern = makePattern({ n, order, radius, dilation, globals, random, block });
  const layers = reachLayers(pattern, n);
  const edges = pattern.reduce((sum, one) => sum + one, 0);
  const full = layers.every((layer) => layer > 0) ? Math.max(...layers) : null;
  return { n, pattern, layers, edges, full };
}

/** How many of some pairs are reached within so many layers. */
export function reachedWithin(layers, most) {
  return layers.reduce((sum, layer) => sum + (layer > 0 && layer <= most ? 1 : 0), 0);
}
