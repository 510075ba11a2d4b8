import assert from "node:assert/strict";
import test from "node:test";
import { Chain } from "../../../static/crypto/chain.js";
import { firstKeyset } from "../../../static/crypto/keyset.js";
import { parseList } from "../../../static/crypto/record_list.js";
import { WrapPrivateKey } from "../../../static/crypto/rsa.js";
import { VaultLock, openRoot, parseRoot } from "../../../static/crypto/vault_root.js";
import { readWrapKey } from "../../../static/crypto/wrap_key.js";
import { newContent } from "../../../static/keys/draft.js";
import { rotation } from "../../../static/keys/rotation.js";
import { identities } from "./identities.js";

const ACCOUNT = "000102030405060708090a0b0c0d0e0f";
const AT = 1_796_000_000_000;
const halves = { password: new Uint8Array(64).fill(1), recovery: new Uint8Array(64).fill(2) };
const [ada, next] = await identities();

test("new identity keys come with a keyset that both sign, a wrap key, and a root that has old and new", async () => {
  const chain = await Chain.first(ACCOUNT, "Ada", await firstKeyset(ada, { account: ACCOUNT, name: "Ada", madeAt: AT }));
  const content = await newContent({ signing: ada, wrap: await WrapPrivateKey.generate() }, { identity: 1, wrap: 4 });
  const lock = await VaultLock.create(ACCOUNT, halves);
  const root = { number: 6, content: { ...content, kept: "as it is" }, lock };
  const { fields, tail } = await rotation({ head: chain.head, signing: ada, root }, { signing: next, wrap: await WrapPrivateKey.generate() }, AT + 1);
  assert.deepEqual(fields, { expected: "1" });
  const [keyset, wrap, sealed] = parseList(tail, 3);
  assert.equal(await chain.extend(keyset), "rotated");
  assert.equal((await readWrapKey(wrap, chain.head, 5)).number, 5);
  for (const opener of ["password", "recovery"]) {
    const opened = await openRoot(parseRoot(sealed), opener, halves[opener]);
    assert.equal(opened.number, 7);
    assert.deepEqual(opened.content.identity.map(({ number }) => number), ["1", "2"]);
    assert.deepEqual(opened.content.wraps.map(({ number, superseded_at: at }) => [number, at]), [["4", String(AT + 1)], ["5", null]]);
    assert.deepEqual(opened.content.item_keys, content.item_keys);
    assert.equal(opened.content.kept, "as it is");
  }
});
