//! Built programs as child processes, watched from start to end.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ChildStdin, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, OnceLock, PoisonError, mpsc},
    thread,
    time::Duration,
};

use tokio::sync::watch;

/// How long a program may take to do what a test waits for; far more than it needs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A signal that a test sends.
#[derive(Clone, Copy, Debug)]
pub enum Signal {
    /// Drain and stop.
    Term,
    /// Stop at once, without a chance to say so.
    Kill,
    /// Hold still.
    Stop,
    /// Go on.
    Continue,
}

/// A running program. Dropping it stops it and asserts that it drained and exited with 0.
#[derive(Debug)]
pub struct Program {
    name: String,
    process: u32,
    input: Option<ChildStdin>,
    output: Arc<Output>,
    lines: watch::Receiver<usize>,
    exit: mpsc::Receiver<ExitStatus>,
    ended: Option<ExitStatus>,
}

#[derive(Debug, Default)]
struct Output {
    /// Held to append or copy, never across an await.
    lines: Mutex<Vec<(Stream, String)>>,
}

/// Where a line was printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stream {
    Output,
    Error,
}

impl Program {
    /// Starts `name` from the folder of built programs.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start<S: AsRef<OsStr>>(name: &str, arguments: impl IntoIterator<Item = S>) -> Self {
        Self::start_with(name, arguments, &[])
    }

    /// Starts `name` with further environment variables.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start_with<S: AsRef<OsStr>>(
        name: &str,
        arguments: impl IntoIterator<Item = S>,
        environment: &[(&str, &str)],
    ) -> Self {
        Self::start_at(&programs().join(name), name, arguments, environment)
    }

    /// Starts what is at `path`, called `name` where it fails.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start_at<S: AsRef<OsStr>>(
        path: &Path,
        name: &str,
        arguments: impl IntoIterator<Item = S>,
        environment: &[(&str, &str)],
    ) -> Self {
        let mut child = Command::new(path)
            .args(arguments)
            .env("RUST_LOG", "info")
            .env("NO_COLOR", "1")
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let output = Arc::new(Output::default());
        let (said, lines) = watch::channel(0);
        let said = Arc::new(said);
        let readers = [
            read(child.stdout.take(), Stream::Output, &output, &said),
            read(child.stderr.take(), Stream::Error, &output, &said),
        ];
        let (process, input) = (child.id(), child.stdin.take());
        let (ended, exit) = mpsc::sync_channel(1);
        thread::spawn(move || {
            let status = child.wait().expect("the exit status of a child");
            for reader in readers {
                reader.join().expect("a reader of a child's output");
            }
            // The test may be over; then nobody asks.
            let _ = ended.send(status);
        });
        let name = name.to_owned();
        Self {
            name,
            process,
            input,
            output,
            lines,
            exit,
            ended: None,
        }
    }

    /// The process id.
    pub fn process(&self) -> u32 {
        self.process
    }

    /// Everything it printed so far, both streams.
    pub fn printed(&self) -> String {
        self.output.text(|_| true)
    }

    /// Everything it printed on standard error, where logs go.
    pub fn logged(&self) -> String {
        self.output.text(|stream| stream == Stream::Error)
    }

    /// Waits for a line that `find` finds something in.
    ///
    /// # Panics
    /// If the program ends or a minute passes without such a line.
    pub async fn line<T>(&mut self, mut find: impl FnMut(&str) -> Option<T>) -> T {
        let mut seen = 0;
        let search = async {
            loop {
                self.lines.mark_unchanged();
                let fresh: Vec<_> = self.output.lock().iter().skip(seen).cloned().collect();
                seen += fresh.len();
                if let Some(found) = fresh.iter().find_map(|(_, line)| find(line)) {
                    return Some(found);
                }
                if self.lines.changed().await.is_err() {
                    return None;
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, search).await.ok().flatten();
        found.unwrap_or_else(|| panic!("{} did not say it:\n{}", self.name, self.printed()))
    }

    /// Waits for a line with `text` in it.
    ///
    /// # Panics
    /// As [`Program::line`].
    pub async fn says(&mut self, text: &str) -> String {
        self.line(|line| line.contains(text).then(|| line.to_owned()))
            .await
    }

    /// Waits for the address it listens on.
    ///
    /// # Panics
    /// As [`Program::line`].
    pub async fn listening(&mut self) -> SocketAddr {
        self.line(|line| {
            let said = ["listens on ", "listening on "];
            let (_, rest) = said.iter().find_map(|said| line.split_once(said))?;
            let address = rest
                .trim_start_matches("http://")
                .trim_start_matches("https://");
            let is_address = |c: char| c.is_ascii_hexdigit() || ".:[]".contains(c);
            let end = address.find(|c| !is_address(c)).unwrap_or(address.len());
            address[..end].parse().ok()
        })
        .await
    }

    /// Types a line.
    ///
    /// # Panics
    /// If the program does not read any more.
    pub fn types(&mut self, line: &str) {
        let input = self.input.as_mut().expect("an open input");
        writeln!(input, "{line}").expect("a program that reads");
    }

    /// Ends its input.
    pub fn types_end(&mut self) {
        self.input = None;
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// If it cannot be sent.
    pub fn signal(&self, signal: Signal) {
        let name = match signal {
            Signal::Term => "TERM",
            Signal::Kill => "KILL",
            Signal::Stop => "STOP",
            Signal::Continue => "CONT",
        };
        let sent = Command::new("sh")
            .args([
                "-c",
                "kill -s \"$0\" \"$1\"",
                name,
                &self.process.to_string(),
            ])
            .status();
        assert!(sent.is_ok_and(|status| status.success()), "no signal sent");
    }

    /// Waits until it has ended.
    ///
    /// # Panics
    /// If a minute passes before.
    pub fn wait(&mut self) -> ExitStatus {
        if let Some(status) = self.ended {
            return status;
        }
        let status = self.exit.recv_timeout(PATIENCE);
        let status = status.unwrap_or_else(|_| {
            self.signal(Signal::Kill);
            panic!("{} does not end:\n{}", self.name, self.printed());
        });
        self.ended = Some(status);
        status
    }

    /// Ends it without a chance to clean up.
    pub fn kill(&mut self) {
        self.signal(Signal::Kill);
        self.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.ended.is_some() {
            return;
        }
        if thread::panicking() {
            self.signal(Signal::Kill);
            eprintln!("---- {}:\n{}\n----", self.name, self.printed());
            return;
        }
        self.input = None;
        self.signal(Signal::Term);
        let status = self.wait();
        assert!(
            status.success(),
            "{} ended with {status}:\n{}",
            self.name,
            self.printed(),
        );
    }
}

impl Output {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(Stream, String)>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn text(&self, is_meant: impl Fn(Stream) -> bool) -> String {
        let lines = self.lock();
        let meant = lines.iter().filter(|(stream, _)| is_meant(*stream));
        let meant: Vec<_> = meant.map(|(_, line)| line.as_str()).collect();
        meant.join("\n")
    }
}

fn read<R: Read + Send + 'static>(
    stream: Option<R>,
    name: Stream,
    output: &Arc<Output>,
    said: &Arc<watch::Sender<usize>>,
) -> thread::JoinHandle<()> {
    let (output, said) = (Arc::clone(output), Arc::clone(said));
    thread::spawn(move || {
        for line in stream
            .into_iter()
            .flat_map(|stream| BufReader::new(stream).lines())
        {
            let line = line.unwrap_or_else(|error| error.to_string());
            output.lock().push((name, line));
            said.send_modify(|lines| *lines += 1);
        }
    })
}

/// The folder of built programs: `SEALWIRE_BIN_DIR`, or where this test was built, after building
/// them there.
fn programs() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        #[expect(
            clippy::disallowed_methods,
            reason = "a test has no settings to read it once in"
        )]
        let named = std::env::var_os("SEALWIRE_BIN_DIR");
        named.map_or_else(build, PathBuf::from)
    })
}

fn build() -> PathBuf {
    let packages = ["-p", "chat-server", "-p", "chat-client", "-p", "web-proxy"];
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--bins"])
        .args(packages)
        .stdin(Stdio::null())
        .status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "the programs do not build"
    );
    let test = std::env::current_exe().expect("the path of this test");
    let folder = test.ancestors().nth(2).expect("target/debug/deps/test");
    folder.to_owned()
}
