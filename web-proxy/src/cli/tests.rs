use std::process::{Command, Stdio};

use chat_client::Endpoint;
use web_proxy::settings::Transport;

use super::{launch::read_proxy_key, *};

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
    let embedded = launch.embedded.expect("one of its own");
    assert_eq!(embedded.listen.to_string(), "127.0.0.1:4444");
    assert_eq!(embedded.demo, Demo::Off);
    assert!(embedded.alerts.is_empty() && embedded.accounts.is_empty());
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
    assert!(plain.embedded.is_none());
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
fn what_the_embedded_chat_server_does_no_other_one_is_told() {
    let flags = [
        &["--demo"][..],
        &["--alert-webhook", "https://hooks.example/a"],
        &["--alert-webhook-ca", "ca.pem"],
        &["--alert-disk-free", "0"],
        &["--server-name", "chat.example"],
        &["--registration", "closed"],
        &["--account-storage", "0"],
    ];
    for flags in flags {
        let embedded = launch(flags).expect("settings").embedded;
        let embedded = embedded.expect("one of its own");
        let is_demo = embedded.demo == Demo::On;
        let is_said = !embedded.alerts.is_empty() || !embedded.accounts.is_empty();
        assert!(is_demo || is_said, "{flags:?}");
        let elsewhere = [&["--backend", "chat.internal:4444"], flags].concat();
        let refused = launch(&elsewhere);
        assert!(
            matches!(refused, Err(SettingsError::Together(_))),
            "{flags:?}"
        );
    }
    assert!(launch(&["--demo", "false", "--backend", "a:1"]).is_ok());
}

#[test]
fn the_name_in_the_environment_is_for_an_embedded_chat_server_only() {
    // Variables of a process are set before it begins: in another one.
    let status = Command::new(std::env::current_exe().expect("this program"))
        .args([
            "--exact",
            "cli::tests::with_a_name_in_the_environment",
            "--ignored",
        ])
        .env("SEALWIRE_SERVER_NAME", "chat.example")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    assert!(status.expect("it starts").success());
}

#[test]
#[ignore = "it is what the test above starts, with a variable of its own"]
fn with_a_name_in_the_environment() {
    let said = |arguments: &[&str], file: &str| {
        let arguments = ["web-proxy"].iter().chain(arguments);
        let matches = Options::command().try_get_matches_from(arguments);
        let options = Options::of(&matches.expect("usable flags")).expect("options");
        let mut options =
            options.or(Options::from_toml(Path::new("s.toml"), file).expect("a file"));
        options.data = Some(std::env::temp_dir());
        options.into_launch()
    };
    let name = |arguments: &[&str], file: &str| {
        let embedded = said(arguments, file).expect("settings").embedded;
        let accounts = embedded.expect("one of its own").accounts;
        let settings = accounts.apply(chat_server::Settings::default());
        settings.expect("a name").server_name.as_str().to_owned()
    };
    let in_file = "server-name = 'file.example'";
    assert_eq!(name(&[], ""), "chat.example");
    assert_eq!(name(&[], in_file), "chat.example");
    let flag = ["--server-name", "flag.example"];
    assert_eq!(name(&flag, in_file), "flag.example");
    // `sealwire` beside it has the variable for itself.
    let elsewhere = ["--backend", "chat.internal:4444"];
    assert!(said(&elsewhere, "").expect("settings").embedded.is_none());
    assert!(said(&elsewhere, in_file).is_err());
    assert!(said(&[elsewhere, flag].concat(), "").is_err());
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
    let text = "listen = \"127.0.0.1:7000\"\nmessage-rate = \"5/s\"\norigin = [\"https://a.example\"]\n\
                demo = true\nalert-disk-free = 7\naccount-storage = 9\n";
    let file = Options::from_toml(Path::new("s.toml"), text).expect("a file");
    let merged = options(&["--listen", "127.0.0.1:7001"]).or(file);
    assert_eq!(merged.listen_address().to_string(), "127.0.0.1:7001");
    assert_eq!(merged.limits().message_rate.to_string(), "5/s");
    assert_eq!(merged.origin.len(), 1);
    let embedded = merged.embedded(Path::new("data"));
    assert_eq!(embedded.demo, Demo::On);
    let alerts = embedded.alerts.into_settings().expect("settings");
    assert_eq!(alerts.disk_free_bytes, 7);
    let server = embedded.accounts.apply(chat_server::Settings::default());
    let limits = server.expect("settings").limits.accounts;
    assert_eq!(limits.storage_bytes, 9);
}

#[test]
fn an_unknown_or_wrong_setting_in_the_file_is_refused() {
    for bad in [
        "lisen = \"127.0.0.1:1\"",
        "alert-disk-fre = 1",
        "alert-disk-free = \"much\"",
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
