/** Frames as the server sends them, for states that no well-behaved server brings about on request. */

/** @param {number} value */
const u16 = (value) => Buffer.from([value >> 8, value & 255]);
const u32 = (value) => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
};
const u64 = (value) => {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(value));
  return out;
};

/** @param {object} header of an event */
export function eventFrame(header) {
  const json = Buffer.from(JSON.stringify(header));
  return Buffer.concat([Buffer.from([3]), u32(json.length), json]);
}

/** @param {number} code */
export function closeFrame(code) {
  return Buffer.concat([Buffer.from([8]), u16(code)]);
}

/**
 * @param {{ channel: string, sequence: number, sender: string, name: string, message: string, content: object, marks?: number }} deliver
 */
export function deliverFrame({ channel, sequence, sender, name, message, content, marks = 0 }) {
  const now = Date.now();
  const named = Buffer.from(name);
  return Buffer.concat([
    Buffer.from([5]),
    Buffer.from(channel, "hex"),
    u64(sequence),
    u64(now),
    Buffer.from([0]),
    Buffer.from(sender, "hex"),
    Buffer.from([named.length]),
    named,
    Buffer.from([1, 5]),
    Buffer.from(message, "hex"),
    u64(1),
    u64(now),
    Buffer.from([marks]),
    Buffer.from(JSON.stringify(content)),
  ]);
}

/** Answers a command, as the server would. @param {Buffer} command its frame @param {object} header @param {Buffer} [tail] */
export function replyFrame(command, header, tail = Buffer.alloc(0)) {
  const json = Buffer.from(JSON.stringify(header));
  return Buffer.concat([Buffer.from([2]), command.subarray(1, 5), u32(json.length), json, tail]);
}
