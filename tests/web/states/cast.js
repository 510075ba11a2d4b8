/**
 * The people in the pictures: real browser contexts, some of them behind a gate that can be shut, some with a hand on the
 * wire to bring about what no well-behaved server does on request.
 */
import { REFUSALS, SIZES } from "./album.js";
import { Gate } from "../harness/gate.js";

/** Which scene has made an account, by its name: any two may be played on the same server. @type {Map<string, string>} */
const MADE = new Map();
/** How long a page may take to open a socket. */
const PATIENCE_MS = 30_000;
const LOCALES = Object.freeze({ en: "en-GB", zh: "zh-CN" });

/** The hand on one page's wire. */
export class Wire {
  /** @type {import("playwright-core").WebSocketRoute | null} */
  #page = null;
  /** What becomes of a frame of the page: true passes it on, false swallows it, a buffer answers it. @type {(frame: Buffer) => boolean | Buffer} */
  judge = () => true;
  /** Who waits for the page's next socket. */
  #waiting = () => {};

  /** @param {import("playwright-core").Page} page */
  async hold(page) {
    await page.routeWebSocket(/\/api\/socket$/, (route) => {
      const server = route.connectToServer();
      this.#page = route;
      this.#waiting();
      route.onMessage((message) => {
        const verdict = this.judge(Buffer.from(message));
        if (verdict === true) server.send(message);
        else if (verdict !== false) route.send(verdict);
      });
    });
  }

  /** Does what makes the page open another socket, and waits for that: the one before takes nothing any more. @param {Promise<unknown>} doing */
  async anew(doing) {
    const opened = new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("the page opened no other socket")), PATIENCE_MS);
      this.#waiting = () => {
        clearTimeout(late);
        resolve(undefined);
      };
    });
    await Promise.all([doing, opened]);
  }

  /** @param {...Buffer} frames to the page, as from the server */
  send(...frames) {
    for (const frame of frames) this.#page?.send(frame);
  }

  /** Ends the page's socket. */
  async cut() {
    await this.#page?.close({ code: 1001, reason: "" });
  }
}

