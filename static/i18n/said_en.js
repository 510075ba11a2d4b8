/**
 * English for what is done with messages: attention, threads, pins, reports.
 */

/** @type {import("./index.js").Catalogue} */
export const SAID_EN = {
  // How much asks for attention
  "talks.mentioned": { one: "{count} mention of you", other: "{count} mentions of you" },
  "level.title": "Attention",
  "level.mentions": "Only mentions of you ask for attention here",
  "level.none": "Nothing here asks for attention",
  "level.choose_all": "All",
  "level.choose_mentions": "Mentions",
  "level.choose_none": "None",
  "level.lead_all": "Every message counts as news, on all your devices.",
  "level.lead_mentions": "Only what mentions you counts as news. The rest is counted quietly.",
  "level.lead_none": "Nothing counts as news. Everything is counted quietly.",

  // Threads
  "thread.title": "Thread",
  "thread.of": "the thread in {room}",
  "thread.close": "Back to the details",
  "thread.answers": { one: "{count} answer", other: "{count} answers" },
  "menu.thread": "Show the thread",
  "help.thread": "Show the thread of this message",

  // Pins
  "pins.title": "Pinned",
  "pins.by": "{name}, {time}",
  "pins.by_edited": "{name}, {time}, edited",
  "pins.erased": "A message that was deleted.",
  "pins.away": "A message further back.",
  "pins.unpin": "Unpin",
  "pins.pinned": "Pinned.",
  "pins.unpinned": "Not pinned any more.",
  "message.pinned": "pinned",
  "menu.pin": "Pin",
  "menu.unpin": "Unpin",

  // Keys of older messages
  "keys.asked": "{name} asked for older messages.",
  "keys.given": "You let {name} read older messages.",
  "keys.given_to_you": "{name} let you read older messages.",
  "keys.refused": "You did not let {name} read older messages.",
  "keys.refused_you": "You were not given the keys of older messages.",

  // Administration: newcomers
  "admin.title": "Administration",
  "newcomers.title": "Newcomers",
  "newcomers.open": "Whoever may register makes an account, makes rooms, and joins public ones.",
  "newcomers.closed": "Emergency mode: nobody makes an account, a room or a group, and nobody joins without an invitation. Who is in goes on.",
  "newcomers.now": "closed to newcomers",
  "newcomers.close": "Let nobody new in",
  "newcomers.reopen": "Let newcomers in again",
  "newcomers.sure": "Let nobody new in until you take it back? Who is in goes on.",

  // Reports
  "menu.report": "Report…",
  "report.title": "Report this message?",
  "report.lead": "This message of {name}, and your name, go to the administrators of the server, and so to the server. They can read this one message and see that {name} wrote it.",
  "report.key": "Only the key of this message is handed over: it opens nothing else.",
  "report.reason": "What is wrong with it (may be left empty)",
  "report.too_long": "This is too long.",
  "report.again": "You have reported this already, or too much of what you reported is still waiting.",
  "report.go": "Hand it over",
  "report.done": "Reported.",
  "reports.title": "Reports",
  "reports.count": { one: "{count} report", other: "{count} reports" },
  "reports.lead": "Members handed over these messages. Nothing else of their conversations can be read here.",
  "reports.loading": "Reading the reports…",
  "reports.none": "Nothing is reported.",
  "reports.by": "{name} reported this, {time}.",
  "reports.by_because": "{name} reported this, {time}: {text}",
  "reports.no_text": "It has no text: {text}",
  "reports.proven": "Proven: {name} signed this with both keys, {time}.",
  "reports.not_reporter": "No proof: the reporter's signatures do not hold.",
  "reports.not_other_place": "No proof: it is about another place than where the message stands.",
  "reports.not_other_message": "No proof: the server had another message at this place.",
  "reports.not_sender": "No proof: {name} did not sign this.",
  "reports.not_message": "No proof: the key that was handed over does not open it.",
  "reports.not_unknown_keys": "No proof: it was signed with keys that the account never had.",
  "reports.not_keys_alarm": "No proof: the server shows other keys of somebody in it than before.",
  "reports.not_read": "No proof: it cannot be read.",
  "reports.upheld": "The reporter is right",
  "reports.dismissed": "Nothing to do",

  // Forgetting
  "keep.title": "How long messages stay",
  "keep.label": "Messages stay",
  "keep.lead": "What is forgotten is deleted on the server and on every device. Nobody can bring it back, but somebody may have copied it before.",
  "keep.change": "Change…",
  "keep.option_ever": "For ever",
  "keep.option_days": { one: "{count} day", other: "{count} days" },
  "keep.is_ever": "Messages stay for ever. Whoever gets hold of the keys later can read them.",
  "keep.is_days": { one: "Messages are forgotten after {count} day, with the keys that opened them.", other: "Messages are forgotten after {count} days, with the keys that opened them." },
  "keep.shorter": { one: "What is older than {count} day is forgotten at once.", other: "What is older than {count} days is forgotten at once." },
  "keep.longer": "This holds for what is said from now on. What is there is forgotten as before.",
  "commit.keep_ever": "{name} has messages kept for ever from now on.",
  "commit.keep_days": { one: "{name} has messages forgotten after {count} day.", other: "{name} has messages forgotten after {count} days." },
  "forgotten.line": { one: "What was said before is forgotten: messages stay for {count} day here.", other: "What was said before is forgotten: messages stay for {count} days here." },
  "erase.reason": "Reason, which all members see (may be left empty)",
};
