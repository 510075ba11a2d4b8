/**
 * Icons that only conversations need.
 */
import { drawn } from "../icons.js";

const PATHS = Object.freeze({
  more: "M3.25 8v.05M8 8v.05M12.75 8v.05",
  reply: "M6.5 3.5 2.75 7.25 6.5 11M3 7.25h5.5c3 0 4.75 1.75 4.75 5",
  pen: "M3 13l.75-3 7-7a1.6 1.6 0 0 1 2.25 2.25l-7 7L3 13Z",
  copy: "M5.75 5.75h7v7h-7zM10.25 3.25h-7v7",
  globe: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM2.25 8h11.5M8 2.25c1.75 1.75 2.5 3.6 2.5 5.75s-.75 4-2.5 5.75C6.25 12 5.5 10.15 5.5 8S6.25 4 8 2.25Z",
  house: "M2.5 7.25 8 2.5l5.5 4.75M4 6.25v7.25h8V6.25M6.75 13.5V9.75h2.5v3.75",
  thread: "M2.75 3.25h10.5v7H7.5L4.5 13v-2.75H2.75ZM5.5 6h5M5.5 8h3",
  pin: "M6 2.5h4M6.75 2.5v4L4.5 9v1h7V9L9.25 6.5v-4M8 10v3.5",
  flag: "M3.75 14V2.5M3.75 3h8.5l-2 2.75 2 2.75h-8.5",
  bell: "M4.25 11V7.25a3.75 3.75 0 0 1 7.5 0V11l1.25 1.25H3ZM6.75 14h2.5",
  quiet: "M4.25 11V7.25a3.75 3.75 0 0 1 5.6-3.25M11.75 7.25V11l1.25 1.25H3L4.25 11M6.75 14h2.5M2.5 2.5l11 11",
  unseen: "M8 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z",
});

/** @typedef {keyof typeof PATHS} TalkIconName */

/** @param {TalkIconName} name */
export function talkIcon(name) {
  return drawn(PATHS[name]);
}
