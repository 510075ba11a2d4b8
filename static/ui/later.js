/**
 * What accounts and their door need before anything of it is drawn: words and a style sheet. Whoever imports this waits for both.
 */
import { learnLater } from "../i18n/later.js";
import { h } from "./dom.js";

learnLater();
// Without it the page is plainer, and no less true.
await new Promise((resolve) => {
  document.head.append(h("link", { rel: "stylesheet", href: new URL("../later.css", import.meta.url).href, onload: resolve, onerror: resolve }));
});
