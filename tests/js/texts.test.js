import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import * as texts from "../../course_lib/widgets/shared/texts.js";
import { say, speak } from "../../course_lib/widgets/shared/words.js";

// Python's tests read it too: stills and figures write alike.
const written = JSON.parse(readFileSync(new URL("written.json", import.meta.url), "utf-8"));

afterEach(() => speak({}));

test("a sentence is looked up, and its places are filled in after that", () => {
  assert.equal(say("{count} edges", { count: 3 }), "3 edges");
  speak({ "{from} to {to}": "nach {to} von {from}" });
  assert.equal(say("{from} to {to}", { from: 1, to: 2 }), "nach 2 von 1");
  assert.equal(say("not in the catalogue"), "not in the catalogue");
  speak(undefined); // an old page sends none
  assert.equal(say("{from} to {to}", { from: 1, to: 2 }), "1 to 2");
});

test("values are text, whatever stands in them; braces without a value stay", () => {
  assert.equal(say("“{token}”", { token: "$& {token}" }), "“$& {token}”");
  assert.equal(say("the set {0, 1} of {n}", { n: 0 }), "the set {0, 1} of 0");
});

test("tokens as they are printed", () => {
  const tokens = ["a b", "", "\n", "🙂🙂", "extraordinary"];
  assert.deepEqual(texts.shortTokens(tokens), ["a␣b", "(empty)", "␣", "🙂🙂", "extraord…"]);
  speak({ "(empty)": "(leer)" });
  assert.deepEqual(texts.shortTokens([""]), ["(leer)"]);
});

test("a token that repeats carries its position, in a drawing as in a sentence", () => {
  const tokens = ["the", "cat", "the"];
  assert.deepEqual(texts.tokenNames(tokens), ["the [0]", "cat", "the [2]"]);
  assert.deepEqual(texts.shortTokens(tokens), texts.tokenNames(tokens));
});

test("numbers, shares and labels are written as stills write them", () => {
  for (const [value, decimals, text] of written.number) {
    assert.equal(texts.number(value, decimals), text);
  }
  for (const [share, text] of written.percent) assert.equal(texts.percent(share), text);
  for (const [tokens, labels] of written.labels) {
    assert.deepEqual(texts.shortTokens(tokens), labels);
  }
  for (const [tokens, names] of written.names) assert.deepEqual(texts.tokenNames(tokens), names);
});

test("numbers are never in powers of ten, and never nothing", () => {
  for (let power = -20; power < 20; power++) {
    for (const write of [texts.number, texts.plain]) {
      assert.doesNotMatch(write(3.7 * 10 ** power), /e|^[−0.]*$/, `3.7e${power}`);
    }
  }
  assert.deepEqual([1.234, -1.234, 0, -0.001].map(texts.signed), [
    "+1.23",
    "−1.23",
    "0",
    "−0.0010",
  ]);
  assert.deepEqual(texts.numbersAlike([0.5, 0.25]), ["0.50", "0.25"]);
  assert.deepEqual(texts.numbersAlike([0.5, 0.001]), ["0.5000", "0.0010"]);
  assert.equal(texts.withMinus(-0.5), "−0.5");
  assert.equal(texts.capital("row 1"), "Row 1");
});
