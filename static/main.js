/**
 * Composes the page: preferences, the chat's state, and what draws it.
 */
import { browserWays } from "./sync/connection.js";
import { Chat } from "./model/chat.js";
import { Preferences } from "./model/preferences.js";
import { loadLanguage } from "./i18n/index.js";
import { chosenLanguage, mount } from "./ui/app.js";

const root = document.getElementById("root");
if (root !== null) {
  const chat = new Chat(browserWays(), isSecureContext);
  const preferences = new Preferences();
  await loadLanguage(chosenLanguage(preferences));
  mount(root, chat, preferences);
  chat.begin();
}

/** Keeps an invitation, and takes it out of the address, where it has nothing more to do. */
async function arrive() {
  if (!location.hash.startsWith("#SEALWIRE1:")) return;
  const { keepInvitation } = await import("./model/invitation.js");
  if (keepInvitation(location.hash)) history.replaceState(null, "", location.pathname);
}
addEventListener("hashchange", arrive);
arrive();
