//! Blobs in an S3 service: `PREFIX/abcdef…/00000000-…`, an object a chunk, named by ids and hashes.
//!
//! An object is there whole or not at all, and durable when the service has said so: a request that is cut
//! off leaves nothing. Requests are made and signed by `object_store`.

mod line;
mod place;

use std::{error::Error, fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{
    BackoffConfig, ObjectStore as _, ObjectStoreExt as _, PutMode, PutPayload, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    list::{PaginatedListOptions, PaginatedListResult, PaginatedListStore as _},
    path::Path,
};
use rustls::RootCertStore;
use tokio::{sync::Semaphore, time::timeout};
use wire_format::FileId;

use self::line::{Line, Scheme};
pub use self::place::{S3Address, S3AddressError, S3Place, S3Service, S3ServiceError};
use super::{BlobError, BlobKey, Blobs, ServiceError};
use crate::trust::{TrustError, client_config, trusting};

/// Blobs below a prefix of a bucket. Clones share it.
#[derive(Clone)]
pub struct S3 {
    store: AmazonS3,
    /// Empty, or with a slash at its end.
    prefix: Arc<str>,
    requests: Arc<Semaphore>,
}

impl S3 {
    /// Prepares it; nothing is asked yet.
    ///
    /// # Errors
    /// [`BlobError::Trust`] if the service's certificate could not be checked, [`BlobError::Refused`] if
    /// `object_store` takes no such settings.
    pub fn open(place: S3Place) -> Result<Self, BlobError> {
        let S3Place { address, service } = place;
        let scheme = match service.is_tls() {
            true => Scheme::Https,
            false => Scheme::Http,
        };
        let tls = match scheme {
            Scheme::Https => client_config(service.authorities.as_deref())?,
            // The machine may have no authorities, and needs none.
            Scheme::Http => trusting(RootCertStore::empty()).map_err(TrustError::from)?,
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(address.bucket())
            .with_endpoint(service.endpoint)
            .with_region(service.region)
            .with_access_key_id(service.keys.id)
            .with_secret_access_key(&*service.keys.secret)
            .with_http_connector(Line::new(tls, scheme))
            .with_retry(retries());
        if let Some(session) = service.keys.session {
            builder = builder.with_token(&*session);
        }
        Ok(Self {
            store: builder.build().map_err(failure)?,
            prefix: address.prefix().into(),
            requests: Arc::new(Semaphore::new(REQUESTS)),
        })
    }

    fn name(&self, rest: fmt::Arguments<'_>) -> Path {
        Path::from(format!("{}{rest}", self.prefix))
    }

    fn of_blob(&self, key: BlobKey) -> Path {
        self.name(format_args!("{}/{key}", key.file))
    }

    /// Waits for its turn and for what was asked, with its retries, no longer than is worth it.
    async fn ask<T>(
        &self,
        asked: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, ServiceError> {
        let answered = timeout(ANSWERED_WITHIN, async {
            // It is never closed.
            let _turn = self.requests.acquire().await.ok();
            asked.await
        });
        let answered = answered.await.map_err(|_| ServiceError::Late)?;
        answered.map_err(failure)
    }

    async fn object(&self, name: &Path) -> Result<Option<Bytes>, ServiceError> {
        let read = async { self.store.get(name).await?.bytes().await };
        match self.ask(read).await {
            // Other things are not there, too: a bucket, or S3 at this address.
            Err(ServiceError::Answer { status: 404, code }) if &*code == "NoSuchKey" => Ok(None),
            read => read.map(Some),
        }
    }

    /// Makes an object where there is none; `false` where there is one.
    async fn create(&self, name: &Path, content: &str) -> Result<bool, ServiceError> {
        let content = PutPayload::from(content.to_owned());
        let put = self.store.put_opts(name, content, PutMode::Create.into());
        match self.ask(put).await {
            // The second one of AWS says that somebody else makes it at this moment.
            Err(ServiceError::Answer {
                status: 412 | 409, ..
            }) => Ok(false),
            put => put.map(|_| true),
        }
    }

    async fn page(
        &self,
        prefix: &str,
        options: PaginatedListOptions,
    ) -> Result<PaginatedListResult, ServiceError> {
        let prefix = Some(prefix).filter(|prefix| !prefix.is_empty());
        self.ask(self.store.list_paginated(prefix, options)).await
    }
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = &self.prefix;
        f.debug_struct("S3")
            .field("prefix", prefix)
            .finish_non_exhaustive()
    }
}

impl Blobs for S3 {
    async fn put(&self, key: BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        let name = self.of_blob(key);
        let put = self.store.put(&name, PutPayload::from(bytes));
        self.ask(put).await?;
        Ok(())
    }

    async fn read(&self, key: BlobKey) -> Result<Option<Bytes>, BlobError> {
        Ok(self.object(&self.of_blob(key)).await?)
    }

    async fn remove(&self, key: BlobKey) -> Result<(), BlobError> {
        let name = self.of_blob(key);
        match self.ask(self.store.delete(&name)).await {
            // Some services say so; S3 itself does not mind.
            Err(ServiceError::Answer { status: 404, code }) if &*code == "NoSuchKey" => Ok(()),
            removed => Ok(removed?),
        }
    }

    async fn remove_file(&self, file: FileId) -> Result<(), BlobError> {
        let prefix = format!("{}{file}/", self.prefix);
        let mut after = None;
        loop {
            let options = PaginatedListOptions {
                offset: after.take(),
                max_keys: Some(REMOVED_AT_ONCE),
                ..Default::default()
            };
            let page = self.page(&prefix, options).await?;
            let objects = page.result.objects.into_iter();
            let names: Vec<_> = objects.map(|object| object.location).collect();
            let Some(last) = names.iter().max() else {
                return Ok(());
            };
            after = Some(last.to_string());
            let names = stream::iter(names.into_iter().map(Ok)).boxed();
            let deleted = self.store.delete_stream(names);
            self.ask(deleted.try_for_each(|_| async { Ok(()) })).await?;
            if page.page_token.is_none() {
                return Ok(());
            }
        }
    }

    /// Takes the place with an object that is made only where there is none (`If-None-Match: *`), so that of
    /// two servers one has it. A service that ignores this shows by making a second one, which says the
    /// same: there nothing can be claimed safely, and it is [`BlobError::Unconditional`].
    async fn claim(&self, data: &str) -> Result<(), BlobError> {
        let name = self.name(format_args!("{OWNER}"));
        match self.object(&name).await? {
            Some(owner) if owner != data => return Err(BlobError::Foreign),
            Some(_) => {}
            // If another server is first, its data stand there below.
            None => drop(self.create(&name, data).await?),
        }
        if self.create(&name, data).await? {
            return Err(BlobError::Unconditional);
        }
        match self.object(&name).await? {
            Some(owner) if owner == data => Ok(()),
            // Without one, somebody is taking it at this moment.
            _ => Err(BlobError::Foreign),
        }
    }

    async fn files(&self, after: Option<FileId>, limit: usize) -> Result<Vec<FileId>, BlobError> {
        let mut files = Vec::new();
        let mut token = None;
        while files.len() < limit {
            let options = PaginatedListOptions {
                offset: after.map(|after| format!("{}{after}{BEHIND}", self.prefix)),
                delimiter: Some("/".into()),
                // One more: the owner's object counts, too.
                max_keys: Some((limit - files.len()).saturating_add(1).min(PAGE)),
                page_token: token.take(),
                ..Default::default()
            };
            let page = self.page(&self.prefix, options).await?;
            let found = page.result.common_prefixes;
            let found = found
                .iter()
                .filter_map(|path| path.filename()?.parse::<FileId>().ok());
            files.extend(found.filter(|file| after.is_none_or(|after| *file > after)));
            token = page.page_token;
            if token.is_none() {
                break;
            }
        }
        files.sort_unstable();
        files.truncate(limit);
        Ok(files)
    }
}

/// What a request of `object_store` failed with: what [`Line`] said, or that an answer was not understood.
fn failure(error: object_store::Error) -> ServiceError {
    let mut at: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(cause) = at {
        if let Some(known) = cause.downcast_ref::<ServiceError>() {
            return known.clone();
        }
        at = cause.source();
    }
    let said: String = error.to_string().chars().take(SAID_CHARS).collect();
    ServiceError::Unreadable(said.into())
}

fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: RESTS_LEAST,
            max_backoff: RESTS_MOST,
            base: 2.0,
        },
        max_retries: RETRIES,
        retry_timeout: RETRIED_WITHIN,
    }
}

