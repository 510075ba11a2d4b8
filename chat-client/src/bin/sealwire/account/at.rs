//! Where a server is, where this device keeps its accounts, and how it is printed.

use std::path::PathBuf;

use chat_client::{AccountServer, Endpoint, Trust, endpoint::Transport};
use clap::Args;
use wire_format::passwords::ServerName;

use super::home::Home;
use crate::{cli::Format, exit::Failure};

/// Where, and how it is printed.
#[derive(Args, Clone, Debug)]
pub(crate) struct AtFlags {
    /// The chat-server: HOST:PORT, or tls://HOST:PORT [default: that of the account, else 127.0.0.1:4444]
    #[arg(long, env = "SEALWIRE_SERVER", value_name = "ADDR")]
    server: Option<String>,
    /// Certificate authorities to accept (PEM); without it those of this machine
    #[arg(long, env = "SEALWIRE_CA", value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The name that the server gives itself, where that is not its host's
    #[arg(long, env = "SEALWIRE_SERVER_NAME", value_name = "NAME")]
    server_name: Option<String>,
    /// The folder for what this device keeps [default: sealwire in the user's folder for data]
    #[arg(long, env = "SEALWIRE_HOME", value_name = "DIR")]
    home: Option<PathBuf>,
    /// Print one JSON object; an error, too
    #[arg(long, env = "SEALWIRE_JSON", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    json: Option<bool>,
}

/// Where the server is, as far as it was said.
#[derive(Clone)]
pub(crate) struct At {
    pub(super) endpoint: Option<Endpoint>,
    pub(super) ca: Option<PathBuf>,
    pub(super) server_name: Option<ServerName>,
}

impl AtFlags {
    /// Those of a command that prints in a way of its own.
    pub(crate) const fn of(
        server: Option<String>,
        ca: Option<PathBuf>,
        home: Option<PathBuf>,
    ) -> Self {
        Self {
            server,
            ca,
            server_name: None,
            home,
            json: None,
        }
    }

    /// How it is printed, as far as a flag says it.
    pub(super) fn format(&self, of_file: Option<bool>) -> Format {
        Format::of_json(self.json.or(of_file))
    }

    /// What is not said by a flag is taken from the settings' file.
    pub(super) fn settle(
        self,
        server: Option<String>,
        ca: Option<PathBuf>,
    ) -> Result<(At, Home), Failure> {
        let endpoint = self.server.or(server).map(|server| {
            let parsed = server.parse();
            parsed.map_err(|error| Failure::Settings(format!("--server {server}: {error}")))
        });
        let server_name = self.server_name.map(|name| {
            let parsed = ServerName::parse(&name);
            parsed.map_err(|error| Failure::Settings(format!("--server-name {name}: {error}")))
        });
        let at = At {
            endpoint: endpoint.transpose()?,
            ca: self.ca.or(ca),
            server_name: server_name.transpose()?,
        };
        Ok((at, Home::at(self.home)?))
    }
}

impl At {
    /// The file of certificate authorities, from wherever the next command is started.
    pub(super) fn absolute_ca(&self) -> Result<Option<PathBuf>, Failure> {
        let absolute = self.ca.as_ref().map(std::path::absolute).transpose();
        absolute.map_err(|error| Failure::Settings(format!("--ca: {error}")))
    }

    /// The server that was named, or the usual one.
    pub(super) fn server(&self) -> Result<AccountServer, Failure> {
        let usual = || "127.0.0.1:4444".parse();
        let endpoint = self.endpoint.clone().map_or_else(usual, Ok);
        let endpoint = endpoint.map_err(|error| Failure::Settings(error.to_string()))?;
        self.server_at(endpoint)
    }

    /// A server at this place.
    pub(super) fn server_at(&self, endpoint: Endpoint) -> Result<AccountServer, Failure> {
        let trust = match (endpoint.transport, &self.ca) {
            (Transport::Plain, _) => None,
            (Transport::Tls, Some(file)) => Some(Trust::from_pem_file(file)),
            (Transport::Tls, None) => Some(Trust::of_this_machine()),
        };
        let trust = trust.transpose();
        let trust = trust.map_err(|error| Failure::Settings(error.to_string()))?;
        Ok(AccountServer {
            trust,
            accepted: self.server_name.clone(),
            ..AccountServer::new(endpoint)
        })
    }
}
