/**
 * What the page may ask of the worker about files, and what it is told. Bytes of a file go in as a `Blob` that is read in slices, and come
 * out as one; its secret stays in the worker.
 */

/**
 * What a row shows of a file: its name without what would change how it reads, the one to save it under, the type that its sender named, its bytes. `look`: what the
 * page may try to show of it, which the bytes decide.
 * @typedef {{ file: string, name: string, saveAs: string, mediaType: string, size: number, look: "image" | "text" | null }} FileShown
 *
 * A file on its way. `id` is its message's when it goes up; `done` are bytes of `size`. `checking`: whether it is still the one that was
 * begun; `waiting` for the connection; `elsewhere`: another tab does it.
 * @typedef {{ id: string, room: string, way: "up" | "down", done: number, size: number, state: "queued" | "checking" | "moving" | "waiting" | "elsewhere" }} Transfer
 *
 * What can be seen of a file: a picture of a type that its bytes show, or a text and whether that is all of it.
 * @typedef {{ kind: "image", blob: Blob, width: number, height: number } | { kind: "text", text: string, whole: boolean } | { kind: "none" }} Preview
 *
 * @typedef {object} FileRequests
 * @property {{ takes: { room: string, channel?: string, blob: Blob, name: string, mediaType: string, text?: string }, gives: { message: string } }} conversation_file_send
 *   puts it on its way; the message follows when all of it is there
 * @property {{ takes: { room: string, message: string, blob: Blob | null }, gives: {} }} conversation_file_again goes on with one that was
 *   interrupted or failed; with the file chosen once more where this page does not have it (`file_needed`), which has to be the same (`file_changed`)
 * @property {{ takes: { room: string, message: string }, gives: {} }} conversation_file_drop gives up one that goes up
 * @property {{ takes: { room: string, channel?: string, hash: string, id: string, to: any }, gives: { blob: Blob | null, name: string } }} conversation_file_save all of
 *   a file: into `to`, a handle of the file system, or as a blob; `file_damaged` where a chunk does not hold
 * @property {{ takes: { room: string, channel?: string, hash: string, id: string }, gives: Preview }} conversation_file_preview
 * @property {{ takes: { room: string, id: string }, gives: {} }} conversation_file_stop ends what comes down under this id
 *
 * @typedef {{ tell: "transfers", transfers: Transfer[] }} TransfersTold all that are on their way
 */

export {};
