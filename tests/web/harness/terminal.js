/**
 * A device with a terminal and no browser: `sealwire` with a folder of its own.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PASSWORD } from "./accounts.js";
import { start } from "./programs.js";

export class Terminal {
  #folder = mkdtempSync(join(tmpdir(), "sealwire-terminal-"));
  /** @type {import("./programs.js").Program[]} */
  #started = [];

  /** @param {string} server address of the chat-server */
  constructor(server) {
    this.server = server;
  }

  /** @param {string} name */
  file(name) {
    return join(this.#folder, name);
  }

  /** @param {string[]} args @param {string} [password] */
  start(args, password = PASSWORD) {
    const settings = { SEALWIRE_HOME: this.file("home"), SEALWIRE_SERVER: this.server, SEALWIRE_PASSWORD: password };
    const program = start("sealwire", [...args, "--json"], settings);
    this.#started.push(program);
    return program;
  }

  /** Runs a command to its end; gives the object that it printed, all of them, and the exit code. @param {string[]} args @param {string} [password] */
  async ends(args, password) {
    const program = this.start(args, password);
    program.process.stdin.end();
    const code = await program.exit;
    const objects = program.lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    return { code, object: objects[0] ?? {}, objects };
  }

  /** Runs a command that goes well; gives the object that it printed. @param {string[]} args @param {string} [password] */
  async run(args, password) {
    const { code, object } = await this.ends(args, password);
    assert.equal(code, 0, `${args.join(" ")}: ${JSON.stringify(object)}`);
    return object;
  }

  /** Makes the account. @param {string} name @param {...string} args more of them */
  register(name, ...args) {
    return this.run(["register", name, `--recovery-file=${this.file("code")}`, ...args]);
  }

  /** What no device of the account has read yet, and more of it where the arguments say so. @param {...string} args @returns {Promise<any[]>} */
  async hears(...args) {
    const { code, objects } = await this.ends(["listen", "--once", ...args]);
    assert.equal(code, 0, JSON.stringify(objects));
    return objects;
  }

  /** Listens from now on, once everything that was there has been heard. */
  async listens() {
    const program = this.start(["listen"]);
    await program.said(({ type }) => type === "caught_up");
    return program;
  }

  /** Says something in a conversation; no argument of a program is as long as a text may be. @param {string} to @param {string} text */
  async sends(to, text) {
    const program = this.start(["send", to]);
    program.process.stdin.end(text);
    assert.equal(await program.exit, 0, program.lines.join("\n"));
  }

  /** Talks in the lobby as an account, once the key is there. @param {string} name */
  async joins(name) {
    const program = this.start(["join", `--as=${name}`, "--room=lobby", "--stay"]);
    await program.said(({ type }) => type === "keyed");
    return program;
  }

  /** Ends what still runs, and deletes what was kept. */
  forget() {
    for (const { process } of this.#started) process.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
