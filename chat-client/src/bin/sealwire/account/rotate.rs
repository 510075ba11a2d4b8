//! `sealwire rotate`: new keys in place of the present ones.

use chat_client::clock::Clock;
use serde_json::json;

use super::{at::At, flags::Rotate, home::Home, opened::Opened, out::print};
use crate::{cli::Format, exit::Failure};

pub(super) async fn run(at: At, home: Home, format: Format, flags: Rotate) -> Result<(), Failure> {
    let mut opened = Opened::again(&at, home, flags.account.as_deref()).await?;
    let (text, object) = if flags.wrap {
        let now = Clock::start().now().wall;
        let number = opened.account.new_wrap_key(now).await?;
        let text = format!("The wrap key is new: number {number}.");
        (text, json!({ "type": "wrap_key", "number": number }))
    } else {
        let number = opened.account.rotate_keys().await?;
        let fingerprint = opened.account.fingerprint();
        let text = format!(
            "The identity keys are new, and the ones before signed them: who verified you goes on to.\n\
             fingerprint    {fingerprint}"
        );
        let object = json!({
            "type": "keys_rotated",
            "keyset": number,
            "fingerprint": fingerprint,
        });
        (text, object)
    };
    opened.close().await?;
    print(format, &text, &object)
}
