use super::*;
use clap::Parser as _;

const PEM: &str = "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n";

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    settings: Settings,
}

fn parse(flags: &[&str]) -> Result<Settings, clap::Error> {
    let line = std::iter::once("holdpoint").chain(flags.iter().copied());
    Line::try_parse_from(line).map(|line| line.settings)
}

#[test]
fn a_key_is_read_in_every_form_that_deployment_tools_leave() {
    let file = std::env::temp_dir().join(format!("holdpoint-key-{}.pem", std::process::id()));
    std::fs::write(&file, PEM).unwrap();
    let forms = [
        PEM.to_owned(),
        PEM.replace('\n', "\\n"),
        format!("\"{}\"", PEM.replace('\n', "\\n")),
        base64::engine::general_purpose::STANDARD.encode(PEM),
        file.to_str().unwrap().to_owned(),
    ];
    for form in forms {
        let settings =
            Settings { github_app_id: Some(1), github_private_key: Some(Secret::new(&form)), ..Settings::default() };
        let pem = settings.credentials().unwrap().private_key;
        assert_eq!(pem.expose().trim(), PEM.trim(), "{form}");
    }
    std::fs::remove_file(file).unwrap();
}

#[test]
fn keys_below_the_first_are_those_that_it_replaced_however_their_lines_are_broken() {
    let other = PEM.replace("AAAA", "BBBB");
    let of = |text: &str| {
        let given = Some(Secret::new(text));
        let settings = Settings { github_app_id: Some(1), github_private_key: given, ..Settings::default() };
        settings.credentials().unwrap()
    };
    let both = of(&format!("{PEM}{other}"));
    assert_eq!(both.private_key.key_bytes(), [0, 0, 0]);
    assert_eq!(both.earlier_keys.iter().map(Secret::key_bytes).collect::<Vec<_>>(), [vec![4, 16, 65]]);
    let one = of(PEM.trim());
    assert_eq!((one.private_key.key_bytes(), one.earlier_keys.len()), (both.private_key.key_bytes(), 0));
    let broken = of(&PEM.replace("AAAA", "AA\nAA").replace('\n', "\r\n"));
    assert_eq!(broken.private_key.key_bytes(), [0, 0, 0]);
    let cut = Some(Secret::new(format!("{PEM}-----BEGIN RSA PRIVATE KEY-----\nBB")));
    let settings = Settings { github_app_id: Some(1), github_private_key: cut, ..Settings::default() };
    assert!(format!("{:#}", settings.credentials().unwrap_err()).contains("cut short"));
}

#[test]
fn a_key_in_no_known_form_is_refused_without_showing_it() {
    let settings =
        Settings { github_app_id: Some(1), github_private_key: Some(Secret::new("hunter2")), ..Settings::default() };
    let error = format!("{:#}", settings.credentials().unwrap_err());
    assert!(error.contains("HOLDPOINT_GITHUB_PRIVATE_KEY") && !error.contains("hunter2"), "{error}");
}

#[test]
fn secrets_are_not_shown_by_debug() {
    let settings = Settings {
        webhook_secret: Some(Secret::new("hunter2")),
        github_private_key: Some(Secret::new("hunter2")),
        ..Settings::default()
    };
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn several_webhook_secrets_are_current_and_an_empty_one_is_refused() {
    let secrets =
        |list: &str| Settings { webhook_secret: Some(Secret::new(list)), ..Settings::default() }.webhook_secrets();
    assert_eq!(secrets("new, old").unwrap(), [Secret::new("new"), Secret::new("old")]);
    for list in ["", ",", "a,", ",a", "a,,b"] {
        assert!(secrets(list).is_err(), "{list:?}");
    }
}

#[test]
fn the_port_of_the_platform_is_honoured_unless_an_address_is_given() {
    assert_eq!(Settings::default().listen(), "0.0.0.0:3000");
    assert_eq!(Settings { port: Some(8080), ..Settings::default() }.listen(), "0.0.0.0:8080");
    let both = Settings { port: Some(8080), listen: Some("127.0.0.1:1".to_owned()), ..Settings::default() };
    assert_eq!(both.listen(), "127.0.0.1:1");
}

#[test]
fn a_database_is_a_file_of_sqlite() {
    let path = |url: &str| Settings { database_url: Some(url.to_owned()), ..Settings::default() }.database_path();
    assert_eq!(Settings::default().database_path().unwrap(), PathBuf::from("holdpoint.db"));
    assert_eq!(path("sqlite:///data/holdpoint.db").unwrap(), PathBuf::from("/data/holdpoint.db"));
    assert_eq!(path("sqlite:holdpoint.db").unwrap(), PathBuf::from("holdpoint.db"));
    for url in [
        "postgres://localhost/x",
        "sqlite://:memory:",
        "sqlite::memory:",
        "sqlite://",
        "holdpoint.db",
        "mysql://x",
        "sqlite://a?mode=ro",
    ] {
        let error = path(url).unwrap_err().to_string();
        assert!(error.contains("HOLDPOINT_DATABASE_URL"), "{url}: {error}");
    }
    let fallback = Settings { fallback_database_url: Some("sqlite://b.db".to_owned()), ..Settings::default() };
    assert_eq!(fallback.database_path().unwrap(), PathBuf::from("b.db"));
}

#[test]
fn addresses_lose_their_last_slash_and_keep_their_path() {
    let settings = parse(&["--github-api-url", "https://github.example.com/api/v3/"]).unwrap();
    assert_eq!(settings.github_api_url, "https://github.example.com/api/v3");
    for bad in ["github.example.com", "ftp://x", "https://me:pw@x", "https://x?y", "/api"] {
        assert!(parse(&["--github-api-url", bad]).is_err(), "{bad}");
    }
}

#[test]
fn what_is_missing_is_named() {
    assert_eq!(
        Settings::default().missing(),
        ["HOLDPOINT_GITHUB_APP_ID", "HOLDPOINT_GITHUB_PRIVATE_KEY", "HOLDPOINT_WEBHOOK_SECRET"]
    );
}
