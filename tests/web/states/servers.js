/**
 * A chat-server and a web-proxy of one's own, so that states which need a server to stop can stop it.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const READY_MS = 20_000;
/** Many sign-ins of one address, and few enough messages that a flood is one for longer than an eye blinks. */
const RATES = ["--sign-in-rate", "600/m", "--message-rate", "30/m"];

/** A port that was free a moment ago. */
export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Waits until something listens. @param {number} port */
async function listening(port) {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    const there = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      });
      socket.on("error", () => resolve(false));
    });
    if (there) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on port ${port}`);
}

/** Both servers, separately started. */
export class Servers {
  #folder = mkdtempSync(join(tmpdir(), "sealwire-states-"));
  #binaries;
  #chat;
  #proxy;
  #chatPort = 0;
  proxyPort = 0;

  /** @param {string} binaries folder of chat-server and web-proxy */
  constructor(binaries) {
    this.#binaries = binaries;
  }

  async start() {
    this.#chatPort = await freePort();
    this.proxyPort = await freePort();
    await this.startBackend();
    this.#proxy = this.#spawn("web-proxy", ["--listen", `127.0.0.1:${this.proxyPort}`, "--backend", `127.0.0.1:${this.#chatPort}`, "--data", join(this.#folder, "proxy"), ...RATES]);
    await listening(this.proxyPort);
  }

  async startBackend() {
    this.#chat = this.#spawn("chat-server", ["--listen", `127.0.0.1:${this.#chatPort}`, "--data", join(this.#folder, "chat")]);
    await listening(this.#chatPort);
  }

  async stopBackend() {
    await ended(this.#chat, "SIGKILL");
  }

  async stop() {
    await ended(this.#proxy, "SIGTERM");
    await ended(this.#chat, "SIGTERM");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** @param {string} program @param {string[]} flags */
  #spawn(program, flags) {
    const child = spawn(join(this.#binaries, program), flags, { stdio: ["ignore", "ignore", "inherit"] });
    child.on("error", (error) => console.error(`${program}: ${error.message}`));
    return child;
  }
}

/** @param {import("node:child_process").ChildProcess | undefined} child @param {NodeJS.Signals} signal */
function ended(child, signal) {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", resolve);
    child.kill(signal);
  });
}
