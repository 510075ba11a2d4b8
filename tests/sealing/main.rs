//! Who must not know: canaries in what is typed, in keys and in secrets, and where they are looked for.

mod accounts;
mod canaries;
mod conversations;
mod secrets;
