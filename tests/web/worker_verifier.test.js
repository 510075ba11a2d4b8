/** History that is verified by a second worker, on a new device at a real chat-server; and without it, when it dies. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Verifier } from "../../static/rooms/verifier.js";
import { Member, Wire } from "./harness/member.js";
import { start } from "./harness/programs.js";
import { VerifierThread } from "./harness/verifier.js";

const SERVER = "localhost";
/** More than one page. */
const TEXTS = Array.from({ length: 130 }, (_, number) => `message ${number}`);
/** @type {import("./harness/programs.js").Program} */
let chat;
let address = "";
let room = "";
const data = mkdtempSync(join(tmpdir(), "sealwire-verifier-"));

before(async () => {
  chat = start("chat-server", ["--listen=127.0.0.1:0", `--data=${data}`, `--server-name=${SERVER}`, "--sign-ins=0"]);
  address = await chat.listening();
  const [ada, bob] = await Promise.all(["ada", "bob"].map((name) => new Member(name, () => Wire.open(address)).register(SERVER)));
  ({ room } = await ada.ask("conversation_create", { kind: "direct", accounts: [bob.account], name: "", history: "from_joining" }));
  for (const text of TEXTS) await ada.ask("conversation_send", { room, content: { type: "text", text } });
  await bob.shows(room, ...TEXTS);
  for (const member of [ada, bob]) member.end();
});
after(async () => {
  await chat.stop();
  rmSync(data, { recursive: true, force: true });
});

/** Signs in on a new device, and reads what was said. @param {(thread: VerifierThread) => void} [meanwhile] */
async function read(meanwhile) {
  const thread = new VerifierThread();
  const verifier = new Verifier(thread);
  await thread.ready();
  meanwhile?.(thread);
  const bob = new Member("bob", () => Wire.open(address), undefined, verifier);
  try {
    await bob.signIn(SERVER);
    await bob.until(() => bob.conversation(room)?.state === "ready", "the conversation");
    await bob.ask("conversation_rows", { room, before: null, count: TEXTS.length });
    await bob.shows(room, ...TEXTS);
    return { posted: thread.posted.length, texts: bob.texts(room) };
  } finally {
    bob.end();
    await thread.die();
  }
}

test("the second worker verifies a page of history, and it is in order", { timeout: 180_000 }, async () => {
  const { posted, texts } = await read();
  assert.deepEqual(texts, TEXTS);
  assert.equal(posted, TEXTS.length, "each is verified once");
});

test("if it dies meanwhile, nothing is missing and nothing hangs", { timeout: 180_000 }, async () => {
  const { posted, texts } = await read((thread) => {
    thread.onPosted = () => {
      if (thread.posted.length === TEXTS.length / 2) void thread.die();
    };
  });
  assert.deepEqual(texts, TEXTS);
  assert.ok(posted < TEXTS.length);
});
