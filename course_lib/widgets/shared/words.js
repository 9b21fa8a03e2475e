// The words of a figure. A sentence stands in English where it is said, is looked up in the
// catalogue that Python sends, and has its places, such as {name}, filled in after that. The
// sentences of a catalogue are collected by a program: call `say` with a constant string, and not
// inside of `${...}`, where that program does not look.

let catalogue = {};

/** Choose what is said from now on: translations by English sentence; what lacks stays English. */
export function speak(translations) {
  catalogue = translations ?? {};
}

/**
 * A sentence in the chosen language with its values filled in; other braces stay as they are. No
 * line ends between a number and its percent sign.
 */
export function say(sentence, values = {}) {
  const told = catalogue[sentence] ?? sentence;
  const filled = told.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
  return filled.replace(/(?<=\d) %/g, "\u00a0%");
}
