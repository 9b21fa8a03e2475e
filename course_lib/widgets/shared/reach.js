// Who reaches whom along a pattern, a flat array of n * n numbers: 0 where no edge is.

/** After how many layers each query reaches each key, at least 1; 0 where it never does. */
export function reachLayers(pattern, n) {
  const words = Math.ceil(n / 32);
  const keys = bitsOf(pattern, n, words); // of each query, a bit a key
  const layers = new Uint16Array(n * n);
  const [reached, next] = [new Uint32Array(words), new Uint32Array(words)];
  for (let i = 0; i < n; i++) {
    reached.fill(0);
    let front = [i];
    let missing = n;
    for (let layer = 1; front.length && missing; layer++) {
      next.fill(0);
      for (const j of front) {
        for (let w = 0; w < words; w++) next[w] |= keys[j * words + w];
      }
      front = [];
      for (let w = 0; w < words; w++) {
        let fresh = next[w] & ~reached[w];
        reached[w] |= fresh;
        for (; fresh; fresh &= fresh - 1) {
          const k = 32 * w + 31 - Math.clz32(fresh & -fresh);
          layers[i * n + k] = layer;
          front.push(k);
        }
      }
      missing -= front.length;
    }
  }
  return layers;
}

function bitsOf(pattern, n, words) {
  const bits = new Uint32Array(n * words);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      if (pattern[i * n + k]) bits[i * words + (k >> 5)] |= 1 << (k & 31);
    }
  }
  return bits;
}
