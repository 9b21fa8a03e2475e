// The smallest model that a view can live with, where there is neither Jupyter nor a widget
// manager: get, set, on, off, save_changes. Pages with figures of their own put it into a script.

/** A model whose traits are the entries of `state`. */
export function makeModel(state) {
  const listeners = new Map();
  const of = (name) => listeners.get(name) ?? listeners.set(name, new Set()).get(name);
  return {
    get: (name) => state[name],
    set(name, value) {
      if (JSON.stringify(state[name]) === JSON.stringify(value)) return;
      state[name] = value;
      for (const listener of [...of(`change:${name}`)]) listener();
    },
    on: (name, listener) => of(name).add(listener),
    off: (name, listener) => of(name).delete(listener),
    save_changes() {},
    listening: () => [...listeners.values()].reduce((total, set) => total + set.size, 0),
  };
}
