//! The brokers, as somebody who wants them fast would set them: nothing is kept, many may come.

use std::{fs, path::Path};

use anyhow::Context;

use super::{Programs, Server};
use crate::{
    pin::SERVER_CORE,
    process::{Launch, Process, free_address},
};

pub(super) async fn nats(programs: &Programs) -> anyhow::Result<Server> {
    broker(programs, "nats-server", "-c", |port| {
        format!("listen: 127.0.0.1:{port}\nping_interval: \"30m\"\nmax_connections: 20000\n")
    })
    .await
}

pub(super) async fn redis(programs: &Programs) -> anyhow::Result<Server> {
    broker(programs, "redis-server", "", |port| {
        // Its protected mode takes 127.0.0.1 for loopback and not 127.0.0.2, whence a part comes.
        format!(
            "bind 127.0.0.1\nport {port}\nprotected-mode no\nsave \"\"\nappendonly no\nmaxclients 20000\n"
        )
    })
    .await
}

pub(super) async fn mosquitto(programs: &Programs) -> anyhow::Result<Server> {
    broker(programs, "mosquitto", "-c", |port| {
        format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type error\n"
        )
    })
    .await
}

async fn broker(
    programs: &Programs,
    program: &str,
    flag: &str,
    settings: impl Fn(u16) -> String,
) -> anyhow::Result<Server> {
    let address = free_address()?;
    let file = programs.folder.join(format!("{program}.conf"));
    fs::write(&file, settings(address.port())).with_context(|| format!("{}", file.display()))?;
    let flags = [flag.to_owned(), file.display().to_string()];
    let launch = Launch {
        name: program,
        cores: SERVER_CORE,
        program: Path::new(program),
        arguments: flags.into_iter().filter(|flag| !flag.is_empty()).collect(),
        address,
    };
    let process = Process::start(&programs.folder, launch).await?;
    Ok(Server::of(process))
}
