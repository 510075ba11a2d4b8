//! Settings from flags and files.

use clap::CommandFactory as _;

use super::*;

#[test]
fn the_flags_are_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn a_flag_counts_more_than_the_file() {
    let flags = Flags {
        connections: Some(5),
        ..Flags::default()
    };
    let file: Flags =
        toml::from_str("connections = 7\nmessages = '0'\ntries = '5/s'\nadmin = '[::1]:1'")
            .expect("settings");
    let settings = flags.or(file).into_settings().expect("settings");
    assert_eq!(settings.limits.connections, 5);
    assert_eq!(settings.limits.messages, Rate::UNLIMITED);
    assert_eq!(settings.limits.accounts.tries, Rate::per_second(5, 5));
    assert_eq!(
        settings.admin,
        Some(SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 1)))
    );
}

#[test]
fn a_key_that_is_not_a_setting_is_named() {
    for (text, typo) in [
        ("conections = 7", "conections"),
        ("alert-disk-free = 7\nalert-disk-fre = 7", "alert-disk-fre`"),
    ] {
        let error = toml::from_str::<Flags>(text).expect_err("a typo");
        assert!(error.to_string().contains(typo), "{error}");
    }
}

#[test]
fn alerts_are_set_beside_everything_else() {
    let file: Flags =
        toml::from_str("alert-disk-free = 7\nconnections = 7\nalert-webhook = 'http://a.example/'")
            .expect("settings");
    let settings = Flags::default().or(file).into_settings();
    let settings = settings.expect("settings");
    assert_eq!(settings.alerts.disk_free_bytes, 7);
    assert!(settings.alerts.webhook.is_some());
    assert_eq!(settings.limits.connections, 7);
}

#[test]
fn no_time_is_longer_than_a_day() {
    assert_eq!(seconds(10), Duration::from_secs(10));
    assert_eq!(seconds(1 << 63), Duration::from_secs(86_400));
}

#[test]
fn a_certificate_without_a_key_is_refused() {
    let flags = Flags {
        tls_cert: Some("c.pem".into()),
        ..Flags::default()
    };
    assert!(matches!(flags.into_settings(), Err(CliError::HalfTls)));
}