/** Answers a command or publish with an error. @param {Buffer} frame @param {string} code @param {number} [wait] */
export function refuse(frame, code, wait) {
  const header = Buffer.from(JSON.stringify({ error: { code, message: "", ...(wait === undefined ? {} : { retry_after_ms: wait }) } }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  return Buffer.concat([Buffer.from([2]), frame.subarray(1, 5), length, header]);
}

/** Opens people's browsers and closes them again. */
export class Cast {
  #browser;
  #album;
  #target;
  #language;
  #scene;
  /** @type {Array<() => Promise<unknown>>} */
  #ends = [];

  /**
   * @param {import("playwright-core").Browser} browser
   * @param {import("./album.js").Album} album
   * @param {URL} target the web-proxy
   * @param {{ name: string, language: "en" | "zh" }} play
   */
  constructor(browser, album, target, { name, language }) {
    this.#browser = browser;
    this.#album = album;
    this.#target = target;
    this.#language = language;
    this.#scene = `${name} (${language})`;
  }

  /**
   * A browser of one's own at the door.
   * @param {string} who
   * @param {{ wire?: Wire, gate?: Gate, tolerated?: RegExp, host?: string, fragment?: string, before?: (page: import("playwright-core").Page) => Promise<unknown> }} [how]
   */
  async visitor(who, { wire, gate, tolerated = gate === undefined ? undefined : REFUSALS, host, fragment, before } = {}) {
    const context = await this.#browser.newContext({ locale: LOCALES[this.#language], ignoreHTTPSErrors: true, reducedMotion: "reduce", viewport: SIZES.wide });
    this.#ends.push(async () => {
      // The name is free for the next scene at once.
      const { origin } = this.#target;
      await context.request.post(`${origin}/api/auth.logout`, { data: {}, headers: { Origin: origin } }).catch(() => {});
      await context.close();
    });
    const page = await context.newPage();
    await this.#album.watch(page, `${who} (${this.#language})`, tolerated);
    await wire?.hold(page);
    await before?.(page);
    const url = new URL(this.#target);
    if (gate !== undefined) url.port = new URL(gate.url).port;
    if (host !== undefined) url.hostname = host;
    if (fragment !== undefined) url.hash = fragment;
    await page.goto(url.href);
    return page;
  }

  /** Somebody who is signed in and in the lobby. @param {string} name @param {Parameters<Cast["visitor"]>[1]} [how] */
  async member(name, how) {
    const page = await this.visitor(name, how);
    await signIn(page, name);
    return page;
  }

  /**
   * Somebody with an account: made at the door, or signed in once more on another device.
   * @param {string} name
   * @param {Parameters<Cast["visitor"]>[1] & { again?: boolean }} [how]
   */
  async account(name, { again = false, ...how } = {}) {
    if (!again && (MADE.get(name) ?? this.#scene) !== this.#scene) throw new Error(`${name} is an account of another scene`);
    MADE.set(name, this.#scene);
    const page = await this.visitor(name, how);
    await (again ? signInTo(page, name) : signUp(page, name));
    await page.locator("#composer").waitFor();
    await page.locator(".empty:visible, .row").first().waitFor();
    return page;
  }

  /** A second tab of somebody. @param {import("playwright-core").Page} page */
  async tab(page) {
    const tab = await page.context().newPage();
    await this.#album.watch(tab, `tab (${this.#language})`, REFUSALS);
    await tab.goto(page.url());
    await tab.locator("#composer").waitFor();
    return tab;
  }

  async end() {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }

  /** A relay that can be cut, as with a cable; without `upgrade` it lets no WebSocket through. @param {{ upgrade: boolean }} settings */
  async gate(settings) {
    const gate = await Gate.start(this.#target.href, settings);
    this.#ends.push(() => gate.stop());
    return gate;
  }
}

/** @param {import("playwright-core").Page} page @param {string} name */
export async function signIn(page, name) {
  await page.fill("#name", name);
  await page.press("#name", "Enter");
  await page.waitForSelector("#composer");
  await page.locator(".empty:visible, .row").first().waitFor();
}

/** @param {import("playwright-core").Page} page @param {string} text */
export async function say(page, text) {
  await page.fill("#composer", text);
  await page.press("#composer", "Enter");
}

/** Waits until a row holds this text. @param {import("playwright-core").Page} page @param {string} text */
export function seen(page, text) {
  return page.locator(".row", { hasText: text }).first().waitFor();
}

/** Opens a room by its name. @param {import("playwright-core").Page} page @param {string} name */
export async function openRoom(page, name) {
  await page.locator(".sidebar .scroll > .row-button").click();
  await page.fill("#room-name", name);
  await page.press("#room-name", "Enter");
  await page.locator("dialog").waitFor({ state: "detached" });
}

/** On a phone the rooms are a pane of their own. @param {import("playwright-core").Page} page */
export async function showRooms(page) {
  const menu = page.locator(".conversation .bar .phone-only");
  if (await menu.isVisible()) await menu.click();
}

/** Who is here is a pane of its own there, too. @param {import("playwright-core").Page} page */
export async function phoneDetails(page) {
  const people = page.locator(".conversation .bar > button:last-child");
  if ((await people.isVisible()) && (await people.getAttribute("aria-expanded")) === "false") await people.click();
}

const PASSWORD = "kettle orbit thimble";

/** Makes an account at the door, code and rehearsal included. @param {import("playwright-core").Page} page @param {string} name */
async function signUp(page, name) {
  await page.locator("[data-control=door-new]").click();
  await page.fill("#account-name", name);
  await page.fill("#password", PASSWORD);
  await page.press("#password", "Enter");
  await page.locator(".code li").nth(6).waitFor();
  const groups = await page.locator(".code li").allTextContents();
  await page.locator(".steps .primary").click();
  for (const input of await page.locator("input.group").all()) await input.fill(groups[Number((await input.getAttribute("id"))?.split("-")[1])]);
  await page.locator(".steps .primary").click();
}

/** @param {import("playwright-core").Page} page @param {string} name */
async function signInTo(page, name) {
  await page.locator("[data-control=door-account]").click();
  await page.fill("#account-name", name);
  await page.fill("#password", PASSWORD);
  await page.press("#password", "Enter");
}
