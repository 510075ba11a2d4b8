//! What the tests of this binary share.

use std::{fs, net::SocketAddr};

use sealwire_tests::program::Program;

/// A chat-server on plain loopback TCP.
pub(crate) async fn plain_server(arguments: &[&str]) -> (Program, SocketAddr) {
    let listen = ["--listen=127.0.0.1:0"];
    let mut program = Program::start("chat-server", listen.iter().chain(arguments));
    let address = program.listening().await;
    (program, address)
}

/// What a process has in memory.
pub(crate) fn resident_bytes(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("a running process");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .expect("its size");
    let kilobytes: u64 = line
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .expect("a number");
    kilobytes * 1024
}
