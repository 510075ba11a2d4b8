/**
 * Everything about files in rooms, as the engine has it: answers `requests.js`, and hears of letters and connections.
 */
import { Refused } from "../../keys/failure.js";
import { Downloading } from "./downloading.js";
import { Comeback, Transfers } from "./transfers.js";
import { Uploading } from "./uploading.js";
/** @typedef {import("../../store/database.js").Database} Database */
/** @typedef {import("../conversation.js").Conversation} Conversation */
/** @typedef {import("../outbox.js").Outbox} Outbox */
/** @typedef {import("../session.js").Session} Session */
/** @typedef {import("./requests.js").FileRequests} FileRequests */

/** The files of one account. */
export class Files {
  #comeback = new Comeback();
  #transfers;
  #uploading;
  #downloading;
  #conversation;

  /** @param {Session} session @param {Outbox} outbox @param {Database} database @param {(room: string) => Conversation | undefined} conversation that the account is in */
  constructor(session, outbox, database, conversation) {
    const { page } = session;
    this.#conversation = conversation;
    this.#transfers = new Transfers((transfers) => page.tell({ tell: "transfers", transfers }));
    const [transfers, comeback] = [this.#transfers, this.#comeback];
    this.#uploading = new Uploading({ session, outbox, database, transfers, comeback, placeOf: (letter) => this.#placeOf(letter) });
    this.#downloading = new Downloading({ page, transfers, comeback, contentOf: (of) => this.#contentOf(of) });
  }

  /** Reads what was begun before. */
  begin() {
    return this.#uploading.begin();
  }

  /** There is a connection whose keys are proven. */
  connected() {
    this.#comeback.arrived();
  }

  /** Letters, or what is known of a room, are others than before. */
  changed() {
    // What cannot be told to the server now is told with the next change.
    this.#uploading.look().catch(() => {});
  }

  end() {
    this.#uploading.end();
    this.#downloading.end();
    this.#transfers.end();
  }

  /** Whether a letter waits for its file, which is to go on instead of it. @param {import("../outbox.js").Letter} letter */
  isUnderWay(letter) {
    return this.#uploading.isUnderWay(letter);
  }

  /**
   * Answers one request; throws what `failureOf` names.
   * @param {string} ask
   * @param {any} takes
   * @returns {Promise<any>}
   */
  async answer(ask, takes) {
    switch (/** @type {keyof FileRequests} */ (ask)) {
      case "conversation_file_send":
        return this.#uploading.send({ ...takes, channel: this.#channelOf(takes) });
      case "conversation_file_again":
        return this.#uploading.again(takes);
      case "conversation_file_drop":
        return this.#uploading.drop(takes);
      case "conversation_file_save":
        return this.#downloading.save(takes);
      case "conversation_file_preview":
        return this.#downloading.preview(takes);
      case "conversation_file_stop":
        return this.#downloading.stop(takes.id);
      default:
        throw new Refused("internal");
    }
  }

  /** A channel as letters name it: the main one is not named. @param {{ room: string, channel?: string }} where */
  #channelOf({ room, channel }) {
    const found = this.#conversation(room);
    if (found === undefined) throw new Refused("no_such_room");
    const { id } = found.channel(channel);
    return id === found.main.id ? undefined : id;
  }

  /** Where an own message stands. @param {{ room: string, channel?: string, message: string }} letter */
  #placeOf({ room, channel, message }) {
    const found = this.#conversation(room);
    const at = found?.channels.get(channel ?? found.main.id);
    const sequence = at?.rows.placeOfOwn(message) ?? 0;
    return at === undefined || sequence === 0 ? null : { channel: at.id, sequence };
  }

  /** @param {{ room: string, channel?: string, hash: string }} of @returns {import("./downloading.js").FileContent} */
  #contentOf({ room, channel, hash }) {
    const content = this.#conversation(room)?.channel(channel).rows.byHash(hash)?.content;
    if (content?.type !== "file") throw new Refused("no_such_message");
    return content;
  }
}
