/**
 * What the server tells of rooms without being asked (docs/protocol.md §14.7 to §14.14).
 */
import { toHex } from "../wire/bytes.js";
import { takeIn } from "./plans.js";
/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./engine.js").Engine} Engine */

/** How long new channels are gathered before they are followed, in milliseconds. */
const GATHER_MS = 50;
/** As many bytes of a request's end, where its signature is, tell it from every other one. */
const NAMES = 16;

/**
 * Takes one event.
 * @param {Engine} engine
 * @param {{ event: string } & Record<string, any>} header
 * @param {Uint8Array} tail
 */
export async function takeEvent(engine, header, tail) {
  switch (header.event) {
    case "room.added":
      return engine.add(String(header.room), header.request === true);
    case "room.removed":
      return engine.drop(String(header.room));
    case "room.invited":
      return engine.invitations.take(tail);
    case "vault.changed":
      return vaultChanged(engine);
    case "keys.changed":
      return keysChanged(engine, String(header.account));
    default: {
      const conversation = engine.conversations.get(String(header.room));
      if (conversation !== undefined) return takeRoomEvent(engine, conversation, header, tail);
    }
  }
}

/** @param {Engine} engine @param {Conversation} conversation @param {{ event: string } & Record<string, any>} header @param {Uint8Array} tail */
async function takeRoomEvent(engine, conversation, header, tail) {
  const { room, keeper, grants } = conversation;
  const members = keeper.chain?.head.record.members.size ?? 1;
  switch (header.event) {
    case "epoch.committed":
      return conversation.share(Number(header.n), Number(header.wrap), tail);
    case "commit.due":
      conversation.due(Number(header.n), String(header.reason));
      if (conversation.isDueAtOnce) engine.later.soon(`due ${room}`, members, engine.inRoom(room, (each) => each.commitDue()));
      return;
    case "room.requested":
      return engine.later.soon(`take in ${room}`, members, engine.inRoom(room, (each) => each.committing.commit(takeIn(each.keeper.verified.head.n))));
    case "room.forgot":
      return engine.chores.forget(conversation);
    case "room.state":
      return conversation.state.take(tail);
    case "epoch.keys_requested":
      // Whoever asks is answered by one or two, and not by all at once.
      return engine.later.soon(`keys ${room} ${toHex(tail.slice(-NAMES))}`, members, engine.inRoom(room, (each) => each.grants.requested(tail)));
    case "epoch.granted":
      return grants.granted(tail);
    case "epoch.refused":
      return grants.refused(String(header.request), typeof header.reason === "number" ? header.reason : null);
    case "room.updated":
      return conversation.face.updated(header);
    case "channel.updated":
      conversation.face.channelUpdated(header);
      conversation.channels.get(String(header.channel))?.wake();
      // Of a new one nothing was followed yet; several at once are followed together.
      if (!conversation.channels.has(String(header.channel))) engine.later.at(`channels ${room}`, GATHER_MS, engine.inRoom(room, (each) => each.refollow()));
  }
}

/** Another device has read, joined or been given something. @param {Engine} engine */
async function vaultChanged(engine) {
  await engine.session.vault.refresh();
  for (const conversation of engine.conversations.values()) if (conversation.secrets.missingEpochs.length > 0) engine.quietly(conversation.retry(), conversation);
  // What the user said of somebody's keys elsewhere lets go what waited for it.
  for (const conversation of engine.conversations.values()) conversation.pump();
  engine.tell();
}

/** @param {Engine} engine @param {string} account */
async function keysChanged(engine, account) {
  const { keysets, account: own } = engine.session;
  if (account !== own && keysets.get(account) === undefined) return;
  await keysets.read(account).catch(() => {});
  for (const conversation of engine.conversations.values()) {
    const members = conversation.keeper.chain?.head.record.members;
    if (members?.has(account) !== true) continue;
    if (account === own) engine.chores.rekey(conversation);
    else engine.quietly(conversation.retry(), conversation);
  }
  engine.tell();
}
