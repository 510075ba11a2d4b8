/**
 * Whether somebody is looking, and what came while nobody did.
 */
import { Signal } from "../model/signals.js";

/** @typedef {import("../model/room.js").Room} Room */

/** Follows the window's visibility and the timeline's place. */
export class Attention {
  /** Whether the timeline on the screen stands at its end. */
  atEnd = new Signal(true);
  visible = new Signal(!document.hidden);
  #current;

  /** @param {Signal<Room | null>} current the room on the screen */
  constructor(current) {
    this.#current = current;
    document.addEventListener("visibilitychange", () => {
      this.visible.value = !document.hidden;
    });
  }

  /** Says whether new messages of this room are seen at once. @param {Room} room */
  on(room) {
    return this.visible.peek() && this.atEnd.peek() && this.#current.peek() === room;
  }

  /** Counts a message that nobody saw. @param {Room} room @param {string} key of its item */
  note(room, key) {
    if (this.on(room)) return;
    if (room.unread.peek() === 0) room.firstUnread.value = key;
    room.unread.update((n) => n + 1);
  }
}
