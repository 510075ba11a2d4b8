/** Items that are new to the vault, many at once. */
import assert from "node:assert/strict";
import test from "node:test";
import { ServerRefusal } from "../../../static/rooms/page.js";
import { RoomVault } from "../../../static/rooms/vault.js";

/** As many as one command takes. */
const MOST = 256;

/** A vault, and how many items each command had. */
function vaultOf(refuses = false) {
  const puts = /** @type {number[]} */ ([]);
  const page = /** @type {any} */ ({
    call: async () => {
      if (refuses) throw new ServerRefusal("vault_conflict");
      return { ok: { revision: "1" }, tail: new Uint8Array() };
    },
  });
  const seal = async (/** @type {any[]} */ entries) => (puts.push(entries.length), new Uint8Array());
  return { puts, vault: new RoomVault(page, /** @type {any} */ ({ seal })) };
}
/** @param {number} count */
const pinsOf = (count) =>
  Array.from({ length: count }, (_, at) => ({ name: /** @type {const} */ ({ kind: "pin", account: at.toString(16).padStart(32, "0") }), content: { number: "1", head: `h${at}` } }));

test("as many are added by one command as it takes, and the others by the next", async () => {
  for (const [count, commands] of /** @type {[number, number[]][]} */ ([[0, []], [1, [1]], [MOST - 1, [MOST - 1]], [MOST, [MOST]], [MOST + 1, [MOST, 1]]])) {
    const { puts, vault } = vaultOf();
    const pins = pinsOf(count);
    await vault.addAll(pins);
    assert.deepEqual(puts, commands);
    for (const { name, content } of pins) assert.equal(vault.pin(name.account)?.head, content.head);
  }
});

test("what the server did not take is not there", async () => {
  const { vault } = vaultOf(true);
  const pins = pinsOf(2);
  await assert.rejects(vault.addAll(pins), ServerRefusal);
  for (const { name } of pins) assert.equal(vault.pin(name.account), null);
});
