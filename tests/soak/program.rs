//! The program as an operator starts it: its process, its memory, and what its database holds in the end.

use holdpoint::sandbox::Sandbox;
use rusqlite::{Connection, OpenFlags};
use std::fmt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

pub struct Program {
    child: Mutex<Child>,
    folder: PathBuf,
    pub address: String,
}

/// What became of the deliveries.
#[derive(Debug, Default)]
pub struct Left {
    accepted: usize,
    refused: usize,
    done: i64,
    dead: i64,
    waiting: i64,
    /// Accepted, and not in the database.
    lost: Vec<String>,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accepted, refused, done, dead, waiting, lost } = self;
        write!(
            f,
            "{accepted} deliveries accepted, {refused} refused; {done} processed, {dead} dead, {waiting} waiting, {} lost",
            lost.len()
        )
    }
}

impl Left {
    pub fn assert_nothing_lost(&self) {
        assert!(self.lost.is_empty() && self.dead == 0 && self.waiting == 0, "{self}: {:?}", self.lost);
    }
}

impl Program {
    pub async fn start(github: &Sandbox) -> Self {
        let folder = std::env::temp_dir().join(format!("holdpoint-soak-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let log = std::fs::File::create(folder.join("holdpoint.log")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_holdpoint"))
            .arg("serve")
            .env_clear()
            .env("HOLDPOINT_LISTEN", &address)
            .env("HOLDPOINT_DATABASE_URL", format!("sqlite://{}", folder.join("holdpoint.db").display()))
            .env("HOLDPOINT_GITHUB_APP_ID", github.app_id().to_string())
            .env("HOLDPOINT_GITHUB_PRIVATE_KEY", github.private_key_pem())
            .env("HOLDPOINT_WEBHOOK_SECRET", github.webhook_secret())
            .env("HOLDPOINT_GITHUB_API_URL", github.url())
            .env("HOLDPOINT_GITHUB_URL", github.url())
            .env("HOLDPOINT_LOG", std::env::var("HOLDPOINT_LOG").unwrap_or_else(|_| "warn".to_owned()))
            .stdout(log.try_clone().unwrap())
            .stderr(Stdio::from(log))
            .spawn()
            .unwrap();
        let program = Self { child: Mutex::new(child), folder, address };
        while tokio::net::TcpStream::connect(&program.address).await.is_err() {
            assert!(program.runs(), "it ended at once: {}", program.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        github.set_hook_url(&format!("http://{}/webhook", program.address));
        program
    }

    pub fn runs(&self) -> bool {
        self.child.lock().unwrap().try_wait().unwrap().is_none()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("holdpoint.log")).unwrap_or_default()
    }

    /// Bytes that the process has in memory now.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.lock().unwrap().id())).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a resident size");
        resident.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// Waits until nothing is left to do, and compares with what GitHub says that it delivered.
    pub async fn drain(&self, github: &Sandbox, patience: Duration) -> Left {
        let began = Instant::now();
        loop {
            let left = self.look(github);
            let at_rest = left.waiting == 0 && github.world().hooks.pending.is_empty();
            if at_rest || began.elapsed() > patience {
                return left;
            }
            github.clear_exchanges();
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    fn look(&self, github: &Sandbox) -> Left {
        let file = self.folder.join("holdpoint.db");
        let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        db.busy_timeout(Duration::from_secs(10)).unwrap();
        let count = |state: &str| {
            let sql = format!("SELECT count(*) FROM jobs WHERE state IN ({state})");
            db.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
        };
        let mut left = Left {
            done: count("'done'"),
            dead: count("'dead'"),
            waiting: count("'queued', 'running'"),
            ..Left::default()
        };
        let mut known = db.prepare("SELECT 1 FROM deliveries WHERE guid = ?1").unwrap();
        let sent: Vec<(String, String, u16)> = {
            let world = github.world();
            let sent = world.hooks.log.values();
            sent.filter_map(|d| Some((d.event.clone(), d.guid.clone(), d.outcome.as_ref()?.code))).collect()
        };
        for (event, guid, code) in sent {
            if code != 202 {
                left.refused += 1;
                continue;
            }
            left.accepted += 1;
            // Of what it does not handle, it keeps nothing.
            let handled = holdpoint::github::webhook::HANDLED_EVENTS.contains(&event.as_str());
            if handled && !known.exists([&guid]).unwrap() {
                left.lost.push(format!("{event} {guid}"));
            }
        }
        left
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap();
        drop(child.kill());
        drop(child.wait());
        if std::thread::panicking() {
            println!("the log is in {}", self.folder.display());
        } else {
            drop(std::fs::remove_dir_all(&self.folder));
        }
    }
}
