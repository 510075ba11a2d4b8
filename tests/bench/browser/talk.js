/**
 * From Enter in one browser to the row in another, and the same through socket.io: plain text, nothing sealed, stored or numbered.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { show, writeTo } from "../../web/harness/talks.js";

/** @typedef {import("../../web/harness/browser.js").Person} Person */
/** @typedef {import("playwright-core").Page} Page */
/** Half and 99 of 100 took at most so long, in milliseconds. @typedef {{ p50: number, p99: number }} Quantiles */

const ECHO = fileURLToPath(new URL("../peers/socketio.js", import.meta.url));

/**
 * @param {Person} from @param {Person} to @param {{ sent: number, warmUp: number }} sizes
 * @returns {Promise<{ ours: Quantiles, socketIo: Quantiles }>}
 */
export async function measureTalk(from, to, { sent, warmUp }) {
  await writeTo(from, to);
  await from.say("begun");
  await show(to, from.name);
  await to.hears("begun");
  const ours = quantiles(await latencies(from.page, to.page, "#composer", ".row.message .text", { sent, warmUp }));
  return { ours, socketIo: quantiles(await throughEcho(from, to, { sent, warmUp })) };
}

/** By rank: nothing is interpolated. @param {number[]} taken @returns {Quantiles} */
function quantiles(taken) {
  const sorted = [...taken].sort((a, b) => a - b);
  const at = (/** @type {number} */ part) => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
  return { p50: at(0.5), p99: at(0.99) };
}

/**
 * Sends one message after the other, each when the one before was seen; gives how long each took, in milliseconds.
 * @param {Page} from @param {Page} to @param {string} box where it is written @param {string} row what shows it
 * @param {{ sent: number, warmUp: number }} sizes
 */
async function latencies(from, to, box, row, { sent, warmUp }) {
  await from.evaluate(noteEnter, box);
  await to.evaluate(noteRows, row);
  const taken = [];
  for (let number = 0; number < warmUp + sent; number++) {
    const text = `message ${number} of this run`;
    await from.locator(box).fill(text);
    await from.locator(box).press("Enter");
    const shown = await to.evaluate((which) => /** @type {any} */ (window).benchShown(which), text);
    const entered = await from.evaluate((which) => /** @type {any} */ (window).benchEntered.get(which), text);
    if (number >= warmUp) taken.push(shown - entered);
  }
  return taken;
}

/** In the page: when Enter was pressed, by what stood in the box. @param {string} box */
function noteEnter(box) {
  /** @type {Map<string, number>} */
  const entered = new Map();
  /** @type {any} */ (window).benchEntered = entered;
  const note = (/** @type {KeyboardEvent} */ event) => {
    const { target } = event;
    if (event.key === "Enter" && target instanceof HTMLTextAreaElement && target.matches(box)) entered.set(target.value, performance.timeOrigin + event.timeStamp);
  };
  document.addEventListener("keydown", note, { capture: true });
}

/** In the page: when the frame with a row of some text was drawn, by its text. @param {string} row */
function noteRows(row) {
  /** @type {Map<string, number>} */
  const shown = new Map();
  let wake = () => {};
  const look = () => {
    for (const each of document.querySelectorAll(row)) {
      const text = each.textContent ?? "";
      if (shown.has(text)) continue;
      shown.set(text, performance.timeOrigin + performance.now());
      wake();
    }
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  /** @type {any} */ (window).benchShown = async (/** @type {string} */ text) => {
    while (!shown.has(text)) await new Promise((resolve) => (wake = () => resolve(undefined)));
    return shown.get(text);
  };
}

/** The same two browsers, through a broadcast of plain text. @param {Person} from @param {Person} to @param {{ sent: number, warmUp: number }} sizes */
async function throughEcho(from, to, sizes) {
  const port = await freePort();
  const server = spawn(process.execPath, [ECHO, String(port)], { stdio: "inherit" });
  try {
    await answers(port);
    const pages = [];
    for (const { page } of [from, to]) pages.push(await page.context().newPage());
    for (const page of pages) await page.evaluate(echoPage, `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    const taken = await latencies(pages[0], pages[1], "textarea", ".row", sizes);
    for (const page of pages) await page.close();
    return taken;
  } finally {
    server.kill();
    await once(server, "exit");
  }
}

/** In the page: a box to write in, and a row for whatever comes. @param {string} url */
async function echoPage(url) {
  const socket = new WebSocket(url);
  const box = document.createElement("textarea");
  document.body.append(box);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    socket.send(`42${JSON.stringify(["msg", box.value])}`);
  });
  await new Promise((resolve) => {
    socket.addEventListener("message", ({ data }) => {
      if (data === "2") socket.send("3");
      else if (data.startsWith("0")) socket.send("40");
      else if (data.startsWith("40")) resolve(undefined);
      else if (data.startsWith("42")) requestAnimationFrame(() => draw(JSON.parse(data.slice(2))[1]));
    });
  });

  /** @param {string} text */
  function draw(text) {
    const row = document.createElement("p");
    row.className = "row";
    row.textContent = text;
    document.body.append(row);
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Waits until something listens. @param {number} port */
async function answers(port) {
  for (let tries = 0; tries < 200; tries++) {
    const socket = connect(port, "127.0.0.1");
    const isThere = await once(socket, "connect").then(() => true, () => false);
    socket.destroy();
    if (isThere) return;
    await pause(50);
  }
  throw new Error("socket.io did not start.");
}
