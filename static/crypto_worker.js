/**
 * The worker that holds an account's keys: takes the requests of `keys/requests.js`, one after the other.
 */
import { Holder } from "./keys/holder.js";
import { codeOf } from "./keys/failure.js";
import { Kept } from "./store/kept.js";
import { openDatabase } from "./store/database.js";

const holder = openDatabase().then((database) => new Holder(new Kept(database)));
/** What is under way: requests change the same state, so none starts before the one before it has ended. */
let turn = Promise.resolve();

addEventListener("message", ({ data: { id, ask, takes } }) => {
  // To make keys takes seconds on a phone and waits for nothing: it stands in nobody's way.
  if (ask === "warm") holder.then((here) => here.warm());
  turn = turn.then(async () => {
    try {
      postMessage({ id, ok: await (await holder).answer(ask, takes) });
    } catch (error) {
      postMessage({ id, error: { code: codeOf(error) } });
    }
  });
});
