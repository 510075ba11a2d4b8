/**
 * New identity keys that follow the present ones, signed by both, with a wrap key and a root to match
 * (docs/protocol.md §14.3, `keys.rotate`).
 */
import { toBase64 } from "../wire/base64.js";
import { toHex } from "../wire/bytes.js";
import { encodeList } from "../crypto/record_list.js";
import { rotatedKeyset } from "../crypto/keyset.js";
import { signWrapKey } from "../crypto/wrap_key.js";

/**
 * @typedef {import("../crypto/vault_content.js").RootContent} RootContent
 * @typedef {import("../crypto/wrap_key.js").WrapKey} WrapKey
 * @typedef {import("../crypto/rsa.js").WrapPrivateKey} WrapPrivateKey
 */

/**
 * The old identity stays in the vault for as long as a room may need it; others learn of the new one from the chain.
 * @param {{ head: import("../crypto/keyset.js").Keyset, signing: import("../crypto/signature.js").SigningKeys, root: import("../crypto/vault_root.js").OpenedRoot }} open
 * @param {import("./draft.js").NewKeys} next
 * @param {number} now
 */
export async function rotation({ head, signing, root }, next, now) {
  const keyset = await rotatedKeyset(next.signing, head, signing, now);
  const { pss, dsa } = await next.signing.bytes();
  const { number, wraps } = await withNextWrap(root.content, next.wrap, now);
  const wrap = await signWrapKey(next.signing, { account: head.account, number, madeAt: now, key: next.wrap.publicKey });
  const identity = [...root.content.identity, { number: String(head.number + 1), pss: toBase64(pss), dsa: toHex(dsa) }];
  const sealed = await root.lock.seal(root.number + 1, { ...root.content, identity, wraps });
  return { fields: { expected: String(head.number) }, tail: encodeList([keyset, wrap, sealed]) };
}

/**
 * The wrap keys of a vault with one more; the one before it is superseded now.
 * @param {RootContent} content
 * @param {WrapPrivateKey} key
 * @param {number} now
 */
export async function withNextWrap(content, key, now) {
  const number = Number(content.wraps[content.wraps.length - 1].number) + 1;
  const wraps = content.wraps.map((entry) => (entry.superseded_at === null ? { ...entry, superseded_at: String(now) } : entry));
  wraps.push({ number: String(number), key: toBase64(await key.pkcs8()), superseded_at: null, made_at: String(now) });
  return { number, wraps };
}
