// The choices of a figure: the traits that a reader changes, how they began, and what they may be.
// Python sends both as `start` and `limits`; see `within` in figure.py.

const LONGEST = 2000; // letters of a link that is read

/** Change traits, and tell Python and the controls of it. */
export function change(model, traits) {
  for (const [name, value] of Object.entries(traits)) model.set(name, value);
  model.save_changes();
}

/** Set choices of which one may forget another, as a new text forgets the chosen token. */
export function restore(model, traits) {
  for (let pass = 0; pass < 2; pass++) change(model, structuredClone(traits));
}

/** The choices that are not as they began. */
export function changed(model) {
  const start = model.get("start") ?? {};
  const now = Object.keys(start).map((name) => [name, model.get(name)]);
  const differs = ([name, value]) => JSON.stringify(value) !== JSON.stringify(start[name]);
  return Object.fromEntries(now.filter(differs));
}

/** Whether a value may be that of a trait with these limits. */
export function fits(value, limit) {
  if (limit.low === undefined) return typeof value === "boolean";
  if (value === null) return limit.none === true;
  if (!limit.length) return lies(value, limit);
  const [least, most] = limit.length;
  return (
    Array.isArray(value) &&
    value.length >= least &&
    value.length <= most &&
    value.every((entry) => lies(entry, limit)) &&
    (!limit.whole || new Set(value).size === value.length)
  );
}

function lies(value, { low, high, whole }) {
  return (whole ? Number.isInteger : Number.isFinite)(value) && value >= low && value <= high;
}

/** A figure and its choices as the fragment of an address. */
export function writeLink(name, traits) {
  const parts = Object.entries({ figure: name, ...traits }).map(([key, value]) => {
    const told = key === "figure" ? value : JSON.stringify(value, asWritten);
    return `${key}=${encodeURIComponent(told)}`;
  });
  return `#${parts.join("&")}`;
}

/** A number as a person writes it: 0.85 and not 0.8500000000000001. */
function asWritten(_name, value) {
  return typeof value === "number" ? Number(value.toPrecision(12)) : value;
}

/** The name and the choices in a fragment, of which all that do not fit are left out; or null. */
export function readLink(fragment, limits) {
  if (fragment.length > LONGEST) return null;
  const parts = fragment.replace(/^#/, "").split("&");
  const read = new Map(parts.map((part) => [part.split("=", 1)[0], decoded(part)]));
  if (!read.get("figure")) return null;
  const traits = {};
  for (const name of Object.keys(limits)) {
    const value = parsed(read.get(name));
    if (value !== undefined && fits(value, limits[name])) traits[name] = value;
  }
  return { name: read.get("figure"), traits };
}

function decoded(part) {
  const [, ...told] = part.split("=");
  try {
    return told.length ? decodeURIComponent(told.join("=")) : undefined;
  } catch {
    return undefined; // a % that stands for nothing
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // nothing, or no JSON
  }
}
