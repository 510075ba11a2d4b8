/**
 * Away for a month by the clock: server and devices are four times a week further, and who comes back then, with the profile of a month
 * ago, is refused nothing but the session that has expired.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Memory } from "../../static/store/database.js";
import { moveClock } from "./harness/clock.js";
import { SERVER, WorkerStage, rows, send } from "./harness/worker_stage.js";

const WEEKS = [8, 16, 24, 32];
const stage = new WorkerStage();

test("who was away for a month of the clock signs in again, reads all of it, and hears no false alarm", { timeout: 240_000 }, async (t) => {
  const [hers, his] = [new Memory(), new Memory()];
  let { ada, bob, room } = await stage.pair("m", { database: his });
  await bob.ask("conversation_read", { room, sequence: rows(bob, room).find(({ text }) => text === "first").sequence });
  bob.end();

  const said = [];
  for (const days of WEEKS) {
    ada.end();
    moveClock(t, days);
    await stage.later(days);
    // On the device of the first week, then on the one that took its place: a wrap key is replaced every week.
    ada = await stage.member(ada.name, { database: hers }).signIn(SERVER);
    await ada.until(() => ada.conversation(room)?.state === "ready", "the room");
    await ada.replaceWrap();
    await ada.ask("conversation_rotate", { room });
    for (const at of [1, 2, 3]) {
      said.push(`day ${days}, ${at}`);
      await send(ada, room, `day ${days}, ${at}`);
    }
    await ada.until(() => ada.texts(room).includes(`day ${days}, 3`) && rows(ada, room).every(({ send: state }) => !state), "that all went");
  }

  await assert.rejects(bob.resume(), /login_failed/);
  const again = await stage.member(bob.name, { database: his }).signIn(SERVER);
  await again.until(() => again.conversation(room)?.state === "ready", "the room");
  const page = await again.ask("conversation_rows", { room, before: null, count: 50 });
  for (const row of page.rows) again.rows.get(room)?.set(row.key, row);
  assert.deepEqual(again.texts(room), ["first", ...said]);
  assert.equal(rows(again, room).some(({ kind }) => kind === "unreadable"), false);
  await again.until(() => again.conversation(room).unread === said.length, "what is unread");
  assert.deepEqual([...again.alarms(room), ...ada.alarms(room)], []);
  await send(again, room, "back");
  await ada.shows(room, "back");
  assert.deepEqual(ada.alarms(room), []);
});
