/**
 * A relay in front of a web-proxy that can refuse WebSocket upgrades, as some networks do, and cut everything; or in front of a
 * chat-server, where all that counts is how much went through.
 */
import { createServer, connect } from "node:net";

export class Gate {
  /** Upgrades that it refused. */
  refused = 0;
  /** @type {Set<import("node:net").Socket>} */
  #sockets = new Set();
  #closed = false;
  #frozen = false;
  /** Bytes that went to the target and came back from it. */
  #passed = { up: 0, down: 0 };
  /** @type {(() => void) | null} looks whether enough went through */
  #look = null;

  /** @param {string} target @param {{ upgrade?: boolean }} [settings] */
  static start(target, settings = {}) {
    const gate = new Gate(new URL(target), settings.upgrade ?? false);
    return /** @type {Promise<Gate>} */ (
      new Promise((resolve) => {
        gate.server.listen(0, "127.0.0.1", () => {
          const address = gate.server.address();
          if (address === null || typeof address === "string") throw new Error("no port");
          gate.url = `http://127.0.0.1:${address.port}`;
          resolve(gate);
        });
      })
    );
  }

  /** @param {URL} target @param {boolean} upgrade whether upgrades go through */
  constructor(target, upgrade) {
    this.url = "";
    this.server = createServer((near) => {
      if (this.#closed) return near.destroy();
      if (this.#frozen) near.pause();
      const far = connect(Number(target.port), target.hostname);
      for (const [socket, other] of [[near, far], [far, near]]) {
        this.#sockets.add(socket);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
      }
      far.pipe(near);
      far.on("data", (data) => this.#pass("down", data.length));
      near.on("data", (data) => {
        if (this.#frozen) return;
        this.#pass("up", data.length);
        if (!upgrade && /^upgrade: *websocket/im.test(data.toString("latin1"))) {
          this.refused += 1;
          near.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        } else {
          far.write(data);
        }
      });
    });
  }

  /** Cuts everything and lets nothing through. */
  close() {
    this.#closed = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Lets nothing through and cuts nothing, as when a cable is pulled. */
  freeze() {
    this.#frozen = true;
    for (const socket of this.#sockets) socket.unpipe();
  }

  /** Freezes once so many bytes more went through in a direction, and is over then. @param {"up" | "down"} way @param {number} bytes @returns {Promise<void>} */
  freezesAfter(way, bytes) {
    const enough = this.#passed[way] + bytes;
    return new Promise((resolve) => {
      this.#look = () => {
        if (this.#passed[way] < enough) return;
        this.#look = null;
        this.freeze();
        resolve();
      };
    });
  }

  /** @param {"up" | "down"} way @param {number} bytes */
  #pass(way, bytes) {
    this.#passed[way] += bytes;
    this.#look?.();
  }

  open() {
    this.#closed = false;
    this.#frozen = false;
  }

  async stop() {
    this.close();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
