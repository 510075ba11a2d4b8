/**
 * Composes the page: preferences, the chat's state, and what draws it.
 */
import { browserWays } from "./sync/connection.js";
import { Chat } from "./model/chat.js";
import { Preferences } from "./model/preferences.js";
import { mount } from "./ui/app.js";

const root = document.getElementById("root");
if (root !== null) {
  const chat = new Chat(browserWays(), isSecureContext);
  mount(root, chat, new Preferences());
  chat.begin();
}
