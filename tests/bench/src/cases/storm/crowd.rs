//! Accounts that sign in with their passwords, again and again.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use chat_client::load::{Calls, LoadError};
use tokio::{net::TcpStream, task::JoinSet, time::sleep};
use wire_format::{
    command::auth::{Login, Params},
    passwords::{Password, Rounds, ServerName},
};

use crate::cases::account;

/// Accounts of one server.
#[derive(Debug)]
pub(super) struct Crowd {
    address: SocketAddr,
    logins: Vec<Login>,
}

impl Crowd {
    /// Registers so many accounts. Their passwords are stretched once, here: signing in again does
    /// not cost the generator anything then.
    ///
    /// # Errors
    /// The server refuses.
    pub(super) async fn register(address: SocketAddr, accounts: usize) -> anyhow::Result<Self> {
        let mut logins = Vec::new();
        for number in 0..accounts {
            logins.push(registered(address, &format!("storm-{number}")).await?);
        }
        Ok(Self { address, logins })
    }
}

async fn registered(address: SocketAddr, name: &str) -> anyhow::Result<Login> {
    let password = Password::prepare(PASSWORD)?;
    let account = account::register(address, name, password.clone()).await?;
    account.close().await;

    let mut stream = TcpStream::connect(address).await?;
    let params = Params {
        name: name.to_owned(),
    };
    let params = Calls::begin(&mut stream).await?.of(&params).await?;
    let rounds = Rounds::try_from(params.rounds)?;
    let server = ServerName::parse(&params.server)?;
    let halves = password.halves(&params.salt, rounds, &server)?;
    Ok(Login {
        name: name.to_owned(),
        login: halves.login,
    })
}

/// Sign-ins under way until it is ended or dropped.
#[derive(Debug)]
pub(super) struct Storm {
    tasks: JoinSet<LoadError>,
    signed_in: Arc<AtomicU64>,
    begun: Instant,
    before: u64,
}

impl Storm {
    /// Begins to sign in, so many at the same time; returns once the first ones are in.
    ///
    /// # Errors
    /// The server refuses.
    pub(super) async fn begin(crowd: &Crowd, at_once: usize) -> anyhow::Result<Self> {
        let mut tasks = JoinSet::new();
        let signed_in = Arc::new(AtomicU64::new(0));
        for login in crowd.logins.iter().cycle().take(at_once) {
            let (address, login) = (crowd.address, login.clone());
            let signed_in = signed_in.clone();
            tasks.spawn(async move {
                loop {
                    if let Err(error) = sign_in(address, &login).await {
                        return error;
                    }
                    signed_in.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let mut storm = Self {
            tasks,
            signed_in,
            begun: Instant::now(),
            before: 0,
        };
        while storm.before == 0 {
            storm.check()?;
            sleep(LOOK).await;
            storm.begun = Instant::now();
            storm.before = storm.signed_in.load(Ordering::Relaxed);
        }
        Ok(storm)
    }

    /// Ends it; gives the time from one sign-in to the next, in µs.
    ///
    /// # Errors
    /// A sign-in was refused meanwhile.
    pub(super) async fn end(mut self) -> anyhow::Result<f64> {
        let signed_in = self.signed_in.load(Ordering::Relaxed) - self.before;
        let span = self.begun.elapsed();
        self.check()?;
        self.tasks.shutdown().await;
        ensure!(signed_in > 0, "nobody signed in");
        Ok(span.as_secs_f64() * 1e6 / f64::from(u32::try_from(signed_in)?))
    }

    fn check(&mut self) -> anyhow::Result<()> {
        match self.tasks.try_join_next() {
            None => Ok(()),
            Some(ended) => Err(ended?).context("a sign-in fails"),
        }
    }
}

/// One sign-in on a connection of its own, as a client's.
async fn sign_in(address: SocketAddr, login: &Login) -> Result<(), LoadError> {
    let connected = TcpStream::connect(address).await;
    let mut stream = connected.map_err(|error| LoadError::Connect { address, error })?;
    Calls::begin(&mut stream).await?.of(login).await?;
    Ok(())
}

const PASSWORD: &str = "correct horse battery staple";
const LOOK: Duration = Duration::from_millis(5);
