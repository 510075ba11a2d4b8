//! Reports: one a reporter and message, in pages for administrators, settled.

use chat_server::store::{
    Refusal, Store as _, Verdict,
    accounts::{Role, SetRole},
    audit::{Actor, AuditRow, ReadAudit},
    messages::EraseMessage,
    moderation::{Administrators, ListReports, PutReport, Reports, SettleReport},
};
use wire_format::{ChannelId, EnvelopeHash, MemberId, ReportHash, RoomId, Sequence};

use crate::{
    messages::{ADA, BOB, draft, found, place},
    support::{House, NOW, after, refusal},
};

fn channel() -> ChannelId {
    ChannelId::main_of(RoomId::from_bytes([1; 16]))
}

/// What somebody reports of the message at a place; messages have their number as hash.
fn report(reporter: MemberId, place: u64, message: u8) -> PutReport {
    let mut hash = [place.to_be_bytes()[7]; 32];
    hash[..16].copy_from_slice(reporter.as_bytes());
    PutReport {
        hash: ReportHash::from_bytes(hash),
        reporter,
        channel: channel(),
        sequence: Sequence::new(place),
        message: EnvelopeHash::from_bytes([message; 32]),
        record: format!("report of {place}").into_bytes(),
        most: 3,
        now: after(place),
    }
}

async fn put(house: &House, report: PutReport) -> Verdict<bool> {
    house.store.write(report).await.expect("written")
}

/// A room with five messages, at the places 2 to 6, and an administrator.
async fn begun(house: &House) -> MemberId {
    found(house, 1).await;
    let drafts = (1..=5).map(|number| draft(1, number)).collect();
    place(house, drafts).await;
    let admin = house.register("Zoe").await;
    let appoint = SetRole {
        account: admin,
        role: Role::Admin,
        actor: Actor::Operator,
        now: NOW,
    };
    let appointed = house.store.write(appoint).await.expect("written");
    appointed.expect("appointed");
    admin
}

/// Puts something into every table of reports.
pub(crate) async fn fill(house: &House) {
    found(house, 8).await;
    place(house, vec![draft(8, 1)]).await;
    let report = PutReport {
        channel: ChannelId::main_of(RoomId::from_bytes([8; 16])),
        ..report(BOB, 2, 1)
    };
    assert_eq!(put(house, report).await, Ok(true));
}

async fn list(house: &House, account: MemberId, after: u64, bytes: usize) -> Option<Reports> {
    let list = ListReports {
        account,
        after,
        limit: 2,
        bytes,
    };
    house.store.read(list).await.expect("read")
}

fn numbers(page: &Reports) -> Vec<u64> {
    page.reports.iter().map(|report| report.number).collect()
}

pub(crate) async fn a_report_is_kept_once_for_each_message(house: &House) {
    begun(house).await;
    // The key of a message stands in it.
    let shown = format!("{:?}", report(BOB, 2, 1));
    assert!(!shown.contains("record: ["), "{shown}");
    assert_eq!(put(house, report(BOB, 2, 1)).await, Ok(true));
    assert_eq!(put(house, report(BOB, 2, 1)).await, Ok(false));
    let other = PutReport {
        hash: ReportHash::from_bytes([9; 32]),
        ..report(BOB, 2, 1)
    };
    assert_eq!(put(house, other).await, Err(Refusal::OverQuota));
    // The commit, nothing, and another message than the one that stands there.
    for (place, message) in [(1, 1), (7, 1), (3, 1)] {
        let refused = put(house, report(BOB, place, message)).await;
        assert_eq!(refused, Err(Refusal::NoSuchMessage), "{place}");
    }
    for (place, expected) in [(3, Ok(true)), (4, Ok(true)), (5, Err(Refusal::OverQuota))] {
        let message = u8::try_from(place - 1).expect("few");
        assert_eq!(put(house, report(BOB, place, message)).await, expected);
    }
    // Somebody else has reports of her own; and what was erased is not there any more.
    let erase = EraseMessage {
        tombstone: draft(1, 50),
        sequence: Sequence::new(2),
        hash: EnvelopeHash::from_bytes([1; 32]),
        may_erase_others: false,
    };
    let erased = house.store.write(erase).await.expect("written");
    erased.expect("erased");
    let refused = put(house, report(ADA, 2, 1)).await;
    assert_eq!(refused, Err(Refusal::NoSuchMessage));
    assert_eq!(put(house, report(ADA, 3, 2)).await, Ok(true));
    // Which says nothing of what was reported before.
    assert_eq!(put(house, report(BOB, 2, 1)).await, Ok(false));
}

