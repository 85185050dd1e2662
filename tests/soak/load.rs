//! How long what people wait for takes with a GitHub that is a quarter of a second away: in one busy repository, while a repository
//! is looked at as a whole, and in a thousand repositories at once.

use crate::program::Program;
use crate::work::{CHECKLIST, CONFIGURATION, GATE, REVIEW, Series, TIMEOUT, organisation, until};
use holdpoint::sandbox::{AppKey, CHECKLIST_PATH, Clock, Delivering, Fault, NewIssue, Options, Pick, Sandbox, World};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How long every answer of GitHub takes.
const LATENCY: Duration = Duration::from_millis(250);
/// Pull requests to which people push in turn.
const BUSY: usize = 20;
/// Pushes, five a second.
const PUSHES: usize = 100;
/// Open pull requests that are looked at again.
const OPEN: usize = 500;
/// Installations, each with as many repositories as [`REPOSITORIES`].
const INSTALLATIONS: usize = 50;
const REPOSITORIES: usize = 20;

async fn start(set_up: impl FnOnce(&mut World)) -> (Arc<Sandbox>, Program) {
    let mut world = World::standard();
    world.clock = Clock::Real;
    let app = world.app_id;
    world.apps.get_mut(&app).unwrap().webhook_secret = "a secret of more than thirty-two characters".to_owned();
    set_up(&mut world);
    let options =
        Options { key: Some(AppKey::generate().unwrap()), delivering: Delivering::AtOnce, ..Options::default() };
    let github = Arc::new(Sandbox::start_with(world, options).await.unwrap());
    github.fail_next("*", "/", Fault::Delay(LATENCY), u32::MAX);
    let program = Program::start(&github).await;
    (github, program)
}

/// A repository with a checklist, a gated branch and open pull requests into `main` from `change-1` on.
fn repository(world: &mut World, name: &str, pulls: usize) -> String {
    let files = [(CHECKLIST_PATH, CHECKLIST), (".github/holdpoint.yml", CONFIGURATION), ("src/app.py", "1\n")];
    let repo = organisation(world, name, &files);
    let dev = format!("dev-{name}");
    for n in 1..=pulls {
        let branch = format!("change-{n}");
        world.create_branch(&repo, &branch, "main", &dev).unwrap();
        world.commit_to(&repo, &branch, &dev, "A change", &[(&format!("src/{n}.py"), Some("1\n"))]).unwrap();
        world.open_pull_request(&repo, &dev, &branch, "main", "A change", "").unwrap();
    }
    repo
}

/// Pushes to a branch, and says how long its head waits for its review.
async fn push(github: Arc<Sandbox>, repo: String, dev: String, branch: String, n: usize) -> Duration {
    let head = {
        let text = format!("{n}\n");
        github.world().commit_to(&repo, &branch, &dev, "More", &[("src/more.py", Some(&text))]).unwrap()
    };
    let is_done = || github.check(&repo, &head, REVIEW).is_some_and(|run| run.status == "completed");
    until(is_done).await.unwrap_or(TIMEOUT)
}

/// Every head has its review.
async fn all_reviewed(github: &Sandbox, repo: &str, pulls: usize) {
    let done = |n: usize| github.check(repo, &format!("change-{n}"), REVIEW).is_some_and(|r| r.status == "completed");
    until(|| (1..=pulls).all(done)).await.expect("all are reviewed");
}

async fn busy_repository() -> (Series, Series) {
    let (github, program) = start(|_| {}).await;
    let repo = repository(&mut github.world(), "busy", BUSY);
    all_reviewed(&github, &repo, BUSY).await;
    github.world().create_tag(&repo, "v1.0.0", "main", "dev-busy", None).unwrap();
    until(|| github.check(&repo, "v1.0.0", GATE).is_some()).await.expect("a release");
    let issue = crate::work::release_issue(&github.world(), &repo);
    // A new database is looked through once.
    program.drain(&github, TIMEOUT).await.assert_nothing_lost();
    let mut pushes = JoinSet::new();
    for n in 0..PUSHES {
        let branch = format!("change-{}", n % BUSY + 1);
        pushes.spawn(push(Arc::clone(&github), repo.clone(), "dev-busy".to_owned(), branch, n));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let pushes = Series::of(pushes.join_all().await);
    let mut ticks = Vec::new();
    for n in 0..10 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let title = || github.check(&repo, "v1.0.0", GATE).and_then(|run| run.output.title);
        let before = title();
        let act = if n % 2 == 0 { World::tick } else { World::untick };
        act(&mut github.world(), &repo, issue, "dev-busy", Pick::Text("Fuel the tanks")).unwrap();
        ticks.push(until(|| title() != before).await.unwrap_or(TIMEOUT));
    }
    program.drain(&github, TIMEOUT).await.assert_nothing_lost();
    (pushes, Series::of(ticks))
}

