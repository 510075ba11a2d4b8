//! An S3 service of the tests' own: `tests/python/s3.py`, a real HTTP server of moto's with a bucket.

use std::path::PathBuf;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::de::DeserializeOwned;

use crate::{certificate::Certificates, program::Program};

/// A running service with an empty bucket, which is stopped and forgotten when dropped.
#[derive(Debug)]
pub struct S3Server {
    program: Program,
    endpoint: String,
    id: String,
    secret: String,
    asked: u32,
}

impl S3Server {
    /// The bucket.
    pub const BUCKET: &str = "chunks";

    /// Starts one on plain HTTP.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts one with TLS.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start_tls(certificates: &Certificates) -> Self {
        let files = [&certificates.certificate, &certificates.key];
        let files = files.map(|file| file.to_str().expect("UTF-8"));
        Self::start_with(&files).await
    }

    async fn start_with(arguments: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/s3.py");
        let arguments = std::iter::once(&script).chain(arguments);
        let quiet = [("PYTHONDONTWRITEBYTECODE", "1")];
        let mut program = Program::start_at(&python(), "s3.py", arguments, &quiet);
        let keys = program.line(|line| {
            let (id, secret) = line.strip_prefix("keys ")?.split_once(' ')?;
            Some((id.to_owned(), secret.to_owned()))
        });
        let (id, secret) = keys.await;
        let endpoint = program.line(|line| line.strip_prefix("listening on ").map(str::to_owned));
        let endpoint = endpoint.await;
        Self {
            program,
            endpoint,
            id,
            secret,
            asked: 0,
        }
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What a program that is to use it finds in its environment.
    pub fn variables(&self) -> [(&'static str, &str); 3] {
        [
            ("AWS_ENDPOINT_URL", &self.endpoint),
            ("AWS_ACCESS_KEY_ID", &self.id),
            ("AWS_SECRET_ACCESS_KEY", &self.secret),
        ]
    }

    /// The names of all objects.
    pub async fn names(&mut self) -> Vec<String> {
        self.does("names").await
    }

    /// Puts an object of so many zeros.
    pub async fn put(&mut self, name: &str, size: usize) {
        self.does(&format!("put {name} {size}")).await
    }

    /// What is in an object.
    ///
    /// # Panics
    /// If there is none.
    pub async fn read(&mut self, name: &str) -> Vec<u8> {
        let read: String = self.does(&format!("read {name}")).await;
        BASE64_STANDARD.decode(read).expect("base64")
    }

    /// Stops listening, and keeps what it has.
    pub async fn goes_down(&mut self) {
        self.does("down").await
    }

    /// Listens again where it did.
    pub async fn comes_up(&mut self) {
        self.does("up").await
    }

    /// Allows nothing more to these keys.
    pub async fn denies(&mut self) {
        self.does("deny").await
    }

    /// Allows everything again.
    pub async fn allows(&mut self) {
        self.does("allow").await
    }

    /// Knows no `If-None-Match` from now on.
    pub async fn ignores_conditions(&mut self) {
        self.does("ignore_conditions").await
    }

    /// Removes the bucket with all that is in it.
    pub async fn removes_bucket(&mut self) {
        self.does("remove_bucket").await
    }

    async fn does<T: DeserializeOwned>(&mut self, what: &str) -> T {
        self.asked += 1;
        let asked = format!("{} ", self.asked);
        self.program.types(&format!("{asked}{what}"));
        let answer = self
            .program
            .line(|line| line.strip_prefix(&asked).map(str::to_owned));
        serde_json::from_str(&answer.await).expect("JSON")
    }
}

/// The Python that `tests/run` makes: `SEALWIRE_PYTHON`, or the one below the folder that this test was
/// built in.
fn python() -> PathBuf {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test has no settings to read it once in"
    )]
    let named = std::env::var_os("SEALWIRE_PYTHON").map(PathBuf::from);
    named.unwrap_or_else(|| {
        let test = std::env::current_exe().expect("the path of this test");
        let target = test.ancestors().nth(3).expect("target/debug/deps/test");
        target.join("test-python/bin/python")
    })
}
