//! The program: flags, signals, exit codes.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use crate::support::Peer;

/// A started program that is ended when the test fails.
struct Program(Child);

impl Program {
    /// Starts it and gives the address that it prints.
    fn start(flags: &[&str]) -> (Self, String) {
        let mut child = command(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a program");
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

fn command(flags: &[&str]) -> Command {
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
