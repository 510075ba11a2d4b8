import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";
import { EN as FIRST_EN } from "../../../static/i18n/en.js";
import { ZH as FIRST_ZH } from "../../../static/i18n/zh.js";
import { LATER_EN } from "../../../static/i18n/later_en.js";
import { LATER_ZH } from "../../../static/i18n/later_zh.js";
import { pseudo } from "../../../static/i18n/pseudo.js";
import { Words, isLoaded, learn, loadLanguage, pickLanguage } from "../../../static/i18n/index.js";
import { HALTS } from "../../../static/model/contacts.js";
import { deviceName } from "../../../static/ui/own/device.js";
import { ERROR_CODES, KEY_CODES, LOCAL_CODES } from "../../../static/wire/codes.js";

await loadLanguage("zh");
learn(LATER_EN, LATER_ZH);
/** What loads with the page, and what loads with an account. */
const EN = { ...FIRST_EN, ...LATER_EN };
const ZH = { ...FIRST_ZH, ...LATER_ZH };

const STATIC = new URL("../../../static/", import.meta.url);
const fills = (entry) => new Set((typeof entry === "string" ? [entry] : Object.values(entry)).flatMap((sentence) => sentence.match(/\{[a-z_]+\}/g) ?? []));
const sources = readdirSync(STATIC, { recursive: true })
  .filter((path) => path.endsWith(".js") && !path.startsWith("i18n"))
  .map((path) => readFileSync(new URL(path, STATIC), "utf8"));

test("both languages have the same keys, in the same order, with the same things to fill in", () => {
  assert.deepEqual(Object.keys(ZH), Object.keys(EN));
  for (const key of Object.keys(EN)) {
    for (const place of fills(ZH[key])) assert.ok(fills(EN[key]).has(place), `${key} ${place}`);
    for (const place of fills(EN[key])) assert.ok(fills(ZH[key]).has(place), `${key} ${place}`);
  }
});

test("a sentence stands in one catalogue only, and a later one is said once it is there", () => {
  for (const key of Object.keys(LATER_EN)) assert.ok(!(key in FIRST_EN), key);
  assert.equal(new Words("en").say("people.online"), "online");
  assert.equal(new Words("zh").say("people.online"), "在线");
});

