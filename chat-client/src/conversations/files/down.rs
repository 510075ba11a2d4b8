//! A file comes down.

use std::{collections::VecDeque, future::pending, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::sleep,
};
use wire_format::{
    ReplyFrame,
    command::{Done, files::GetChunk},
    file::SealedFile,
};

use super::{FileError, Progress, Sink, WINDOW, up::patience};
use crate::{
    account::{Account, AccountError},
    conversations::Conversations,
    error::Ended,
};

impl Conversations {
    /// Gets the chunks of a file from one on and writes them, each opened before and one behind the other:
    /// what was written is the file's beginning, whatever becomes of the rest. After a failure that passes,
    /// `first` is how many whole chunks are written.
    ///
    /// A dropped future leaves some chunks written.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn get_file(
        &mut self,
        file: &SealedFile,
        first: u32,
        sink: Arc<dyn Sink>,
        told: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<(), FileError> {
        let mut down = Down {
            account: &mut self.account,
            file,
            sink,
            next: first,
            written: first,
            asked: VecDeque::new(),
            writing: None,
            waited: Duration::ZERO,
        };
        told(Progress::of(file.cut(), first));
        down.run(told).await
    }
}

/// A chunk that was asked for, and what came.
struct Asked {
    request: u32,
    index: u32,
    chunk: Option<Bytes>,
}

struct Down<'a> {
    account: &'a mut Account,
    file: &'a SealedFile,
    sink: Arc<dyn Sink>,
    /// The next chunk that is to be asked for.
    next: u32,
    /// Chunks that are written.
    written: u32,
    /// In the order of their places.
    asked: VecDeque<Asked>,
    /// One chunk at a time, so that what is written has no hole.
    writing: Option<JoinHandle<Result<(), FileError>>>,
    waited: Duration,
}

enum Step {
    Written(Result<(), FileError>),
    Reply(Result<ReplyFrame, AccountError>),
}

impl Down<'_> {
    async fn run(&mut self, told: &mut (dyn FnMut(Progress) + Send)) -> Result<(), FileError> {
        let chunks = self.file.cut().chunks();
        while self.written < chunks {
            while self.next < chunks && self.asked.len() < WINDOW {
                let request = self.ask(self.next)?;
                self.asked.push_back(Asked {
                    request,
                    index: self.next,
                    chunk: None,
                });
                self.next += 1;
            }
            self.write_next();
            match self.step().await {
                Step::Written(written) => {
                    written?;
                    self.written += 1;
                    told(Progress::of(self.file.cut(), self.written));
                }
                Step::Reply(reply) => self.came(reply?).await?,
            }
        }
        Ok(())
    }

    fn ask(&mut self, index: u32) -> Result<u32, FileError> {
        let file = self.file.id();
        Ok(self.account.post(&GetChunk { file, index }, Bytes::new())?)
    }

    /// Opens and writes the next chunk where it may block, if it came and none is being written.
    fn write_next(&mut self) {
        let has_come = self
            .asked
            .front()
            .is_some_and(|asked| asked.chunk.is_some());
        if self.writing.is_some() || !has_come {
            return;
        }
        let Some(Asked {
            index,
            chunk: Some(chunk),
            ..
        }) = self.asked.pop_front()
        else {
            return;
        };
        let (file, sink) = (self.file.clone(), Arc::clone(&self.sink));
        self.writing = Some(spawn_blocking(move || {
            let opened = file.open(index, chunk);
            let plain = opened.map_err(|cause| FileError::Chunk { index, cause })?;
            let offset = file.cut().offset(index).ok_or(FileError::Untrue)?;
            sink.write_at(offset, &plain).map_err(FileError::Write)
        }));
    }

    async fn step(&mut self) -> Step {
        let asked = &self.asked;
        let is_asked = |request| {
            let mut waiting = asked.iter().filter(|asked| asked.chunk.is_none());
            waiting.any(|asked| asked.request == request)
        };
        tokio::select! {
            biased;
            written = finished(&mut self.writing) => Step::Written(written),
            reply = self.account.any_reply(is_asked), if !asked.is_empty() => Step::Reply(reply),
        }
    }

    async fn came(&mut self, reply: ReplyFrame) -> Result<(), FileError> {
        let mut asked = self.asked.iter();
        let place = asked.position(|asked| asked.request == reply.request);
        let place = place.ok_or(FileError::Untrue)?;
        match reply.outcome::<Done>().map_err(Ended::Protocol)? {
            Ok(_) => {
                self.waited = Duration::ZERO;
                self.asked[place].chunk = Some(reply.tail);
            }
            Err(refusal) => {
                let wait = patience(&refusal, &mut self.waited);
                let wait = wait.ok_or(AccountError::Refused {
                    command: "files.chunk",
                    refusal,
                })?;
                sleep(wait).await;
                self.asked[place].request = self.ask(self.asked[place].index)?;
            }
        }
        Ok(())
    }
}

async fn finished(
    writing: &mut Option<JoinHandle<Result<(), FileError>>>,
) -> Result<(), FileError> {
    let Some(under_way) = writing else {
        return pending().await;
    };
    let written = under_way.await.unwrap_or(Err(FileError::GivenUp));
    *writing = None;
    written
}
