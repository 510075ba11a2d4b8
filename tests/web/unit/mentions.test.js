import assert from "node:assert/strict";
import test from "node:test";
import { begunMention, mentionsOf, partsOf } from "../../../static/model/mentions.js";

const people = [{ account: "1", name: "Ann" }, { account: "2", name: "Ann Lee" }, { account: "3", name: "陈美" }, { account: "4", name: "" }];

test("a mention is the longest name behind an @, in any case, and each counts once", () => {
  assert.deepEqual(mentionsOf("@ann lee and @Ann, @ANN!", people), ["2", "1"]);
  assert.deepEqual(mentionsOf("请@陈美看一下", people), ["3"]);
  assert.deepEqual(mentionsOf("nobody here", people), []);
});

test("what only looks like one is none", () => {
  for (const text of ["mail@ann.example", "@annabel", "@", "@ Ann", "x@陈美", "@@"]) assert.deepEqual(mentionsOf(text, people), [], text);
});

test("the parts are the text", () => {
  for (const text of ["@Ann", "a @Ann b @陈美", "", "@Ann@Ann Lee", "@@Ann"]) assert.equal(partsOf(text, people).map((part) => part.text).join(""), text);
});

test("a begun mention is what stands between the @ and the caret", () => {
  assert.equal(begunMention("hello @An"), "An");
  assert.equal(begunMention("@"), "");
  assert.equal(begunMention("a@b"), null);
  assert.equal(begunMention("@a\nb"), null);
  assert.equal(begunMention(`@${"a".repeat(32)}`), null);
});
