//! The load generator on a server that drops and closes: a wire of one's own, and exact losses, whether
//! a listener reads or discards.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use chat_client::load::{
    Cut, Heartbeat, Joined, Kind, LoadError, Miscount, Notation, Pace, Plan, Reading, Report, Seat,
    Wire, run,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};

/// A payload a line. A connection starts with its part: the number of its seat, or `p`, who publishes.
struct Lines {
    address: SocketAddr,
    heartbeat: Option<Heartbeat>,
}

impl Wire for Lines {
    fn address(&self) -> SocketAddr {
        self.address
    }

    async fn join(&self, stream: &mut TcpStream, seat: &Seat) -> Result<Joined, LoadError> {
        let step = "join";
        let number = u8::try_from(seat.number).expect("few seats");
        let part = if seat.listens { number } else { b'p' };
        let failed = |error| LoadError::Io { step, error };
        stream.write_u8(part).await.map_err(failed)?;
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
            kind: match line {
                b"?" => Kind::Answer(b"!".to_vec()),
                _ => Kind::Delivery(line),
            },
        }))
    }

    fn heartbeat(&self) -> Option<Heartbeat> {
        self.heartbeat
    }

    fn notation(&self) -> Notation {
        Notation::Hex
    }
}

/// What a server does with the lines of its publisher to the last of its listeners.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fault {
    /// Every tenth is not passed on.
    DropsATenth,
    /// Every tenth is passed on twice.
    RepeatsATenth,
    /// After the tenth, the listener's connection ends.
    Closes,
    /// After the tenth and a half, likewise.
    ClosesInside,
    /// Behind the tenth stands what is no delivery.
    Says(&'static [u8]),
    /// Behind the 55th, at the earliest 1.275 s after everyone came in, stands a question, and its
    /// answer is waited for.
    Asks,
}

/// One publisher and some listeners; gives how many lines had the fault.
async fn server(fault: Fault, listeners: usize) -> (SocketAddr, JoinHandle<u64>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let serving = tokio::spawn(async move {
        let mut hear: Vec<_> = (0..listeners).map(|_| None).collect();
        let mut speaks = None;
        while speaks.is_none() || hear.iter().any(Option::is_none) {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let part = stream.read_u8().await.expect("its part");
            stream.write_all(b"+").await.expect("a welcome");
            match part {
                b'p' => speaks = Some(stream),
                number => hear[usize::from(number)] = Some(stream),
            }
        }
        let mut last = hear.pop().flatten();
        let mut lines = BufReader::new(speaks.expect("a publisher")).lines();
        let mut faults = 0;
        let mut number = 0;
        while let Ok(Some(line)) = lines.next_line().await {
            number += 1;
            let line = format!("{line}\n").into_bytes();
            // The run may be over whenever something is written.
            for stream in hear.iter_mut().flatten() {
                let _ = stream.write_all(&line).await;
            }
            let Some(stream) = &mut last else {
                faults += 1;
                continue;
            };
            let copies = match fault {
                Fault::DropsATenth if number % 10 == 0 => 0,
                Fault::RepeatsATenth if number % 10 == 0 => 2,
                _ => 1,
            };
            faults += u64::from(copies != 1);
            for _ in 0..copies {
                let _ = stream.write_all(&line).await;
            }
            if (fault, number) == (Fault::Asks, 55) {
                stream.write_all(b"?\n").await.expect("who listens");
                let answer = timeout(Duration::from_secs(20), stream.read_u8()).await;
                assert_eq!(answer.expect("in time").expect("an answer"), b'!');
            }
            if number == 10 {
                match fault {
                    Fault::Says(words) => drop(stream.write_all(words).await),
                    Fault::ClosesInside => drop(stream.write_all(&line[..20]).await),
                    _ => {}
                }
                if matches!(fault, Fault::Closes | Fault::ClosesInside) {
                    last = None;
                }
            }
        }
        faults
    });
    (address, serving)
}

async fn outcome(
    fault: Fault,
    reading: Reading,
    heartbeat: Option<Heartbeat>,
) -> (Result<Report, LoadError>, u64) {
    // Of three, two read.
    let subscribers = if reading == Reading::All { 1 } else { 3 };
    let (address, serving) = server(fault, subscribers).await;
    let plan = Plan {
        publishers: 1,
        subscribers,
        payload_bytes: 64,
        pace: Pace::Rate(200.0),
        talk: false,
        idle: false,
        reading,
        warm_up: Duration::from_millis(50),
        duration: Duration::from_millis(300),
        pids: Vec::new(),
    };
    let report = run(&Lines { address, heartbeat }, &plan, |_| {}).await;
    (report, serving.await.expect("a task"))
}

async fn report(fault: Fault, reading: Reading) -> (Report, u64) {
    let (report, faults) = outcome(fault, reading, None).await;
    let report = report.expect("a report");
    let readers = if reading == Reading::All { 1 } else { 2 };
    assert_eq!(report.readers, readers);
    (report, faults)
}

/// Why what the last listener discarded was not counted.
async fn miscount(fault: Fault) -> Miscount {
    match outcome(fault, Reading::Sample, None).await.0 {
        Err(LoadError::Uncountable {
            listener: 2,
            miscount,
        }) => miscount,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_a_server_drops_is_lost_to_the_last_one() {
    for reading in [Reading::All, Reading::Sample] {
        let (report, dropped) = report(Fault::DropsATenth, reading).await;
        assert!(dropped > 0);
        assert_eq!((report.lost, report.repeated, report.cut), (dropped, 0, 0));
    }
}

#[tokio::test]
async fn what_a_server_repeats_is_counted_once() {
    let (report, repeated) = report(Fault::RepeatsATenth, Reading::All).await;
    assert!(repeated > 0);
    assert_eq!((report.lost, report.repeated, report.cut), (0, repeated, 0));
}

#[tokio::test]
async fn a_closed_connection_is_cut_and_what_it_misses_is_lost() {
    for (fault, reading) in [
        (Fault::Closes, Reading::All),
        (Fault::Closes, Reading::Sample),
        (Fault::ClosesInside, Reading::Sample),
    ] {
        let (report, missed) = report(fault, reading).await;
        assert!(missed > 0);
        assert_eq!((report.lost, report.repeated, report.cut), (missed, 0, 1));
        assert_eq!(report.cut_by.get("without a word"), Some(&1));
        assert_eq!(report.alive, report.connections - 1);
    }
}

#[tokio::test]
async fn what_cannot_be_counted_by_its_bytes_is_refused() {
    let rest = miscount(Fault::Says(b"what is this\n")).await;
    assert_eq!(rest, Miscount::Rest { bytes: 13 });
    // A delivery's length, but nobody published it.
    let surplus = miscount(Fault::Says(&[b'x'; 65])).await;
    assert_eq!(surplus, Miscount::Surplus { deliveries: 1 });
    let repeated = miscount(Fault::RepeatsATenth).await;
    assert!(matches!(repeated, Miscount::Surplus { deliveries } if deliveries > 0));
}

#[tokio::test]
async fn who_discards_reads_again_before_a_heartbeat_may_come() {
    // It may come a second before it is due: read it is from 1 s on, and from 1.2 s on.
    for millis in [2_000, 2_200] {
        let heartbeat = Heartbeat {
            every: Duration::from_millis(millis),
            settled: Duration::ZERO,
        };
        let (report, _) = outcome(Fault::Asks, Reading::Sample, Some(heartbeat)).await;
        let report = report.expect("a report");
        assert_eq!((report.lost, report.cut), (0, 0));
    }
}
