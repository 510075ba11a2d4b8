//! The program with its files in an S3 service: what it is told by flags and environment, and that it loses no
//! chunk that it answered when it is killed.

use std::process::{Command, Stdio};

use bytes::Bytes;
use sealwire_tests::s3::S3Server;
use wire_format::{
    ClientFrame, CommandFrame,
    command::files::{Held, Put},
};

use crate::{
    binary::{self, Program},
    files::{MIB, Upload},
    gathering::Gathering,
    owner::{AtServer as _, Folder},
    support::House,
};

/// How often it is killed.
const KILLS: u32 = 4;
/// Chunks of the file: some are left after the last kill.
const CHUNKS: u32 = 24;

/// The program on this folder, told of the service by its environment.
fn command(folder: &Folder, service: &S3Server) -> Command {
    let data = folder.path().to_str().expect("UTF-8");
    let blobs = format!("s3://{}/files", S3Server::BUCKET);
    let flags = ["--listen", "127.0.0.1:0", "--data", data, "--blobs", &blobs];
    let mut command = binary::command(&flags);
    command.envs(service.variables()).stderr(Stdio::null());
    command
}

fn start(folder: &Folder, service: &S3Server) -> (Program, House) {
    let (program, address) = Program::of(&mut command(folder, service));
    let house = House::elsewhere(address.parse().expect("an address"));
    (program, house)
}

#[tokio::test]
async fn no_answered_chunk_is_lost_and_none_is_half_there() {
    let mut service = S3Server::start().await;
    let folder = Folder::new();
    let (mut program, house) = start(&folder, &service);
    let mut here = Gathering::at(folder, house, &["Ada"]).await;
    let upload = Upload::of(u64::from(CHUNKS) * MIB);
    let create = upload.create(&here);
    let ada = &mut here.peers[0];
    ada.call(&create, Bytes::new()).await.expect("announced");
    let chunk = |index: u32| upload.chunks[usize::try_from(index).expect("few")].clone();
    let mut answered = Vec::new();
    for life in 0..KILLS {
        let ada = &mut here.peers[0];
        let held = upload.held(ada).await.expect("held");
        let missing = (0..CHUNKS).filter(|index| !held.has(*index));
        let missing: Vec<_> = missing
            .take(usize::try_from(life).expect("few") + 3)
            .collect();
        for &index in &missing {
            let put = Put {
                file: upload.id(),
                index,
            };
            let command = CommandFrame::new(1 << 20 | index, &put, chunk(index));
            ada.send(ClientFrame::Command(command)).await;
        }
        for &index in missing.iter().take(usize::try_from(life).expect("few")) {
            let reply = ada.reply_to::<Held>(1 << 20 | index).await;
            reply.expect("put");
            answered.push(index);
        }
        // Others are under way.
        drop(program);
        let (again, house) = start(&here.folder, &service);
        program = again;
        here.peers = vec![here.owners[0].comes_again(&house).await.0];
        let ada = &mut here.peers[0];
        let held = upload.held(ada).await.expect("held");
        for index in (0..CHUNKS).filter(|index| held.has(*index)) {
            let got = upload.get(ada, index).await.expect("a chunk");
            assert!(got == chunk(index), "chunk {index}");
        }
        for index in &answered {
            assert!(held.has(*index), "chunk {index} was answered");
        }
    }
    let ada = &mut here.peers[0];
    let held = upload.held(ada).await.expect("held");
    for index in (0..CHUNKS).filter(|index| !held.has(*index)) {
        upload.put(ada, index).await.expect("put");
    }
    for index in 0..CHUNKS {
        let got = upload.get(ada, index).await.expect("a chunk");
        assert!(got == chunk(index), "chunk {index}");
    }
    // One that was put twice has one name.
    let objects = service.names().await.len();
    assert_eq!(objects, usize::try_from(CHUNKS).expect("few") + 1);
    drop(program);
}

#[tokio::test]
async fn what_is_not_said_is_named_and_no_key_is_printed() {
    let service = S3Server::start().await;
    let folder = Folder::new();
    let fails = |change: &dyn Fn(&mut Command)| {
        let mut command = command(&folder, &service);
        change(&mut command);
        let output = command.stderr(Stdio::piped()).output();
        let output = output.expect("the program");
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).expect("text");
        for (_, key) in &service.variables()[1..] {
            assert!(!said.contains(key), "{said}");
        }
        said
    };
    let said = fails(&|command| {
        command.env_remove("AWS_ACCESS_KEY_ID");
    });
    assert!(said.contains("AWS_ACCESS_KEY_ID"), "{said}");
    let said = fails(&|command| {
        command.env("AWS_ENDPOINT_URL", "http://192.0.2.1:9000");
    });
    assert!(said.contains("AWS_ALLOW_HTTP"), "{said}");
    let said = fails(&|command| {
        command.env("AWS_SECRET_ACCESS_KEY", "canary");
    });
    assert!(said.contains("403 SignatureDoesNotMatch"), "{said}");
    assert!(said.contains("--blobs"), "{said}");
    assert!(!said.contains("canary"), "{said}");
}
