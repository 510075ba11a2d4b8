/**
 * States that only a lying server brings about: what a member signed is put into the page's wire at the wrong place.
 */
import { encodeDeliver } from "../../harness/liar.js";
import { Member, Wire as ServerWire } from "../../harness/member.js";
import { COMMIT, STORED, keysOf, otherCommit, sealed } from "../../harness/worker_stage.js";
import { REFUSALS } from "../album.js";
import { Wire, say, seen, showRooms } from "../cast.js";
import { replyFrame } from "../frames.js";

/** @typedef {import("./words.js").Stage} Stage @typedef {import("playwright-core").Page} Page */

/** Accounts last as long as the server: each scene and language has names of its own. */
const NAMES = {
  en: { emmy: "Emmy Noether-Klein", hedy: "Hedwig Eva Maria Kiesler", noa: "Noa", group: "Fork lift", line: "Good evening.", others: ["Said once.", "After something that is missing."] },
  zh: { emmy: "诺特小梅", hedy: "海蒂玛丽亚拉玛", noa: "诺亚", group: "叉车", line: "晚上好。", others: ["只说一次。", "前面缺了内容。"] },
};

/** What a server may do to one conversation, and what it says about that. @param {Stage} stage */
export async function alarms({ cast, take, language, server }) {
  const { emmy: name, hedy: other, noa: stranger, group, line, others } = NAMES[language];
  const wire = new Wire();
  const emmy = await cast.account(name, { wire, tolerated: REFUSALS });
  const [hedy, noa] = [other, stranger].map((each) => new Member(each, () => ServerWire.open(server)));
  try {
    await Promise.all([hedy, noa].map((each) => each.register(new URL(emmy.url()).hostname)));
    const room = await groupOf(hedy, emmy, name, group);
    await say(emmy, line);
    await hedy.shows(room, line);
    const { channel } = await keysOf(hedy, room);
    let sequence = hedy.engine.conversation(room).main.deliveries.newest;
    const put = (/** @type {Uint8Array} */ payload, from = hedy, flags = STORED, skip = 0) => {
      sequence += 1 + skip;
      wire.send(Buffer.from(encodeDeliver({ channel, sequence, time: Date.now(), flags, sender: from.account, name: from.name, payload })));
    };
    const text = (/** @type {string} */ words, more = {}) => sealed(hedy, room, { type: "text", text: words }, { instance: "0b".repeat(16), ...more });
    put(await text(others[0]));
    put(await text(others[0]));
    put(await text(others[1], { counter: 2 }));
    const keys = await noa.holder.opened.signing(noa.holder.opened.head.fingerprint);
    put(await text(others[0], { keys, sender: noa.account }), noa);
    const { commit, secret } = await otherCommit(hedy, room);
    const forged = commit.bytes.slice();
    forged[130] ^= 1;
    put(forged, hedy, COMMIT);
    await emmy.locator(".cause.commit_refused").waitFor();
    await emmy.locator(".notice.bad").nth(3).waitFor();
    await take(emmy, "talk-alarms");
    const notices = emmy.locator("[data-control='alarm.away']");
    for (let left = await notices.count(); left > 0; left -= 1) await notices.first().click();
    await take(emmy, "talk-closed");

    await hedy.ask("conversation_rotate", { room });
    const { head } = await keysOf(hedy, room);
    sequence = Math.max(sequence, hedy.engine.conversation(room).main.deliveries.newest) + 10;
    await emmy.reload();
    await seen(emmy, line);
    put(await text(others[1], { head: { ...head, ...commit, room }, secret, counter: 7 }));
    await emmy.locator("[data-control='alarm.go_on']").waitFor();
    await take(emmy, "talk-stopped");
    await emmy.locator("[data-control='alarm.compare']").first().click();
    await emmy.locator("dialog .safety").waitFor();
    await take(emmy, "talk-number-compared");
    await emmy.keyboard.press("Escape");

    wire.judge = (frame) => (frame[0] === 1 && frame.includes('"keys.chain"') && frame.includes(hedy.account) ? replyFrame(frame, { ok: { head: "1", more: false } }) : true);
    await emmy.reload();
    await emmy.locator(".notice.bad", { hasText: other }).waitFor();
    await take(emmy, "talk-keys-alarm");
  } finally {
    for (const each of [hedy, noa]) each.end();
  }
}

/** @param {Member} by @param {Page} page @param {string} name @param {string} group */
async function groupOf(by, page, name, group) {
  const { ok } = await /** @type {ServerWire} */ (by.wire).call("accounts.find", { name });
  const { room } = await by.ask("conversation_create", { kind: "group", accounts: [String(ok.account)], name: group, history: "from_joining" });
  await showRooms(page);
  await page.locator(".talk-row", { hasText: group }).click();
  await page.locator(".seal.end-to-end").waitFor();
  return room;
}
