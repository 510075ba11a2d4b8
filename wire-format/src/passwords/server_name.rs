//! The name of a server, which goes into what signs in there.

use std::fmt;

use crate::limits::SERVER_NAME_BYTES;

/// Why a text is not the name of a server.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ServerNameError {
    /// Empty, or longer than [`SERVER_NAME_BYTES`].
    #[error("a server name has 1 to {SERVER_NAME_BYTES} bytes")]
    Length,
    /// Something else than visible ASCII characters.
    #[error("a server name has visible ASCII characters only")]
    Characters,
}

/// A server's name: 1–255 visible ASCII characters, fixed when its data are made. It is compared byte
/// by byte, and is not an address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerName(String);

impl ServerName {
    /// Takes a name as it came.
    ///
    /// # Errors
    /// Says what is wrong: length or characters.
    pub fn parse(name: &str) -> Result<Self, ServerNameError> {
        if !(1..=SERVER_NAME_BYTES).contains(&name.len()) {
            return Err(ServerNameError::Length);
        }
        if !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ServerNameError::Characters);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name of a server that was given none.
    pub fn localhost() -> Self {
        Self("localhost".to_owned())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as it is hashed and signed.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_visible_ascii_of_1_to_255_bytes() {
        for good in ["a", "chat.example", "[::1]:4444", &"n".repeat(255)] {
            assert_eq!(
                ServerName::parse(good).map(|name| name.0),
                Ok(good.to_owned())
            );
        }
        for (bad, error) in [
            ("", ServerNameError::Length),
            (&"n".repeat(256), ServerNameError::Length),
            ("chat example", ServerNameError::Characters),
            ("chat\0", ServerNameError::Characters),
            ("chät.example", ServerNameError::Characters),
        ] {
            assert_eq!(ServerName::parse(bad), Err(error), "{bad:?}");
        }
    }
}
