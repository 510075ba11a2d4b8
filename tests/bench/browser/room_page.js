/**
 * What is looked at in the page where a room of many is measured.
 */

/** @typedef {import("../../web/harness/browser.js").Person} Person */

/** After so long without a word the worker has nothing to do any more, in milliseconds: longer than it verifies in silence. */
const SILENCE_MS = 3_000;

/** In the page: notes when its worker says something. */
export function noteWorker() {
  const { addEventListener } = Worker.prototype;
  /** @this {Worker} @param {any[]} given */
  Worker.prototype.addEventListener = function (...given) {
    const note = () => (/** @type {any} */ (window).benchHeard = performance.now());
    if (given[0] === "message") addEventListener.call(this, "message", note);
    return addEventListener.apply(this, /** @type {any} */ (given));
  };
}

/** Waits until the worker has nothing to do any more. @param {Person} person */
export async function settled({ page }) {
  await page.waitForFunction((silence) => performance.now() - (/** @type {any} */ (window).benchHeard ?? 0) > silence, SILENCE_MS, { polling: 100 });
}

/**
 * In the page: opens the only channel there is; gives when messages and when members were on the page, in milliseconds from the click: the
 * frames in which they were seen there.
 * @param {{ patience: number }} what
 * @returns {Promise<{ channel: number, members: number }>}
 */
export function openChannel({ patience }) {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("the channel was not opened")), patience);
    const row = document.querySelector("button.channel-row");
    if (!(row instanceof HTMLButtonElement)) return reject(new Error("no channel is listed"));
    const from = performance.now();
    /** @type {{ channel?: number, members?: number }} */
    const seen = {};
    row.click();
    requestAnimationFrame(look);

    function look() {
      const now = performance.now() - from;
      if (document.querySelector("#timeline .row.message") !== null) seen.channel ??= now;
      // Not one of them, but the list as it stands then: the first two hundred.
      const count = Number(document.querySelector(".who-is-here h3 .tabular")?.textContent?.replace(/\D/g, ""));
      if (count > 0 && document.querySelectorAll(".members li").length >= Math.min(count, 200)) seen.members ??= now;
      if (seen.channel === undefined || seen.members === undefined) return void requestAnimationFrame(look);
      resolve({ channel: seen.channel, members: seen.members });
    }
  });
}

/**
 * In the page: clicks, and waits until something that is there then is gone; gives how long that took, in milliseconds.
 * @param {{ click: string, gone: string, patience: number }} what
 * @returns {Promise<number>}
 */
export function until({ click, gone, patience }) {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`${gone} did not go`)), patience);
    const button = document.querySelector(click);
    if (!(button instanceof HTMLButtonElement)) return reject(new Error(`no ${click}`));
    const from = performance.now();
    button.click();
    if (document.querySelector(gone) === null) return reject(new Error(`no ${gone}`));
    const look = () => {
      if (document.querySelector(gone) !== null) return void requestAnimationFrame(look);
      resolve(performance.now() - from);
    };
    look();
  });
}
