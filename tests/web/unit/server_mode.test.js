import assert from "node:assert/strict";
import test from "node:test";
import { Reports } from "../../../static/model/reports.js";
import { ServerMode } from "../../../static/model/server_mode.js";
import { Signal } from "../../../static/model/signals.js";

/** A server with a mode, that lets an account change it or not; what it was asked is noted. */
function server({ administers = false, emergency = false } = {}) {
  const asked = [];
  const call = async (command, fields = {}) => {
    asked.push({ command, ...fields });
    if (fields.emergency !== undefined && !administers) return { error: { code: "not_allowed" } };
    emergency = fields.emergency ?? emergency;
    return { ok: { emergency, administers } };
  };
  return { asked, call };
}

const stateOf = (mode) => [mode.emergency.peek(), mode.administers.peek()];

test("how the server stands is asked for, and nothing is said of it before", async () => {
  const { call, asked } = server({ emergency: true });
  const mode = new ServerMode({ call });
  assert.deepEqual(stateOf(mode), [false, false]);
  assert.equal(await mode.read(), null);
  assert.deepEqual(stateOf(mode), [true, false]);
  assert.deepEqual(asked, [{ command: "server.mode" }]);
});

test("an administrator turns it on and off, and what a server answers counts", async () => {
  const { call, asked } = server({ administers: true });
  const mode = new ServerMode({ call });
  assert.equal(await mode.set(true), null);
  assert.deepEqual(stateOf(mode), [true, true]);
  assert.equal(await mode.set(false), null);
  assert.deepEqual(stateOf(mode), [false, true]);
  assert.deepEqual(asked, [{ command: "server.mode", emergency: true }, { command: "server.mode", emergency: false }]);
});

test("what is refused, or answered otherwise than the protocol says, turns nothing on", async () => {
  const { call } = server();
  const mode = new ServerMode({ call });
  assert.equal(await mode.set(true), "not_allowed");
  assert.deepEqual(stateOf(mode), [false, false]);
  const odd = new ServerMode({ call: async () => ({ ok: { emergency: "true", administers: 1 } }) });
  assert.equal(await odd.read(), null);
  assert.deepEqual(stateOf(odd), [false, false]);
});

test("an account that administrates nothing has no reports read, and one that signs out has no mode", async () => {
  for (const administers of [false, true]) {
    const { call } = server({ administers, emergency: true });
    const account = { call, on: () => () => {}, phase: new Signal("unproven") };
    const read = [];
    const conversations = { list: new Signal(null), ask: async (name) => (read.push(name), { ok: { reports: [], more: false } }) };
    const reports = new Reports(account, conversations);
    conversations.list.value = [];
    account.phase.value = "ready";
    await settled();
    assert.deepEqual(stateOf(reports.mode), [true, administers]);
    assert.deepEqual(read, administers ? ["conversations_reports"] : []);
    account.phase.value = "signed_out";
    await settled();
    assert.deepEqual([...stateOf(reports.mode), reports.items.peek()], [false, false, null]);
    reports.end();
  }
});

/** Everything that is due has run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
