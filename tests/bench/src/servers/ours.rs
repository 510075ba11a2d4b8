//! Sealwire: a chat-server alone, or with web-proxies in front of it.

use std::{io, net::SocketAddr, path::Path};

use super::Programs;
use crate::process::{Launch, Process, free_address};

/// Starts a chat-server that holds nobody back.
///
/// # Errors
/// It does not start.
pub(super) async fn chat_server(programs: &Programs, cores: &str) -> anyhow::Result<Process> {
    started(programs, cores, free_address()?, unlimited(&LIMITS)).await
}

/// Starts a chat-server that serves accounts, and takes every sign-in.
///
/// # Errors
/// It does not start.
pub(super) async fn with_accounts(programs: &Programs, cores: &str) -> anyhow::Result<Process> {
    let address = free_address()?;
    let data = programs.folder.join(format!("data-{}", address.port()));
    keeping(programs, cores, address, &data, &[]).await
}

/// Starts one on data that may be there already, which is called like the host that browsers come to.
///
/// # Errors
/// It does not start.
pub(super) async fn on_data(
    programs: &Programs,
    cores: &str,
    data: &Path,
) -> anyhow::Result<Process> {
    let name = ["--server-name", HOST];
    keeping(programs, cores, free_address()?, data, &name).await
}

async fn keeping(
    programs: &Programs,
    cores: &str,
    address: SocketAddr,
    data: &Path,
    name: &[&str],
) -> anyhow::Result<Process> {
    let mut arguments = unlimited(&[&LIMITS[..], &ACCOUNT_LIMITS].concat());
    arguments.extend(["--data".to_owned(), data.display().to_string()]);
    arguments.extend(name.iter().map(|word| (*word).to_owned()));
    started(programs, cores, address, arguments).await
}

async fn started(
    programs: &Programs,
    cores: &str,
    address: SocketAddr,
    mut arguments: Vec<String>,
) -> anyhow::Result<Process> {
    arguments.extend(["--listen".to_owned(), address.to_string()]);
    let launch = Launch {
        name: "chat-server",
        cores,
        program: &programs.ours("chat-server"),
        arguments,
        address,
    };
    Process::start(&programs.folder, launch).await
}

fn unlimited(limits: &[&str]) -> Vec<String> {
    // 0 is no limit: a burst is what is measured.
    let arguments = limits
        .iter()
        .map(|limit| [(*limit).to_owned(), "0".to_owned()]);
    arguments.flatten().collect()
}

/// What holds somebody back who asks often.
const LIMITS: [&str; 4] = ["--messages", "--commands", "--sign-ins", "--patience"];
/// Likewise where there are accounts.
const ACCOUNT_LIMITS: [&str; 4] = [
    "--tries",
    "--tries-per-name",
    "--tries-per-name-and-address",
    "--chunks",
];
/// The host that browsers come to.
pub(crate) const HOST: &str = "127.0.0.1";

/// A chat-server and a web-proxy in front of it.
#[derive(Debug)]
pub(crate) struct Proxied {
    /// The proxies: one, or one more where a newcomer is to come through another.
    pub(crate) proxies: Vec<Process>,
    /// The chat-server behind them.
    pub(crate) server: Process,
}

impl Proxied {
    /// Starts `proxies` web-proxies with `pool` session keys each in front of a chat-server.
    ///
    /// # Errors
    /// One does not start.
    pub(crate) async fn start(
        programs: &Programs,
        cores: &str,
        proxies: usize,
        pool: usize,
    ) -> anyhow::Result<Self> {
        let server = chat_server(programs, cores).await?;
        let mut started = Vec::new();
        for number in 0..proxies {
            let proxy = proxy(programs, cores, &server, number, pool).await?;
            started.push(proxy);
        }
        Ok(Self {
            proxies: started,
            server,
        })
    }

    /// Moves all threads of the proxies and of the server to these cores.
    ///
    /// # Errors
    /// One has ended.
    pub(crate) fn pin(&self, proxies: &str, server: &str) -> io::Result<()> {
        for proxy in &self.proxies {
            proxy.pin(proxies)?;
        }
        self.server.pin(server)
    }

    /// The ids of all processes.
    pub(crate) fn pids(&self) -> Vec<u32> {
        let proxies = self.proxies.iter().map(Process::pid);
        proxies.chain([self.server.pid()]).collect()
    }

    /// Where browsers connect to the first proxy.
    pub(crate) fn address(&self) -> SocketAddr {
        self.proxies[0].address()
    }
}

async fn proxy(
    programs: &Programs,
    cores: &str,
    server: &Process,
    number: usize,
    pool: usize,
) -> anyhow::Result<Process> {
    let address = free_address()?;
    let name = format!("web-proxy-{number}");
    let settings = [
        ("--listen", address.to_string()),
        ("--backend", server.address().to_string()),
        ("--data", programs.folder.join(&name).display().to_string()),
        ("--key-pool", pool.to_string()),
        // Whoever asks comes from one address.
        ("--max-connections-per-address", "65535".to_owned()),
        ("--connection-rate", "1000000/s".to_owned()),
        ("--request-rate", "1000000/s".to_owned()),
        ("--sign-in-rate", "1000000/s".to_owned()),
        ("--command-rate", "1000000/s".to_owned()),
        ("--message-rate", "1000000/s".to_owned()),
    ];
    let arguments = settings.map(|(flag, value)| [flag.to_owned(), value]);
    let launch = Launch {
        name: &name,
        cores,
        program: &programs.ours("web-proxy"),
        arguments: arguments.concat(),
        address,
    };
    Process::start(&programs.folder, launch).await
}
