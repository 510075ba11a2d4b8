/**
 * Dialogues load when they are opened, or when the page has nothing else to do: the first screen needs none of them.
 */

/** @typedef {import("./context.js").Context} Context */

const help = () => import("./dialogs/help.js");
const settings = () => import("./dialogs/settings.js");
const leaving = () => import("./dialogs/leave.js");
const rooms = () => import("./dialogs/open_room.js");
const accounts = () => import("./account/dialogs.js");
const own = () => import("./own/index.js");

/** Loads what may be wanted while there is no connection. */
export function warmDialogs() {
  const idle = globalThis.requestIdleCallback ?? ((/** @type {() => void} */ run) => setTimeout(run, 500));
  idle(() => void Promise.allSettled([help(), settings(), leaving(), rooms()]));
}

/** @param {Context} context */
export const openHelp = (context) => open(context, help, (module) => module.openHelp(context));

/** @param {Context} context */
export const openSettings = (context) => open(context, settings, (module) => module.openSettings(context));

/** @param {Context} context */
export const leave = (context) => open(context, leaving, (module) => module.leave(context));

/** @param {Context} context */
export const openRoomDialog = (context) => open(context, rooms, (module) => module.openRoomDialog(context));

/** @param {Context} context */
export const openUpgrade = (context) => open(context, accounts, (module) => module.openUpgrade(context));

/** @param {Context} context */
export const openCheckCode = (context) => open(context, accounts, (module) => module.openCheckCode(context));

/** @param {Context} context */
export const openAccount = (context) => open(context, own, (module) => module.openAccount(context));

/**
 * @template M
 * @param {Context} context
 * @param {() => Promise<M>} load
 * @param {(module: M) => void} then
 */
async function open({ announcer, words }, load, then) {
  let module;
  try {
    module = await load();
  } catch {
    // Without a connection there is nothing to open it from.
    announcer.say(words.error("unreachable"));
    return;
  }
  if (document.querySelector("dialog[open]") === null) then(module);
}
