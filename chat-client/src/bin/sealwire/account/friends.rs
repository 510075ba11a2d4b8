//! `sealwire friends`: who this account knows.

use serde_json::json;
use wire_format::command::friends::{Friend, FriendState};

use super::{
    at::At,
    fingerprint::whose,
    flags::{Action, Friends},
    home::Home,
    opened::Opened,
    out::print,
};
use crate::{cli::Format, exit::Failure, plain::visible};

pub(super) async fn run(at: At, home: Home, format: Format, flags: Friends) -> Result<(), Failure> {
    let person = match (flags.action.step(), flags.person) {
        (None, None) => None,
        (None, Some(_)) => {
            return Err(Failure::Settings("friends list takes no name".to_owned()));
        }
        (Some(step), Some(person)) => Some((step, person)),
        (Some(_), None) => {
            return Err(Failure::Settings(
                "name a person: sealwire friends add NAME".to_owned(),
            ));
        }
    };
    let mut opened = Opened::again(&at, home, flags.account.as_deref()).await?;
    let Some((step, person)) = person else {
        let friends = opened.account.friends().await?;
        opened.close().await?;
        let lines: Vec<String> = friends.iter().map(line).collect();
        let object = json!({ "type": "friends", "friends": friends });
        return print(format, &lines.join("\n"), &object);
    };
    let (account, name) = whose(&mut opened.account, &person).await?;
    opened.account.friend(step, account).await?;
    opened.close().await?;
    let name = name.unwrap_or_else(|| account.to_string());
    let text = format!("{}: {}", visible(&name), done(flags.action));
    let object = json!({
        "type": "friend",
        "account": account,
        "name": name,
        "done": done(flags.action),
    });
    print(format, &text, &object)
}

const fn done(action: Action) -> &'static str {
    match action {
        Action::List => "listed",
        Action::Add => "asked",
        Action::Accept => "accepted",
        Action::Decline => "declined",
        Action::Remove => "removed",
        Action::Block => "blocked",
        Action::Unblock => "unblocked",
    }
}

fn line(friend: &Friend) -> String {
    let state = match friend.state {
        FriendState::Asked => "asked by you",
        FriendState::Asking => "asks you",
        FriendState::Friend if friend.online => "online",
        FriendState::Friend => "offline",
        FriendState::Blocked => "blocked",
        FriendState::None => "none",
    };
    format!(
        "{state}\t{}\t{}",
        visible(&friend.name),
        visible(&friend.display)
    )
}
