// How the names of tokens fit beside one another.

// Sizes in units of a drawing. On a phone one is a little less than a pixel of CSS; what would be
// too small to be read there is larger, and so stands further apart: see base.css.
const [LEAST, MOST, LEAST_ON_PHONES] = [8, 13, 13];

/**
 * What gives the label of a position its look, as a function of the position, for tokens that lie
 * `spacing` apart: attributes, or null where there is no room for a label. On a ring of `around`
 * tokens the first one comes again after the last.
 */
export function labelStyle(spacing, around = Infinity) {
  const fits = (position, least) => {
    const every = Math.ceil(least / spacing);
    return position % every === 0 && (position === 0 || position <= around - every);
  };
  const size = Math.max(LEAST, Math.min(MOST, 0.92 * spacing));
  return (position) => {
    if (!fits(position, LEAST)) return null;
    const name = fits(position, LEAST_ON_PHONES) ? "label" : "label between";
    return { class: name, "font-size": size };
  };
}
