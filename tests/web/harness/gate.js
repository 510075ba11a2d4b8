/**
 * A relay in front of a web-proxy that can refuse WebSocket upgrades, as some networks do, and cut everything.
 */
import { createServer, connect } from "node:net";

export class Gate {
  /** Upgrades that it refused. */
  refused = 0;
  /** @type {Set<import("node:net").Socket>} */
  #sockets = new Set();
  #closed = false;

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
      near.on("data", (data) => {
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

  open() {
    this.#closed = false;
  }

  async stop() {
    this.close();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
