import assert from "node:assert/strict";
import test from "node:test";
import { Members, parseMember } from "../../../static/model/members.js";

const id = (n) => n.toString(16).padStart(32, "0");
const ADA = "aa".repeat(16);
const guest = (n, name) => ({ id: id(n), name, kind: "guest", fingerprint: null, account: null });
const device = (n, account = ADA, name = "Ada") => ({ id: id(n), name, kind: "account", fingerprint: null, account });

test("the devices of an account are one person, guests are each one", () => {
  const members = new Members();
  members.replace([device(1), guest(2, "Ben"), device(3), guest(4, "Ben")], 4);
  assert.deepEqual(
    members.people().map(({ key, name, members: ids }) => [key, name, ids.length]),
    [[ADA, "Ada", 2], [id(2), "Ben", 1], [id(4), "Ben", 1]],
  );
  assert.deepEqual([members.count.peek(), members.headcount.peek()], [4, 3]);
});

test("the headcount follows who comes and goes, and counts who is not listed", () => {
  const members = new Members();
  members.replace([device(1)], 10);
  assert.equal(members.headcount.peek(), 10);
  members.add(device(2));
  assert.deepEqual([members.count.peek(), members.headcount.peek()], [11, 10]);
  assert.ok(members.hasAnother(device(2)));
  members.remove(id(1));
  assert.deepEqual([members.count.peek(), members.headcount.peek()], [10, 10]);
  assert.ok(!members.hasAnother(device(2)));
  members.extend([guest(3, "Ben"), device(4)]);
  assert.equal(members.headcount.peek(), 9);
});

test("an account is an id, and no guest has one", () => {
  assert.equal(parseMember(device(1)).account, ADA);
  assert.equal(parseMember({ ...device(1), kind: "guest" }).account, null);
  for (const account of [undefined, null, 7, "", "AA".repeat(16), "aa"]) assert.equal(parseMember({ ...device(1), account }).account, null);
});
