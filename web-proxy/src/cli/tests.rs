use clap::CommandFactory;

use super::*;

fn options(arguments: &[&str]) -> Options {
    let arguments = ["web-proxy"].iter().chain(arguments);
    Options::try_parse_from(arguments).expect("usable flags")
}

fn endpoint(text: &str) -> Endpoint {
    text.parse().expect("an address")
}

fn launch(arguments: &[&str]) -> Result<Launch, SettingsError> {
    let data = std::env::temp_dir().join(format!("sealwire-cli-{}", std::process::id()));
    let mut options = options(arguments);
    options.data = Some(data);
    options.into_launch()
}

#[test]
fn the_flags_are_well_formed() {
    Options::command().debug_assert();
}

#[test]
fn nothing_said_is_everything_on_one_machine() {
    let launch = launch(&[]).expect("settings");
    assert_eq!(launch.settings.listen.to_string(), "127.0.0.1:5000");
    assert_eq!(
        launch.embedded.map(|at| at.to_string()).as_deref(),
        Some("127.0.0.1:4444")
    );
    assert_eq!(launch.settings.backend, endpoint("127.0.0.1:4444"));
    assert_eq!(launch.settings.transport, Transport::Plain);
    assert_eq!(launch.log_format, LogFormat::Text);
}

#[test]
fn a_port_alone_stays_on_loopback_and_listen_comes_first() {
    let port = launch(&["--port", "8080"]).expect("settings");
    assert_eq!(port.settings.listen.to_string(), "127.0.0.1:8080");
    let both = launch(&["--port", "8080", "--listen", "127.0.0.2:9000"]).expect("settings");
    assert_eq!(both.settings.listen.to_string(), "127.0.0.2:9000");
}

#[test]
fn a_backend_is_embedded_plain_or_tls() {
    let plain = launch(&["--backend", "chat.internal:4444"]).expect("settings");
    assert_eq!(plain.embedded, None);
    assert_eq!(plain.settings.backend, endpoint("chat.internal:4444"));
    let tls = launch(&[
        "--backend",
        "tls://chat.internal:4444",
        "--backend-ca",
        "ca.pem",
    ]);
    let tls = tls.expect("settings").settings;
    assert_eq!(tls.backend, endpoint("tls://chat.internal:4444"));
    assert_eq!(tls.backend_ca, Some("ca.pem".into()));
    for bad in [
        "",
        "tls://",
        "host",
        "host:",
        ":1",
        "http://host:1/",
        "host:99999",
    ] {
        assert!(bad.parse::<BackendChoice>().is_err(), "{bad}");
    }
    let unneeded = launch(&["--backend", "a:1", "--backend-ca", "ca.pem"]);
    assert!(matches!(unneeded, Err(SettingsError::Together(_))));
}

#[test]
fn tls_comes_from_two_files_or_is_made() {
    let transport = |arguments: &[&str]| launch(arguments).map(|launch| launch.settings.transport);
    let files = transport(&["--tls-cert", "c.pem", "--tls-key", "k.pem"]);
    assert!(matches!(files, Ok(Transport::Files { .. })));
    let older_names = transport(&["--ssl-cert-path", "c.pem", "--ssl-key-path", "k.pem"]);
    assert!(matches!(older_names, Ok(Transport::Files { .. })));
    assert!(matches!(
        transport(&["--tls", "local"]),
        Ok(Transport::Local { .. })
    ));
    let loud = transport(&["--insecure-plain-http"]);
    assert!(matches!(loud, Ok(Transport::PlainAnywhere)));
    assert!(transport(&["--tls-cert", "c.pem"]).is_err());
    assert!(transport(&["--tls", "local", "--tls-key", "k.pem"]).is_err());
}

#[test]
fn flags_come_before_the_file() {
    let text =
        "listen = \"127.0.0.1:7000\"\nmessage-rate = \"5/s\"\norigin = [\"https://a.example\"]\n";
    let file = Options::from_toml(Path::new("s.toml"), text).expect("a file");
    let merged = options(&["--listen", "127.0.0.1:7001"]).or(file);
    assert_eq!(merged.listen_address().to_string(), "127.0.0.1:7001");
    assert_eq!(merged.limits().message_rate.to_string(), "5/s");
    assert_eq!(merged.origin.len(), 1);
}

#[test]
fn an_unknown_or_wrong_setting_in_the_file_is_refused() {
    for bad in [
        "lisen = \"127.0.0.1:1\"",
        "listen = 5",
        "message-rate = \"many\"",
        "tls = \"acme\"",
    ] {
        let refused = Options::from_toml(Path::new("s.toml"), bad);
        assert!(matches!(refused, Err(SettingsError::Toml { .. })), "{bad}");
    }
}

#[test]
fn a_wrong_proxy_key_is_refused_without_being_shown() {
    let path = std::env::temp_dir().join(format!("sealwire-key-{}", std::process::id()));
    fs::write(&path, "secret-but-not-hexadecimal").expect("a file");
    let refused = read_proxy_key(&path).expect_err("a refusal");
    assert!(!refused.to_string().contains("secret-but"));
    fs::write(&path, format!("{}\n", "ab".repeat(32))).expect("a file");
    assert!(read_proxy_key(&path).is_ok());
    fs::remove_file(&path).expect("the file is gone");
}
