//! The program: flags, signals, exit codes.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use wire_format::command::auth::{Resume, Sessions};

use crate::{
    owner::{AtServer as _, Folder, Owner},
    support::Peer,
};

/// A started program that is ended when the test fails.
pub(crate) struct Program(Child);

impl Program {
    /// Starts it and gives the address that it prints.
    fn start(flags: &[&str]) -> (Self, String) {
        Self::of(command(flags).stderr(Stdio::null()))
    }

    pub(crate) fn of(command: &mut Command) -> (Self, String) {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("a program");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("its output");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let address = line.trim_start_matches("chat-server listens on ").trim();
        (Self(child), address.to_owned())
    }

    fn signal(&self, signal: &str) {
        let killed = Command::new("kill")
            .args(["-s", signal, &self.0.id().to_string()])
            .status();
        assert!(killed.expect("kill").success());
    }

    fn exit_code(&mut self) -> Option<i32> {
        self.0.wait().expect("an exit").code()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn command(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat-server"));
    command.args(flags).env_remove("PORT");
    command
}

fn failure(flags: &[&str]) -> String {
    let output = command(flags).output().expect("a program");
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn a_signal_drains_and_exits_with_zero() {
    for signal in ["TERM", "INT"] {
        let (mut program, address) = Program::start(&["--listen", "127.0.0.1:0"]);
        let stream = tokio::net::TcpStream::connect(&address).await;
        let mut peer = Peer::over(stream.expect("a socket"));
        peer.hello().await;
        program.signal(signal);
        assert_eq!(peer.closed().await, wire_format::CloseCode::Resume);
        drop(peer);
        assert_eq!(program.exit_code(), Some(0));
    }
}

#[tokio::test]
async fn a_second_signal_exits_at_once() {
    let (mut program, address) =
        Program::start(&["--listen", "127.0.0.1:0", "--grace-seconds", "600"]);
    let stream = tokio::net::TcpStream::connect(&address).await;
    let mut peer = Peer::over(stream.expect("a socket"));
    peer.hello().await;
    program.signal("TERM");
    // It has said goodbye and waits for this side to close.
    while !matches!(peer.next().await, Some(wire_format::ServerFrame::Close(_))) {}
    program.signal("TERM");
    assert_eq!(program.exit_code(), Some(143));
    drop(peer);
}

#[test]
fn what_stands_in_the_way_is_named_with_its_flag() {
    let (_program, address) = Program::start(&["--listen", "127.0.0.1:0"]);
    assert!(failure(&["--listen", &address]).contains("--listen"));
    assert!(failure(&["--listen", "0.0.0.0:0"]).contains("--insecure-plain-tcp"));
    assert!(failure(&["--tls-cert", "cert.pem"]).contains("--tls-key"));
    assert!(failure(&["--proxy-key", "/nonexistent"]).contains("/nonexistent"));
}

#[test]
fn a_proxy_key_is_made_once_and_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let name = format!("sealwire-key-{:016x}", rand::random::<u64>());
    let path = std::env::temp_dir().join(name);
    let file = path.to_str().expect("a path");
    let made = command(&["proxy-key", file]).status().expect("a program");
    assert!(made.success());
    let text = std::fs::read_to_string(&path).expect("a key");
    assert!(text.trim().parse::<wire_format::ProxyKey>().is_ok());
    let mode = std::fs::metadata(&path)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(failure(&["proxy-key", file]).contains(file));
    let (program, _) = Program::start(&["--listen", "127.0.0.1:0", "--proxy-key", file]);
    drop(program);
    std::fs::remove_file(&path).expect("a file");
}

#[tokio::test]
async fn nothing_that_signs_in_is_logged_or_kept() {
    let folder = Folder::new();
    let log = Folder::new();
    let data = folder.path().to_str().expect("a path");
    let lines = std::fs::File::create(log.path()).expect("a file");
    let mut command = command(&["--listen", "127.0.0.1:0", "--data", data]);
    let (mut program, address) = Program::of(command.env("RUST_LOG", "trace").stderr(lines));
    let greeted = async || {
        let stream = tokio::net::TcpStream::connect(&address).await;
        let mut peer = Peer::over(stream.expect("a socket"));
        peer.hello().await;
        peer
    };
    let ada = Owner::named("Ada");
    let mut peer = greeted().await;
    let session = ada.registers(&mut peer).await;
    ada.proves(&mut peer, &session).await;
    peer.call(&Sessions {}, bytes::Bytes::new())
        .await
        .expect("sessions");
    let mut again = greeted().await;
    let resume = Resume {
        token: session.token.clone(),
    };
    again
        .call(&resume, bytes::Bytes::new())
        .await
        .expect("a session");
    drop((peer, again));
    program.signal("TERM");
    assert_eq!(program.exit_code(), Some(0));

    let mut written = std::fs::read(log.path()).expect("a log");
    assert!(!written.is_empty());
    std::fs::remove_file(log.path()).expect("a file");
    let holds = |bytes: &[u8], secret: &[u8]| {
        let mut places = bytes.windows(secret.len());
        places.any(|place| place == secret)
    };
    assert!(!holds(&written, b"argon2id$"), "hashes stay in the data");
    let mut folders = vec![folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                written.extend(std::fs::read(path).expect("a file"));
            }
        }
    }
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let login = ada.login.as_bytes();
    let (login_text, recovery_text): (String, String) = (hex(login), hex(&[8; 32]));
    let token = session.token.expect("a token");
    for secret in [
        token.as_str().as_bytes(),
        login,
        login_text.as_bytes(),
        &[8; 32],
        recovery_text.as_bytes(),
    ] {
        assert!(!holds(&written, secret), "{}", secret.escape_ascii());
    }
}

#[test]
fn a_database_that_is_none_is_named_without_its_password() {
    let message = failure(&["--database", "mysql://chat:canary@localhost/chat"]);
    assert!(message.contains("--database") && !message.contains("canary"));
    let message = failure(&["--server-name", "two words"]);
    assert!(message.contains("--server-name"));
    let help = command(&["--help"])
        .env("SEALWIRE_DATABASE", "postgres://chat:canary@localhost/chat")
        .output()
        .expect("help");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(help.contains("--database") && !help.contains("canary"));
}
