/**
 * A TCP relay between browser and proxy that can be cut: what a cable does, without a cable.
 */
import { connect, createServer } from "node:net";

export class Relay {
  #server;
  #pairs = new Set();
  #open = true;
  /** Whether WebSockets are refused, as by a middlebox that does not know them. */
  blocksSockets = false;

  /** @param {{ host: string, port: number }} target */
  constructor(target) {
    this.#server = createServer((client) => {
      if (!this.#open) return client.destroy();
      const upstream = connect(target);
      const pair = { client, upstream };
      const end = () => {
        client.destroy();
        upstream.destroy();
        this.#pairs.delete(pair);
      };
      this.#pairs.add(pair);
      for (const socket of [client, upstream]) socket.on("error", end).on("close", end);
      client.on("data", (chunk) => {
        if (this.blocksSockets && chunk.toString("latin1").startsWith("GET /api/socket")) end();
        else upstream.write(chunk);
      });
      upstream.pipe(client);
      return undefined;
    });
  }

  /** @returns {Promise<number>} its port on 127.0.0.1 */
  listen() {
    return new Promise((resolve) => this.#server.listen(0, "127.0.0.1", () => resolve(this.#server.address().port)));
  }

  /** Ends every connection and refuses new ones. */
  cut() {
    this.#open = false;
    for (const { client, upstream } of this.#pairs) {
      client.destroy();
      upstream.destroy();
    }
  }

  mend() {
    this.#open = true;
  }

  close() {
    this.cut();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}
