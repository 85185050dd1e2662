//! What an event costs: how many requests go to GitHub, held against the table of docs/performance.md, which is read here. So
//! the table is never wrong, and never more generous than what is needed.

use super::{App, CHECKLIST, ROCKET};
use holdpoint::sandbox::queue::Rules;
use holdpoint::sandbox::{Fault, Method, Pick};
use std::collections::BTreeMap;
use std::time::Duration;

/// What was asked of GitHub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cost {
    trips: usize,
    reads: usize,
    writes: usize,
}

/// Events by their names in the table.
type Costs = BTreeMap<&'static str, Cost>;

impl App {
    /// Works off what happened, and counts the requests. Tokens are not counted: one is minted an hour.
    async fn cost(&self, costs: &mut Costs, event: &'static str) {
        let trips = || self.holdpoint.context().github.requests().round_trips;
        let before = trips();
        // So far away that what goes side by side is under way at once.
        self.github.fail_next("*", "/", Fault::Delay(Duration::from_millis(20)), u32::MAX);
        self.settle().await;
        self.github.forget_faults();
        let exchanges = self.github.exchanges();
        let mut cost = Cost { trips: usize::try_from(trips() - before).unwrap(), ..Cost::default() };
        for exchange in exchanges.iter().filter(|e| !e.route.ends_with("/access_tokens")) {
            // Of GraphQL, Holdpoint asks questions alone.
            let is_read = exchange.method == "GET" || exchange.route.ends_with("/graphql");
            if is_read { cost.reads += 1 } else { cost.writes += 1 }
        }
        assert_eq!(costs.insert(event, cost), None, "{event} was measured twice");
        self.github.clear_exchanges();
    }

    /// Works off what happened, and counts nothing.
    async fn aside(&self) {
        self.settle().await;
        self.github.clear_exchanges();
    }
}

/// Pull requests into a branch that waits for nothing.
async fn ordinary(costs: &mut Costs) {
    let app = App::gated().await;
    app.github.clear_exchanges();
    let pull = app.pull_request("main", &[("src/engine.py", Some("pass\n"))]);
    app.cost(costs, "a pull request that touches no checklist").await;
    app.github.world().push_to_pull_request(ROCKET, pull, "erin", "More", &[("x.txt", Some("x"))]).unwrap();
    app.cost(costs, "another push to it").await;
    app.pull_request("main", &[(CHECKLIST, Some("- [ ] Fuel\n"))]);
    app.cost(costs, "a pull request that changes a checklist").await;
    app.finish().await;
}

/// A release of twelve items, and a pull request into `production` that brings it and one commit more: the check stands in two places.
async fn shipping(costs: &mut Costs) {
    let app = App::gated().await;
    let items: String = (1..=12).map(|n| format!("- [ ] Item {n}\n")).collect();
    app.commit("main", &[(CHECKLIST, Some(&items))]);
    let number = app.release("v1.0.0").await;
    app.commit("main", &[("src/engine.py", Some("pass\n"))]);
    let pull = app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.aside().await;
    let tick = |n| app.github.world().tick(ROCKET, number, "bob", Pick::Nth(n)).unwrap();
    tick(0);
    app.cost(costs, "somebody's first tick").await;
    tick(1);
    app.cost(costs, "a tick").await;
    (2..12).for_each(|n| app.github.world().untick(ROCKET, number, "bob", Pick::Nth(n)).unwrap());
    (2..11).for_each(tick);
    app.github.world().untick(ROCKET, number, "bob", Pick::Nth(2)).unwrap();
    app.cost(costs, "ten ticks in a row").await;
    app.github.world().comment(ROCKET, number, "bob", "/hp done 3").unwrap();
    app.cost(costs, "a command").await;
    app.github.world().comment(ROCKET, number, "bob", "Looking at it").unwrap();
    app.cost(costs, "a comment that is no command").await;
    app.github.world().comment(ROCKET, pull, "bob", "Looks good").unwrap();
    app.aside().await;
    app.github.world().comment(ROCKET, pull, "bob", "Still looks good").unwrap();
    app.cost(costs, "a comment on a pull request").await;
    let head = app.head(pull);
    app.github.world().post_check(ROCKET, 15_368, "build", &head, "success").unwrap();
    app.cost(costs, "a check of another App").await;
    app.github.world().create_branch(ROCKET, "topic", "main", "alice").unwrap();
    app.commit("topic", &[("x.txt", Some("x"))]);
    app.cost(costs, "a push to a branch that is not gated").await;
    // A new database lists once what the App is installed on.
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.aside().await;
    holdpoint::sweep::recheck(app.holdpoint.context()).await;
    app.cost(costs, "the hourly look at a repository").await;
    tick(11);
    app.cost(costs, "the last tick").await;
    let patient = Rules { least: 2, patience: 10_000_000, ..Rules::default() };
    app.github.world().set_merge_queue(ROCKET, "production", Some(patient)).unwrap();
    app.github.world().enqueue(ROCKET, &[pull], "alice").unwrap();
    app.cost(costs, "a merge group").await;
    app.github.world().dequeue(ROCKET, pull, "alice").unwrap();
    app.github.world().set_merge_queue(ROCKET, "production", None).unwrap();
    app.aside().await;
    app.github.world().close_pull_request(ROCKET, pull, "erin").unwrap();
    app.commit("main", &[("src/engine.py", Some("more\n"))]);
    app.aside().await;
    app.github.world().open_pull_request(ROCKET, "erin", "main", "production", "Ship", "").unwrap();
    app.cost(costs, "a pull request into a gated branch that ships a release").await;
    app.pull_request("production", &[("src/engine.py", Some("fix\n"))]);
    app.cost(costs, "a pull request into a gated branch").await;
    app.finish().await;
}

