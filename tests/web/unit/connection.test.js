import assert from "node:assert/strict";
import test from "node:test";
import { Backoff } from "../../../static/sync/backoff.js";
import { Connection } from "../../../static/sync/connection.js";

const SIGNED_IN = { ok: { member: "", name: "", rooms: [] } };
const SIGNED_OUT = { error: { code: "not_signed_in", message: "" } };
const turns = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

/** A connection over scripted links; `links` are those that were opened. */
function scripted(t, session = () => SIGNED_IN) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const links = [];
  const log = [];
  const open = (kind) => (events) => {
    const link = { kind, events, command: async () => ({ ok: {} }), publish: async () => ({ ok: {} }), close: () => events.onEnd({ opened: true, reason: "done" }) };
    links.push(link);
    return link;
  };
  const connection = new Connection(
    { socket: open("socket"), events: open("events"), session: async () => session() },
    { onState: (state) => log.push(state.phase), onFrame: () => {}, onOpen: () => log.push("opened"), onLost: (reason) => log.push(`lost ${reason}`) },
    new Backoff(() => 0),
  );
  return { connection, links, log };
}
const cut = (link, opened = true, reason = "cut") => link.events.onEnd({ opened, reason });

test("a cut link is opened again after a wait that doubles", (t) => {
  const { connection, links } = scripted(t);
  connection.start();
  links[0].events.onOpen();
  cut(links[0]);
  t.mock.timers.tick(249);
  assert.equal(links.length, 1);
  t.mock.timers.tick(1);
  assert.equal(links.length, 2);
});

test("a WebSocket that does not open gives way to events while the session lives", async (t) => {
  const { connection, links, log } = scripted(t);
  connection.start();
  cut(links[0], false);
  await turns();
  assert.equal(links[1].kind, "events");
  links[1].events.onOpen();
  assert.equal(log.at(-1), "opened");
  cut(links[1]);
  t.mock.timers.tick(500);
  assert.equal(links[2].kind, "socket", "one failure may be chance");
  cut(links[2], false);
  await turns();
  links[3].events.onOpen();
  cut(links[3]);
  t.mock.timers.tick(500);
  assert.equal(links[4].kind, "events", "two are not");
});

test("a session that is gone ends the trying", async (t) => {
  const { connection, links, log } = scripted(t, () => SIGNED_OUT);
  connection.start();
  cut(links[0], false);
  await turns();
  assert.deepEqual(log.slice(-2), ["stopped", "lost expired"]);
  t.mock.timers.tick(60_000);
  assert.equal(links.length, 1);
});

for (const reason of ["done", "replaced", "version"]) {
  test(`close ${reason} ends the session here`, (t) => {
    const { connection, links, log } = scripted(t);
    connection.start();
    links[0].events.onOpen();
    cut(links[0], true, reason);
    assert.equal(log.at(-1), `lost ${reason}`);
  });
}

test("an announced restart is waited for as long as was said", (t) => {
  const { connection, links } = scripted(t);
  connection.start();
  links[0].events.onOpen();
  connection.expectCut(4_000);
  cut(links[0], true, "resume");
  t.mock.timers.tick(3_999);
  assert.equal(links.length, 1);
  t.mock.timers.tick(1);
  assert.equal(links.length, 2);
});

test("trying now does not wait; a stopped connection tries nothing", (t) => {
  const { connection, links } = scripted(t);
  connection.start();
  links[0].events.onOpen();
  cut(links[0]);
  connection.retryNow();
  assert.equal(links.length, 2);
  connection.stop();
  t.mock.timers.tick(60_000);
  assert.equal(links.length, 2);
});

test("without a link a command is answered with cut", async (t) => {
  const { connection } = scripted(t);
  assert.deepEqual(await connection.command("rooms.list"), { error: { code: "cut", message: "" } });
});

test("back-off doubles, is capped and jittered, and starts over", () => {
  const least = new Backoff(() => 0);
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6].map(() => least.next()), [250, 500, 1000, 2000, 4000, 7500, 7500]);
  least.reset();
  assert.equal(least.next(), 250);
  assert.ok(new Backoff(() => 0.999).next() <= 500);
});
