/**
 * Sealwire's programs as child processes: started on free ports, watched, and made to stop cleanly.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PATIENCE_MS = 60_000;

/** The newest folder of built programs, unless the environment names one. */
function folder() {
  const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, "target");
  const named = process.env.SEALWIRE_BIN_DIR;
  const folders = named === undefined ? [join(target, "release"), join(target, "debug")] : [named];
  const found = folders.find((each) => existsSync(join(each, "web-proxy")));
  if (found === undefined) throw new Error(`No programs in ${folders.join(" or ")}: run cargo build --release -p web-proxy -p chat-server -p chat-client first.`);
  return found;
}

/** The Python of the stranger's client. */
export const PYTHON = process.env.SEALWIRE_PYTHON ?? join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "test-python/bin/python");
/** The stranger's client. */
export const STRANGER = join(ROOT, "tests/python/stranger.py");

/** Programs that run: a file of tests that is ended from outside, for it took too long, takes them along. @type {Set<Program>} */
const running = new Set();
process.once("SIGTERM", () => {
  for (const { process: child } of running) child.kill("SIGKILL");
  process.exit(143);
});

export class Program {
  /** @type {string[]} everything it printed, both streams, by line */
  lines = [];
  /** @type {Set<() => void>} */
  #watchers = new Set();
  #ended = false;

  /** @param {string} command @param {string[]} args @param {Record<string, string>} [settings] its environment, beside the usual one */
  constructor(command, args, settings = {}) {
    this.name = command.split("/").pop() ?? command;
    this.process = spawn(command, args, { env: { ...process.env, RUST_LOG: "info", NO_COLOR: "1", ...settings } });
    running.add(this);
    this.exit = new Promise((resolve) => {
      this.process.on("close", (code, signal) => {
        running.delete(this);
        this.#ended = true;
        this.#changed();
        resolve(code ?? signal);
      });
    });
    this.#read(this.process.stdout);
    this.#read(this.process.stderr);
  }

