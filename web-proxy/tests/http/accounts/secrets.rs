//! Nothing that signs in reaches the log.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use sealwire_tests::owner::Owner;
use tracing_subscriber::fmt::MakeWriter;

use super::person::{Page, Place, registration, sign_in};

/// Everything that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_token_and_no_half_is_logged() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    // One process a test: nobody else is heard.
    let _ = tracing::subscriber::set_global_default(subscriber);
    let place = Place::open().await;
    let house = place.proxy().await;
    let ada = Owner::named("Ada");
    let page = Page::arrives(&house, &ada).await;
    let again = Page::comes_again(&house, &ada).await;
    let wrong = Owner::named("Ada");
    let refused = sign_in(&house, &wrong).send_patiently().await;
    assert_eq!(refused.status, 401);
    let taken = registration(&house, &wrong).send_patiently().await;
    assert_eq!(taken.status, 409);
    page.posts(&house, "auth.logout", "{}").await;
    assert_eq!(house.session_status(&page.cookie).await, 401);
    house.close().await;
    place.close().await;
    let text = log.text();
    assert!(text.contains("a session ends"), "the log is listened to");
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let shown = |bytes: &[u8]| format!("{bytes:?}").trim_matches(['[', ']']).to_owned();
    for owner in [&ada, &wrong] {
        let half = owner.login.as_bytes();
        assert!(!text.contains(&hex(half)) && !text.contains(&shown(half)));
    }
    for page in [&page, &again] {
        let token = page.cookie.strip_prefix("sealwire=").expect("a token");
        for piece in token.split('.').skip(1) {
            assert!(!text.contains(piece));
        }
    }
}
