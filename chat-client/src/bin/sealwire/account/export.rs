//! `sealwire export --jwe`: one message for other programs.

use serde_json::json;
use wire_format::{AccountId, Sequence};

use super::{at::At, flags::Export, home::Home, talker::Talker, told};
use crate::{exit::Failure, printer::print};

pub(super) async fn run(at: At, home: Home, flags: Export) -> Result<(), Failure> {
    let mut talker = Talker::begin(&at, home, flags.account.as_deref()).await?;
    let at = talker.place(&flags.from, flags.channel.as_deref()).await?;
    let room = at.room;
    let sequence = Sequence::new(flags.sequence);
    let message = talker.conversations.message_at(at, sequence).await?;
    let Some(message) = message else {
        let why = format!("there is no message that can be read at {sequence}");
        return Err(Failure::Settings(why));
    };
    let mut object = told::message_object(&message, &talker.conversations);
    object["room"] = json!(room);
    object["channel"] = json!(at.channel);
    let mut people: Vec<AccountId> = Vec::new();
    for person in &flags.people {
        people.push(talker.person(person).await?);
    }
    if people.is_empty() {
        let conversation = talker.conversations.conversation(room);
        let members = conversation.into_iter().flat_map(|conversation| {
            let members = conversation.record().members();
            members.map(|(account, _)| account)
        });
        people.extend(members);
    }
    let text = object.to_string();
    let jwe = talker
        .conversations
        .seal_for(&people, text.as_bytes())
        .await?;
    talker.close().await?;
    print(&jwe).map_err(Failure::Output)
}