  /** @param {import("node:stream").Readable} stream */
  #read(stream) {
    let rest = "";
    stream.setEncoding("utf8").on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      this.lines.push(...lines);
      this.#changed();
    });
  }

  #changed() {
    for (const watcher of this.#watchers) watcher();
  }

  /**
   * Waits for a line in which `find` finds something; lines before the first `from` do not count.
   * @template T @param {(line: string) => T | null | undefined} find @param {number} [from] @returns {Promise<T>}
   */
  line(find, from = 0) {
    return new Promise((resolve, reject) => {
      const fail = (/** @type {string} */ why) => done(() => reject(new Error(`${this.name} ${why}:\n${this.lines.join("\n")}`)));
      const timer = setTimeout(() => fail("did not say it"), PATIENCE_MS);
      const done = (/** @type {() => void} */ then) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        then();
      };
      const look = () => {
        for (; from < this.lines.length; from += 1) {
          const found = find(this.lines[from]);
          if (found) return done(() => resolve(found));
        }
        if (this.#ended) fail("ended");
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** The address it listens on, such as `127.0.0.1:40123`. */
  listening() {
    return this.line((line) => /listen(?:s|ing) on (?:https?:\/\/)?([\d.]+:\d+)/.exec(line)?.[1]);
  }

  /** The token by which a chat-server's first administrator registers. */
  setupToken() {
    return this.line((line) => /^setup token \(.*\): (\S+)$/.exec(line)?.[1]);
  }

  /** Waits for a printed JSON object in which `find` finds something. @param {(object: any) => boolean} find @param {number} [from] */
  said(find, from = 0) {
    return this.line((line) => {
      if (!line.startsWith("{")) return null;
      const object = JSON.parse(line);
      return find(object) ? object : null;
    }, from);
  }

  /** @param {string} line */
  types(line) {
    this.process.stdin.write(line + "\n");
  }

  /** Ends its input and waits for its exit code. */
  leave() {
    this.process.stdin.end();
    return this.exit;
  }

  /** Asks it to stop, and expects that it drains and exits with 0. */
  async stop() {
    if (!this.#ended) this.process.kill("SIGTERM");
    const late = setTimeout(() => this.process.kill("SIGKILL"), PATIENCE_MS);
    const code = await this.exit;
    clearTimeout(late);
    if (code !== 0) throw new Error(`${this.name} ended with ${code}:\n${this.lines.join("\n")}`);
  }

  async kill() {
    this.process.kill("SIGKILL");
    await this.exit;
  }
}

/** @param {string} name @param {string[]} args @param {Record<string, string>} [settings] */
export function start(name, args, settings) {
  return new Program(join(folder(), name), args, settings);
}

/** A chat-server and a web-proxy in front of it. */
export class Tiers {
  /** @param {Record<string, string>} [settings] the environment of both, beside the usual one */
  static async start(settings) {
    const data = mkdtempSync(join(tmpdir(), "sealwire-web-"));
    const tiers = new Tiers(data);
    tiers.settings = settings;
    await tiers.startServer("127.0.0.1:0");
    await tiers.startProxy("127.0.0.1:0");
    return tiers;
  }

  /** @param {string} data @param {string} [name] what the chat-server calls itself: the host that the browser comes to, unless a test says otherwise */
  constructor(data, name = "127.0.0.1") {
    this.data = data;
    this.name = name;
    /** @type {Program | null} */
    this.chat = null;
    /** @type {Program | null} */
    this.proxy = null;
    /** Another proxy beside the first. @type {Program | null} */
    this.second = null;
    this.server = "";
    this.url = "";
    /** @type {Record<string, string> | undefined} */
    this.settings = undefined;
  }

  /** @param {string} address */
  async startServer(address) {
    this.chat = start("chat-server", [`--listen=${address}`, `--data=${join(this.data, "chat")}`, `--server-name=${this.name}`, "--sign-ins=0"], this.settings);
    this.server = await this.chat.listening();
  }

  /** @param {string} address */
  async startProxy(address) {
    const args = [`--listen=${address}`, `--backend=${this.server}`, `--data=${join(this.data, "proxy")}`, "--key-pool=4", "--sign-in-rate=1000/s"];
    this.proxy = start("web-proxy", args, this.settings);
    this.url = `http://${await this.proxy.listening()}`;
  }

  /** Starts a proxy beside the first, before the same chat-server; gives its address. @param {string} [backend] another way to the chat-server */
  async startSecondProxy(backend = this.server) {
    this.second = start("web-proxy", ["--listen=127.0.0.1:0", `--backend=${backend}`, `--data=${join(this.data, "second")}`, "--key-pool=4", "--sign-in-rate=1000/s"], this.settings);
    return `http://${await this.second.listening()}`;
  }

  /** Ends the web-proxy without a chance to say so and starts it on the same port. @param {() => Promise<unknown>} [meanwhile] */
  async restartProxy(meanwhile) {
    await this.proxy?.kill();
    await meanwhile?.();
    await this.startProxy(new URL(this.url).host);
  }

  /** Ends the chat-server without a chance to say so and starts it on the same port. */
  async restartServer() {
    await this.chat?.kill();
    await this.startServer(this.server);
  }

  async stop() {
    const proxies = Promise.all([this.proxy?.stop(), this.second?.stop()]);
    const ended = await Promise.allSettled([proxies, proxies.catch(() => {}).then(() => this.chat?.stop())]);
    rmSync(this.data, { recursive: true, force: true });
    for (const each of ended) if (each.status === "rejected") throw each.reason;
  }
}

/** `sealwire join` as JSON. @param {string} server @param {string} name */
export function joinLobby(server, name) {
  return start("sealwire", ["join", `--server=${server}`, `--guest=${name}`, "--room=lobby", "--json"]);
}
