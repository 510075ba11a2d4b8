/**
 * Opening a room by its name.
 */
import { faultOfRoomName } from "../../model/names.js";
import { fill, h } from "../dom.js";
import { openDialog } from "../dialog.js";

/** @param {import("../context.js").Context} context */
export function openRoomDialog({ chat, words, layout }) {
  const input = h("input", { id: "room-name", type: "text", dir: "auto", maxlength: "200", autocomplete: "off", spellcheck: "false", "aria-describedby": "room-fault", "data-first": true });
  const fault = h("p", { id: "room-fault", class: "fault", role: "alert" });
  const submit = h("button", { type: "submit", class: "primary" }, words.say("open_room.submit"));
  openDialog(words, words.say("open_room.title"), (close) => [
    h("p", { class: "lead" }, words.say("open_room.lead")),
    h("form", { novalidate: true, onsubmit: (/** @type {Event} */ event) => open(event, close) }, h("label", { for: "room-name" }, words.say("open_room.name")), input, fault, submit),
  ]);

  /** @param {Event} event @param {(next?: unknown) => void} close */
  async function open(event, close) {
    event.preventDefault();
    const wrong = faultOfRoomName(input.value);
    if (wrong !== null) {
      fill(fault, words.say(wrong === "name_short" ? "fault.room_name_short" : "fault.room_name_long"));
      return;
    }
    submit.disabled = true;
    const refused = await chat.rooms.open(input.value);
    submit.disabled = false;
    if (refused !== null) {
      fill(fault, words.error(refused.code));
      return;
    }
    layout.back();
    close(document.getElementById("composer"));
  }
}
