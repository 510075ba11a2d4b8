import assert from "node:assert/strict";
import test from "node:test";
import { parseMarkdown } from "../../../static/model/markdown.js";

/** A tree as one line. */
const inline = (part) => {
  if (part.kind === "text") return part.text;
  if (part.kind === "code") return `<code ${part.text}>`;
  if (part.kind === "link") return `<link ${part.href} ${part.parts.map(inline).join("")}>`;
  return `<${part.kind} ${part.parts.map(inline).join("")}>`;
};
const block = (each) => {
  if (each.kind === "block") return `[block ${JSON.stringify(each.text)}]`;
  return each.kind === "quote" ? `[quote ${each.blocks.map(block).join("")}]` : `[${each.parts.map(inline).join("")}]`;
};
const read = (text) => parseMarkdown(text).map(block).join("");

test("bold, italic and code stand close around their words", () => {
  assert.equal(read("a **b c** d *e* `f *g*`"), "[a <strong b c> d <emphasis e> <code f *g*>]");
  assert.equal(read("__b__ _e_"), "[<strong b> <emphasis e>]");
  assert.equal(read("**a *b* c**"), "[<strong a <emphasis b> c>]");
  assert.equal(read("``a ` b``"), "[<code a ` b>]");
});

test("what does not fit a rule stays as it was written", () => {
  for (const text of ["2 * 3 * 4", "a ** b **", "snake_case_name", "**open", "`open", "[a](javascript:alert(1))", "[a](//evil.example)", "****", "_", "a * b", "http://", "https:// x"]) {
    assert.equal(read(text), `[${text}]`, text);
  }
});

test("addresses become links without the marks around them", () => {
  assert.equal(read("see https://a.example/x?y=1."), "[see <link https://a.example/x?y=1 https://a.example/x?y=1>.]");
  assert.equal(read("(https://a.example/b)"), "[(<link https://a.example/b https://a.example/b>)]");
  assert.equal(read("https://a.example/b_(c)"), "[<link https://a.example/b_(c) https://a.example/b_(c)>]");
  assert.equal(read("见https://a.example/路径，好。"), "[见<link https://a.example/%E8%B7%AF%E5%BE%84 https://a.example/路径>，好。]");
  assert.equal(read("[the **list**](https://a.example)"), "[<link https://a.example/ the <strong list>>]");
  assert.equal(read("[a https://b.example](https://a.example)"), "[<link https://a.example/ a https://b.example>]");
});

test("blocks of code keep everything, quotes hold blocks", () => {
  assert.equal(read("a\n```js\nx **y**\n\n  z\n```\nb"), '[a][block "x **y**\\n\\n  z"][b]');
  assert.equal(read("```\nnever closed"), "[```\nnever closed]");
  assert.equal(read("> a\n> > b\n> ```\n> c\n> ```\nd"), '[quote [a][quote [b]][block "c"]][d]');
  assert.equal(read(">".repeat(9)), `[quote [quote [quote [quote [${">".repeat(5)}]]]]]`);
  assert.equal(read("a\n\nb"), "[a\n\nb]");
});

test("no text is lost, and none takes long", () => {
  const plain = (part) => (part.parts === undefined ? part.text : part.parts.map(plain).join(""));
  let seed = 11;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let round = 0; round < 300; round++) {
    const text = Array.from({ length: 30 }, () => "ab *_`[]()".charAt(Math.floor(random() * 10))).join("");
    const words = parseMarkdown(text).flatMap((each) => each.parts?.map(plain) ?? [each.text]).join("");
    assert.equal(words.replace(/[*_`]/g, ""), text.replace(/[*_`]/g, ""));
  }
  for (const text of ["*".repeat(20_000), "[".repeat(20_000), "**a ".repeat(16_000), "*a*".repeat(16_000), "`".repeat(60_001), "` a".repeat(20_001), "_a".repeat(30_000), "> ".repeat(30_000), "[a](".repeat(15_000), "https://a".repeat(6_000)]) parseMarkdown(text);
});
