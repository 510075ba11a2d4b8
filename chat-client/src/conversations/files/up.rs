//! A file goes up.

use std::{collections::VecDeque, future::pending, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::sleep,
};
use wire_format::{
    ErrorCode, Refusal, ReplyFrame,
    command::files::{Held, Put},
    file::SealedFile,
};
use zeroize::Zeroizing;

use super::{FileError, PATIENCE, Progress, Source, WINDOW};
use crate::{
    account::{Account, AccountError},
    conversations::Conversations,
    error::Ended,
};

impl Conversations {
    /// Puts every chunk of an announced file that is not there yet; the file is whole then, as the server
    /// says. After a failure that passes the same call goes on where it stood.
    ///
    /// A dropped future leaves some chunks there.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn put_file(
        &mut self,
        file: &SealedFile,
        source: Arc<dyn Source>,
        told: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<(), FileError> {
        let held = self.held_of_file(file.id()).await?;
        let missing: VecDeque<u32> = missing(file, &held).collect();
        let mut up = Up {
            account: &mut self.account,
            file,
            source,
            done: file.cut().chunks() - u32::try_from(missing.len()).unwrap_or(0),
            missing,
            sealing: VecDeque::new(),
            under_way: Vec::new(),
            waited: Duration::ZERO,
            is_contested: false,
        };
        told(Progress::of(file.cut(), up.done));
        up.run(told).await?;
        if up.is_contested {
            // Chunks that a cut connection had put, or another device.
            let held = self.held_of_file(file.id()).await?;
            if missing_any(file, &held) {
                return Err(FileError::NotTaken);
            }
        }
        Ok(())
    }
}

fn missing<'h>(file: &SealedFile, held: &'h Held) -> impl Iterator<Item = u32> + use<'h> {
    (0..file.cut().chunks()).filter(|index| !held.has(*index))
}

fn missing_any(file: &SealedFile, held: &Held) -> bool {
    missing(file, held).next().is_some()
}

type Sealing = JoinHandle<Result<Sealed, FileError>>;

struct Sealed {
    index: u32,
    chunk: Bytes,
}

/// A chunk whose reply has not come.
struct UnderWay {
    request: u32,
    sealed: Sealed,
}

struct Up<'a> {
    account: &'a mut Account,
    file: &'a SealedFile,
    source: Arc<dyn Source>,
    missing: VecDeque<u32>,
    sealing: VecDeque<Sealing>,
    under_way: Vec<UnderWay>,
    done: u32,
    waited: Duration,
    is_contested: bool,
}

enum Step {
    Sealed(Result<Sealed, FileError>),
    Reply(Result<ReplyFrame, AccountError>),
}

impl Up<'_> {
    async fn run(&mut self, told: &mut (dyn FnMut(Progress) + Send)) -> Result<(), FileError> {
        loop {
            while self.sealing.len() + self.under_way.len() < WINDOW {
                let Some(index) = self.missing.pop_front() else {
                    break;
                };
                self.seal(index);
            }
            if self.sealing.is_empty() && self.under_way.is_empty() {
                return Ok(());
            }
            match self.step().await {
                Step::Sealed(sealed) => self.put(sealed?)?,
                Step::Reply(reply) => {
                    self.answered(&reply?).await?;
                    told(Progress::of(self.file.cut(), self.done));
                }
            }
        }
    }

    /// Reads and seals a chunk where it may block.
    fn seal(&mut self, index: u32) {
        let (file, source) = (self.file.clone(), Arc::clone(&self.source));
        self.sealing.push_back(spawn_blocking(move || {
            let cut = file.cut();
            let place = cut.offset(index).zip(cut.plain_bytes(index));
            let (offset, bytes) = place.ok_or(FileError::Untrue)?;
            let mut plain = Zeroizing::new(vec![0; bytes]);
            source
                .read_at(offset, &mut plain)
                .map_err(FileError::Read)?;
            let chunk = file.seal(index, &plain, &rand::random())?;
            Ok(Sealed { index, chunk })
        }));
    }

    /// Waits for a sealed chunk, or for the reply to one that is under way: the connection is written to
    /// meanwhile.
    async fn step(&mut self) -> Step {
        let under_way = &self.under_way;
        let is_asked = |request| under_way.iter().any(|put| put.request == request);
        tokio::select! {
            biased;
            reply = self.account.any_reply(is_asked) => Step::Reply(reply),
            sealed = next(&mut self.sealing) => Step::Sealed(sealed),
        }
    }

    fn put(&mut self, sealed: Sealed) -> Result<(), FileError> {
        let put = Put {
            file: self.file.id(),
            index: sealed.index,
        };
        let request = self.account.post(&put, sealed.chunk.clone())?;
        self.under_way.push(UnderWay { request, sealed });
        Ok(())
    }

    async fn answered(&mut self, reply: &ReplyFrame) -> Result<(), FileError> {
        let place = self.under_way.iter();
        let place = place.clone().position(|put| put.request == reply.request);
        let put = self.under_way.swap_remove(place.ok_or(FileError::Untrue)?);
        match reply.outcome::<Held>().map_err(Ended::Protocol)? {
            Ok(held) if held.has(put.sealed.index) => self.taken(),
            Ok(_) => return Err(FileError::Untrue),
            Err(refusal) if refusal.code == ErrorCode::NotAllowed => {
                self.is_contested = true;
                self.taken();
            }
            Err(refusal) => {
                self.wait(refusal).await?;
                self.put(put.sealed)?;
            }
        }
        Ok(())
    }

    fn taken(&mut self) {
        self.done += 1;
        self.waited = Duration::ZERO;
    }

    /// Waits as long as a refusal asks for, within reason.
    async fn wait(&mut self, refusal: Refusal) -> Result<(), FileError> {
        let wait = patience(&refusal, &mut self.waited);
        let wait = wait.ok_or(AccountError::Refused {
            command: "files.put",
            refusal,
        })?;
        sleep(wait).await;
        Ok(())
    }
}

/// How long to wait after a refusal, if it asks for it and there is patience left.
pub(super) fn patience(refusal: &Refusal, waited: &mut Duration) -> Option<Duration> {
    if !matches!(refusal.code, ErrorCode::RateLimited | ErrorCode::Busy) {
        return None;
    }
    let wait = Duration::from_millis(refusal.retry_after_ms?.into()).max(LEAST_WAIT);
    *waited = waited.saturating_add(wait);
    (*waited <= PATIENCE).then_some(wait)
}

async fn next(sealing: &mut VecDeque<Sealing>) -> Result<Sealed, FileError> {
    let Some(first) = sealing.front_mut() else {
        return pending().await;
    };
    let sealed = first.await.unwrap_or(Err(FileError::GivenUp));
    sealing.pop_front();
    sealed
}

/// A server that asks for no time at all is not asked in a circle.
const LEAST_WAIT: Duration = Duration::from_millis(20);