test("what loads with the page says nothing that comes later", () => {
  const found = new Set();
  const open = ["main.js"];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    const source = readFileSync(new URL(path, STATIC), "utf8");
    for (const [, target] of source.matchAll(/^import .*from "([^"]+)";$/gm)) open.push(new URL(target, new URL(path, STATIC)).pathname.slice(STATIC.pathname.length));
    for (const [, key] of source.matchAll(/["`]([a-z_]+\.[a-z_]+(?:\.[a-z_]+)?)["`]/g)) assert.ok(!(key in LATER_EN), `${path} says ${key}`);
  }
  assert.ok(found.has("ui/sidebar.js"));
});

test("every plural has the forms of its language", () => {
  for (const [language, catalogue] of [["en", EN], ["zh", ZH]]) {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const [key, entry] of Object.entries(catalogue)) {
      if (typeof entry !== "string") assert.deepEqual(Object.keys(entry).sort(), [...forms].sort(), key);
    }
  }
});

test("every key that the page names is there, and every key is named", () => {
  const named = new Set();
  const open = new Set();
  for (const source of sources) {
    for (const [, key] of source.matchAll(/["`]([a-z_]+\.[a-z_]+(?:\.[a-z_]+)?)["`]/g)) if (key in EN) named.add(key);
    for (const [, start] of source.matchAll(/`([a-z_]+\.[a-z_.]*)\$\{/g)) open.add(start);
    for (const [, key] of source.matchAll(/words\.(?:say|plain)\("([^"]+)"/g)) assert.ok(key in EN, key);
  }
  for (const key of Object.keys(EN)) {
    const used = named.has(key) || key.startsWith("error.") || [...open].some((start) => key.startsWith(start));
    assert.ok(used, `nothing says ${key}`);
  }
});

/** The values of a type that is a union of strings, as its source names them. */
const valuesOf = (path, type) => [...(readFileSync(new URL(path, STATIC), "utf8").match(new RegExp(`@typedef \\{([^}]*)\\} ${type}\\b`))?.[1] ?? "").matchAll(/"([a-z_]+)"/g)].map(([, value]) => value);

test("how far keys are trusted has a sentence each, and a mark where there is something to mark", () => {
  const ofPeople = [...valuesOf("crypto/pin.js", "Trust"), ...valuesOf("model/contacts.js", "Trust")];
  assert.deepEqual(ofPeople.toSorted(), ["alarm", "blocked", "changed", "differs", "lost", "pinned", "unknown", "verified"]);
  const unmarked = new Set(["unknown", "pinned"]);
  for (const language of ["en", "zh"]) {
    const words = new Words(language);
    for (const trust of ofPeople) {
      assert.ok(words.say(`trust.${trust}`, { name: "Ada" }).includes("Ada"), trust);
      if (!unmarked.has(trust)) assert.ok(words.say(`trust.short_${trust}`) !== "", trust);
    }
  }
  const ofMembers = valuesOf("rooms/requests.js", "Trust");
  assert.deepEqual(ofMembers.toSorted(), ["alarm", "changed", "lost", "seen", "verified"]);
  for (const trust of ofMembers) assert.ok(trust === "seen" || ofPeople.includes(trust), trust);
  for (const trust of HALTS) assert.ok(ofPeople.includes(trust) && !unmarked.has(trust), trust);
});

test("every code has its words", () => {
  for (const code of [...ERROR_CODES, ...LOCAL_CODES, ...KEY_CODES]) {
    assert.ok(`error.${code}` in EN, code);
    assert.ok(!new Words("zh").error(code).includes(code));
  }
  assert.match(new Words("en").error("from_the_future"), /from_the_future/);
});

test("a language is loaded before it is spoken", async () => {
  assert.ok(isLoaded("en") && !isLoaded("pseudo"));
  assert.throws(() => new Words("pseudo"));
  assert.ok(await loadLanguage("pseudo"));
  assert.match(new Words("pseudo").say("sign_in.submit"), /\P{ASCII}/u);
  // What was learnt before it, and what is learnt after it.
  learn({ "test.later": "later" }, { "test.later": "稍后" });
  for (const key of [Object.keys(LATER_EN)[0], "test.later"]) assert.ok(new Words("pseudo").say(key).startsWith("["), key);
  assert.equal(await loadLanguage("xx"), false);
});

test("a missing key or filling fails", () => {
  const words = new Words("en");
  assert.throws(() => words.say("no.such_key"));
  assert.throws(() => words.say("say.message", { name: "Ada" }));
});

test("what is filled in is isolated and taken as it is", () => {
  const words = new Words("en");
  assert.equal(words.say("composer.placeholder", { room: "{x} $& <b>" }), "Write to \u2068{x} $& <b>\u2069");
  assert.equal(words.plain("composer.placeholder", { room: "ليلى" }), "Write to ليلى");
});

test("plurals, names and numbers follow the language", () => {
  const en = new Words("en");
  const zh = new Words("zh");
  assert.equal(en.say("rooms.people", { count: 1 }), "1 person");
  assert.equal(en.say("rooms.people", { count: 1234 }), "1,234 people");
  assert.equal(zh.say("rooms.people", { count: 2 }), "2 人");
  assert.equal(en.names(["A", "B"]).replace(/[\u2068\u2069]/g, ""), "A and B");
  assert.equal(en.names(["A", "B", "C", "D", "E", "F"]).replace(/[\u2068\u2069]/g, ""), "A, B, C, D and 2 others");
  assert.equal(en.span(1), "1 second");
  assert.equal(en.span(4_100), "5 seconds");
  assert.equal(en.span(150_000), "3 minutes");
  assert.match(zh.span(4_100), /5\s?秒/);
  assert.equal(en.size(270_000), "270 kB");
});

test("the language is the chosen one, else the browser's, else English", () => {
  assert.equal(pickLanguage(null, ["fr-FR", "zh-TW", "en"]), "zh");
  assert.equal(pickLanguage("en", ["zh-CN"]), "en");
  assert.equal(pickLanguage("xx", ["fr"]), "en");
  assert.equal(pickLanguage("pseudo", ["zh"]), "pseudo");
});

test("the made-up language is longer and keeps what is filled in", () => {
  const made = pseudo(EN);
  assert.deepEqual(Object.keys(made), Object.keys(EN));
  for (const key of Object.keys(EN)) assert.deepEqual(fills(made[key]), fills(EN[key]), key);
  assert.ok(made["sign_in.submit"].length > EN["sign_in.submit"].length * 1.25);
});

test("a device is called by its browser, in the reader's language, and never by the proxy between", () => {
  for (const [client, en, zh] of [
    ["Firefox on Windows", "Firefox on Windows", "Firefox（Windows）"],
    ["A browser on iPhone", "A browser on iPhone", "浏览器（iPhone）"],
    ["Safari", "Safari", "Safari"],
    ["web-proxy/0.1.0", "A browser", "浏览器"],
    ["sealwire/0.1.0", "sealwire/0.1.0", "sealwire/0.1.0"],
    ["", "", ""],
  ]) {
    assert.equal(deviceName(new Words("en"), client), en);
    assert.equal(deviceName(new Words("zh"), client), zh);
  }
});
