/**
 * A device that is gone: it is signed out, and everything that can be made new is.
 */
import { openDialog } from "../dialog.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { deviceName } from "./device.js";
import { renewal } from "./renewal.js";

/**
 * @param {import("../people/index.js").PeopleContext} context
 * @param {import("../../model/own_account.js").OwnSession} session of the device
 */
export function lostDevice(context, { session, client }) {
  const { account, words } = context;
  openDialog(words, words.say("own.lost_title"), () => [
    h("p", {}, h("bdi", {}, deviceName(words, client))),
    h("p", { class: "lead" }, words.say("own.lost_lead")),
    h("p", { class: "warning" }, icon("warn"), h("span", {}, words.say("own.lost_limits"))),
    renewal(context, { renews: "password", submit: "own.lost_submit", done: "own.lost_done", before }),
  ]);

  /** The session first: what follows it shall not see. @returns {Promise<import("../../model/enrolment.js").Failed>} */
  async function before() {
    const ended = await account.call("auth.revoke", { session });
    if ("error" in ended) return ended.error;
    return (await account.keys()).renewWrap();
  }
}