/// Thirty pull requests since the last tag; three brought steps.
async fn thirty(costs: &mut Costs) {
    let app = App::gated().await;
    app.release("v1.0.0").await;
    for n in 0..30 {
        let mut world = app.github.world();
        let branch = format!("change-{n}");
        world.create_branch(ROCKET, &branch, "main", "erin").unwrap();
        let path = if n < 3 { format!("release-steps/{n}.md") } else { format!("src/{n}.py") };
        world.commit_to(ROCKET, &branch, "erin", "A change", &[(&path, Some(&format!("- [ ] Step {n}\n")))]).unwrap();
        let pull = world.open_pull_request(ROCKET, "erin", &branch, "main", "Change", "").unwrap();
        world.merge_pull_request(ROCKET, pull, "alice", Method::Squash).unwrap();
    }
    app.aside().await;
    app.github.world().create_tag(ROCKET, "v1.1.0", "main", "alice", None).unwrap();
    app.cost(costs, "a tag with 30 pull requests since the last, 3 of which brought steps").await;
    app.pull_request("main", &[("release-steps/next.md", Some("- [ ] Step\n"))]);
    app.cost(costs, "a pull request that brings steps").await;
    app.finish().await;
}

/// The rows of the table: event, reads, writes.
fn table() -> BTreeMap<String, Cost> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/performance.md");
    let page = std::fs::read_to_string(path).unwrap();
    let below = page.lines().skip_while(|line| *line != "## Requests to GitHub").skip(1);
    let rows = below.take_while(|line| !line.starts_with('#')).filter_map(|line| {
        let cells: Vec<&str> = line.strip_prefix("| ")?.split(" | ").collect();
        let number = |at: usize| cells.get(at)?.parse::<usize>().ok();
        let cost = Cost { trips: number(1)?, reads: number(2)?, writes: number(3)? };
        assert_eq!(number(4), Some(cost.reads + 5 * cost.writes), "points of {}", cells[0]);
        Some((cells[0].to_owned(), cost))
    });
    rows.collect()
}

#[tokio::test]
async fn an_event_costs_as_many_requests_as_the_page_says_and_hardly_fewer() {
    let mut costs = Costs::new();
    ordinary(&mut costs).await;
    shipping(&mut costs).await;
    thirty(&mut costs).await;
    let table = table();
    let told: Vec<&str> = table.keys().map(String::as_str).collect();
    assert_eq!(told, costs.keys().copied().collect::<Vec<_>>(), "left: docs/performance.md; right: what is measured");
    let most = |measured: usize| measured + (measured / 5).max(1);
    let mut wrong = Vec::new();
    for (event, cost) in &costs {
        let bound = table[*event];
        let within = |measured, bound| (measured..=measured + 1).contains(&bound);
        let fits = |measured, bound| (measured..=most(measured)).contains(&bound);
        if !fits(cost.reads, bound.reads) || !fits(cost.writes, bound.writes) || !within(cost.trips, bound.trips) {
            wrong.push(format!("{event}: {cost:?}, and the page says {bound:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
