/**
 * The page: one screen for each state of the session, drawn anew when that state or the language changes.
 */
import { Scope, Signal } from "../model/signals.js";
import { Words, isLoaded, loadLanguage, pickLanguage } from "../i18n/index.js";
import { Announcer } from "./announcer.js";
import { Attention } from "./attention.js";
import { Layout } from "./layout.js";
import { fill } from "./dom.js";
import { insecureScreen, lockedScreen, outdatedScreen, renewScreen, returningScreen, startingScreen } from "./screens.js";
import { shell } from "./shell.js";
import { signIn } from "./sign_in.js";

/**
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("../model/chat.js").SessionState["phase"]} Phase
 */

/** @type {Record<Phase, (context: Context, scope: Scope) => Element>} */
const SCREENS = {
  starting: startingScreen,
  insecure: insecureScreen,
  out: signIn,
  locked: lockedScreen,
  renew: renewScreen,
  in: shell,
  returning: returningScreen,
  outdated: outdatedScreen,
};

/**
 * Draws the page into `root` and keeps it up to date.
 * @param {HTMLElement} root
 * @param {import("../model/chat.js").Chat} chat
 * @param {import("../model/preferences.js").Preferences} preferences
 */
export function mount(root, chat, preferences) {
  const scope = new Scope();
  const announcer = new Announcer();
  const layout = new Layout();
  const attention = new Attention(chat.rooms.current);
  const words = new Signal(new Words("en"));
  root.after(announcer.element);

  scope.effect(() => {
    void preferences.language.value;
    const language = chosenLanguage(preferences);
    if (isLoaded(language)) speak(language);
    else loadLanguage(language).then((loaded) => loaded && chosenLanguage(preferences) === language && speak(language));
  });
  scope.effect(() => showTheme(preferences.theme.value));
  chat.rooms.onNews = (room, item) => {
    // What another device of one's own said is news to nobody.
    if (item.mine) return;
    attention.note(room, item.key);
    if (chat.rooms.current.peek() !== room) return;
    const say = words.peek();
    const text = item.text ?? say.say("message.newer");
    announcer.say(say.say("say.message", { name: item.name, text }), (count) => say.say("say.messages", { count, room: room.name }));
  };

  const phase = new Signal(chat.session.peek().phase);
  scope.effect(() => {
    phase.value = chat.session.value.phase;
  });
  /** @param {string} language */
  function speak(language) {
    words.value = new Words(language);
    document.documentElement.lang = words.peek().tag;
  }

  /** @type {Scope | null} */
  let screen = null;
  scope.effect(() => {
    const context = { chat, preferences, words: words.value, layout, announcer, attention };
    const draw = SCREENS[phase.value];
    screen?.end();
    screen = new Scope();
    // What a dialogue was about ends with its screen; left open, it would keep everybody from the door.
    for (const dialog of document.querySelectorAll("dialog")) dialog.close();
    fill(root, draw(context, screen));
    root.querySelector(/** @type {"input"} */ ("[data-first]"))?.focus();
  });
}

/** The language that its reader chose, or that the browser names. @param {import("../model/preferences.js").Preferences} preferences */
export function chosenLanguage(preferences) {
  return pickLanguage(preferences.language.peek(), navigator.languages);
}

/** @param {import("../model/preferences.js").Theme} theme */
function showTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
