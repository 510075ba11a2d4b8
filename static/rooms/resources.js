/**
 * Links and documents that members keep in a room: one list in its sealed state (docs/protocol.md §14.14). A change is made to the newest
 * list by the id of what it is about, so that two members who change it at once lose nothing of each other's.
 */
import { isTextOf } from "../crypto/room/json.js";
import { Refused } from "../keys/failure.js";
import { randomId } from "../wire/ids.js";
import { safeLink } from "../wire/links.js";
import { shownName } from "./files/names.js";
/** @typedef {import("../crypto/room/state_content.js").Resource} Resource */
/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./requests.js").ResourceChange} ResourceChange */
/** @typedef {import("./requests.js").ShownResource} ShownResource */

/** The longest title, in bytes. */
const TITLE_BYTES = 256;

/**
 * Changes the list, and gives the id of what was changed. Throws `Refused` (`resource_title`, `resource_url`, `resource_gone`, `waiting_for_key`;
 * `archived` and `not_allowed` of who may say nothing in the room, so that the timeline would be told nothing), a `SealError` (`too_large`), or a
 * `ServerRefusal`.
 * @param {Conversation} conversation
 * @param {{ account: string, at: number }} by
 * @param {ResourceChange} change
 * @returns {Promise<{ resource: string, title: string, action: "added" | "edited" | "removed" | null }>} what the timeline is told; null of an order
 */
export async function changeResource({ state, face, keeper }, by, change) {
  if (face.archived) throw new Refused("archived");
  if (keeper.verified.head.record.members.get(by.account)?.role === "muted") throw new Refused("not_allowed");
  const done = { resource: change.change === "add" ? randomId() : change.resource, title: "" };
  const put = change.change === "add" || change.change === "edit" ? checked(change) : null;
  await state.changeResources((list) => {
    const at = list.findIndex(({ id }) => id === done.resource);
    if (change.change !== "add" && at === -1) throw new Refused("resource_gone");
    done.title = put?.title ?? list[at].title;
    switch (change.change) {
      case "add":
        return [...list, { id: done.resource, .../** @type {Put} */ (put), by: by.account, at: String(by.at) }];
      case "edit":
        return list.map((each) => (each.id === done.resource ? edited(each, /** @type {Put} */ (put)) : each));
      case "remove":
        return list.filter(({ id }) => id !== done.resource);
      case "move":
        return moved(list, at, change.before);
    }
  });
  return { ...done, action: ACTIONS[change.change] };
}

/** @typedef {{ title: string, url: string } | { title: string, file: string } | { title: string }} Put a title alone leaves where it leads */

/** What the timeline says of a change. @type {Readonly<Record<ResourceChange["change"], "added" | "edited" | "removed" | null>>} */
const ACTIONS = Object.freeze({ add: "added", edit: "edited", remove: "removed", move: null });

/** Resources as the page shows them: of a link that leads nowhere safe nothing can be opened. @param {readonly Resource[]} list @returns {ShownResource[]} */
export function shownResources(list) {
  return list.map(({ id, title, url, file, by, at }) => {
    const link = url === undefined ? null : safeLink(url);
    return { resource: id, title: shownName(title), url: link?.href ?? "", host: link?.host ?? "", file: file ?? "", by, at: Number(at) };
  });
}

/** @param {Extract<ResourceChange, { change: "add" | "edit" }>} change @returns {Put} */
function checked({ title, url, file }) {
  const plain = title.trim();
  if (!isTextOf(plain, 1, TITLE_BYTES)) throw new Refused("resource_title");
  if (file !== undefined) return { title: plain, file };
  const link = safeLink(url ?? "");
  if (link === null) throw new Refused("resource_url");
  return { title: plain, url: link.href };
}

/** Whatever else a newer version put there stays. @param {Resource} resource @param {Put} put @returns {Resource} */
function edited({ url: _url, file: _file, ...rest }, put) {
  return { ...rest, ...put };
}

/** Puts one before another, or last; where that one is gone it stays. @param {Resource[]} list @param {number} at @param {string | null} before */
function moved(list, at, before) {
  const rest = list.filter((_, index) => index !== at);
  const to = before === null ? rest.length : rest.findIndex(({ id }) => id === before);
  if (to === -1) return list;
  return [...rest.slice(0, to), list[at], ...rest.slice(to)];
}
