//! What all cases share: the options, the programs, one measurement, the results.

use std::{fmt, net::SocketAddr};

use chat_client::load::{self, LoadError, Pace, Plan, Progress, Raw, Reading, Report, Wire};

use crate::{
    case::{Case, Measure},
    cli::Options,
    peers::{Dialect, Mqtt, Nats, Redis, SocketIo},
    results::{Faults, Results},
    servers::{Programs, Who},
    statistics::Digits,
};

/// A run of the bench.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) options: Options,
    pub(crate) programs: Programs,
    pub(crate) results: Results,
}

/// A server that is under load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    /// Whose.
    pub(crate) who: Who,
    /// Where its clients connect.
    pub(crate) address: SocketAddr,
    /// The processes that are accounted for.
    pub(crate) pids: &'a [u32],
}

impl Bench {
    pub(crate) fn new(options: Options, programs: Programs) -> Self {
        Self {
            options,
            programs,
            results: Results::default(),
        }
    }

    /// Whether one of these cases is wanted.
    pub(crate) fn wants_any(&self, cases: &[Case]) -> bool {
        cases
            .iter()
            .any(|case| self.options.wants(&case.to_string()))
    }

    /// A burst of one publisher to so many, to be changed where a case wants something else.
    pub(crate) fn plan(&self, subscribers: usize, payload_bytes: usize) -> Plan {
        Plan {
            publishers: 1,
            subscribers: self.options.members(subscribers),
            payload_bytes,
            pace: Pace::burst(payload_bytes),
            talk: false,
            idle: false,
            reading: Reading::All,
            warm_up: self.options.warm_up(),
            duration: self.options.duration(),
            pids: Vec::new(),
        }
    }

    /// Puts a plan's load on a server with the wire that its clients speak, and adds what came of it
    /// to the results.
    pub(crate) async fn measure(&mut self, case: Case, target: Target<'_>, plan: Plan) {
        let address = target.address;
        let plan = Plan {
            pids: target.pids.to_vec(),
            ..plan
        };
        let socket_io = |dialect| SocketIo { address, dialect };
        let broadcast = socket_io(Dialect::Broadcast);
        let ran = match target.who {
            Who::Nats => ran(&Nats(address), &plan).await,
            Who::Redis => ran(&Redis(address), &plan).await,
            Who::Mosquitto => ran(&Mqtt(address), &plan).await,
            Who::SocketIo | Who::Flask => ran(&broadcast, &plan).await,
            Who::TwoTier => ran(&socket_io(Dialect::TwoTier), &plan).await,
            Who::Sealwire | Who::Primitives | Who::Undisturbed | Who::Uncached => {
                ran(&Raw::new(address, ROOM.to_owned()), &plan).await
            }
        };
        self.keep(case, target.who, ran);
    }

    /// Adds what came of a run to the results: of one that failed a note.
    pub(crate) fn keep(&mut self, case: Case, who: Who, ran: Result<Report, LoadError>) {
        let report = match ran {
            Ok(report) => report,
            Err(error) => {
                if who == Who::Sealwire {
                    self.results.unfinished(case);
                }
                return self.leave_out(case, who, &error);
            }
        };
        say(case, who, &report);
        let faults = Faults::of(&report);
        self.results.add_faults(case, who, faults);
        if report.stalled {
            let name = who.name();
            let stood = format!("{name} stood still for 4 s in \"{case}\"; its figure is of less");
            self.results.note(stood);
        }
        let cpu = report.server_cpu_us_per_delivery;
        self.results.add(case, Measure::CpuPerDelivery, who, cpu);
        if case == Case::Paced {
            for (measure, value) in [
                (Measure::P50, report.p50_us),
                (Measure::P99, report.p99_us),
                (Measure::P999, report.p999_us),
            ] {
                self.results.add(case, measure, who, value);
            }
        }
        // Read once all were in and quiet, before the first message.
        let memory = report.server_rss_bytes_per_connection;
        match case {
            Case::Idle(_) => self.results.add(case, Measure::Memory, who, memory),
            Case::Browser | Case::TwoTier => {
                let case = Case::BrowserIdle;
                self.results.add(case, Measure::Memory, who, memory);
                self.results.add_faults(case, who, faults);
            }
            _ => {}
        }
    }

    /// Notes that a server has no figure here, or not of all repetitions.
    pub(crate) fn leave_out(&mut self, case: Case, who: Who, why: &dyn fmt::Display) {
        let note = format!("{} did not get through \"{case}\": {why}", who.name());
        println!("{note}");
        self.results.note(note);
    }
}

async fn ran<W: Wire>(wire: &W, plan: &Plan) -> Result<Report, LoadError> {
    load::run(wire, plan, |_: Progress| ()).await
}

/// A line that says that the bench goes on.
fn say(case: Case, who: Who, report: &Report) {
    let mut words = Vec::new();
    if let Some(cpu) = report.server_cpu_us_per_delivery {
        words.push(format!("{} µs a delivery", Digits(cpu)));
        words.push(format!("{:.0} deliveries/s", report.deliveries_per_s));
    } else if let Some(bytes) = report.server_rss_bytes_per_connection {
        words.push(format!("{bytes:.0} bytes a connection"));
    }
    if let (true, Some(p99)) = (case == Case::Paced, report.p99_us) {
        words.push(format!("p99 {} ms", Digits(p99 / 1e3)));
    }
    if report.lost > 0 {
        words.push(format!("{} lost", report.lost));
    }
    for (reason, count) in &report.cut_by {
        words.push(format!("{count} cut ({reason})"));
    }
    println!("{case:<26} {:<24} {}", who.name(), words.join(", "));
}

/// The room of a load.
pub(crate) const ROOM: &str = "load";
