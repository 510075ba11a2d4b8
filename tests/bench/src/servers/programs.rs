//! Where the programs are that are measured, and which versions they have.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::{cli::Options, machine::first_line};

/// Where the programs are.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    /// web-proxy and chat-server.
    ours: PathBuf,
    /// The Python with the peers' packages.
    pub(super) python: PathBuf,
    /// `tests/bench/peers`.
    pub(super) peers: PathBuf,
    /// For settings, keys and logs; a fresh one for each run.
    pub(crate) folder: PathBuf,
}

impl Programs {
    /// Looks for Sealwire's programs and makes the folder for logs.
    ///
    /// # Errors
    /// They are not built.
    pub(crate) fn find(options: &Options) -> anyhow::Result<Self> {
        let ours = options.programs.canonicalize().with_context(|| {
            format!(
                "{}: build web-proxy and chat-server",
                options.programs.display()
            )
        })?;
        let folder = ours.join(format!("bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self {
            ours,
            python: std::path::absolute(&options.python)?,
            peers: Path::new(env!("CARGO_MANIFEST_DIR")).join("peers"),
            folder,
        })
    }

    /// The folder of Sealwire's programs.
    pub(crate) fn where_ours_are(&self) -> &Path {
        &self.ours
    }

    /// One of Sealwire's programs.
    pub(super) fn ours(&self, name: &str) -> PathBuf {
        self.ours.join(name)
    }

    /// The versions of what is measured, as the programs say them.
    pub(crate) fn versions(&self) -> Vec<String> {
        let packages = [
            "-c",
            "import importlib.metadata as m, sys; print('Python ' + sys.version.split()[0], \
             *(f'{p} {m.version(p)}' for p in ('Flask-SocketIO', 'gevent', 'pycryptodome')), sep=', ')",
        ];
        let socket_io = [
            "-p",
            "`Node ${process.version}, socket.io ${require(process.argv[1]).version}`",
            &self
                .peers
                .join("node_modules/socket.io/package.json")
                .display()
                .to_string(),
        ]
        .map(str::to_owned);
        let socket_io: Vec<&str> = socket_io.iter().map(String::as_str).collect();
        [
            first_line(self.ours("chat-server"), &["--version"]),
            first_line("nats-server", &["--version"]),
            first_line("redis-server", &["--version"]).map(|line| short(&line, 3)),
            first_line("mosquitto", &["-h"]),
            first_line("node", &socket_io),
            first_line("chromium", &["--version"]).map(|line| short(&line, 2)),
            first_line(&self.python, &packages),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        // Logs of a run that went wrong are shown where it went wrong.
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// The first words of a line.
fn short(line: &str, words: usize) -> String {
    line.split(' ').take(words).collect::<Vec<_>>().join(" ")
}
