//! `rooms.create`.

use std::sync::Arc;

use wire_format::{
    AccountId, ChannelId, ErrorCode, Event, MemberId, Refusal, RunId,
    command::conversations::{Create, Created},
    limits::PUBLIC_ROOMS_BY_ONE,
    room::{AdmissionError, Change, RoomKind},
};

use super::{
    admission::{self, Ground, Kept, Offer},
    faces, whole,
};
use crate::{
    account::{AccountSession, account_id},
    command::{
        Turn,
        errand::{Errand, too_often},
    },
    store::rooms::{CompanyOf, FoundRoom, HasBlocked, PublicFace},
    wall_clock,
};

/// Makes a room, and tells those who are placed in it; somebody who has blocked the founder is
/// not told. A dropped future leaves it made and told, or neither.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    create: Create,
) -> Result<Turn, Refusal> {
    let attempts = &errand.accounts.attempts;
    attempts.conversation(own.account).map_err(too_often)?;
    let offer = Offer::read(errand.tail.clone(), create.wraps.as_slice())?;
    if (offer.commit.room(), offer.commit.author()) != (create.room, own.account) {
        return Err(ErrorCode::CommitInvalid.into());
    }
    let called = Called::read(create.name.as_deref(), create.topic.as_deref())?;
    let ground = Ground::read(&errand, &offer, None).await?;
    let placed = placed(&offer);
    if !placed.iter().all(|account| ground.has(*account)) {
        return Err(ErrorCode::NoSuchAccount.into());
    }
    let now = wall_clock::now();
    let judged = offer.judge(&errand, None, ground, Vec::new(), now).await?;
    let (admitted, offer, ground) = judged.map_err(refused)?;
    let kind = admitted.record().policy().kind;
    let face = called.of(kind)?;
    if kind != RoomKind::Direct {
        errand.is_open_to_newcomers().await?;
    }
    let pair = pair(kind, own.account, &placed);
    if let Some([account, other]) = pair {
        let other = if account == own.member() {
            other
        } else {
            account
        };
        let account = own.member();
        if errand.read(HasBlocked { account, other }).await? {
            return Err(ErrorCode::NotAllowed.into());
        }
    }
    let kept = Kept {
        name: own.name.to_string(),
        rooms_most: errand.accounts.limits.rooms,
        now,
    };
    let put = admission::put(None, admitted.record(), own.account);
    let found = FoundRoom {
        kind: kind.byte(),
        commit: offer.kept(&admitted, &ground, put, kept),
        channel: ChannelId::main_of(create.room),
        run: RunId::from_bytes(rand::random()),
        pair,
        face,
    };
    let tracker = errand.node.tracker.clone();
    whole(&tracker, make(errand, own, found, placed)).await
}

async fn make(
    errand: Errand,
    own: Arc<AccountSession>,
    found: FoundRoom,
    placed: Vec<AccountId>,
) -> Result<Turn, Refusal> {
    let (room, channel) = (found.commit.room, found.channel);
    errand.write_in(&own, found).await?;
    let accounts = vec![own.member()];
    let company = errand.read(CompanyOf { accounts }).await?;
    let friends = company.into_iter().flat_map(|company| company.friends);
    let friends: Vec<AccountId> = friends.map(account_id).collect();
    let conversation = errand.accounts.conversation(room).await?;
    let conversation = conversation.ok_or(ErrorCode::Internal)?;
    for account in placed {
        if !conversation.is_deaf(account) {
            let request = !friends.contains(&account);
            let added = Event::RoomAdded { room, request };
            errand.accounts.online.attendance.tell([account], &added);
        }
    }
    errand.ok(&Created { channel })
}

/// What the founder calls the room, as prepared.
struct Called {
    name: Option<String>,
    topic: Option<String>,
}

impl Called {
    fn read(name: Option<&str>, topic: Option<&str>) -> Result<Self, ErrorCode> {
        Ok(Self {
            name: name.map(faces::name).transpose()?,
            topic: topic.map(faces::topic).transpose()?,
        })
    }

    /// A public room has a name, and no other one has anything of it here.
    fn of(self, kind: RoomKind) -> Result<Option<PublicFace>, ErrorCode> {
        match (kind, self.name, self.topic) {
            (RoomKind::Public, Some(name), topic) => Ok(Some(PublicFace {
                name,
                topic: topic.unwrap_or_default(),
                channel: MAIN_CHANNEL.into(),
                most: PUBLIC_ROOMS_BY_ONE,
            })),
            (RoomKind::Private | RoomKind::Group | RoomKind::Direct, None, None) => Ok(None),
            _ => Err(ErrorCode::Malformed),
        }
    }
}

/// Whom the founder places there.
fn placed(offer: &Offer) -> Vec<AccountId> {
    let changes = offer.commit.changes().iter();
    let placed = changes.filter_map(|change| match change {
        Change::Placed { account, .. } => Some(*account),
        _ => None,
    });
    placed.collect()
}

/// The two of a direct conversation, the smaller id first.
fn pair(kind: RoomKind, founder: AccountId, placed: &[AccountId]) -> Option<[MemberId; 2]> {
    match (kind, placed) {
        (RoomKind::Direct, [other]) => {
            let (first, second) = (founder.min(*other), founder.max(*other));
            Some([first.into(), second.into()])
        }
        _ => None,
    }
}

/// A first commit follows nothing that another one could have been in front of.
fn refused(error: AdmissionError) -> Refusal {
    match error {
        AdmissionError::Conflict => ErrorCode::CommitInvalid.into(),
        error => admission::refused(error),
    }
}

/// What the first channel of a public room is called.
const MAIN_CHANNEL: &str = "general";
