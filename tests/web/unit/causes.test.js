/** Causes of what cannot be read: each has its words and its next step in both languages, and every alarm, too. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { CAUSES, isLost, mayChange } from "../../../static/crypto/room/causes.js";
import { TALK_EN } from "../../../static/i18n/talk_en.js";
import { TALK_ZH } from "../../../static/i18n/talk_zh.js";

const source = (path) => readFileSync(new URL(`../../../static/${path}`, import.meta.url), "utf8");
const causes = Object.keys(CAUSES);
/** Names of the literals of a union type in a comment. */
const literals = (text, start, end) => [...text.slice(text.indexOf(start), text.indexOf(end, text.indexOf(start))).matchAll(/"([a-z_]+)"/g)].map(([, name]) => name);

test("every cause of the worker has a sentence and a next step, and nothing else has", () => {
  const declared = literals(source("crypto/room/causes.js"), "@typedef {\"waiting_for_key\"", "Unreadable\n");
  assert.deepEqual(declared.sort(), [...causes].sort());
  for (const catalogue of [TALK_EN, TALK_ZH]) {
    for (const cause of causes) for (const key of [`unread.${cause}`, `unread.${cause}_next`]) assert.ok(catalogue[key], key);
  }
  const buttons = ["ask", "ask_again", "asked", "reload"];
  const said = Object.keys(TALK_EN).filter((key) => key.startsWith("unread.")).map((key) => key.slice(7));
  for (const key of said) assert.ok(causes.includes(key.replace(/(_direct)?_next$/, "")) || buttons.includes(key), key);
});

test("a cause is asked about, ends by itself, or is final and names who can send it again", () => {
  for (const cause of causes) {
    const next = JSON.stringify(TALK_EN[`unread.${cause}_next`]);
    if (CAUSES[cause] === "itself") assert.match(next, /again|filled in/, cause);
    if (isLost(cause) && cause !== "commit_refused" && cause !== "keys_reset") assert.match(next, /\{name\}/, cause);
    // Nothing that may still be read is called lost for good, and nothing that is lost is waited for; a key that is waited for is both.
    if (CAUSES[cause] === "nothing") assert.equal(mayChange(cause), false, cause);
  }
});

test("no place in the worker names a cause that is not listed, and each is given somewhere", () => {
  const given = new Set();
  for (const path of ["rooms/opening.js", "rooms/secrets.js", "rooms/rows.js"]) for (const cause of causes) if (source(path).includes(`"${cause}"`)) given.add(cause);
  assert.deepEqual([...given].sort(), [...causes].sort());
});

test("every alarm has its words, with and without a name, and says what to do", () => {
  const kinds = literals(source("rooms/requests.js"), "@typedef {{ kind: \"fork\"", "account:");
  const [, named] = /WITH_NAME = new Set\(.*?\(\[(.*?)\]\)/.exec(source("ui/conversations/notices.js")) ?? [];
  const withName = [...(named ?? "").matchAll(/"([a-z_]+)"/g)].map(([, name]) => name);
  assert.ok(kinds.length >= 13);
  for (const kind of kinds) {
    for (const catalogue of [TALK_EN, TALK_ZH]) {
      assert.ok(catalogue[`alarm.${kind}`], kind);
      assert.equal(`alarm.${kind}_nobody` in catalogue, withName.includes(kind), kind);
    }
    for (const key of Object.keys(TALK_EN).filter((each) => each.startsWith(`alarm.${kind}`))) assert.match(TALK_EN[key], /[Aa]sk |[Cc]ompare |Look at |Confide nothing|can set/, key);
  }
});
