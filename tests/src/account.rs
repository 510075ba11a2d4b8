//! What a running program holds: memory, descriptors, and the figures that it counts itself.

use std::{fs, net::SocketAddr, process::Command};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Duration, interval, timeout},
};

use crate::program::{PATIENCE, Program};

/// The bytes that a process has in memory now.
///
/// # Panics
/// If it does not run.
pub fn resident_bytes(process: u32) -> u64 {
    status(process, "VmRSS:")
}

/// The most bytes that a process has ever had in memory.
///
/// # Panics
/// If it does not run.
pub fn peak_bytes(process: u32) -> u64 {
    status(process, "VmHWM:")
}

fn status(process: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("a running process");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.expect("its size").trim().trim_end_matches(" kB");
    kilobytes.parse::<u64>().expect("a number") * 1024
}

/// The descriptors that a process has open.
///
/// # Panics
/// If it does not run.
pub fn descriptors(process: u32) -> usize {
    let open = fs::read_dir(format!("/proc/{process}/fd"));
    open.expect("a running process").count()
}

/// Lets a process, and the programs that it starts from now on, have so many descriptors and no
/// more; what it has already stays open.
///
/// # Panics
/// If the system does not allow as many.
pub fn limit_descriptors(process: u32, count: usize) {
    let arguments = [format!("--pid={process}"), format!("--nofile={count}:")];
    let limited = Command::new("prlimit").args(arguments).status();
    assert!(
        limited.is_ok_and(|status| status.success()),
        "the system does not allow {count} descriptors"
    );
}

/// Looks again and again until it is so.
///
/// # Panics
/// If it is not within a minute; `what` says what was waited for.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let looking = async {
        let mut turns = interval(Duration::from_millis(10));
        while !is_so().await {
            turns.tick().await;
        }
    };
    let looked = timeout(PATIENCE, looking).await;
    assert!(looked.is_ok(), "{what}: not within a minute");
}

/// The figures of a program that was started with `--admin=127.0.0.1:0`.
#[derive(Clone, Copy, Debug)]
pub struct Figures(SocketAddr);

impl Figures {
    /// Waits until the program says where they are.
    ///
    /// # Panics
    /// If it does not.
    pub async fn of(program: &mut Program) -> Self {
        let address = program.line(|line| {
            let (_, url) = line.split_once("figures ")?;
            let (_, rest) = url.split_once("http://")?;
            rest.trim_end_matches("/metrics").parse().ok()
        });
        Self(address.await)
    }

    /// A figure by its full name, labels included; 0 before it was first counted.
    ///
    /// # Panics
    /// If they cannot be read.
    pub async fn value(&self, name: &str) -> i64 {
        let text = self.read().await.expect("the figures");
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let value = line.and_then(|line| line.strip_prefix(' '));
        value.map_or(0, |value| value.parse().expect("a number"))
    }

    async fn read(&self) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(self.0).await?;
        let request = b"GET /metrics HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_what_this_process_holds() {
        let me = std::process::id();
        let before = descriptors(me);
        let file = fs::File::open("/proc/self/status").expect("a file");
        assert!(descriptors(me) > before);
        drop(file);
        assert!(resident_bytes(me) > 1 << 20 && peak_bytes(me) >= resident_bytes(me));
    }

    #[tokio::test]
    async fn looks_until_it_is_so() {
        let mut turns = 0;
        until("three turns", async || {
            turns += 1;
            turns == 3
        })
        .await;
        assert_eq!(turns, 3);
    }
}
