/**
 * English for files, and for the links and documents of a room.
 */

/** @type {import("./index.js").Catalogue} */
export const FILES_EN = {
  // Sending files
  "files.attach": "Attach files",
  "files.drop": "Drop to send",
  "files.title": { one: "Send a file", other: "Send {count} files" },
  "files.lead": "Sealed in this browser before anything of it leaves: only members can open it.",
  "files.caption": "Say something with it",
  "files.go": "Send",
  "files.too_large": "{name} is larger than {limit}, which is the most.",
  "files.folder": "A folder cannot be sent. Pack it into one file first.",

  // A file in the timeline
  "files.file": "File {name}, {size}",
  "files.save": "Save",
  "files.save_of": "Save {name}",
  "files.show": "Show",
  "files.show_of": "Show {name}",
  "files.hide": "Hide",
  "files.hide_of": "Hide {name}",
  "files.cancel": "Cancel",
  "files.cancel_of": "Cancel {name}",
  "files.progress": "Progress of {name}",
  "files.state_queued": "Waiting for its turn",
  "files.state_checking": "Looking whether it is the same file",
  "files.state_waiting": "Waiting for the connection. It goes on by itself.",
  "files.state_elsewhere": "Another tab is sending it.",
  "files.up": "{done} of {size} sent",
  "files.down": "{done} of {size} fetched",
  "files.interrupted": "Interrupted. Choose the same file again, and it goes on where it was.",
  "files.choose": "Choose the file",
  "files.failed": "Not sent. {cause}",
  "files.not_fetched": "Not fetched. {cause}",
  "files.saved": "{name} is here.",
  "files.cut": "This is its beginning. Save it to read all of it.",
  "files.not_shown": "There is no picture or text in it that can be shown here. Save it instead.",
  "files.picture": "{name}, {width} by {height} pixels",

  // Links and documents of a room
  "resources.title": "Links and documents",
  "resources.none": "Nothing is kept here yet.",
  "resources.add": "Add a link",
  "resources.change": "Change this link",
  "resources.lead": "Every member sees it, and can change it. The servers cannot read it.",
  "resources.name": "Title",
  "resources.url": "Address",
  "resources.url_hint": "It begins with https:// or http://",
  "resources.change_of": "Change {title}",
  "resources.opens": "{title}: opens {host} in a new tab",
  "resources.unsafe": "Its address cannot be opened here.",
  "resources.by": "{name}, {time}",
  "resources.up": "Move up",
  "resources.down": "Move down",
  "resources.remove": "Remove",
  "resources.line_added": "{name} added “{title}” to the links and documents.",
  "resources.line_edited": "{name} changed “{title}” in the links and documents.",
  "resources.line_removed": "{name} removed “{title}” from the links and documents.",

  // Codes of both
  "error.file_needed": "This page does not have the file any more. Choose it again.",
  "error.file_changed": "This is another file than the one that was begun. Choose that one, or discard it and send this one anew.",
  "error.file_unreadable": "The file was changed, moved or taken away since you chose it. Choose it again.",
  "error.file_too_large": "A file of more than 4 GB cannot be sent.",
  "error.file_damaged": "What the server gave is not what was sent, and was thrown away. Ask its sender to send it again.",
  "error.file_elsewhere": "Another tab is sending this file.",
  "error.resource_title": "Give it a title of up to 256 bytes.",
  "error.resource_url": "Only addresses that begin with https:// or http:// and name no user can be kept.",
  "error.resource_gone": "Somebody has removed it meanwhile.",
};
