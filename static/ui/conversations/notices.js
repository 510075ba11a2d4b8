/**
 * What needs an eye or a decision in a conversation, in words, over its timeline; nothing while all is well.
 */
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { goOnDialog, leaveDialog, numberDialog } from "./decisions.js";
import { openDirect } from "./index.js";
import { memberDialog } from "./members.js";
import { nameOf } from "./names.js";

/**
 * @typedef {import("./index.js").TalkContext} TalkContext
 * @typedef {import("./index.js").Conversation} Conversation
 * @typedef {import("../../rooms/requests.js").Alarm} Alarm
 */

/** Alarms that stop a conversation until its user decides. @type {ReadonlySet<Alarm["kind"]>} */
const STOPS = new Set(/** @type {Alarm["kind"][]} */ (["fork", "commit_withheld", "rolled_back"]));
/** Alarms about which members say more by comparing what they see. @type {ReadonlySet<Alarm["kind"]>} */
const COMPARED = new Set(/** @type {Alarm["kind"][]} */ (["fork", "commit_withheld", "commit_refused", "left_out", "renumbered", "commit_left_out", "commit_order"]));

/** @param {TalkContext} context @param {import("../../model/signals.js").Scope} scope @param {string} room */
export function notices(context, scope, room) {
  const { words, conversations, people } = context;
  const box = h("div", { class: "notices" });
  const fault = h("p", { class: "fault inset", role: "alert" });
  let shown = "";
  scope.effect(draw);
  return box;

  function draw() {
    const conversation = conversations.find(room);
    if (conversation === undefined) return;
    const { state, request, keyRequests } = conversation;
    const alarms = conversations.alarms(conversation);
    const now = JSON.stringify([state, request, alarms, keyRequests, conversation.members.map(({ name, keys, anew }) => `${name} ${keys} ${anew}`)]);
    // The same notices stay where they are, with the focus in them.
    if (now === shown) return;
    shown = now;
    const parts = [
      ...alarms.filter((alarm, at) => alarms.findIndex((each) => isSame(each, alarm)) === at).map((alarm) => alarmNotice(alarm, conversation)),
      ...strangersWithNewKeys(conversation).map(({ account, keys }) => notice("warn", words.say(`trust.${keys}`, { name: nameOf(context, account) }), button("trust.look", () => memberDialog(context, room, account)))),
      state === "keys_reset" && resetNotice(conversation),
      state !== "keys_reset" && conversation.kind === "direct" && partnerNotice(conversation),
      state === "waiting_for_key" && notice("key", words.say("notice.waiting_for_key"), button("unread.ask_again", () => go(() => conversations.act("conversation_ask_keys", { room })))),
      state === "catching_up" && notice("retry", words.say("notice.catching_up")),
      request && requestNotice(conversation),
      ...keyRequests.map(keyNotice),
    ];
    fill(box, ...parts, fault);
  }

  /** @param {Alarm} alarm @param {Conversation} conversation */
  function alarmNotice(alarm, conversation) {
    const name = alarm.account === null ? "" : nameOf(context, alarm.account);
    const answers = [
      (COMPARED.has(alarm.kind) || isLost(alarm)) && button("alarm.compare", () => numberDialog(context, room)),
      alarm.kind === "false_keys" && button("unread.ask_again", () => go(() => conversations.act("conversation_ask_keys", { room }))),
      ...(STOPS.has(alarm.kind) && conversation.state === "stopped" ? stopAnswers(alarm) : [button("alarm.away", () => conversations.note(room, conversation.alarms.filter((each) => isSame(each, alarm))))]),
    ];
    const line = notice("warn", words.say(sentenceOf(alarm), { name }), ...answers);
    line.classList.add("bad");
    line.setAttribute("role", "alert");
    return line;
  }

  /** What can be done about one that stops the conversation: to look again decides nothing. @param {Alarm} alarm */
  function stopAnswers(alarm) {
    const { kind } = alarm;
    if (kind !== "rolled_back") return [button("alarm.go_on", () => go(() => conversations.act("conversation_decide", { room, kind })))];
    const again = button("alarm.again", () => go(() => conversations.act("conversation_look", { room })));
    return isLost(alarm) ? [again, button("alarm.go_on_lost", () => goOnDialog(context, room))] : [again];
  }

  /** The keys here are others than those that the conversation lists. @param {Conversation} conversation */
  function resetNotice({ kind, members }) {
    const other = members.find(({ own }) => !own);
    if (kind !== "direct" || other === undefined) return notice("warn", words.say("notice.keys_reset"));
    return notice("warn", words.say("notice.keys_reset_direct", { name: nameOf(context, other.account) }), button("notice.begin_anew", () => go(() => openDirect(context, other.account))));
  }

  /** The other one has begun anew, and reads nothing here any more. @param {Conversation} conversation */
  function partnerNotice({ members }) {
    const other = members.find(({ own, anew }) => !own && anew);
    if (other === undefined) return false;
    return notice("warn", words.say("notice.partner_reset", { name: nameOf(context, other.account) }), button("notice.begin_anew", () => go(() => openDirect(context, other.account))));
  }

  /** Of friends the line above says it. @param {Conversation} conversation */
  function strangersWithNewKeys({ members }) {
    return members.filter(({ account, keys }) => (keys === "changed" || keys === "lost") && people.friends.find(account) === undefined);
  }

  /** A stranger began this. @param {Conversation} conversation */
  function requestNotice(conversation) {
    const other = conversation.members.find(({ own, role }) => !own && role === "owner") ?? conversation.members.find(({ own }) => !own);
    const name = other === undefined ? words.say("talks.somebody") : nameOf(context, other.account);
    return notice(
      "people",
      words.say("notice.request", { name }),
      button("notice.answer", () => document.getElementById("composer")?.focus()),
      button("talks.leave", () => leaveDialog(context, conversation)),
      other !== undefined && button("notice.block", () => go(() => block(other.account))),
    );
  }

  /** Leaves first: what is blocked can still be left. @param {string} account */
  async function block(account) {
    const left = await conversations.act("conversation_leave", { room });
    if (left !== null) return left;
    return (await people.friends.block(account))?.code ?? null;
  }

  /** @param {Conversation["keyRequests"][0]} asked */
  function keyNotice({ request, account, from, to }) {
    const grant = () => go(() => conversations.act("conversation_decide_keys", { room, request, grant: true }));
    const refuse = (/** @type {number} */ reason) => () => go(() => conversations.act("conversation_decide_keys", { room, request, grant: false, reason }));
    return notice(
      "key",
      words.say("notice.keys", { name: nameOf(context, account), count: to - from + 1 }),
      button("notice.grant", grant),
      button("notice.refuse", refuse(1)),
      button("notice.refuse_joining", refuse(2)),
      button("notice.refuse_unknown", refuse(3)),
    );
  }

  /** @param {import("../icons.js").IconName} mark @param {string} sentence @param {...(HTMLElement | false)} answers */
  function notice(mark, sentence, ...answers) {
    return h("div", { class: "banner notice", role: "status" }, icon(mark), h("span", {}, sentence), h("div", { class: "answers" }, ...answers));
  }

  /** @param {string} key @param {() => void} onclick */
  function button(key, onclick) {
    return h("button", { type: "button", class: "small", "data-control": key, onclick }, words.say(key));
  }

  /** @param {() => Promise<string | null>} run */
  async function go(run) {
    fill(fault);
    const refused = await run();
    if (refused !== null) fill(fault, words.error(refused));
  }
}

/** Whether one sentence says both. @param {Alarm} one @param {Alarm} other */
function isSame(one, other) {
  return one.kind === other.kind && one.account === other.account && isLost(one) === isLost(other);
}

/** Whether it is about what the vault kept, and not about the server's room. @param {Alarm} alarm */
function isLost({ kind, n }) {
  return kind === "rolled_back" && n === null;
}

/** @param {Alarm} alarm */
function sentenceOf(alarm) {
  if (isLost(alarm)) return "alarm.rolled_back_lost";
  return alarm.account === null && WITH_NAME.has(alarm.kind) ? `alarm.${alarm.kind}_nobody` : `alarm.${alarm.kind}`;
}

/** Alarms that are about somebody, if that is known. @type {ReadonlySet<Alarm["kind"]>} */
const WITH_NAME = new Set(/** @type {Alarm["kind"][]} */ (["withheld", "repeated", "ghost", "taken_away", "false_keys", "commit_refused", "state_refused", "keys_alarm"]));
