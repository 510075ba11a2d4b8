//! The load generator on a server that drops and closes: a wire of one's own, and exact losses.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use chat_client::load::{
    Cut, Joined, Kind, LoadError, Notation, Pace, Plan, Report, Seat, Wire, run,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A payload a line. A connection starts with its part: `l` listens, `p` publishes.
struct Lines(SocketAddr);

impl Wire for Lines {
    fn address(&self) -> SocketAddr {
        self.0
    }

    async fn join(&self, stream: &mut TcpStream, seat: &Seat) -> Result<Joined, LoadError> {
        let step = "join";
        let part: &[u8] = if seat.listens { b"l" } else { b"p" };
        let failed = |error| LoadError::Io { step, error };
        stream.write_all(part).await.map_err(failed)?;
        let mut welcome = [0];
        stream.read_exact(&mut welcome).await.map_err(failed)?;
        Ok(Joined {
            hears: seat.listens,
            left: Vec::new(),
        })
    }

    fn publish(&self, _: &Seat, payload: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(payload);
        out.push(b'\n');
    }

    fn cut<'a>(&self, bytes: &'a [u8]) -> Result<Option<Cut<'a>>, LoadError> {
        let end = bytes.iter().position(|&byte| byte == b'\n');
        let line = end.and_then(|end| bytes.get(..end));
        Ok(line.map(|line| Cut {
            bytes: line.len() + 1,
            kind: Kind::Delivery(line),
        }))
    }

    fn notation(&self) -> Notation {
        Notation::Hex
    }
}

/// What a server does with the lines of its publisher.
#[derive(Clone, Copy)]
enum Fault {
    /// Every tenth is not passed on.
    DropsATenth,
    /// Every tenth is passed on twice.
    RepeatsATenth,
    /// After the tenth, the listener's connection ends.
    Closes,
}

/// One publisher and one listener; gives how many lines had the fault.
async fn server(fault: Fault) -> (SocketAddr, JoinHandle<u64>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let serving = tokio::spawn(async move {
        let (mut hears, mut speaks) = (None, None);
        while hears.is_none() || speaks.is_none() {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let part = stream.read_u8().await.expect("its part");
            stream.write_all(b"+").await.expect("a welcome");
            match part {
                b'l' => hears = Some(stream),
                _ => speaks = Some(stream),
            }
        }
        let mut lines = BufReader::new(speaks.expect("a publisher")).lines();
        let mut faults = 0;
        let mut number = 0;
        while let Ok(Some(line)) = lines.next_line().await {
            number += 1;
            let copies = match fault {
                Fault::DropsATenth if number % 10 == 0 => 0,
                Fault::RepeatsATenth if number % 10 == 0 => 2,
                Fault::Closes if number > 10 => {
                    hears = None;
                    0
                }
                _ => 1,
            };
            faults += u64::from(copies != 1);
            for _ in 0..copies {
                let line = format!("{line}\n");
                if let Some(hears) = &mut hears {
                    // The run may be over.
                    let _ = hears.write_all(line.as_bytes()).await;
                }
            }
        }
        faults
    });
    (address, serving)
}

async fn report(fault: Fault) -> (Report, u64) {
    let (address, serving) = server(fault).await;
    let plan = Plan {
        publishers: 1,
        subscribers: 1,
        payload_bytes: 64,
        pace: Pace::Rate(200.0),
        talk: false,
        idle: false,
        warm_up: Duration::from_millis(50),
        duration: Duration::from_millis(300),
        pids: Vec::new(),
    };
    let report = run(&Lines(address), &plan, |_| {}).await.expect("a report");
    (report, serving.await.expect("a task"))
}

#[tokio::test]
async fn what_a_server_drops_is_lost_to_the_last_one() {
    let (report, dropped) = report(Fault::DropsATenth).await;
    assert!(dropped > 0);
    assert_eq!((report.lost, report.repeated, report.cut), (dropped, 0, 0));
}

#[tokio::test]
async fn what_a_server_repeats_is_counted_once() {
    let (report, repeated) = report(Fault::RepeatsATenth).await;
    assert!(repeated > 0);
    assert_eq!((report.lost, report.repeated, report.cut), (0, repeated, 0));
}

#[tokio::test]
async fn a_closed_connection_is_cut_and_what_it_misses_is_lost() {
    let (report, missed) = report(Fault::Closes).await;
    assert!(missed > 0);
    assert_eq!((report.lost, report.repeated, report.cut), (missed, 0, 1));
    assert_eq!(report.cut_by.get("without a word"), Some(&1));
    assert_eq!(report.alive, 1);
}
