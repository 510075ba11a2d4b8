//! docs/api.md says what the list of commands says: this test writes it, and compares.
//!
//! `SEALWIRE_WRITE_DOCS=1 cargo test -p wire-format --test api_document` writes it anew.

mod elsewhere;
mod fields;

use std::{collections::BTreeSet, env, fmt::Write as _, fs, path::Path};

use wire_format::{
    ErrorCode,
    command::{Command, Contract, Described, State, summary},
};

use self::{elsewhere::ELSEWHERE, fields::fields_of};

#[test]
fn docs_api_md_is_what_the_commands_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api.md");
    let document = document();
    #[allow(
        clippy::disallowed_methods,
        reason = "a test has no command line of its own"
    )]
    let is_to_be_written = env::var_os("SEALWIRE_WRITE_DOCS").is_some();
    if is_to_be_written {
        fs::write(&path, &document).expect("docs/api.md is written");
    }
    let written = fs::read_to_string(&path).expect("docs/api.md");
    let differs = document
        .lines()
        .zip(written.lines())
        .find(|(now, then)| now != then);
    assert_eq!(differs, None, "SEALWIRE_WRITE_DOCS=1 writes docs/api.md");
    assert_eq!(document.len(), written.len(), "docs/api.md has another end");
}

#[test]
fn what_other_systems_have_leads_to_what_is_there() {
    let known: BTreeSet<_> = Command::NAMES.iter().chain(EVENTS).chain(FRAMES).collect();
    for (theirs, ours) in ELSEWHERE {
        for name in *ours {
            assert!(known.contains(name), "{theirs}: {name}");
        }
    }
}

/// Events and frames that the lists name beside commands.
const EVENTS: &[&str] = &[
    "commit.due",
    "epoch.asked",
    "epoch.committed",
    "epoch.due",
    "epoch.granted",
    "epoch.keys_requested",
    "epoch.share",
    "epoch.started",
    "friends.changed",
    "presence.changed",
    "room.invited",
];
const FRAMES: &[&str] = &["deliver", "publish"];

fn document() -> String {
    let mut text = String::from(HEAD);
    let described = Command::described(&mut Vec::new());
    let mut groups = Vec::<&str>::new();
    for command in &described {
        let group = group_of(command);
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    for group in groups {
        let _ = writeln!(text, "\n### {group}\n\n{COLUMNS}");
        for command in described.iter().filter(|it| group_of(it) == group) {
            let _ = writeln!(text, "{}", row(command));
        }
    }
    text.push_str(STATES);
    for state in [
        State::New,
        State::Greeted,
        State::SignIn,
        State::SignedIn,
        State::Member,
        State::Account,
        State::Proven,
    ] {
        let _ = writeln!(text, "| {} | {} |", name_of(state), codes(state.errors()));
    }
    let common = codes(Contract::COMMON_ERRORS);
    let _ = writeln!(text, "| every command | {common} |");
    text.push_str(ELSEWHERE_HEAD);
    for (theirs, ours) in ELSEWHERE {
        let ours: Vec<_> = ours.iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(text, "| `{theirs}` | {} |", ours.join(", "));
    }
    text
}

fn group_of(command: &Described) -> &'static str {
    let (group, _) = command.contract.name.split_once('.').unwrap_or_default();
    group
}

fn row(command: &Described) -> String {
    let contract = command.contract;
    let sentence = summary(&command.fields);
    let takes = match contract.tail_bytes {
        0 => String::new(),
        most => format!("; tail of at most {most} B"),
    };
    let gives = if contract.answers_tail { "; tail" } else { "" };
    format!(
        "| `{}` | {} | {sentence} | {}{takes} | {}{gives} | {} |",
        contract.name,
        name_of(contract.state),
        fields_of(&command.fields),
        fields_of(&command.ok),
        codes(contract.own_errors),
    )
}

fn codes(codes: &[ErrorCode]) -> String {
    let codes: Vec<_> = codes.iter().map(|code| format!("`{code}`")).collect();
    codes.join(", ")
}

const fn name_of(state: State) -> &'static str {
    match state {
        State::New => "new",
        State::Greeted => "greeted",
        State::SignIn => "sign-in",
        State::SignedIn => "signed in",
        State::Member => "member",
        State::Account => "account",
        State::Proven => "proven",
    }
}

const HEAD: &str = "\
# The commands

Every operation has one name. It is a command frame on TCP and on the WebSocket, and `POST /api/<name>` over HTTP, which a running web-proxy describes as OpenAPI at `/api/openapi.json`. This page is made from the same list \
([`wire-format/src/command.rs`](../wire-format/src/command.rs)); what the bytes are and what each command means is in [protocol.md](protocol.md).

*When* is the state that a connection must be in. Types are those of the OpenAPI document: ids, hashes and secrets are hexadecimal, numbers above 32 bits decimal strings. A `?` marks what may be absent. A *tail* is bytes behind the fields. *Errors* are the command's own; those of its state come on top, and those that every command has.

## By name
";

const COLUMNS: &str = "\
| command | when | what it does | fields | answers | errors |
|---|---|---|---|---|---|";

const STATES: &str = "
## By state

*New*: nothing was said yet. *Greeted*: versions were exchanged. *Sign-in*: as greeted, where accounts are served. *Signed in*: a guest or an account. *Member*: a guest, or an account whose keys are proven. *Account*: also before its keys are proven, as far as [protocol.md](protocol.md#145-signing-in-and-the-proof-of-keys) says. *Proven*: an account whose keys are proven.

| state | refuses what does not belong there with |
|---|---|
";

const ELSEWHERE_HEAD: &str = "
## By the name it has elsewhere

What other chat systems call an endpoint or an event, and what does it here. Bytes differ; keys are made by clients, so nothing that posts one has a counterpart that does.

| there | here |
|---|---|
";