/// Names the data that the files belong to.
const OWNER: &str = "belongs-to";
/// What follows the slash: behind a file's id it sorts after all names of the file's blobs, and before the next
/// file's, which differs earlier.
const BEHIND: char = '0';
/// Names in one page: the most that S3 gives.
const PAGE: usize = 1_000;
/// Objects that one request deletes: S3 takes a thousand, but one disk may need a while for each.
const REMOVED_AT_ONCE: usize = 200;
/// Requests at once, each with a chunk in memory; more wait for their turn.
const REQUESTS: usize = 64;
/// How long a request may take, with the wait for its turn and its retries: a chunk over an uplink of one
/// megabit a second. The connection that it is for is not read meanwhile, and is given up when nothing was
/// read for [`SERVER_SILENCE`](wire_format::limits::SERVER_SILENCE), of which the time between two pings may
/// be over; and a server that is to stop has ten seconds for what is under way.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
/// Further tries of what may pass, such as a connection that broke or a service that is restarted.
const RETRIES: usize = 2;
/// How long after the first try others may begin: less than that is too little for a chunk.
const RETRIED_WITHIN: Duration = Duration::from_secs(5);
/// The rest before another try: least, and most.
const RESTS_LEAST: Duration = Duration::from_millis(100);
const RESTS_MOST: Duration = Duration::from_secs(1);
/// What is kept for the log of an answer that was not understood.
const SAID_CHARS: usize = 200;
