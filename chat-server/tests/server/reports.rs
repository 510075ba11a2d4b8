//! Section 14.15: a member reports a message, and an administrator who is not in the room judges it.

use bytes::Bytes;
use sealwire_tests::conversation::{Conversation, hash};
use wire_format::{
    ErrorCode, Event, PublishFlags, ReportNumber, Storage,
    command::{
        messages::{Delete, Report as Command},
        moderation::{ListReports, ReportPage, SettleReport, Verdict},
    },
    limits::{REPORT_BYTES, REPORTS_PENDING},
    record_list,
    room::{Report, ReportError, StoredMessage, UnverifiedReport},
};

use crate::{
    gathering::{Gathering, refused},
    owner::{AtServer as _, Owner},
    support::Peer,
};

/// A group of Ada and Bob, and Zoe, who administrates the server and is not in it.
async fn with_zoe() -> (Gathering, Owner, Peer) {
    let here = Gathering::of(&["Ada", "Bob"]).await;
    let zoe = Owner::named("Zoe");
    let (peer, _) = zoe.arrives(&here.house).await;
    here.folder.appoints(zoe.account).await;
    (here, zoe, peer)
}

/// What Bob has said: its place and its bytes.
async fn bob_says(here: &mut Gathering, text: &str) -> (u64, Bytes) {
    let sealed = here.room.sealed(&here.owners[1], Storage::Stored, text);
    let said = here.publishes(1, PublishFlags::STORED, sealed.clone());
    (said.await.expect("stored"), sealed)
}

/// Ada reports what stands there.
fn report(here: &Gathering, (place, sealed): &(u64, Bytes)) -> Report {
    let reason = "He says this every day.";
    here.room.report(&here.owners[0], sealed, *place, reason)
}

async fn reports(here: &mut Gathering, report: &Report) -> Result<(), ErrorCode> {
    let sent = here.peers[0]
        .call(&Command {}, report.bytes().clone())
        .await;
    sent.map(drop).map_err(|refusal| refusal.code)
}

async fn listed(peer: &mut Peer, after: Option<ReportNumber>) -> (ReportPage, Vec<Bytes>) {
    let listed = peer.call(&ListReports { after }, Bytes::new()).await;
    let (page, tail) = listed.expect("a page");
    (page, record_list::parse(tail, 100).expect("a list"))
}

/// What an administrator finds who knows the people's keys, and nothing of the room.
fn judged(
    room: &Conversation,
    report: Bytes,
    stored: &StoredMessage,
) -> Result<Bytes, ReportError> {
    let report = UnverifiedReport::parse(report)?.verify(&room.keysets)?;
    let opened = report.prove(stored, &room.keysets)?;
    Ok(opened.content)
}

#[tokio::test]
async fn a_report_proves_to_an_administrator_who_is_not_in_the_room_who_wrote_it() {
    let (mut here, _, mut zoe) = with_zoe().await;
    let said = bob_says(&mut here, "Geh mir aus den Augen.").await;
    let (other_place, _) = bob_says(&mut here, "Something else.").await;
    let made = report(&here, &said);
    reports(&mut here, &made).await.expect("reported");
    // Once more, as who did not hear the answer does: nobody is told again.
    reports(&mut here, &made).await.expect("reported");
    let event = Event::ReportMade {
        report: made.hash(),
    };
    assert_eq!(zoe.event().await.0, event);
    let (page, records) = listed(&mut zoe, None).await;
    let [entry] = page.reports[..] else {
        panic!("{page:?}");
    };
    assert_eq!((entry.report, entry.hash), (made.hash(), hash(&said.1)));
    assert_eq!(entry.sender, here.owners[1].account);
    assert_eq!(records, [made.bytes().clone()]);
    let stored = StoredMessage {
        room: entry.room,
        channel: entry.channel,
        sequence: entry.sequence,
        hash: entry.hash,
    };
    let content = judged(&here.room, records[0].clone(), &stored).expect("a proof");
    assert!(content.ends_with(b"\"Geh mir aus den Augen.\"}"));
    // Its key opens this message and no other.
    let elsewhere = here.room.report(&here.owners[0], &said.1, other_place, "");
    let found = judged(&here.room, elsewhere.bytes().clone(), &stored);
    assert_eq!(found, Err(ReportError::OtherPlace));

    // What was deleted meanwhile is proven all the same.
    let tombstone = here.room.sealed(&here.owners[1], Storage::Stored, "gone");
    let delete = Delete {
        channel: here.room.channel,
        sequence: made.sequence(),
        hash: entry.hash,
        n: here.room.chain.head().n(),
    };
    here.peers[1].call(&delete, tombstone).await.expect("gone");
    assert_eq!(listed(&mut zoe, None).await.1, records);
    let settle = SettleReport {
        report: entry.report,
        verdict: Verdict::Upheld,
    };
    zoe.call(&settle, Bytes::new()).await.expect("settled");
    let code = refused(&mut zoe, &settle, Bytes::new()).await;
    assert_eq!(code, ErrorCode::NoSuchMessage);
    assert!(listed(&mut zoe, None).await.0.reports.is_empty());
    drop(zoe);
    here.close().await;
}

