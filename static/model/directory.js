/**
 * The public rooms of the server, for who looks for one (docs/protocol.md §14.7). What they are called is the server's word.
 */

/**
 * @typedef {{ room: string, name: string, topic: string, members: number }} Listed
 * `isOpen`: whether anybody may join; `isShared`: whether newcomers read what was said before.
 * @typedef {{ name: string, topic: string, isOpen: boolean, isShared: boolean, channels: Array<{ channel: string, name: string, topic: string }> }} Looked
 * @typedef {Pick<import("./account.js").Account, "call">} Caller
 */

/** The third byte of a policy and the second one say who may read and join; both count from one. */
const OPEN = "01";
const SHARED = "02";

/** Looks for rooms. */
export class Directory {
  #account;

  /** @param {Caller} account */
  constructor(account) {
    this.#account = account;
  }

  /**
   * A page of rooms, ascending by id.
   * @param {string} find part of the name; empty for all
   * @param {string | null} after the last room of the page before
   * @returns {Promise<{ rooms: Listed[], more: boolean } | { code: string }>}
   */
  async page(find, after) {
    const fields = { ...(find === "" ? {} : { find }), ...(after === null ? {} : { after }) };
    const answer = await this.#account.call("rooms.directory", fields);
    if ("error" in answer) return { code: answer.error.code };
    const rooms = Array.isArray(answer.ok.rooms) ? answer.ok.rooms : [];
    return { rooms: rooms.map(({ room, name, topic, members }) => ({ room: String(room), name: String(name), topic: String(topic ?? ""), members: Number(members) || 0 })), more: answer.ok.more === true };
  }

  /** What a room is, before one is in it. @param {string} room @returns {Promise<Looked | { code: string }>} */
  async look(room) {
    const answer = await this.#account.call("rooms.look", { room });
    if ("error" in answer) return { code: answer.error.code };
    const { name, topic, policy, channels } = answer.ok;
    const rules = String(policy);
    const shown = (Array.isArray(channels) ? channels : []).map(({ channel, name: called, topic: about }) => ({ channel: String(channel), name: String(called), topic: String(about ?? "") }));
    return { name: String(name), topic: String(topic ?? ""), isOpen: rules.slice(2, 4) === OPEN, isShared: rules.slice(4, 6) === SHARED, channels: shown };
  }
}
