/**
 * Where the account is signed in, and how to end that.
 */
import { parseSessions } from "../../model/own_account.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { reconcile } from "../list.js";
import { deviceName } from "./device.js";
import { lostDevice } from "./lost.js";

/** @typedef {import("../../model/own_account.js").OwnSession} OwnSession */

/** @type {import("./index.js").Section} */
export function sessionsSection(context, _, close) {
  const { account, words, announcer } = context;
  const list = h("ul", { class: "sessions" });
  const said = h("p", { class: "hint", role: "status", tabindex: "-1" }, words.say("own.reading"));
  const fault = h("p", { class: "fault", role: "alert" });
  const others = h("button", { type: "button", class: "small", onclick: () => end(sessions.filter(({ current }) => !current)) }, icon("exit"), words.say("own.session_end_others"));
  others.hidden = true;
  /** @type {OwnSession[]} */
  let sessions = [];
  void read();
  return h("div", {}, h("p", { class: "lead" }, words.say("own.sessions_lead")), list, said, fault, others);

  async function read() {
    const answer = await account.call("auth.sessions");
    fill(said);
    if ("error" in answer) return fill(fault, words.error(answer.error.code));
    sessions = parseSessions(answer.ok.sessions);
    reconcile(list, sessions, ({ session }) => session, draw);
    others.hidden = sessions.length < 3;
    if (sessions.length === 1) fill(said, words.say("own.session_alone"));
  }

  /** @param {OwnSession} session */
  function draw(session) {
    const { address, startedAt, seenAt, current } = session;
    const client = deviceName(words, session.client);
    return h(
      "li",
      {},
      h("p", {}, h("bdi", {}, client), " ", current && h("span", { class: "mark-you" }, words.say("own.session_here"))),
      h("p", { class: "hint" }, h("bdi", {}, address), " · ", words.say("own.session_started", { time: words.date(startedAt) })),
      h("p", { class: "hint" }, words.say("own.session_seen", { time: words.date(seenAt) })),
      !current &&
        h(
          "div",
          { class: "answers" },
          h("button", { type: "button", class: "small", "aria-label": words.say("own.session_end_of", { client }), onclick: () => end([session]) }, words.say("own.session_end")),
          h("button", { type: "button", class: "small", "aria-label": words.say("own.session_lost_of", { client }), onclick: () => lost(session) }, words.say("own.session_lost")),
        ),
    );
  }

  /** @param {OwnSession[]} ended */
  async function end(ended) {
    fill(fault);
    for (const { session } of ended) {
      const answer = await account.call("auth.revoke", { session });
      if ("error" in answer) return fill(fault, words.error(answer.error.code));
    }
    announcer.say(words.say("own.session_ended"));
    await read();
    if (sessions.length > 1) fill(said, words.say("own.session_ended"));
    return said.focus();
  }

  /** @param {OwnSession} session */
  function lost(session) {
    close();
    lostDevice(context, session);
  }
}
