import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import * as texts from "../../course_lib/widgets/shared/texts.js";
import { say, speak } from "../../course_lib/widgets/shared/words.js";

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

test("a token that repeats carries its position", () => {
  assert.deepEqual(texts.tokenNames(["the", "cat", "the"]), ["the [0]", "cat", "the [2]"]);
});

test("a percentage never claims to be everything when it is not", () => {
  assert.deepEqual([0, 0.004, 0.5, 0.994, 1].map(texts.percent), [
    "0 %",
    "0 %",
    "50 %",
    "99 %",
    "100 %",
  ]);
  assert.equal(texts.percent(0.9999), "more than 99 %");
});

test("numbers as they are written", () => {
  assert.deepEqual([1, 0.934, 0.01, 0.0032, 3.4e-8, 1e-17].map(texts.brief), [
    "1.00",
    "0.93",
    "0.01",
    "0.003",
    "3e-8",
    "0",
  ]);
  assert.deepEqual([1.234, -1.234, 0, -0.001].map(texts.signed), [
    "+1.23",
    "−1.23",
    "+0.00",
    "+0.00",
  ]);
  assert.equal(texts.withMinus(-0.5), "−0.5");
  assert.equal(texts.capital("row 1"), "Row 1");
});
