//! Chat-servers and web-proxies as one starts them by hand.

use std::{fmt::Display, net::SocketAddr, path::PathBuf};

use crate::{certificate::Certificates, folder::Folder, program::Program};

/// Starts a chat-server on plain loopback TCP.
///
/// # Panics
/// If it does not start.
pub async fn plain_server(arguments: &[&str]) -> (Program, SocketAddr) {
    let listen = ["--listen=127.0.0.1:0"];
    let mut program = Program::start("chat-server", listen.iter().chain(arguments));
    let address = program.listening().await;
    (program, address)
}

/// A separately started chat-server and what proxies need to reach it.
#[derive(Debug)]
pub struct ChatServer {
    /// The process.
    pub program: Program,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its files.
    pub folder: Folder,
    /// Its certificates.
    pub certificates: Certificates,
    /// The key that proxies prove to know, 64 hexadecimal digits.
    pub proxy_key: String,
    arguments: Vec<String>,
}

impl ChatServer {
    /// Starts one over TLS with a proxy key.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start() -> Self {
        Self::start_with(&[], &[]).await
    }

    /// Starts one over TLS with further arguments and environment.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start_with(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let certificates = Certificates::make(&folder);
        let key: [u8; 32] = rand::random();
        let proxy_key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let key_file = folder.write("proxy.key", &proxy_key);
        let data = folder.path().join("data");
        let mut all = vec![
            flag("--tls-cert", certificates.certificate.display()),
            flag("--tls-key", certificates.key.display()),
            flag("--proxy-key", key_file.display()),
            flag("--data", data.display()),
        ];
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        let (program, address) = launch("127.0.0.1:0", &all, environment).await;
        Self {
            program,
            address,
            folder,
            certificates,
            proxy_key,
            arguments: all,
        }
    }

    /// Starts it again on its port, after it was stopped or killed.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn restart(&mut self) {
        let (program, _) = launch(&self.address.to_string(), &self.arguments, &[]).await;
        self.program = program;
    }

    /// The arguments by which a proxy reaches it, directly or through something at `address`.
    pub fn backend(&self, address: SocketAddr) -> Vec<String> {
        vec![
            flag("--backend", format_args!("tls://{address}")),
            flag("--backend-ca", self.certificates.authority.display()),
            flag(
                "--proxy-key",
                self.folder.path().join("proxy.key").display(),
            ),
        ]
    }
}

async fn launch(
    listen: &str,
    arguments: &[String],
    environment: &[(&str, &str)],
) -> (Program, SocketAddr) {
    let listen = flag("--listen", listen);
    let arguments = std::iter::once(&listen).chain(arguments);
    let mut program = Program::start_with("chat-server", arguments, environment);
    let address = program.listening().await;
    (program, address)
}

/// A separately started web-proxy on plain loopback HTTP.
#[derive(Debug)]
pub struct WebProxy {
    /// The process.
    pub program: Program,
    /// Where browsers connect.
    pub address: SocketAddr,
    /// Its files.
    pub folder: Folder,
}

impl WebProxy {
    /// Starts one in front of a chat-server.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start(server: &ChatServer) -> Self {
        Self::start_as(server, &[]).await
    }

    /// Starts one in front of a chat-server with further arguments.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start_as(server: &ChatServer, arguments: &[&str]) -> Self {
        let mut all = server.backend(server.address);
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        Self::start_with(&all, &[]).await
    }

    /// Starts one with these arguments and environment, a small pool of keys and room for many
    /// sign-ins.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start_with(arguments: &[String], environment: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let mut all = vec![
            flag("--listen", "127.0.0.1:0"),
            flag("--data", data_of(&folder).display()),
            flag("--key-pool", "4"),
        ];
        // A test posts faster than anybody types; the limits have tests of their own.
        for rate in ["--sign-in-rate", "--connection-rate", "--request-rate"] {
            if !arguments.iter().any(|argument| argument.starts_with(rate)) {
                all.push(flag(rate, "100000/s"));
            }
        }
        all.extend_from_slice(arguments);
        let mut program = Program::start_with("web-proxy", &all, environment);
        let address = program.listening().await;
        Self {
            program,
            address,
            folder,
        }
    }
}

/// The folder for a program's data under a test's folder.
fn data_of(folder: &Folder) -> PathBuf {
    folder.path().join("data")
}

fn flag(name: &str, value: impl Display) -> String {
    format!("{name}={value}")
}
