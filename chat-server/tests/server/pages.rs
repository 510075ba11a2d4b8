//! Section 14.10: `messages.fetch`.

use sealwire_tests::conversation::renamed;
use wire_format::{
    Deliver, ErrorCode, MessageId, PublishFlags, Sequence, Storage,
    command::messages::Fetch,
    limits::{MESSAGES_PAGE_BYTES, MESSAGES_PER_PAGE},
};

use crate::gathering::{Gathering, newest};

/// Stores so many messages of this text beside the commit.
async fn filled(here: &mut Gathering, messages: u32, text: &str) {
    let sealed = here.room.sealed(&here.owners[0], Storage::Stored, text);
    for _ in 0..messages {
        let sealed = renamed(&sealed, MessageId::from_bytes(rand::random()));
        let stored = here.publishes(0, PublishFlags::STORED, sealed).await;
        stored.expect("stored");
    }
}

fn places(deliveries: &[Deliver]) -> Vec<u64> {
    let places = deliveries.iter().map(|deliver| deliver.sequence.value());
    places.collect()
}

#[tokio::test]
async fn pages_go_forward_from_a_place_and_backward_from_the_newest() {
    let mut here = Gathering::of(&["Ada"]).await;
    filled(&mut here, 9, "text").await;
    let all = newest(&here.room, 4);
    let at = |place| Some(Sequence::new(place));
    for (fetch, expected, more) in [
        (all, vec![7, 8, 9, 10], true),
        (
            Fetch {
                before: at(7),
                ..all
            },
            vec![3, 4, 5, 6],
            true,
        ),
        (
            Fetch {
                before: at(3),
                ..all
            },
            vec![1, 2],
            false,
        ),
        (
            Fetch {
                after: at(0),
                ..all
            },
            vec![1, 2, 3, 4],
            true,
        ),
        (
            Fetch {
                after: at(6),
                ..all
            },
            vec![7, 8, 9, 10],
            false,
        ),
        (
            Fetch {
                after: at(2),
                before: at(5),
                ..all
            },
            vec![3, 4],
            false,
        ),
        (
            Fetch {
                after: at(10),
                ..all
            },
            vec![],
            false,
        ),
        (
            Fetch {
                before: at(u64::MAX),
                ..all
            },
            vec![7, 8, 9, 10],
            true,
        ),
        (Fetch { limit: 0, ..all }, vec![], true),
    ] {
        let (page, deliveries) = here.fetches(0, fetch).await.expect("a page");
        assert_eq!(places(&deliveries), expected, "{fetch:?}");
        assert_eq!(page.more, more, "{fetch:?}");
        assert_eq!((page.first.value(), page.last.value()), (1, 10));
    }
    here.close().await;
}

#[tokio::test]
async fn a_page_has_at_most_500_deliveries() {
    let mut here = Gathering::of(&["Ada"]).await;
    let most = MESSAGES_PER_PAGE;
    filled(&mut here, u32::from(most), "text").await;
    let (page, deliveries) = here
        .fetches(0, newest(&here.room, most))
        .await
        .expect("a page");
    assert_eq!((deliveries.len(), page.more), (usize::from(most), true));
    let fewer = here.fetches(0, newest(&here.room, most - 1)).await;
    assert_eq!(fewer.expect("a page").1.len(), usize::from(most) - 1);
    let refused = here.fetches(0, newest(&here.room, most + 1)).await;
    assert_eq!(refused.expect_err("refused").code, ErrorCode::Malformed);
    here.close().await;
}

#[tokio::test]
async fn a_page_has_at_most_a_mebibyte_or_one_delivery() {
    let mut here = Gathering::of(&["Ada"]).await;
    // 192 KiB of padded content each: five fit.
    filled(&mut here, 8, &"x".repeat(190_000)).await;
    let (page, deliveries) = here
        .fetches(0, newest(&here.room, 500))
        .await
        .expect("a page");
    let bytes = |deliveries: &[Deliver]| -> usize {
        let payloads = deliveries.iter().map(|deliver| deliver.payload.len());
        payloads.sum()
    };
    assert!(page.more);
    assert_eq!(places(&deliveries), [5, 6, 7, 8, 9]);
    assert!(bytes(&deliveries) <= MESSAGES_PAGE_BYTES);
    let (page, deliveries) = here
        .fetches(
            0,
            Fetch {
                after: Some(Sequence::new(1)),
                ..newest(&here.room, 500)
            },
        )
        .await
        .expect("a page");
    assert!(page.more);
    assert_eq!(places(&deliveries), [2, 3, 4, 5, 6]);
    here.close().await;
}
