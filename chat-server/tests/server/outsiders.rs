//! Of a room that an account is not in it learns nothing, whatever it asks.

use bytes::Bytes;
use wire_format::{
    ChannelId, ClientFrame, CommandFrame, EpochNumber, ErrorCode, RoomId, WrapNumber,
    command::{Command, Contract},
    room::{Action, RoomKind},
};

use crate::{
    conversing::{Person, Talk},
    older_epochs::{grant, key_request, state},
    owner::Folder,
};

/// The fields and the tail with which a member would do it.
fn as_a_member_would(
    contract: &Contract,
    talk: &Talk,
    room: RoomId,
    eve: &Person,
    ada: &Person,
) -> (String, Bytes) {
    let n = EpochNumber::new(1);
    let wraps = WrapNumber::new(1);
    let of_room = format!(r#""room":"{room}""#);
    let with_n = format!(r#"{of_room},"n":"{n}""#);
    let nothing = Bytes::new();
    let ids = |bytes: Bytes| within(bytes, talk.room, room);
    match contract.name {
        "rooms.follow"
        | "rooms.unfollow"
        | "rooms.state"
        | "rooms.look"
        | "epochs.rotate"
        | "epochs.chain"
        | "epochs.pending"
        | "epochs.key_requests"
        | "epochs.grants" => (of_room, nothing),
        "epochs.share" | "epochs.bad_share" => (with_n, nothing),
        "epochs.refuse" => {
            let request = key_request(talk, ada, 1).hash();
            (format!(r#"{of_room},"request":"{request}""#), nothing)
        }
        "rooms.update" => (format!(r#"{of_room},"revision":0,"name":"hers""#), nothing),
        "rooms.archive" => (format!(r#"{of_room},"archived":true"#), nothing),
        "channels.create" => {
            let channel = ChannelId::from_bytes([7; 16]);
            (format!(r#"{of_room},"channel":"{channel}""#), nothing)
        }
        "channels.update" => {
            let fields = format!(r#"{of_room},"channel":"{}","revision":0"#, talk.channel);
            (fields, nothing)
        }
        "channels.archive" => {
            let fields = format!(r#"{of_room},"channel":"{}","archived":true"#, talk.channel);
            (fields, nothing)
        }
        "rooms.set_state" => {
            let fields = format!(r#"{of_room},"expected":"0""#);
            (fields, ids(state(talk, eve, 1)))
        }
        "epochs.commit" => {
            let draft = talk.draft(&ada.owner, vec![]);
            let fields = format!(r#"{of_room},"n":"2","wraps":["{wraps}","{wraps}"]"#);
            (fields, ids(draft.tail))
        }
        "rooms.request" => {
            let request = talk.request(&eve.owner, Action::Join, None);
            (String::new(), ids(request.bytes().clone()))
        }
        "rooms.invite" => {
            let invitation = talk.invitation(&eve.owner, ada.account());
            (String::new(), ids(invitation.bytes().clone()))
        }
        "epochs.request_keys" => {
            let request = key_request(talk, eve, 1);
            (String::new(), ids(request.bytes().clone()))
        }
        "epochs.grant" => {
            let grant = grant(talk, ada, key_request(talk, ada, 1));
            (String::new(), ids(grant.bytes().clone()))
        }
        other => panic!("{other} is not tried"),
    }
}

/// The record with another room's id in its place.
fn within(record: Bytes, from: RoomId, to: RoomId) -> Bytes {
    let mut record = record.to_vec();
    let place = record
        .windows(RoomId::LEN)
        .position(|bytes| bytes == from.as_bytes())
        .expect("the room's id");
    record[place..place + RoomId::LEN].copy_from_slice(to.as_bytes());
    record.into()
}

#[tokio::test]
async fn a_room_is_to_outsiders_as_one_that_is_not_there() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut eve = Person::arrives(&house, "Eve").await;
    let mut talk = Talk::begins(RoomKind::Group, &mut ada, &mut []).await;
    talk.learns(&mut eve).await;
    let nowhere = RoomId::from_bytes([9; 16]);
    let mut tried = 0;
    for contract in Command::CONTRACTS {
        let is_ours = ["rooms.", "epochs.", "channels."]
            .iter()
            .any(|noun| contract.name.starts_with(noun));
        let is_proven = contract.state.needs_accounts();
        if !is_ours || !is_proven || !contract.own_errors.contains(&ErrorCode::NoSuchRoom) {
            continue;
        }
        for room in [talk.room, nowhere] {
            let (fields, tail) = as_a_member_would(contract, &talk, room, &eve, &ada);
            let comma = if fields.is_empty() { "" } else { "," };
            let header = format!(r#"{{"command":"{}"{comma}{fields}}}"#, contract.name);
            eve.peer
                .send(ClientFrame::Command(CommandFrame {
                    request: 77,
                    header: header.into(),
                    tail,
                }))
                .await;
            let reply = eve.peer.reply_to::<serde::de::IgnoredAny>(77).await;
            let refusal = reply.err().map(|refusal| refusal.code);
            assert_eq!(refusal, Some(ErrorCode::NoSuchRoom), "{}", contract.name);
            tried += 1;
        }
    }
    assert!(tried >= 42, "{tried}");
    drop((ada, eve));
    house.close().await;
}
