//! `sealwire fingerprint`: the safety number with somebody, and what is remembered of their keys.

use chat_client::account::{Account, Person, Standing};
use serde_json::{Value, json};
use wire_format::{AccountId, compare::AccountKeys};

use super::{at::At, flags::Of, home::Home, opened::Opened, out};
use crate::{cli::Format, exit::Failure, plain::visible};

/// What was found of somebody, or of oneself.
pub(super) struct Found {
    pub(super) text: String,
    object: Value,
    /// Whose keys are new, and not signed by the old ones.
    reset: Option<String>,
}

pub(super) async fn run(at: At, home: Home, format: Format, flags: Of) -> Result<(), Failure> {
    let mut opened = Opened::again(&at, home, flags.account.as_deref()).await?;
    let found = look(&mut opened.account, &flags).await?;
    opened.close().await?;
    out::print(format, &found.text, &found.object)?;
    match found.reset {
        Some(name) => Err(Failure::KeysReset(name)),
        None => Ok(()),
    }
}

/// Looks at somebody's keys, and notes what is said of them.
pub(super) async fn look(account: &mut Account, flags: &Of) -> Result<Found, Failure> {
    let (id, name) = whose(account, &flags.person).await?;
    if id == account.id() {
        return Ok(own(account));
    }
    let mut person = account.check_person(id, name.as_deref()).await?;
    if flags.verified {
        person = account.mark_verified(person).await?;
    } else if flags.acknowledge {
        person = account.acknowledge(person).await?;
    }
    let is_reset = person.standing == Standing::Reset;
    Ok(Found {
        text: text(&person),
        object: object(&person),
        reset: is_reset.then(|| visible(&person.name)),
    })
}

/// The account that a name or an id means; a name is asked for at the server.
pub(super) async fn whose(
    account: &mut Account,
    person: &str,
) -> Result<(AccountId, Option<String>), Failure> {
    // No name is as long as an id.
    if let Ok(id) = person.parse() {
        return Ok((id, None));
    }
    let found = account.find(person).await?;
    Ok((found.account, Some(found.name)))
}

fn own(account: &Account) -> Found {
    let keys = AccountKeys {
        account: account.id(),
        fingerprint: account.fingerprint(),
    };
    let text = format!(
        "This is your own account.\n\
         fingerprint    {}\n\
         as a QR code   {keys}",
        keys.fingerprint
    );
    Found {
        text,
        object: json!({
            "type": "own_keys",
            "account": keys.account,
            "fingerprint": keys.fingerprint,
            "qr": keys.to_string(),
        }),
        reset: None,
    }
}

fn text(person: &Person) -> String {
    let name = visible(&person.name);
    let standing = match person.standing {
        Standing::New => "seen for the first time",
        Standing::Same => "the same as before",
        Standing::Rotated => "new, signed by the ones before",
        Standing::Reset => "NEW, and not signed by the ones before: this may be somebody else",
    };
    let verified = if person.verified { "yes" } else { "no" };
    let number = person.safety_number.to_string();
    let groups: Vec<&str> = number.split(' ').collect();
    let lines: Vec<String> = groups.chunks(4).map(|line| line.join(" ")).collect();
    let next = if person.verified {
        String::new()
    } else {
        format!(
            "\nCompare the safety number with {name} in person or on the telephone. If it is the same:\n  \
             sealwire fingerprint {} --verified",
            person.account
        )
    };
    format!(
        "name           {name}\n\
         account        {}\n\
         fingerprint    {}\n\
         keys           {standing}\n\
         verified       {verified}\n\
         safety number  {}{next}",
        person.account,
        person.fingerprint,
        lines.join("\n               "),
    )
}

fn object(person: &Person) -> Value {
    let standing = match person.standing {
        Standing::New => "new",
        Standing::Same => "same",
        Standing::Rotated => "rotated",
        Standing::Reset => "reset",
    };
    json!({
        "type": "person",
        "name": person.name,
        "account": person.account,
        "fingerprint": person.fingerprint,
        "keyset": person.keyset,
        "standing": standing,
        "verified": person.verified,
        "safety_number": person.safety_number.to_string(),
    })
}
