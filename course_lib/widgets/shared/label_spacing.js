// How the names of tokens fit beside one another.

/** The distance between tokens on an axis, and what follows from it for their labels. */
export function labelStyle(spacing) {
  return { "font-size": Math.max(8, Math.min(13, 0.92 * spacing)), every: Math.ceil(8 / spacing) };
}
