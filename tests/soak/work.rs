//! What ten tenants do all day: they change their checklist in a pull request and wait for its review, and tick a box and wait
//! for the gate.

use holdpoint::sandbox::repo::Role;
use holdpoint::sandbox::{CHECKLIST_PATH, Pick, Sandbox, World};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const TENANTS: usize = 10;
pub const CHECKLIST: &str =
    "- [ ] Fuel the tanks\n- [ ] Tell the support team\n- [ ] Watch the sky <!-- hp: phase=after -->\n";
pub const CONFIGURATION: &str = "checklists:\n  release:\n    gate: { branches: [production] }\n";
pub const REVIEW: &str = "holdpoint/review";
pub const GATE: &str = "holdpoint/release";
/// Between two things that a tenant does.
const PAUSE: Duration = Duration::from_secs(4);
/// Longer than that nobody waits.
pub const TIMEOUT: Duration = Duration::from_secs(180);

fn repo(tenant: usize) -> String {
    format!("tenant-{tenant}/app")
}

/// Makes an organisation with one repository, on which the App is installed; its owner may do everything.
pub fn organisation(world: &mut World, name: &str, files: &[(&str, &str)]) -> String {
    let owner = format!("dev-{name}");
    world.add_org(name);
    world.add_user(&owner, &owner);
    world.create_repository(name, "app", files).unwrap();
    let repo = format!("{name}/app");
    world.set_role(&repo, &owner, Some(Role::Admin)).unwrap();
    for branch in ["production", "change"] {
        world.create_branch(&repo, branch, "main", &owner).unwrap();
    }
    world.install(name, None, &owner).unwrap();
    repo
}

pub fn set_up(world: &mut World) {
    for tenant in 0..TENANTS {
        let files = [(CHECKLIST_PATH, CHECKLIST), (".github/holdpoint.yml", CONFIGURATION), ("src/app.py", "1\n")];
        organisation(world, &format!("tenant-{tenant}"), &files);
    }
}

/// Each has an open release, and a pull request that changes its checklist.
pub async fn begin(github: &Sandbox) {
    for tenant in 0..TENANTS {
        let (repo, dev) = (repo(tenant), format!("dev-tenant-{tenant}"));
        {
            let mut world = github.world();
            world.create_tag(&repo, "v1.0.0", "main", &dev, None).unwrap();
            let change = format!("{CHECKLIST}- [ ] Begin\n");
            world.commit_to(&repo, "change", &dev, "Begin", &[(CHECKLIST_PATH, Some(&change))]).unwrap();
            world.open_pull_request(&repo, &dev, "change", "main", "A change", "").unwrap();
        }
        until(|| github.check(&repo, "v1.0.0", GATE).is_some() && github.check(&repo, "change", REVIEW).is_some())
            .await
            .expect("a release and a review");
    }
}

