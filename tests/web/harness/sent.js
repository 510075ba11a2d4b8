/** Everything that a page sends, and what of it must never be there. */
import { createDecipheriv, hkdfSync, pbkdf2Sync } from "node:crypto";
import { formsOf } from "./canaries.js";

/** @param {string} text */
const label = (text) => Buffer.from(`sealwire/v1/${text}\0`);

/** Records request bodies, addresses and WebSocket frames from now on. @param {import("playwright-core").Page} page */
export function record(page) {
  /** @type {Buffer[]} */
  const sent = [];
  page.on("request", (request) => sent.push(Buffer.from(request.url()), request.postDataBuffer() ?? Buffer.alloc(0)));
  page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => sent.push(Buffer.from(payload))));
  return sent;
}

/** The fields and the records of the registration in what was sent (docs/protocol.md, sections 11 and 14.5). @param {Buffer[]} sent */
export function registration(sent) {
  const at = sent.findIndex((bytes) => bytes.toString("latin1").endsWith("/api/auth.register"));
  const body = sent[at + 1];
  const length = body.readUInt32BE(0);
  const fields = JSON.parse(body.subarray(4, 4 + length).toString());
  const records = [];
  for (let from = 4 + length; from < body.length; from += 4 + body.readUInt32BE(from)) {
    records.push(body.subarray(from + 4, from + 4 + body.readUInt32BE(from)));
  }
  return { fields, records };
}

/** What the password of a registration stretches to, and what that opens (sections 14.2 and 14.6). @param {string} password @param {ReturnType<typeof registration>} registered */
export function secrets(password, { fields, records: [, , root] }) {
  const salt = Buffer.from(fields.salt, "hex");
  const stretched = pbkdf2Sync(password, salt, fields.rounds, 32, "sha256");
  const half = Buffer.from(hkdfSync("sha512", stretched, salt, label("vault-password"), 64));
  // version, type, account, number and key id; then two wraps of 128 bytes.
  const vaultKey = open(half, root.subarray(42, 42 + 96)).subarray(1);
  const part = root.subarray(42 + 256);
  const padded = open(vaultKey, Buffer.concat([part.subarray(0, 16), part.subarray(20, 20 + part.readUInt32BE(16))]));
  const { identity, wraps, item_keys: itemKeys } = JSON.parse(padded.subarray(0, padded.lastIndexOf(0x80)).toString());
  return new Map([
    ["password", Buffer.from(password)],
    ["stretched password", stretched],
    ["vault half", half],
    ["vault key", vaultKey],
    ["identity key", Buffer.from(identity[0].pss, "base64")],
    ["DSA key", Buffer.from(identity[0].dsa, "hex")],
    ["wrap key", Buffer.from(wraps[0].key, "base64")],
    ["item key", Buffer.from(itemKeys[0].key, "hex")],
  ]);
}

/** AES-256-CBC under the second half of a key; the tag is not what this is about. @param {Buffer} key @param {Buffer} sealed IV and ciphertext */
function open(key, sealed) {
  const cipher = createDecipheriv("aes-256-cbc", key.subarray(32), sealed.subarray(0, 16));
  return Buffer.concat([cipher.update(sealed.subarray(16)), cipher.final()]);
}

/** The secrets of epochs in the vault items that were sent (section 14.6). @param {Buffer[]} sent @param {Buffer} account @param {Buffer} itemKey */
export function epochSecrets(sent, account, itemKey) {
  const front = Buffer.concat([Buffer.from([1, 0x14]), account]);
  /** @type {Map<string, Buffer>} */
  const secrets = new Map();
  for (const bytes of sent) {
    for (let at = bytes.indexOf(front); at !== -1; at = bytes.indexOf(front, at + 1)) {
      // version, type, account and item key; then kind, name, number, time to forget and the sealed part.
      const item = bytes.subarray(at + 34);
      if (item[0] !== EPOCH_SECRET) continue;
      const named = 2 + item[1] + 8;
      const part = item.subarray(named + 8);
      const info = Buffer.concat([label("vault-item"), item.subarray(0, named)]);
      const key = Buffer.from(hkdfSync("sha512", itemKey, account, info, 64));
      const padded = open(key, Buffer.concat([part.subarray(0, 16), part.subarray(20, 20 + part.readUInt32BE(16))]));
      const { secret } = JSON.parse(padded.subarray(0, padded.lastIndexOf(0x80)).toString());
      secrets.set(secret, Buffer.from(secret, "hex"));
    }
  }
  return [...secrets.values()];
}

/** The kind of item that holds the secret of an epoch. */
const EPOCH_SECRET = 1;

/** Whether something was sent, in any form. @param {Buffer[]} sent @param {Buffer} secret */
export function wasSent(sent, secret) {
  const forms = formsOf(secret);
  return sent.some((bytes) => forms.some((form) => bytes.includes(form)));
}
