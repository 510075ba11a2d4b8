/**
 * A chat-server that lies to one web-proxy: a relay between the two that reads every frame of the TCP wire and changes what it is told
 * to (docs/protocol.md §2).
 */
import { connect, createServer } from "node:net";
import { join, u32, u64, fromHex, utf8 } from "../../../static/wire/bytes.js";
import { decodeFrame } from "../../../static/wire/frame.js";

const COMMAND = 0x01;
const REPLY = 0x02;
const EVENT = 0x03;
const DELIVER = 0x05;

/**
 * @typedef {import("../../../static/wire/frame.js").DeliverFrame} DeliverFrame
 * @typedef {(command: string, fields: any, outcome: any) => any} Answer what becomes of a reply: another outcome, or the same
 * @typedef {(frame: any) => any} Told what becomes of an event or a deliver frame: another one, the same, or null for none
 * @typedef {{ near: import("node:net").Socket, asked: Map<number, { command: string, fields: any }>, channels: Set<string> }} Session
 */

export class Liar {
  /** @type {Answer} */
  answer = (_command, _fields, outcome) => outcome;
  /** @type {Told} */
  told = (frame) => frame;
  address = "";
  /** @type {Set<Session>} */
  #sessions = new Set();
  /** @type {Set<import("node:net").Socket>} */
  #sockets = new Set();
  /** The newest place of each channel, as the page knows it. @type {Map<string, number>} */
  #newest = new Map();
  /** How many places were made up in each channel: what really comes afterwards stands behind them. @type {Map<string, number>} */
  #madeUp = new Map();
  #server;

  /** @param {string} target address of the chat-server @returns {Promise<Liar>} */
  static start(target) {
    const liar = new Liar(target);
    return new Promise((resolve) => {
      liar.#server.listen(0, "127.0.0.1", () => {
        const address = /** @type {import("node:net").AddressInfo} */ (liar.#server.address());
        liar.address = `127.0.0.1:${address.port}`;
        resolve(liar);
      });
    });
  }

  /** @param {string} target */
  constructor(target) {
    const [host, port] = target.split(":");
    this.#server = createServer((near) => this.#relay(near, connect(Number(port), host)));
  }

  /** Tells the truth again. */
  repent() {
    this.answer = (_command, _fields, outcome) => outcome;
    this.told = (frame) => frame;
  }

  /** What was made up is gone, as after a reload of the page. */
  forget() {
    this.#madeUp.clear();
  }

  /** Delivers something at the next place of a channel, or further on, to whoever follows it. @param {{ channel: string, sender: string, name: string, payload: Uint8Array, flags?: number, skip?: number }} what */
  deliver({ channel, sender, name, payload, flags = 0b01, skip = 0 }) {
    const sequence = (this.#newest.get(channel) ?? 0) + 1 + skip;
    this.#newest.set(channel, sequence);
    this.#madeUp.set(channel, (this.#madeUp.get(channel) ?? 0) + 1 + skip);
    const frame = encodeDeliver({ channel, sequence, time: Date.now(), flags, sender, name, payload });
    for (const { near, channels } of this.#sessions) if (channels.has(channel)) near.write(join(u32(frame.length), frame));
  }

  /** Tells something of a room to whoever follows its channel. @param {string} channel @param {{ event: string } & Record<string, any>} header @param {Uint8Array} [tail] */
  tell(channel, header, tail = new Uint8Array()) {
    const frame = encodeEvent({ header, tail });
    for (const { near, channels } of this.#sessions) if (channels.has(channel)) near.write(join(u32(frame.length), frame));
  }

  /** Cuts every connection. */
  cut() {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop() {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** @param {import("node:net").Socket} near @param {import("node:net").Socket} far */
  #relay(near, far) {
    /** @type {Session} */
    const session = { near, asked: new Map(), channels: new Set() };
    this.#sessions.add(session);
    for (const [socket, other] of [[near, far], [far, near]]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        this.#sessions.delete(session);
        other.destroy();
      });
    }
    near.on("data", frames((frame) => far.write(join(u32(frame.length), this.#asked(session, frame)))));
    far.on("data", frames((frame) => {
      const passed = this.#passed(session, frame);
      if (passed !== null) near.write(join(u32(passed.length), passed));
    }));
  }

  /** @param {Session} session @param {Uint8Array} frame */
  #asked({ asked }, frame) {
    if (frame[0] !== COMMAND) return frame;
    const bytes = Buffer.from(frame);
    const { command, ...fields } = JSON.parse(bytes.subarray(9, 9 + bytes.readUInt32BE(5)).toString());
    asked.set(bytes.readUInt32BE(1), { command, fields });
    return frame;
  }

  /** @param {Session} session @param {Uint8Array} frame @returns {Uint8Array | null} */
  #passed(session, frame) {
    if (frame[0] === REPLY) return this.#replied(session, frame);
    if (frame[0] !== EVENT && frame[0] !== DELIVER) return frame;
    const read = decodeFrame(frame);
    const told = this.told(read);
    if (told === null) return null;
    if (told.kind !== "deliver") return told === read ? frame : encodeEvent(told);
    if (told.sequence === 0) return encodeDeliver(told);
    const sequence = told.sequence + (this.#madeUp.get(told.channel) ?? 0);
    this.#newest.set(told.channel, Math.max(sequence, this.#newest.get(told.channel) ?? 0));
    return encodeDeliver({ ...told, sequence });
  }

  /** @param {Session} session @param {Uint8Array} frame */
  #replied({ asked, channels }, frame) {
    const { request, outcome } = /** @type {import("../../../static/wire/frame.js").ReplyFrame} */ (decodeFrame(frame));
    const question = asked.get(request);
    asked.delete(request);
    if (question === undefined) return frame;
    const said = this.answer(question.command, question.fields, outcome);
    if (question.command === "rooms.follow" && "ok" in said) {
      for (const stand of said.ok.channels) {
        channels.add(stand.channel);
        stand.sequence = String(Number(stand.sequence) + (this.#madeUp.get(stand.channel) ?? 0));
        this.#newest.set(stand.channel, Number(stand.sequence));
      }
      return encodeReply(request, said);
    }
    return said === outcome ? frame : encodeReply(request, said);
  }
}

/** Cuts a stream into frames. @param {(frame: Uint8Array) => void} take */
function frames(take) {
  let rest = Buffer.alloc(0);
  return (/** @type {Buffer} */ data) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE()) {
      const length = rest.readUInt32BE();
      const frame = new Uint8Array(rest.subarray(4, 4 + length));
      rest = rest.subarray(4 + length);
      take(frame);
    }
  };
}

/** As the wire has it, without its length. @param {Omit<DeliverFrame, "kind">} frame */
export function encodeDeliver({ channel, sequence, time, flags, sender, name, payload }) {
  const named = utf8(name);
  return join(DELIVER, fromHex(channel, 16), u64(sequence), u64(time), flags, fromHex(sender, 16), named.length, named, payload);
}

/** @param {{ header: object, tail: Uint8Array }} event */
function encodeEvent({ header, tail }) {
  const json = utf8(JSON.stringify(header));
  return join(EVENT, u32(json.length), json, tail);
}

/** @param {number} request @param {any} outcome */
function encodeReply(request, { tail = new Uint8Array(), ...header }) {
  const json = utf8(JSON.stringify(header));
  return join(REPLY, u32(request), u32(json.length), json, tail);
}
