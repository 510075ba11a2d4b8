/**
 * One stage for the tests of a whole file: accounts at a chat-server whose answers a test changes on their way to the worker.
 */
import { WorkerStage } from "./worker_stage.js";

export { COMMIT, SERVER, STORED, alarm, deliver, keysOf, rows, send } from "./worker_stage.js";
export const TIMEOUT = { timeout: 180_000 };

const stage = new WorkerStage();
export const member = stage.member.bind(stage);
export const pair = stage.pair.bind(stage);
export const terminal = stage.terminal.bind(stage);