async fn looked_at_as_a_whole() -> (Series, Duration) {
    let (github, program) = start(|_| {}).await;
    let repo = repository(&mut github.world(), "large", OPEN);
    all_reviewed(&github, &repo, OPEN).await;
    program.drain(&github, TIMEOUT).await.assert_nothing_lost();
    let began = Instant::now();
    {
        let mut world = github.world();
        let ask = NewIssue { title: "Ask".to_owned(), ..NewIssue::default() };
        let issue = world.open_issue(&repo, "dev-large", &ask).unwrap();
        world.comment(&repo, issue, "dev-large", "/hp recheck").unwrap();
    }
    let mut pushes = JoinSet::new();
    for n in 0..10 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        let branch = format!("change-{}", n + 1);
        pushes.spawn(push(Arc::clone(&github), repo.clone(), "dev-large".to_owned(), branch, n));
    }
    let pushes = Series::of(pushes.join_all().await);
    program.drain(&github, TIMEOUT).await.assert_nothing_lost();
    (pushes, began.elapsed())
}

fn open_pull_request(world: &mut World, repo: &str, dev: &str) {
    world.commit_to(repo, "change", dev, "A change", &[("src/1.py", Some("1\n"))]).unwrap();
    world.open_pull_request(repo, dev, "change", "main", "A change", "").unwrap();
}

async fn many_repositories() -> (Series, u64) {
    let (github, program) = start(|world| {
        for n in 0..INSTALLATIONS {
            let name = format!("org-{n}");
            repository(world, &name, 0);
            for more in 1..REPOSITORIES {
                let repo = format!("app-{more}");
                world.create_repository(&name, &repo, &[(CHECKLIST_PATH, CHECKLIST)]).unwrap();
                let (repo, dev) = (format!("{name}/{repo}"), format!("dev-{name}"));
                world.set_role(&repo, &dev, Some(holdpoint::sandbox::repo::Role::Admin)).unwrap();
                world.create_branch(&repo, "change", "main", &dev).unwrap();
            }
        }
    })
    .await;
    program.drain(&github, TIMEOUT).await.assert_nothing_lost();
    // One look at all of them at a time: a look for each would take the stand-in's time.
    let (mut open, mut waits): (Vec<(String, Instant)>, Vec<Duration>) = (Vec::new(), Vec::new());
    let began = Instant::now();
    let mut asked = (1..=REPOSITORIES).flat_map(|more| (0..INSTALLATIONS).map(move |n| (more, n))).peekable();
    let mut sent: u32 = 0;
    while (asked.peek().is_some() || !open.is_empty()) && began.elapsed() < TIMEOUT {
        while Duration::from_millis(10) * sent < began.elapsed()
            && let Some((more, n)) = asked.next()
        {
            let name = format!("org-{n}");
            let repo = if more == REPOSITORIES { format!("{name}/app") } else { format!("{name}/app-{more}") };
            open_pull_request(&mut github.world(), &repo, &format!("dev-{name}"));
            open.push((repo, Instant::now()));
            sent += 1;
        }
        open.retain(|(repo, since)| {
            let is_done = github.check(repo, "change", REVIEW).is_some_and(|run| run.status == "completed");
            waits.extend(is_done.then(|| since.elapsed()));
            !is_done
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(open.is_empty(), "{} have no review, such as {:?}", open.len(), open.first());
    let waits = Series::of(waits);
    program.drain(&github, TIMEOUT).await.assert_nothing_lost();
    (waits, program.memory())
}

fn print(rows: &[(String, String)]) {
    println!("\n| with a GitHub that answers after {} ms | |\n|---|---|", LATENCY.as_millis());
    rows.iter().for_each(|(what, found)| println!("| {what} | {found} |"));
}

pub async fn print_busy_repository() {
    let (pushes, ticks) = busy_repository().await;
    let what = format!("five pushes a second to {BUSY} pull requests of one repository, to the review");
    print(&[(what, pushes.sentence()), ("a tick, to the gate's check".to_owned(), ticks.sentence())]);
}

pub async fn print_looked_at_as_a_whole() {
    let (pushes, whole) = looked_at_as_a_whole().await;
    let whole = whole.as_secs();
    let what = format!("a push while {OPEN} open pull requests are looked at again ({whole} s), to the review");
    print(&[(what, pushes.sentence())]);
}

pub async fn print_many_repositories() {
    let (waits, memory) = many_repositories().await;
    let all = INSTALLATIONS * REPOSITORIES;
    let what = format!("a pull request in each of {all} repositories of {INSTALLATIONS} installations, to the review");
    print(&[(what, waits.sentence()), ("memory after that".to_owned(), format!("{} MB", memory / 1_000_000))]);
}
