/**
 * What a room state says, as JSON: in its settings name, topics, channels and pins of a room, beside them its resources
 * (docs/protocol.md §14.14). Keys of a newer version are kept.
 */
import { utf8 } from "../../wire/bytes.js";
import { OpenError, SealError } from "../errors.js";
import { isDecimal, parseObject } from "../vault_content.js";
import { isHash, isId, isListOf, isTextOf } from "./json.js";

/**
 * @typedef {{ id: string, name: string, topic: string }} StateChannel
 * @typedef {{ channel: string, message: string, hash: string }} Pin
 * @typedef {{ id: string, title: string, url?: string, file?: string, by: string, at: string }} Resource with a url or a file;
 *   who put it there and when, by their own word
 * @typedef {{ name: string, topic: string, channels: StateChannel[], pins: Pin[] } & Record<string, unknown>} SettingsContent what
 *   owners and admins change
 * @typedef {{ resources: Resource[] } & Record<string, unknown>} StateContent what any member changes
 */

/** The longest texts, in bytes. */
const BYTES = Object.freeze({ name: 256, topic: 1_024, title: 256, url: 2_048 });
const MOST_CHANNELS = 100;
const WEB = /^https?:\/\//;

/** What a room says before its first settings. @returns {SettingsContent} */
export function emptySettings() {
  return { name: "", topic: "", channels: [], pins: [] };
}

/** What a room has before its first state. @returns {StateContent} */
export function emptyState() {
  return { resources: [] };
}

/** Reads the JSON of room settings; throws an `OpenError` (`content`). @param {Uint8Array} bytes @returns {SettingsContent} */
export function parseSettingsContent(bytes) {
  const content = parseObject(bytes);
  if (!isSettings(content)) throw new OpenError("content");
  return content;
}

/** Writes the JSON of room settings; throws a `SealError` (`field`) for what nobody would read. @param {SettingsContent} content */
export function encodeSettings(content) {
  if (!isSettings(content)) throw new SealError("field");
  return utf8(JSON.stringify(content));
}

/** Reads the JSON of a room state; throws an `OpenError` (`content`). @param {Uint8Array} bytes @returns {StateContent} */
export function parseState(bytes) {
  const content = parseObject(bytes);
  if (!isState(content)) throw new OpenError("content");
  return content;
}

/** Writes the JSON of a room state; throws a `SealError` (`field`) for what nobody would read. @param {StateContent} content */
export function encodeState(content) {
  if (!isState(content)) throw new SealError("field");
  return utf8(JSON.stringify(content));
}

/** @param {Record<string, unknown>} content @returns {content is SettingsContent} */
function isSettings(content) {
  const { name, topic, channels, pins } = content;
  return (
    isTextOf(name, 0, BYTES.name) &&
    isTextOf(topic, 0, BYTES.topic) &&
    isListOf(channels, (each) => isId(each.id) && isTextOf(each.name, 1, BYTES.name) && isTextOf(each.topic, 0, BYTES.topic)) &&
    channels.length <= MOST_CHANNELS &&
    isListOf(pins, (each) => isId(each.channel) && isId(each.message) && isHash(each.hash)) &&
    standOnce(channels)
  );
}

/** @param {Record<string, unknown>} content @returns {content is StateContent} */
function isState(content) {
  const { resources } = content;
  return isListOf(resources, isResource) && standOnce(resources);
}

/** @param {Record<string, unknown>[]} entries */
function standOnce(entries) {
  return new Set(entries.map(({ id }) => id)).size === entries.length;
}

/** @param {Record<string, unknown>} resource */
function isResource({ id, title, url, file, by, at }) {
  const leads = file === undefined ? isTextOf(url, 1, BYTES.url) && WEB.test(url) : url === undefined && isId(file);
  return leads && isId(id) && isTextOf(title, 1, BYTES.title) && isId(by) && isDecimal(at);
}
