import assert from "node:assert/strict";
import test from "node:test";
import { reconcile } from "../../../static/ui/list.js";
import { StubElement } from "./dom_stub.js";

const drawn = [];
const draw = (value) => {
  drawn.push(value.key);
  return new StubElement(`${value.key}${value.version ?? ""}`);
};
const show = (parent, values) => {
  drawn.length = 0;
  reconcile(parent, values, (value) => value.key, draw, (a, b) => a.version === b.version);
  return parent.children.map((child) => child.name).join(" ");
};
const keys = (text) => [...text].map((key) => ({ key }));

test("values are shown in their order and drawn once", () => {
  const parent = new StubElement("list");
  assert.equal(show(parent, keys("abc")), "a b c");
  const [a, b, c] = parent.children;
  assert.equal(show(parent, keys("cab")), "c a b");
  assert.deepEqual(drawn, []);
  assert.deepEqual(parent.children, [c, a, b]);
});

test("what is gone is taken away and what is new is put in its place", () => {
  const parent = new StubElement("list");
  show(parent, keys("abcd"));
  assert.equal(show(parent, keys("xbyd")), "x b y d");
  assert.deepEqual(drawn, ["x", "y"]);
  assert.equal(show(parent, []), "");
});

test("a changed value is drawn again where it stands", () => {
  const parent = new StubElement("list");
  show(parent, keys("abc"));
  const [a, , c] = parent.children;
  assert.equal(show(parent, [{ key: "a" }, { key: "b", version: 2 }, { key: "c" }]), "a b2 c");
  assert.deepEqual(drawn, ["b"]);
  assert.equal(parent.children[0], a);
  assert.equal(parent.children[2], c);
});

test("any order follows from any other", () => {
  const parent = new StubElement("list");
  let seed = 7;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let round = 0; round < 200; round++) {
    const wanted = keys("abcdefgh").filter(() => random() < 0.7).sort(() => random() - 0.5);
    assert.equal(show(parent, wanted), wanted.map((value) => value.key).join(" "));
  }
});