/// Waits until it holds, and says for how long it did not; `None` where that takes too long.
pub async fn until(holds: impl Fn() -> bool) -> Option<Duration> {
    let began = Instant::now();
    while !holds() {
        if began.elapsed() > TIMEOUT {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Some(began.elapsed())
}

/// How long something took, each time.
#[derive(Debug, Default)]
pub struct Series(Vec<Duration>);

impl Series {
    pub fn of(times: Vec<Duration>) -> Self {
        Self(times)
    }

    pub fn sentence(&self) -> String {
        let mut sorted = self.0.clone();
        sorted.sort();
        let at = |part: usize| {
            sorted.get(sorted.len() * part / 100).or(sorted.last()).map_or(f64::NAN, Duration::as_secs_f64)
        };
        format!(
            "{:.2} s, one in twenty over {:.2} s, one in a hundred over {:.2} s, at most {:.2} s ({} times)",
            at(50),
            at(95),
            at(99),
            at(100),
            sorted.len()
        )
    }
}

#[derive(Debug, Default)]
pub struct Times {
    reviews: Series,
    ticks: Series,
}

impl Times {
    pub fn reviews(&self) -> &Series {
        &self.reviews
    }

    pub fn ticks(&self) -> &Series {
        &self.ticks
    }
}

/// Tenants who work until they are stopped.
pub struct Work(Vec<JoinHandle<Times>>);

impl Work {
    pub fn start(github: &Arc<Sandbox>, stop: &CancellationToken) -> Self {
        let of = |tenant| tokio::spawn(tenant_works(Arc::clone(github), stop.clone(), tenant));
        Self((0..TENANTS).map(of).collect())
    }

    pub async fn end(self) -> Times {
        let mut all = Times::default();
        for tenant in self.0 {
            let Times { reviews, ticks } = tenant.await.unwrap();
            all.reviews.0.extend(reviews.0);
            all.ticks.0.extend(ticks.0);
        }
        all
    }
}

async fn tenant_works(github: Arc<Sandbox>, stop: CancellationToken, tenant: usize) -> Times {
    let mut times = Times::default();
    let offset = PAUSE / u32::try_from(TENANTS).unwrap() * u32::try_from(tenant).unwrap();
    if stop.run_until_cancelled(tokio::time::sleep(offset)).await.is_none() {
        return times;
    }
    for round in 0.. {
        if round % 2 == 0 {
            review(&github, tenant, &mut times.reviews).await
        } else {
            tick(&github, tenant, &mut times.ticks).await
        }
        if stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_none() {
            break;
        }
    }
    times
}

async fn review(github: &Sandbox, tenant: usize, times: &mut Series) {
    let (repo, dev) = (repo(tenant), format!("dev-tenant-{tenant}"));
    let head = {
        let mut world = github.world();
        let change = format!("{CHECKLIST}- [ ] Change number {}\n", world.id());
        world.commit_to(&repo, "change", &dev, "Change", &[(CHECKLIST_PATH, Some(&change))]).unwrap()
    };
    let done = || github.check(&repo, &head, REVIEW).is_some_and(|run| run.status == "completed");
    times.0.push(until(done).await.unwrap_or(TIMEOUT));
}

async fn tick(github: &Sandbox, tenant: usize, times: &mut Series) {
    let (repo, dev) = (repo(tenant), format!("dev-tenant-{tenant}"));
    let title = || github.check(&repo, "v1.0.0", GATE).and_then(|run| run.output.title);
    let before = title();
    {
        let mut world = github.world();
        let issue = release_issue(&world, &repo);
        let body = world.repo(&repo).unwrap().issues[&issue].body.clone().unwrap_or_default();
        let act = if body.contains("- [x] Fuel the tanks") { World::untick } else { World::tick };
        act(&mut world, &repo, issue, &dev, Pick::Text("Fuel the tanks")).unwrap();
    }
    times.0.push(until(|| title() != before).await.unwrap_or(TIMEOUT));
}

pub fn release_issue(world: &World, repo: &str) -> u64 {
    let issues = world.repo(repo).unwrap().issues.values();
    issues.into_iter().find(|issue| issue.title.starts_with("Release ")).expect("a release issue").number
}

/// Every tenant's last head has its review, and the gate says what the issue shows.
pub fn assert_all_checked(github: &Sandbox) {
    for tenant in 0..TENANTS {
        let repo = repo(tenant);
        let review = github.check(&repo, "change", REVIEW).expect("a review");
        assert_eq!(review.status, "completed", "{repo}");
        let body = {
            let world = github.world();
            let issue = release_issue(&world, &repo);
            world.repo(&repo).unwrap().issues[&issue].body.clone().unwrap_or_default()
        };
        let done = usize::from(body.contains("- [x] Fuel the tanks"));
        let gate = github.check(&repo, "v1.0.0", GATE).expect("a gate");
        assert_eq!(
            gate.output.title.unwrap_or_default(),
            format!("v1.0.0: {done} of 2 done · {} open", 2 - done),
            "{repo}"
        );
    }
}
