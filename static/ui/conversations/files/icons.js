/**
 * Icons that only files and resources need.
 */
import { drawn } from "../../icons.js";

const PATHS = Object.freeze({
  clip: "M12.75 7.25 7.6 12.4a3 3 0 0 1-4.25-4.25L8.9 2.6a2 2 0 0 1 2.85 2.85l-5.4 5.4a1 1 0 0 1-1.45-1.4l4.6-4.6",
  file: "M4 2.25h5.25L12 5v8.75H4zM9 2.5v2.75h2.75",
  save: "M8 2.5v7.75M4.75 7.25 8 10.5l3.25-3.25M3 13.25h10",
  eye: "M1.75 8C3.2 5.3 5.4 4 8 4s4.8 1.3 6.25 4c-1.45 2.7-3.65 4-6.25 4S3.2 10.7 1.75 8ZM8 9.75a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5Z",
  link: "M6.75 9.25a2.5 2.5 0 0 0 3.6.1l2-2a2.5 2.5 0 0 0-3.55-3.5l-1 1M9.25 6.75a2.5 2.5 0 0 0-3.6-.1l-2 2a2.5 2.5 0 0 0 3.55 3.5l1-1",
  up: "M8 13.25V2.75M3.75 7 8 2.75 12.25 7",
});

/** @typedef {keyof typeof PATHS} FileIconName */

/** @param {FileIconName} name */
export function fileIcon(name) {
  return drawn(PATHS[name]);
}
