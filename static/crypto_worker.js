/**
 * The worker that holds an account's keys: takes the requests of `keys/requests.js`, one after the other, and once the keys are
 * proven those of `rooms/requests.js`. It has no connection: what it wants of the server goes through the page.
 */
import { Holder } from "./keys/holder.js";
import { codeOf } from "./keys/failure.js";
import { Kept } from "./store/kept.js";
import { openDatabase } from "./store/database.js";

const database = openDatabase();
const holder = database.then((opened) => new Holder(new Kept(opened)));
/** What is under way: requests change the same state, so none starts before the one before it has ended. */
let turn = Promise.resolve();
/** What knows of conversations; loads when an account has proven its keys. @type {Promise<import("./rooms/engine.js").Engine> | null} */
let rooms = null;

addEventListener("message", ({ data }) => {
  if (data.want !== undefined) inEngine((engine) => engine.outcome(data.want, data.outcome));
  else if (data.frame !== undefined) inEngine((engine) => engine.frame(data.frame));
  else if (data.ask.startsWith("conversation")) inRooms(data);
  else inTurn(data);
});

/** Tells the rooms, if they are here or on their way. @param {(engine: import("./rooms/engine.js").Engine) => void} tell */
function inEngine(tell) {
  // Whoever asked for them hears why they are not.
  rooms?.then(tell, () => {});
}

/** @param {{ id: number, ask: any, takes: any }} request */
function inTurn({ id, ask, takes }) {
  // To make keys takes seconds on a phone and waits for nothing: it stands in nobody's way.
  if (ask === "warm") holder.then((here) => here.warm());
  afterOthers(ask, takes).then(
    (ok) => {
      postMessage({ id, ok });
      // What the page puts into the vault itself, no event tells: pins, above all.
      if (ask === "seal_items") inEngine((engine) => engine.vaultTouched());
    },
    (error) => postMessage({ id, error: { code: codeOf(error) } }),
  );
}

/** What rooms ask waits for nothing but itself: a slow server must not hold up the keys. @param {{ id: number, ask: any, takes: any }} request */
async function inRooms({ id, ask, takes }) {
  rooms ??= startRooms();
  const loading = rooms;
  let failureOf = codeOf;
  try {
    ({ failureOf } = await import("./rooms/failure.js"));
    postMessage({ id, ok: await (await loading).answer(ask, takes) });
  } catch (error) {
    postMessage({ id, error: { code: failureOf(error) } });
  }
}

/** Where the modules cannot be loaded now, the next request tries again. */
function startRooms() {
  const started = loadRooms();
  started.catch(() => (rooms = null));
  return started;
}

async function loadRooms() {
  const [{ Engine }, { Verifier }] = await Promise.all([import("./rooms/engine.js"), import("./rooms/verifier.js")]);
  const here = await holder;
  const sealer = {
    begin: (/** @type {any} */ takes) => afterOthers("begin_items", takes),
    open: (/** @type {any} */ takes) => afterOthers("open_items", takes),
    renew: (/** @type {Uint8Array} */ root) => afterOthers("rebase", { root }),
    seal: async (/** @type {any} */ entries) => (await afterOthers("seal_items", { entries })).tail,
  };
  return new Engine((message, given) => postMessage(message, { transfer: given }), await database, sealer, () => here.opened, Verifier.start());
}

/** @param {any} ask @param {any} takes @returns {Promise<any>} */
function afterOthers(ask, takes) {
  const done = turn.then(async () => (await holder).answer(ask, takes));
  turn = done.then(
    () => {},
    () => {},
  );
  return done;
}
