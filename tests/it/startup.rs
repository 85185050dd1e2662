//! `holdpoint serve` at its start: what cannot work is refused with what to do about it, and what may work later is waited for.

use super::{Folder, key};
use holdpoint::sandbox::{Options, Sandbox, World};
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

/// How a start that failed ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    said: String,
}

/// A GitHub, and a folder of its own for each start.
struct Start {
    github: Sandbox,
    folder: Folder,
}

impl Start {
    async fn new() -> Self {
        let options = Options { key: Some(key()), ..Options::default() };
        let github = Sandbox::start_with(World::standard(), options).await.unwrap();
        Self { github, folder: Folder::new() }
    }

    /// `serve` with settings that are right, and those of `env` in their place.
    fn command(&self, env: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdpoint"));
        command
            .arg("serve")
            .current_dir(&self.folder.0)
            .env_clear()
            .env("HOLDPOINT_LISTEN", "127.0.0.1:0")
            .env("HOLDPOINT_GITHUB_APP_ID", self.github.app_id().to_string())
            .env("HOLDPOINT_GITHUB_PRIVATE_KEY", self.github.private_key_pem())
            .env("HOLDPOINT_WEBHOOK_SECRET", self.github.webhook_secret())
            .env("HOLDPOINT_GITHUB_API_URL", self.github.url())
            .envs(env.iter().copied());
        command
    }

    /// Starts it and waits for its end.
    async fn refused(&self, env: &[(&str, &str)]) -> Ended {
        let mut command = self.command(env);
        let ran = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        Ended { code: ran.status.code(), said: String::from_utf8(ran.stderr).unwrap() }
    }

    /// Starts it, waits until it listens, stops it in order, and gives all that it said.
    async fn served(&self, env: &[(&str, &str)]) -> String {
        let mut command = self.command(env);
        tokio::task::spawn_blocking(move || {
            let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
            let mut lines = BufReader::new(child.stderr.take().unwrap());
            let mut said = String::new();
            while !said.contains(" listening ") {
                assert!(lines.read_line(&mut said).unwrap() > 0, "it ended: {said}");
            }
            terminate(&child);
            lines.read_to_string(&mut said).unwrap();
            assert!(child.wait().unwrap().success(), "{said}");
            said
        })
        .await
        .unwrap()
    }
}

fn terminate(child: &Child) {
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
}

#[tokio::test]
async fn a_key_that_signs_nothing_is_refused_before_anything_is_opened() {
    let start = Start::new().await;
    let pem = start.github.private_key_pem().to_owned();
    let whole = pem.trim_end().strip_suffix("-----END PRIVATE KEY-----").unwrap();
    let middle: String = pem.chars().take(pem.len() / 2).collect();
    let public = "-----BEGIN PUBLIC KEY-----\n\
                  MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo\n\
                  4lgOEePzNm0tRgeLezV6ffAt0gunVTLw7onLRnrq0/IzW7yWR7QkrmBL7jTKEn5u\n\
                  +qKhbwKfBstIs+bMY2Zkp18gnTxKLxoS2tFczGkPLPgizskuemMghRniWaoLcyeh\n\
                  kd3qqGElvW/VDL5AaWTg0nLVkjRo9z+40RQzuVaE8AkAFmxZzow3x+VJYKdjykkJ\n\
                  0iT9wCS0DRTXu269V264Vf/3jvredZiKRkgwlL9xNAwxXFg0x/XFw005UWVRIkdg\n\
                  cKWTjpBP2dPwVZ4WWC+9aGVd+Gyn1o0CLelf4rEjGoXbAAEgAqeGUxrcIlbjXfbc\n\
                  mwIDAQAB\n-----END PUBLIC KEY-----\n";
    let cases = [
        (public.to_owned(), "is a public key"),
        (public.replace(" PUBLIC", " RSA PUBLIC"), "is a public key"),
        (public.replace("PUBLIC KEY", "CERTIFICATE"), "is a certificate"),
        (public.replace("PUBLIC KEY", "ENCRYPTED PRIVATE KEY"), "is encrypted"),
        (public.replace("PUBLIC KEY", "PRIVATE KEY"), "RSA private key"),
        (whole.to_owned(), "is cut short"),
        (middle, "is cut short"),
        (pem.replace("MII", "MIJ"), "RSA private key"),
    ];
    for (given, said) in cases {
        let ended = start.refused(&[("HOLDPOINT_GITHUB_PRIVATE_KEY", &given)]).await;
        assert_eq!(ended.code, Some(2), "{said}: {ended:?}");
        assert!(ended.said.contains("HOLDPOINT_GITHUB_PRIVATE_KEY") && ended.said.contains(said), "{said}: {ended:?}");
    }
    assert_eq!(std::fs::read_dir(&start.folder.0).unwrap().count(), 0, "no database is made");
}

#[tokio::test]
async fn credentials_that_github_refuses_end_the_start_with_one_line_that_names_doctor() {
    let start = Start::new().await;
    let ended = start.refused(&[("HOLDPOINT_GITHUB_APP_ID", "17"), ("HOLDPOINT_LOG", "warn")]).await;
    assert_eq!((ended.code, ended.said.lines().count()), (Some(2), 1), "{ended:?}");
    for said in ["does not accept this App id and key", "HOLDPOINT_GITHUB_APP_ID", "`holdpoint doctor`"] {
        assert!(ended.said.contains(said), "{said}: {ended:?}");
    }
}

#[tokio::test]
async fn a_github_that_is_not_reached_does_not_keep_deliveries_from_being_taken() {
    let start = Start::new().await;
    let said = start.served(&[("HOLDPOINT_GITHUB_API_URL", "http://127.0.0.1:9")]).await;
    assert!(said.contains("GitHub could not say whether it accepts the App's id and key"), "{said}");
    let said = start.served(&[]).await;
    assert!(said.contains("GitHub accepts the App's id and key"), "{said}");
}

#[tokio::test]
async fn an_address_without_a_port_is_refused_with_its_form() {
    let start = Start::new().await;
    let ended = start.refused(&[("HOLDPOINT_LISTEN", "3000")]).await;
    assert!(ended.code == Some(2) && ended.said.contains("ADDRESS:PORT"), "{ended:?}");
}

#[tokio::test]
async fn a_new_database_is_told_and_one_that_is_there_is_not() {
    let start = Start::new().await;
    let said = start.served(&[]).await;
    assert!(said.contains("created a new database at ") && said.contains("/holdpoint.db"), "{said}");
    assert!(!start.served(&[]).await.contains("created a new database"));
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_not_made() {
    let start = Start::new().await;
    let ended = start.refused(&[("HOLDPOINT_DATABASE_URL", "sqlite://data/holdpoint.db")]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.said.contains("the directory data") && ended.said.contains("does not exist"), "{ended:?}");
    assert_eq!(std::fs::read_dir(&start.folder.0).unwrap().count(), 0);
}