pub(crate) async fn reports_are_listed_in_pages_to_administrators(house: &House) {
    let admin = begun(house).await;
    for place in 2..=4 {
        let message = u8::try_from(place - 1).expect("few");
        let kept = put(house, report(BOB, place, message)).await;
        assert_eq!(kept, Ok(true));
    }
    let administrators = house.store.read(Administrators).await.expect("read");
    assert_eq!(administrators, [admin]);
    assert!(list(house, BOB, 0, 1_000).await.is_none());
    let page = list(house, admin, 0, 1_000).await.expect("a page");
    assert_eq!((numbers(&page), page.more), (vec![1, 2], true));
    let first = &page.reports[0];
    assert_eq!(first.hash, report(BOB, 2, 1).hash);
    assert_eq!(first.message, EnvelopeHash::from_bytes([1; 32]));
    assert_eq!((first.sender, first.received_at), (ADA, after(2)));
    assert_eq!(first.record, b"report of 2");
    let page = list(house, admin, 2, 1_000).await.expect("a page");
    assert_eq!((numbers(&page), page.more), (vec![3], false));
    // One in any case, however large.
    let page = list(house, admin, 0, 1).await.expect("a page");
    assert_eq!((numbers(&page), page.more), (vec![1], true));
    let page = list(house, admin, 3, 1).await.expect("a page");
    assert_eq!((numbers(&page), page.more), (vec![], false));
}

pub(crate) async fn a_settled_report_leaves_its_trace(house: &House) {
    let admin = begun(house).await;
    let reported = report(BOB, 2, 1);
    assert_eq!(put(house, reported.clone()).await, Ok(true));
    let settle = |account| SettleReport {
        hash: reported.hash,
        verdict: "upheld",
        account,
        now: after(9),
    };
    let refused = house.store.write(settle(BOB)).await.expect("written");
    assert_eq!(refusal(refused), Refusal::NotAdmin);
    let settled = house.store.write(settle(admin)).await.expect("written");
    settled.expect("settled");
    let again = house.store.write(settle(admin)).await.expect("written");
    assert_eq!(refusal(again), Refusal::NoSuchMessage);
    let page = list(house, admin, 0, 1_000).await.expect("a page");
    assert!(page.reports.is_empty());
    // It may be reported again, under a number that nobody had.
    assert_eq!(put(house, reported.clone()).await, Ok(true));
    let page = list(house, admin, 1, 1_000).await.expect("a page");
    assert_eq!(numbers(&page), [2]);
    let rows = house
        .store
        .read(ReadAudit {
            after: 0,
            limit: 50,
        })
        .await;
    let rows: Vec<AuditRow> = rows.expect("read");
    let of_reports = rows.iter().filter(|row| row.action.starts_with("report."));
    let of_reports: Vec<_> = of_reports
        .map(|row| (row.action.as_str(), row.actor, row.detail.clone()))
        .collect();
    let place = format!("{} 2", channel());
    let upheld = format!("upheld: {place}");
    let expected = [
        ("report.make", Actor::Account(BOB), place.clone()),
        ("report.settle", Actor::Account(admin), upheld),
        ("report.make", Actor::Account(BOB), place),
    ];
    assert_eq!(of_reports, expected);
    assert!(
        rows.iter()
            .any(|row| row.subject == reported.hash.to_string())
    );
}
