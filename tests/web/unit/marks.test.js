/** The own read mark in the vault: the highest wins, unless its user goes back (docs/protocol.md §14.6). */
import assert from "node:assert/strict";
import test from "node:test";
import { Marks } from "../../../static/rooms/marks.js";
import { ServerRefusal } from "../../../static/rooms/page.js";

const CHANNEL = "0a".repeat(16);
const RUN = "0b".repeat(16);

/** A vault that holds one mark, and may refuse. */
function vault(mark = null) {
  const here = {
    held: mark,
    refuses: false,
    mark: () => here.held,
    change: async (_name, change) => {
      if (here.refuses) throw new ServerRefusal("cut");
      here.held = change(here.held) ?? here.held;
    },
  };
  return here;
}
const mark = (sequence, run = RUN) => ({ run, sequence: String(sequence), message: "0c".repeat(16) });

test("a mark moves on, back where its user wants it, and counts for its numbering only", async () => {
  const held = vault(mark(5));
  const marks = new Marks(held, CHANNEL);
  assert.deepEqual([marks.own(RUN), marks.own("0d".repeat(16))], [5, 0]);
  await marks.move(RUN, 9);
  assert.deepEqual([marks.own(RUN), held.held.sequence], [9, "9"]);
  await marks.move(RUN, 3);
  assert.deepEqual([marks.own(RUN), held.held.sequence], [3, "3"]);
});

test("another device that is further stays so, and a mark of another numbering is none", async () => {
  const held = vault(mark(5));
  const marks = new Marks(held, CHANNEL);
  const moving = marks.move(RUN, 7);
  held.held = mark(8);
  await moving;
  assert.equal(Number(held.held.sequence) >= 7, true);
  held.held = mark(90, "0d".repeat(16));
  await marks.move(RUN, 2);
  assert.deepEqual([held.held.run, held.held.sequence], [RUN, "2"]);
});

test("what could not be written counts here, and is written later", async () => {
  const held = vault();
  held.refuses = true;
  const marks = new Marks(held, CHANNEL);
  await marks.move(RUN, 4);
  assert.deepEqual([marks.own(RUN), held.held], [4, null]);
  held.refuses = false;
  await marks.flush();
  assert.equal(held.held.sequence, "4");
});

test("what others say goes forward only", () => {
  const marks = new Marks(vault(), CHANNEL);
  assert.deepEqual([marks.said("a", 3), marks.said("a", 2), marks.said("a", 5)], [true, false, true]);
  assert.deepEqual(marks.others, [{ account: "a", read: 5 }]);
});