#[tokio::test]
async fn who_administrates_nothing_sees_no_report_and_settles_none() {
    let (mut here, _, zoe) = with_zoe().await;
    let said = bob_says(&mut here, "Geh mir aus den Augen.").await;
    let made = report(&here, &said);
    reports(&mut here, &made).await.expect("reported");
    let settle = SettleReport {
        report: made.hash(),
        verdict: Verdict::Dismissed,
    };
    // Neither the reporter, who owns the room, nor who is reported.
    for peer in &mut here.peers {
        let code = refused(peer, &ListReports::default(), Bytes::new()).await;
        assert_eq!(code, ErrorCode::NotAllowed);
        assert_eq!(
            refused(peer, &settle, Bytes::new()).await,
            ErrorCode::NotAllowed
        );
    }
    drop(zoe);
    here.close().await;
}

#[tokio::test]
async fn a_report_is_of_what_the_server_has_by_who_is_in_the_room() {
    let (mut here, zoe, mut zoes) = with_zoe().await;
    let said = bob_says(&mut here, "Geh mir aus den Augen.").await;
    let (place, sealed) = &said;
    // A message that was never sent, another place, the commit's, and one to come.
    let unsent = here.room.sealed(&here.owners[1], Storage::Stored, "forged");
    for (place, sealed) in [
        (*place, unsent),
        (place + 1, sealed.clone()),
        (1, sealed.clone()),
    ] {
        let made = report(&here, &(place, sealed));
        let refused = reports(&mut here, &made).await;
        assert_eq!(refused, Err(ErrorCode::NoSuchMessage), "{place}");
    }
    // In somebody else's name.
    let other = here.room.report(&here.owners[1], sealed, *place, "");
    assert_eq!(
        reports(&mut here, &other).await,
        Err(ErrorCode::RequestInvalid)
    );
    // Changed anywhere: the layout, the room, the reporter, the key, the words, the envelope, a signature.
    let made = report(&here, &said).bytes().clone();
    for at in [0, 2, 18, 34, 42, 58, 90, 98, 164, 300, made.len() - 1] {
        let mut changed = made.to_vec();
        changed[at] ^= 1;
        let code = refused(&mut here.peers[0], &Command {}, changed.into()).await;
        let expected = match at {
            0 => ErrorCode::Malformed,
            2 | 18 => ErrorCode::NoSuchRoom,
            _ => ErrorCode::RequestInvalid,
        };
        assert_eq!(code, expected, "byte {at}");
    }
    // By an administrator, who got the message from somebody, and is in no room.
    let outside = here.room.report(&zoe, sealed, *place, "");
    let code = refused(&mut zoes, &Command {}, outside.bytes().clone()).await;
    assert_eq!(code, ErrorCode::NoSuchRoom);
    for (length, code) in [
        (REPORT_BYTES, ErrorCode::Malformed),
        (REPORT_BYTES + 1, ErrorCode::TooLarge),
    ] {
        let junk = Bytes::from(vec![1; length]);
        assert_eq!(refused(&mut here.peers[0], &Command {}, junk).await, code);
    }
    assert!(listed(&mut zoes, None).await.0.reports.is_empty());
    drop(zoes);
    here.close().await;
}

#[tokio::test]
async fn an_account_has_twenty_reports_pending_and_no_more() {
    let (mut here, _, mut zoe) = with_zoe().await;
    let mut made = Vec::new();
    for number in 0..=REPORTS_PENDING {
        let said = bob_says(&mut here, &format!("insult {number}")).await;
        made.push(report(&here, &said));
    }
    let last = made.pop().expect("one");
    for report in &made {
        reports(&mut here, report).await.expect("reported");
    }
    assert_eq!(reports(&mut here, &last).await, Err(ErrorCode::OverQuota));
    // The same message in other words.
    let again = here.room.report(
        &here.owners[0],
        made[0].envelope(),
        made[0].sequence().value(),
        "other words",
    );
    assert_eq!(reports(&mut here, &again).await, Err(ErrorCode::OverQuota));
    let settle = SettleReport {
        report: made[0].hash(),
        verdict: Verdict::Dismissed,
    };
    zoe.call(&settle, Bytes::new()).await.expect("settled");
    reports(&mut here, &last).await.expect("reported");
    let (page, records) = listed(&mut zoe, Some(ReportNumber::new(2))).await;
    assert_eq!(page.reports.len(), records.len());
    assert_eq!(page.reports.len(), made.len() - 1);
    drop(zoe);
    here.close().await;
}
