//! A file of 1 GiB: how fast it goes up and comes down beside what sealing alone does, and what memory the
//! proxy and the page take for it.

mod page;
mod primitives;

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::Path,
    sync::Arc,
    time::Instant,
};

use anyhow::{Context, ensure};
use chat_client::Conversations;
use wire_format::{
    ByteCount, FileId,
    file::{FileCut, FileSecret, SealedFile},
    passwords::Password,
};

use super::account;
use crate::{
    bench::Bench,
    case::{Case, Measure},
    pin,
    results::Faults,
    servers::{Server, Who},
    statistics::Digits,
};

/// Measures each case once: by the page in the first repetition only, in which a browser is started.
pub(super) async fn measure(bench: &mut Bench, repetition: u32) {
    let cases = [(CASE, true), (Case::PageFile, repetition == 0)];
    for (case, is_due) in cases {
        let is_wanted = is_due && bench.options.wants(&case.to_string());
        if is_wanted && let Err(error) = one(bench, case).await {
            bench.results.unfinished(case);
            bench.leave_out(case, Who::Sealwire, &format!("{error:#}"));
        }
    }
}

async fn one(bench: &mut Bench, case: Case) -> anyhow::Result<()> {
    let size = if bench.options.quick {
        QUICK_BYTES
    } else {
        BYTES
    };
    let source = bench.programs.folder.join("source.bin");
    fill(&source, size).with_context(|| source.display().to_string())?;
    let me = std::process::id();
    // Chunks are sealed and opened on threads, as in any client.
    pin::pin(me, pin::BOTH_CORES)?;
    let done = match case {
        Case::PageFile => page::measure(bench, &source).await,
        _ => by_the_library(bench, &source, size).await,
    };
    pin::pin(me, pin::GENERATOR_CORE)?;
    std::fs::remove_file(source)?;
    done
}

async fn by_the_library(bench: &mut Bench, source: &Path, size: u64) -> anyhow::Result<()> {
    let target = bench.programs.folder.join("target.bin");
    let went = there_and_back(bench, source, &target, size).await;
    let _ = std::fs::remove_file(&target);
    let (up, down) = went?;
    let alone = primitives::seal_alone()?;
    println!(
        "{CASE:<26} {:<24} {} MB/s up, {} MB/s down, the seal alone {} MB/s",
        Who::Sealwire.name(),
        Digits(up),
        Digits(down),
        Digits(alone)
    );
    let results = &mut bench.results;
    for (measure, ours) in [(Measure::Up, up), (Measure::Down, down)] {
        results.add(CASE, measure, Who::Sealwire, Some(ours));
        results.add(CASE, measure, Who::Primitives, Some(alone));
    }
    results.add_faults(CASE, Who::Sealwire, Faults::default());
    Ok(())
}

/// MB a second up and down.
async fn there_and_back(
    bench: &Bench,
    source: &Path,
    target: &Path,
    size: u64,
) -> anyhow::Result<(f64, f64)> {
    let data = bench.programs.folder.join("files");
    let server = Server::on_data(&bench.programs, &data).await?;
    let password = Password::prepare("correct horse battery staple")?;
    let account = account::register(server.address, "sender", password).await?;
    let mut conversations = Conversations::begin(account).await?;
    let room = conversations.make_group("files", &[]).await?;

    let cut = FileCut::of_size(ByteCount::new(size)).context("a size")?;
    let id = FileId::from_bytes(rand::random());
    let file = SealedFile::new(id, FileSecret::generate(&mut rand::rng()), cut);
    conversations.announce_file(room, &file).await?;
    let began = Instant::now();
    let read = Arc::new(File::open(source)?);
    conversations.put_file(&file, read, &mut |_| {}).await?;
    let up = rate(size, began);
    let written = Arc::new(new_file(target)?);
    let began = Instant::now();
    conversations
        .get_file(&file, 0, written, &mut |_| {})
        .await?;
    let down = rate(size, began);
    ensure!(target.metadata()?.len() == size, "not all of it came");

    conversations.into_account().close().await;
    drop(server);
    std::fs::remove_dir_all(data)?;
    Ok((up, down))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a file has less than 2^52 bytes"
)]
fn rate(bytes: u64, since: Instant) -> f64 {
    bytes as f64 / 1e6 / since.elapsed().as_secs_f64()
}

/// Writes a file of so many bytes, no block of which is empty.
fn fill(path: &Path, size: u64) -> io::Result<()> {
    let block: Vec<u8> = (0..BLOCK_BYTES).map(|_| rand::random()).collect();
    let mut file = new_file(path)?;
    let mut left = size;
    while left > 0 {
        let some = usize::try_from(left).map_or(block.len(), |left| left.min(block.len()));
        file.write_all(&block[..some])?;
        left -= u64::try_from(some).unwrap_or(left);
    }
    file.sync_all()
}

fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).open(path)
}

const CASE: Case = Case::File;
const BYTES: u64 = 1 << 30;
const QUICK_BYTES: u64 = 1 << 26;
const BLOCK_BYTES: usize = 1 << 20;
