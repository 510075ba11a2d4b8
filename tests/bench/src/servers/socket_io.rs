//! What speaks Socket.IO: Node's own, Flask's, and the two-tier chat.

use std::{net::SocketAddr, path::Path};

use super::{Programs, Server};
use crate::{
    pin::SERVER_CORE,
    process::{Launch, Process, free_address},
};

pub(super) async fn node(programs: &Programs) -> anyhow::Result<Server> {
    let address = free_address()?;
    let node = Path::new("node");
    let process = script(programs, node, "socketio.js", address, &[]).await?;
    Ok(Server::of(process))
}

pub(super) async fn flask(programs: &Programs) -> anyhow::Result<Server> {
    let address = free_address()?;
    let python = &programs.python;
    let process = script(programs, python, "flask_broadcast.py", address, &[]).await?;
    Ok(Server::of(process))
}

pub(super) async fn two_tier(programs: &Programs) -> anyhow::Result<Server> {
    let python = &programs.python;
    let behind = free_address()?;
    let lobby = script(programs, python, "two_tier/lobby.py", behind, &[]).await?;
    let address = free_address()?;
    let lobby_port = behind.port().to_string();
    let front = script(
        programs,
        python,
        "two_tier/front.py",
        address,
        &[lobby_port],
    )
    .await?;
    Ok(Server {
        address,
        processes: vec![front, lobby],
    })
}

async fn script(
    programs: &Programs,
    interpreter: &Path,
    script: &str,
    address: SocketAddr,
    more: &[String],
) -> anyhow::Result<Process> {
    let path = programs.peers.join(script).display().to_string();
    let mut arguments = vec![path, address.port().to_string()];
    arguments.extend_from_slice(more);
    let launch = Launch {
        name: &script.replace('/', "-"),
        cores: SERVER_CORE,
        program: interpreter,
        arguments,
        address,
    };
    Process::start(&programs.folder, launch).await
}
