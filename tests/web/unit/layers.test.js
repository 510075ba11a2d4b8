import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import test from "node:test";

const STATIC = new URL("../../../static/", import.meta.url);
const LAYERS = ["wire", "crypto", "store", "keys", "rooms", "sync", "model", "i18n", "ui"];
const files = readdirSync(STATIC, { recursive: true })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".js"));
const read = (path) => readFileSync(new URL(path, STATIC), "utf8");
/** Code without comments, where words are only words. */
const code = (path) => read(path).replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");

/** What a module imports, now or later. */
const imports = (path) => [...code(path).matchAll(/(?:from |import\()"([^"]+)"/g)].map(([, target]) => target);

/** Types that its comments name of other modules. */
const types = (path) => [...read(path).matchAll(/import\("([^"]+)"\)\./g)].map(([, target]) => target);

test("layers import one way, types as well: wire, crypto, store, keys, rooms, sync, model, ui", () => {
  for (const path of files) {
    const layer = path.includes("/") ? path.split("/")[0] : null;
    for (const target of [...imports(path), ...types(path)]) {
      assert.match(target, /^\.\.?\//, `${path} imports ${target}`);
      const to = new URL(target, new URL(path, STATIC)).pathname.slice(STATIC.pathname.length).split("/")[0];
      if (layer === null) continue;
      const allowed = layer === "i18n" ? ["i18n"] : LAYERS.slice(0, LAYERS.indexOf(layer) + 1).filter((each) => each !== "i18n" || layer === "ui");
      assert.ok(allowed.includes(to), `${path} imports ${target}`);
    }
  }
});

test("keys stay in the worker: nothing that runs in the page imports what opens them", () => {
  const worker = reached("crypto_worker.js");
  for (const path of files.filter((each) => /^(keys|store|rooms)\//.test(each))) assert.ok(worker.has(path) || path.endsWith("/requests.js"), path);
  const page = [...reached("main.js")].filter((path) => /^(keys|store|rooms)\//.test(path));
  assert.deepEqual(page, []);
});

test("no text becomes markup or code, and nothing carries its own style", () => {
  const banned = /\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|setHTMLUnsafe|eval|new Function)\b|\bstyle="/;
  for (const path of files) assert.doesNotMatch(code(path), banned, path);
  assert.doesNotMatch(read("index.html"), /\sstyle=|<style|\son[a-z]+=/);
});

test("wire, crypto, store, keys, rooms and model know no document", () => {
  for (const path of files.filter((each) => /^(wire|crypto|store|keys|rooms|model)\//.test(each))) assert.doesNotMatch(code(path), /\b(document|window)\b/, path);
});

/** A module and what it imports, and what that imports. */
function reached(start, later = true) {
  const found = new Set();
  const open = [start];
  const pattern = later ? /(?:from |import\()"([^"]+)"/g : /from "([^"]+)"/g;
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    for (const [, target] of code(path).matchAll(pattern)) open.push(new URL(target, new URL(path, STATIC)).pathname.slice(STATIC.pathname.length));
  }
  return found;
}

/** What loads with the page: what is imported later does not. */
function loaded() {
  return [...reached("main.js", false), "theme.js", "app.css"];
}

test("the page stays small", () => {
  const paths = loaded();
  const bytes = paths.reduce((sum, path) => sum + statSync(new URL(path, STATIC)).size, 0);
  assert.ok(paths.length <= 60, `${paths.length} files`);
  assert.ok(bytes <= 250_000, `${bytes} bytes`);
});
