//! Strangers, and four repositories in which something happens all the time.

use super::program::Program;
use super::work::organisation;
use holdpoint::sandbox::{CHECKLIST_PATH, Sandbox, World};
use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

const NOISY: usize = 4;
/// Connections that send half a head and wait.
const HALF: usize = 900;
/// Connections that send a large body each, without the secret.
const LARGE: usize = 40;
const BODY: usize = 25 << 20;
const CHUNK: usize = 256 << 10;
/// So that one body takes about as long as it may.
const CHUNK_PAUSE: Duration = Duration::from_millis(90);

fn repo(noisy: usize) -> String {
    format!("noisy-{noisy}/app")
}

/// The repositories, a pull request in each, and heads of a stranger's fork that hurt to read.
pub fn set_up(world: &mut World) -> Vec<String> {
    for noisy in 0..NOISY {
        let name = format!("noisy-{noisy}");
        let repo = organisation(world, &name, &[(CHECKLIST_PATH, "- [ ] Fuel\n"), ("src/app.py", "1\n")]);
        let dev = format!("dev-{name}");
        world.commit_to(&repo, "change", &dev, "Begin", &[("src/app.py", Some("2\n"))]).unwrap();
        world.open_pull_request(&repo, &dev, "change", "main", "Busy", "").unwrap();
    }
    let fork = world.fork(&repo(0), "mallory").unwrap();
    let text = |bytes: usize| "- [ ] Do one of the many things that nobody ever does\n".repeat(bytes / 54);
    let mut heads = Vec::new();
    for (name, files, bytes) in
        [("one", 1, 1_000_000), ("twenty", 20, 900_000), ("many", 250, 4_000), ("few", 10, 100_000)]
    {
        world.create_branch(&fork, name, "main", "mallory").unwrap();
        let paths: Vec<String> = (0..files).map(|n| format!("release-steps/{name}-{n}.md")).collect();
        let text = text(bytes);
        let files: Vec<(&str, Option<&str>)> = paths.iter().map(|path| (path.as_str(), Some(text.as_str()))).collect();
        heads.push(world.commit_to(&fork, name, "mallory", "Steps", &files).unwrap());
    }
    world.create_branch(&fork, "work", &heads[0], "mallory").unwrap();
    world.open_pull_request(&repo(0), "mallory", "mallory:work", "main", "Please take this", "").unwrap();
    heads
}

/// How much was sent.
#[derive(Debug, Default)]
pub struct Sent {
    heads: AtomicU64,
    comments: AtomicU64,
    pushes: AtomicU64,
    half: AtomicU64,
    large: AtomicU64,
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        write!(
            f,
            "The strangers sent {} heads of up to 18 MB of step files from a fork, {} comments of 50 commands, {} connections with half a head and {} bodies of 25 MiB without the secret; {} pushes came from {NOISY} busy repositories.",
            of(&self.heads),
            of(&self.comments),
            of(&self.half),
            of(&self.large),
            of(&self.pushes)
        )
    }
}

pub fn start(github: &Arc<Sandbox>, program: &Program, heads: Vec<String>, stop: &CancellationToken) -> Arc<Sent> {
    let sent = Arc::new(Sent::default());
    let until = |stop: &CancellationToken, noise: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>| {
        let stop = stop.clone();
        tokio::spawn(async move { stop.run_until_cancelled(noise).await });
    };
    until(stop, Box::pin(forks(Arc::clone(github), heads, Arc::clone(&sent))));
    until(stop, Box::pin(commands(Arc::clone(github), Arc::clone(&sent))));
    for noisy in 0..NOISY {
        until(stop, Box::pin(pushes(Arc::clone(github), noisy, Arc::clone(&sent))));
    }
    for _ in 0..HALF {
        until(stop, Box::pin(half_requests(program.address.clone(), Arc::clone(&sent))));
    }
    for _ in 0..LARGE {
        until(stop, Box::pin(large_bodies(program.address.clone(), Arc::clone(&sent))));
    }
    sent
}

async fn forks(github: Arc<Sandbox>, heads: Vec<String>, sent: Arc<Sent>) {
    for head in heads.iter().cycle() {
        github.world().push_commit("mallory/app", "work", head, "mallory").unwrap();
        sent.heads.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
}

async fn commands(github: Arc<Sandbox>, sent: Arc<Sent>) {
    let mut items = String::new();
    (1..=100).for_each(|item| write!(items, " {item}").unwrap());
    let body = format!("/hp done{items}\n").repeat(50);
    for round in 0.. {
        // The busy pull request of each.
        github.world().comment(&repo(round % NOISY), 1, "mallory", &body).unwrap();
        sent.comments.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn pushes(github: Arc<Sandbox>, noisy: usize, sent: Arc<Sent>) {
    let (repo, dev) = (repo(noisy), format!("dev-noisy-{noisy}"));
    loop {
        {
            let mut world = github.world();
            let text = format!("{}\n", world.id());
            world.commit_to(&repo, "change", &dev, "Work", &[("src/app.py", Some(&text))]).unwrap();
        }
        sent.pushes.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
}

async fn half_requests(address: String, sent: Arc<Sent>) {
    loop {
        if let Ok(mut stream) = TcpStream::connect(&address).await {
            sent.half.fetch_add(1, Ordering::Relaxed);
            stream.write_all(b"POST /webhook HTTP/1.1\r\nhost: x\r\nx-github-ev").await.ok();
            // Until it is cut.
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await.ok();
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn large_bodies(address: String, sent: Arc<Sent>) {
    let head = format!(
        "POST /webhook HTTP/1.1\r\nhost: x\r\nx-github-event: push\r\nx-github-delivery: x\r\nx-hub-signature-256: sha256={}\r\ncontent-length: {BODY}\r\n\r\n",
        "0".repeat(64)
    );
    let chunk = vec![b'x'; CHUNK];
    loop {
        if let Ok(mut stream) = TcpStream::connect(&address).await {
            sent.large.fetch_add(1, Ordering::Relaxed);
            let mut went = stream.write_all(head.as_bytes()).await;
            for _ in 0..BODY / CHUNK {
                if went.is_err() {
                    break;
                }
                went = stream.write_all(&chunk).await;
                tokio::time::sleep(CHUNK_PAUSE).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
