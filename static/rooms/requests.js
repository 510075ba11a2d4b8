/**
 * What the page may ask of the worker about end-to-end rooms, what it is told, and what the worker asks of the page: the
 * worker has no connection of its own. Texts go out opened; no key does.
 *
 * All ids are in hexadecimal, numbers of the protocol are plain numbers here.
 */

/**
 * @typedef {Uint8Array<ArrayBufferLike>} Bytes
 * @typedef {"owner" | "admin" | "member" | "muted"} Role
 * @typedef {import("../crypto/room/content.js").KnownContent} KnownContent
 * @typedef {import("../crypto/room/policy.js").Policy} Policy
 * @typedef {import("./face.js").ChannelFace} ChannelFace
 * @typedef {import("./face.js").ChannelChange} ChannelChange
 * @typedef {import("../crypto/room/commit.js").CommitReason} CommitReason
 *
 * Where one message stands: `queued` kept here until its turn, `held` by slow mode, so that it can be discarded, `sending`, `sent`, `failed` until the user decides.
 * @typedef {{ state: "queued" | "held" | "sending" | "sent" } | { state: "failed", code: string }} Sending
 *
 * @typedef {import("../crypto/room/causes.js").Unreadable} Unreadable
 *
 * One thing of a conversation, as it stands now. `key` stays when an own message gets its sequence; `sequence` is 0 until then.
 * @typedef {{ key: string, sequence: number, time: number }} Place
 * @typedef {Place & { kind: "message", message: string, hash: string, account: string, mine: boolean, text: string, mentions: string[],
 *   replyTo: { message: string, account: string, text: string } | null, edited: boolean, reactions: Array<{ emoji: string, accounts: string[] }>,
 *   file?: import("./files/requests.js").FileShown,
 *   thread: string, answers: number, send: Sending | null, clockOff: boolean, oldEpoch: boolean }} MessageRow `thread` has the hash of the first message of the thread that an answer
 *   stands in, `answers` how many there are in the one that a message begins; `send` is null for what the server delivered; `oldEpoch`: it came, or stands, behind a later epoch than its own
 * @typedef {Place & { kind: "erased", hash: string, account: string, by: string, reason: string, answers: number }} ErasedRow
 * @typedef {Place & { kind: "unreadable", account: string, cause: Unreadable }} UnreadableRow
 * @typedef {Place & { kind: "commit", n: number, by: string, reason: string, joined: string[], left: string[], removed: string[], banned: string[],
 *   unbanned: string[], rekeyed: string[], roles: Array<{ account: string, role: Role }>, keepDays: number | null }} CommitRow what a commit changed, as one quiet line; `keepDays`:
 *   after how many days the room forgets from then on, where that is another number than before
 *
 * What happened to a request for older keys. `asked`: somebody asks, and this user may decide; `given`: `by` let `account` read `count` epochs; `refused`: who decides did
 * not, `by` is empty where nobody knows who that was.
 * Or what the room has forgotten before this place, which it does after `count` days.
 * @typedef {{ what: "asked" | "given" | "refused" | "forgotten", account: string, by: string, count: number }} Note
 * @typedef {Place & Note & { kind: "note" }} NoteRow
 * @typedef {Place & { kind: "resource", account: string, resource: string, action: "added" | "edited" | "removed", title: string }} ResourceRow somebody changed the list of
 *   resources, as another quiet line
 * @typedef {MessageRow | ErasedRow | UnreadableRow | CommitRow | NoteRow | ResourceRow} Row
 *
 * `verified` the user compared the safety number, `seen` pinned at first contact, `changed` a reset nobody has taken note of, `lost` what the vault kept of
 * them does not open, or is left out, `alarm` the server shows other keys than before.
 * @typedef {"verified" | "seen" | "changed" | "lost" | "alarm"} Trust
 *
 * `anew`: the room lists keys of before a reset, so that this member reads nothing before being let in anew.
 * @typedef {{ account: string, name: string, role: Role, fingerprint: string, keys: Trust, anew: boolean, own: boolean }} RoomMember
 *
 * Something that needs the user's eye; `n` is a commit's number, or tells one time from another. `fork`: two histories of the room were shown, nothing is sent until `conversation_decide`; `withheld`: a sender's
 * counters have a hole; `repeated`: another message under a used key; `commit_refused`: the server offered a commit that does not hold; `state_refused`;
 * `keys_alarm`: an account's chain of keys does not hold; `rolled_back`: the server shows an older room than this vault knows, or, without
 * `n`, what the vault kept of it does not open or is left out;
 * `left_out`: its numbers have a hole; `renumbered`: it numbers in another way than before;
 * `commit_withheld`: a member wrote under a commit that the server does not show, which stops the room as a fork does; `ghost`: somebody who was not in the room wrote;
 * `taken_away`: the server erased messages and shows nobody's deletion; `false_keys`: keys that a member handed over are not those of their commits.
 * `commit_left_out`: a commit has no place in a channel where something is sealed under it; `commit_order`: commits stand in another order than they follow each other.
 * `channel_withheld`: the server does not name a channel that was there, or that owners and admins have signed;
 * `channel`: the one in which it happened; without it, it is about the room.
 * @typedef {{ kind: "fork" | "commit_withheld" | "ghost" | "taken_away" | "false_keys" | "withheld" | "repeated" | "commit_refused" | "state_refused" | "keys_alarm" | "rolled_back" | "left_out" | "renumbered" | "commit_left_out" | "commit_order" | "channel_withheld", account: string | null, n: number | null, channel?: string }} Alarm
 *
 * What members keep in a room: a link, or a file; `url` and `host` are empty where nothing can be opened.
 * @typedef {{ resource: string, title: string, url: string, host: string, file: string, by: string, at: number }} ShownResource
 * @typedef {{ change: "add", title: string, url?: string, file?: string } | { change: "edit", resource: string, title: string, url?: string, file?: string }
 *   | { change: "remove", resource: string } | { change: "move", resource: string, before: string | null }} ResourceChange `before` which one, or null for last
 *
 * One channel of a room, as far as it was read here. `read`: the own mark; `unread`: messages of others behind it; `mentioned`: how many of them
 * mention the user; `lastText` for the list, empty if unreadable; `marks`: how far others said that they have read.
 * @typedef {ChannelFace & { channel: string, last: number, read: number, unread: number, mentioned: number, lastText: string, lastTime: number,
 *   marks: Array<{ account: string, read: number }> }} ChannelState
 *
 * A pinned message as it stands now: `away` it is further back than what is here, `erased` it was deleted.
 * @typedef {{ channel: string, message: string, hash: string, state: "here" | "edited" | "erased" | "away", account: string, text: string, time: number }} Pinned
 *
 * `last`, `read` and `marks` are those of the main channel; `unread`, `mentioned`, `lastText` and `lastTime` are of all channels.
 * @typedef {object} Conversation
 * @property {string} room
 * @property {string} channel the main one
 * @property {ChannelState[]} channels in their order
 * @property {Policy} policy what the signed chain says that it allows
 * @property {Policy["kind"]} kind a public or private room has more channels than one
 * @property {string} name empty for a direct conversation and where none was given; of a public room by the server's word
 * @property {string} topic what it is for
 * @property {boolean} archived it is only read
 * @property {Array<{ account: string, name: string }>} banned for owners and admins
 * @property {RoomMember[]} members
 * @property {Array<{ account: string, name: string }>} [former] who is no member any more, and may still be named by rows
 * @property {Role} role the own one
 * @property {boolean} request a stranger began it, and nothing was written here yet
 * @property {number} n newest epoch
 * @property {string} number the room number: 60 digits
 * @property {"shared" | "from_joining"} history
 * @property {number} last newest sequence
 * @property {number} read own read mark
 * @property {number} unread messages of others behind it
 * @property {number} [mentioned] how many of them mention the user
 * @property {string} lastText for the list; empty if unreadable
 * @property {number} lastTime
 * @property {"ready" | "catching_up" | "waiting_for_key" | "keys_reset" | "stopped"} state `stopped`: an alarm waits for a decision
 * @property {string | null} [halted] a member to whose keys nothing goes before the user has looked at them
 * @property {Pinned[]} pins the newest last
 * @property {Alarm[]} alarms
 * @property {Array<{ request: string, account: string, from: number, to: number }>} keyRequests that this user may decide
 * @property {number | null} [refusal] why older keys were refused, as who decided says it: 1 not now, 2 only from joining on, 3 an unknown person
 * @property {Array<{ account: string, read: number }>} marks how far others said that they have read
 * @property {ShownResource[]} [resources] in their order
 *
 * A version of the room's key: who made it, when, and why.
 * @typedef {{ n: number, by: string, time: number, reason: CommitReason }} Epoch
 *
 * @typedef {{ invitation: string, room: string, inviter: string, inviterName: string, inviterKeys: Trust, safetyNumber: string, name: string, expiresAt: number }} Invitation
 *
 * @typedef {TalkRequests & import("./files/requests.js").FileRequests} RoomRequests
 *
 * Where a request takes a channel and none is given, it is about the room's main one.
 * @typedef {object} TalkRequests
 * @property {{ takes: { account: string, name: string, marks: boolean }, gives: {} }} conversations_begin the keys are proven: catch up and follow; again after each new
 *   connection. `marks`: whether read marks and typing are shown to others
 * @property {{ takes: {}, gives: {} }} conversations_end signed out: everything in memory goes; what is unsent stays under its local key
 * @property {{ takes: { kind: Policy["kind"], accounts: string[], name: string, topic?: string, history: "shared" | "from_joining", join?: Policy["join"], invite?: Policy["invite"], keepDays?: number },
 *   gives: { room: string, channel: string } }} conversation_create accounts are in a group or direct conversation from the beginning, and are invited into a room
 * @property {{ takes: { room: string }, gives: { room: string, channel: string } }} conversation_join an open public room
 * @property {{ takes: { room: string, channel?: string, content: KnownContent }, gives: { message: string } }} conversation_send text, reply, edit (its revision is put here), reaction, tombstone. Goes through the outbox
 * @property {{ takes: { message: string }, gives: {} }} conversation_give_up something unsent of a conversation that one is in no more
 * @property {{ takes: { room: string, channel?: string, text: string }, gives: {} }} conversation_draft keeps what was begun, under the local key; empty takes it away
 * @property {{ takes: { room: string, message: string, again: boolean }, gives: {} }} conversation_retry a failed one again, or given up, also one that slow mode holds back
 * @property {{ takes: { room: string, channel?: string, before: number | null, count: number }, gives: { rows: Row[], more: boolean } }} conversation_rows a window of rows, oldest first
 * @property {{ takes: { room: string, channel?: string, hash: string }, gives: { root: string, rows: Row[] } }} conversation_thread of the thread in which the message
 *   with this hash stands: the hash of its first message, that and its newest answers; older pages are read until it is found
 * @property {{ takes: { room: string, channel?: string, message: string, hash: string, on: boolean }, gives: {} }} conversation_pin owners and admins
 * @property {{ takes: { room: string, channel?: string, message: string, hash: string, reason: string }, gives: {} }} conversation_report hands this one message to the
 *   server's administrators, with the key that opens it and no other
 * @property {{ takes: {}, gives: { settled: boolean } }} conversations_settle opens every share of all rooms that was not opened yet, before keys that open it go;
 *   whether all of their secrets stand in the vault
 * @property {{ takes: { after: string | null }, gives: { reports: JudgedReport[], more: boolean } }} conversations_reports for administrators of the server: those that are pending,
 *   the oldest first, behind the number of one
 * @property {{ takes: { room: string, channel?: string, sequence: number }, gives: {} }} conversation_read moves the own read mark; lower than it marks unread
 * @property {{ takes: { room: string, channel?: string, on: boolean }, gives: {} }} conversation_typing
 * @property {{ takes: { room: string, account: string }, gives: { online: boolean } }} conversation_invite
 * @property {{ takes: { invitation: string, accept: boolean }, gives: { room: string, channel: string } }} conversation_answer an invitation
 * @property {{ takes: { room: string }, gives: {} }} conversation_leave
 * @property {{ takes: { room: string, account: string, ban: boolean }, gives: {} }} conversation_remove
 * @property {{ takes: { room: string, account: string, role: Role }, gives: {} }} conversation_role
 * @property {{ takes: { room: string, name?: string, topic?: string }, gives: {} }} conversation_rename owners and admins
 * @property {{ takes: { room: string, account: string }, gives: {} }} conversation_unban
 * @property {{ takes: { room: string, account: string }, gives: {} }} conversation_transfer makes another one an owner, and oneself an admin
 * @property {{ takes: { room: string, policy: Partial<Omit<Policy, "kind">> }, gives: {} }} conversation_policy owners
 * @property {{ takes: { room: string, archived: boolean }, gives: {} }} conversation_archive owners
 * @property {{ takes: { room: string, name: string, topic: string }, gives: { channel: string } }} conversation_channel_create owners and admins
 * @property {{ takes: { room: string, channel: string, change: ChannelChange }, gives: {} }} conversation_channel_change owners and admins
 * @property {{ takes: { room: string, channel: string, archived: boolean }, gives: {} }} conversation_channel_archive owners and admins; never the main one
 * @property {{ takes: { room: string, before: number | null, count: number }, gives: { epochs: Epoch[], more: boolean } }} conversation_epochs the newest first, by the signed chain
 * @property {{ takes: { room: string, change: ResourceChange }, gives: { resource: string } }} conversation_resource any member who may write
 * @property {{ takes: { room: string }, gives: {} }} conversation_rotate new keys for what follows, on demand
 * @property {{ takes: { room: string }, gives: {} }} conversation_ask_keys of the epochs that cannot be read
 * @property {{ takes: { room: string, request: string, grant: boolean, reason?: number }, gives: {} }} conversation_decide_keys reason of a refusal: 1 not now, 2 only from joining on, 3 an unknown person
 * @property {{ takes: { room: string, kind: Alarm["kind"] }, gives: {} }} conversation_decide after an alarm that
 *   stopped the room: go on with what this vault knows, as far as alarms of this kind are about; of `rolled_back` with what the server shows, where what
 *   the vault kept is lost
 * @property {{ takes: { room: string }, gives: {} }} conversation_look once more whether the server shows an older room, or gives what the vault kept; decides nothing
 *
 * A report as it was judged here. `proven`: the keys of `sender` signed this message for this place; if not, `cause` says what failed, `sender` is the server's word, and
 * nothing of the message is given. `text` is what it says, empty for a type that has none.
 * @typedef {{ number: string, report: string, receivedAt: number, reporter: string, reporterName: string, reason: string, sender: string, senderName: string,
 *   proven: boolean, cause: string | null, sentAt: number, type: string, text: string }} JudgedReport
 *
 * What the worker tells, each as `{ tell, ... }`; `rows` has those that are new or changed, and the keys of those that are gone.
 * `left`: texts that wait for a conversation that one is in no more. A draft of another channel than the main one has its id in place of the room's.
 * @typedef {{ message: string, text: string, at: number }} Left
 * @typedef {{ tell: "conversations", conversations: Conversation[], invitations: Invitation[], left: Left[] }
 *   | { tell: "rows", room: string, channel: string, rows: Row[], gone: string[] }
 *   | { tell: "drafts", drafts: Array<{ room: string, text: string }> }
 *   | { tell: "typing", room: string, channel: string, account: string, on: boolean }
 *   | import("./files/requests.js").TransfersTold
 *   | { tell: "old_keys", spans: import("../keys/requests.js").Span[] }
 *   | { tell: "vault", trouble: "vault_corrupt" | "vault_rolled_back" }} Tell something of the vault is not as it should be; `old_keys`: when
 *   something may have been sealed to this account that opens what rooms have forgotten
 *
 * What the worker asks of the page, each as `{ want: id, ... }` and answered with `{ want: id, outcome }`; and frames that the page hands in, as `{ frame }`:
 * events with their tail and delivers of end-to-end channels.
 * @typedef {{ command: string, fields: Record<string, unknown>, tail: Bytes }
 *   | { publish: { channel: string, epoch: number, stored: boolean, payload: Bytes } }} Want
 * @typedef {{ ok: Record<string, any>, tail?: Bytes, sequence?: number } | { error: { code: string, retryAfterMs?: number } }} Outcome
 */

export {};
