/**
 * The words of what loads with an account, said once `learnLater` was called.
 */
import { learn } from "./index.js";
import { LATER_EN } from "./later_en.js";
import { LATER_ZH } from "./later_zh.js";

/** Has them said from now on. */
export function learnLater() {
  learn(LATER_EN, LATER_ZH);
}
