//! The world of the demo: a small product a few days before its next release.
//!
//! It is history only: what Holdpoint says about it is said by the real one, once it runs.

use crate::sandbox::queue::{Rules, Strategy};
use crate::sandbox::world::real_now;
use crate::sandbox::{Clock, Method, REPO, Refused, Step, World};

/// The branch that ships.
pub(super) const PRODUCTION: &str = "production";
/// The check that it requires.
pub(super) const GATE: &str = "holdpoint/release";
/// The tag that the visitor makes.
pub(super) const TAG: &str = "v1.4.0";

/// Its merge queue. It waits a moment for company, so that there is something to see.
const QUEUE: Rules = Rules { least: 2, patience: 20, ..SINGLE };
/// A merge queue that waits for nothing but its checks.
pub(super) const SINGLE: Rules =
    Rules { strategy: Strategy::AllGreen, squash: false, response_timeout: 3_600, least: 1, patience: 0 };
/// A merge queue that waits for company for longer than the script takes.
pub(super) const PATIENT: Rules = Rules { least: 2, patience: 3_600, ..SINGLE };

/// What an item of the release is to the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Wanted before the release, of anybody who may write.
    Before,
    /// Wanted before the release, of `@acme/qa`.
    OfQa,
    /// Shown, and never waited for.
    Optional,
    /// Wanted after the release.
    After,
}

/// All that the release issue asks for once the prepared pull request is merged, by how each item begins.
pub(super) const ITEMS: [(&str, Kind); 13] = [
    ("The change log names everything", Kind::Before),
    ("Staging has run this version", Kind::Before),
    ("Order, pay for and follow a parcel", Kind::OfQa),
    ("Cancel an order", Kind::OfQa),
    ("Run the migrations on a copy of production", Kind::Before),
    ("Compare the row counts", Kind::Before),
    ("Rebuild the search index", Kind::Optional),
    ("Watch the error rate", Kind::After),
    ("Tell the couriers", Kind::After),
    ("Pause the nightly export", Kind::Before),
    ("Drop the column", Kind::After),
    ("Load the tax rates", Kind::Before),
    ("Switch invoices on", Kind::After),
];

/// Numbers given before the demo begins.
const LAST_NUMBER: u64 = 37;
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

const CONFIGURATION: &str = "\
# Who may ship, and when. Holdpoint reads this from the base branch, never from a pull request.
checklists:
  release:
    template: .github/release-checklist.md
    steps: release-steps/**/*.md
    open: { on: tag, match: \"v*\" }
    gate:
      branches: [production]
      environments: [production]
      unreleased: block

require_steps:
  - paths: [\"migrations/**\"]
    unless_label: no-release-steps
";

const CHECKLIST: &str = "\
---
title: Release {{ version }}
labels: release
---

Whoever ticks a box has seen it done.

## Before the release

- [ ] The change log names everything that customers will notice
- [ ] Staging has run this version for a day without a new error
- [ ] Order, pay for and follow a parcel on a phone <!-- hp: owner=@acme/qa -->
- [ ] Cancel an order and see the money come back <!-- hp: owner=@acme/qa -->

## Database

- [ ] Take a snapshot of the orders
- [ ] Run the migrations on a test machine <!-- hp: when=paths(migrations/**) -->
- [ ] Rebuild the search index <!-- hp: optional -->

## After the release <!-- hp: phase=after -->

- [ ] Watch the error rate for half an hour
- [ ] Tell the couriers what changes for them
";

const README: &str = "\
# Rocket

Parcels across town within the hour: orders, couriers, tracking.

A release is a tag `v*` on `main`. What has to be done by hand is in
[the release checklist](.github/release-checklist.md); a pull request that needs a step of its own
puts it into `release-steps/`. `production` takes only what has been released and signed off.
";

const ORDERS: &str = "\
from dataclasses import dataclass


@dataclass
class Order:
    number: int
    street: str
    courier_name: str
    paid: bool = False


def ready(order: Order) -> bool:
    return order.paid and bool(order.courier_name)
";

const ORDERS_WITH_INVOICES: &str = "\
from dataclasses import dataclass


@dataclass
class Order:
    number: int
    street: str
    courier_name: str
    paid: bool = False
    by_invoice: bool = False


def ready(order: Order) -> bool:
    return (order.paid or order.by_invoice) and bool(order.courier_name)
";

const ORDERS_WITH_COURIERS: &str = "\
from dataclasses import dataclass


@dataclass
class Order:
    number: int
    street: str
    courier_id: int | None = None
    paid: bool = False
    by_invoice: bool = False


def ready(order: Order) -> bool:
    return (order.paid or order.by_invoice) and order.courier_id is not None
";

const INVOICE_STEPS: &str = "\
- [ ] Load the tax rates: `bin/load-tax-rates --dry-run` first, then without
- [ ] Switch invoices on for the pilot customers <!-- hp: phase=after -->
";

const COURIER_STEPS: &str = "\
- [ ] Pause the nightly export until the couriers are copied
- [ ] Drop the column `orders.courier_name` <!-- hp: phase=after -->
";

const COURIER_TEXT: &str = "\
A courier is more than a name on an order: this gives them a table.

The checklist follows. Snapshots are taken every hour by now, so the item for it goes; a copy of
production shows what a test machine does not; and somebody should compare the row counts.
";

/// A world, and what stands in it.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) world: World,
    /// The open pull request that changes the checklist and brings steps.
    pub(super) review: u64,
    /// The open pull request from `main` into `production`.
    pub(super) ship: u64,
}

/// Moves the clock to so long before now.
fn ago(world: &mut World, seconds: i64) {
    world.clock = Clock::Counted(real_now() - seconds);
}

/// A branch of its own with one commit.
fn branch(world: &mut World, name: &str, author: &str, message: &str, files: &[(&str, &str)]) -> Result<(), Refused> {
    world.create_branch(REPO, name, "main", author)?;
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, Some(*text))).collect();
    world.commit_to(REPO, name, author, message, &files).map(|_| ())
}

/// Merges, and removes the branch, as people do.
fn merge(world: &mut World, number: u64, head: &str) -> Result<(), Refused> {
    world.merge_pull_request(REPO, number, "alice", Method::Squash)?;
    world.repo_mut(REPO)?.git.branches.remove(head);
    Ok(())
}

/// The demo's world. The App is not installed yet: installing it is what begins the demo.
pub(super) fn prepared() -> Result<Prepared, Refused> {
    let mut world = World::standard();
    create_repository(&mut world)?;
    introduce_checklist(&mut world)?;
    merge_earlier_work(&mut world)?;

    ago(&mut world, DAY);
    let review = propose_couriers(&mut world)?;
    ago(&mut world, 2 * HOUR);
    let text = "Everything since v1.3.0.";
    let ship = world.open_pull_request(REPO, "alice", "main", PRODUCTION, "Ship to production", text)?;

    world.clock = Clock::Real;
    world.tour = tour(review, ship);
    Ok(Prepared { world, review, ship })
}

/// The product, with its first commit, as the only repository.
fn create_repository(world: &mut World) -> Result<(), Refused> {
    let (roles, description) = {
        let old = world.repo(REPO)?;
        (old.roles.clone(), "Parcels across town within the hour".to_owned())
    };
    world.repos.clear();
    world.installations.clear();
    let (owner, name) = REPO.split_once('/').unwrap_or_default();

    ago(world, 40 * DAY);
    let files = [("README.md", README), ("src/orders.py", ORDERS)];
    world.create_repository(owner, name, &files)?;
    let repo = world.repo_mut(REPO)?;
    repo.roles = roles;
    repo.description = description;
    repo.last_number = LAST_NUMBER;
    Ok(())
}

/// The checklist, the release before, and the branch that ships with what protects it.
fn introduce_checklist(world: &mut World) -> Result<(), Refused> {
    ago(world, 12 * DAY);
    let files = [
        (".github/release-checklist.md", Some(CHECKLIST)),
        (".github/holdpoint.yml", Some(CONFIGURATION)),
        ("CHANGELOG.md", Some("# Changes\n\n## 1.3.0\n\n- A parcel can be sent to a neighbour.\n")),
    ];
    world.commit_to(REPO, "main", "alice", "Write the release checklist down", &files)?;
    world.create_tag(REPO, "v1.3.0", "main", "alice", None)?;
    world.create_branch(REPO, PRODUCTION, "main", "alice")?;
    let app = world.app_id;
    world.set_protection(REPO, PRODUCTION, &[(GATE, Some(app))])?;
    world.set_merge_queue(REPO, PRODUCTION, Some(QUEUE))?;

    world.set_environment(REPO, PRODUCTION, true)?;
    world.knobs.deploys_at_once = true;
    Ok(())
}

/// What was merged since that release.
fn merge_earlier_work(world: &mut World) -> Result<(), Refused> {
    ago(world, 6 * DAY);
    let map = "def position(courier, at):\n    \"\"\"Where a courier was, for the map.\"\"\"\n    return courier.track.before(at)\n";
    branch(world, "courier-map", "bob", "Show the courier on the map", &[("src/map.py", map)])?;
    let text = "Customers ask where their parcel is; now they see it.";
    let number = world.open_pull_request(REPO, "bob", "courier-map", "main", "Show the courier on the map", text)?;
    ago(world, 5 * DAY);
    merge(world, number, "courier-map")?;

    ago(world, 4 * DAY);
    let files = [
        ("src/orders.py", ORDERS_WITH_INVOICES),
        ("migrations/0041_invoices.sql", "ALTER TABLE orders ADD COLUMN by_invoice boolean NOT NULL DEFAULT false;\n"),
        ("release-steps/invoices.md", INVOICE_STEPS),
    ];
    branch(world, "invoices", "erin", "Let companies pay by invoice", &files)?;
    let text = "The tax rates have to be loaded by hand once, so this brings a step for the release.";
    let number = world.open_pull_request(REPO, "erin", "invoices", "main", "Let companies pay by invoice", text)?;
    ago(world, 3 * DAY);
    merge(world, number, "invoices")
}

/// The pull request that changes the checklist and brings steps.
fn propose_couriers(world: &mut World) -> Result<u64, Refused> {
    let checklist = CHECKLIST
        .replace("- [ ] Take a snapshot of the orders\n", "")
        .replace("on a test machine", "on a copy of production")
        .replace("- [ ] Rebuild", "- [ ] Compare the row counts before and after the migrations\n- [ ] Rebuild");
    let files = [
        ("src/orders.py", ORDERS_WITH_COURIERS),
        (
            "migrations/0042_couriers.sql",
            "CREATE TABLE couriers (id bigint PRIMARY KEY, name text NOT NULL);\nALTER TABLE orders ADD COLUMN courier_id bigint REFERENCES couriers;\n",
        ),
        ("release-steps/couriers-table.md", COURIER_STEPS),
        (".github/release-checklist.md", checklist.as_str()),
    ];
    let title = "Give couriers a table of their own";
    branch(world, "couriers-table", "erin", title, &files)?;
    world.open_pull_request(REPO, "erin", "couriers-table", "main", title, COURIER_TEXT)
}

/// What a visitor does, in order.
fn tour(review: u64, ship: u64) -> Vec<Step> {
    let step = |title: &str, link: String, text: &str| Step { title: title.to_owned(), text: text.to_owned(), link };
    vec![
        step(
            "See what a pull request does to the checklist",
            format!("/{REPO}/pull/{review}"),
            "It adds an item, rewords one and takes out one that was required. Holdpoint's comment and the check \
             holdpoint/review say so item by item. Merge it if you agree: the steps that it brings will be part of the release.",
        ),
        step(
            "Try to ship without a release",
            format!("/{REPO}/pull/{ship}"),
            "Press \"Try to merge anyway\". The branch production requires the check holdpoint/release, and only \
             released commits may pass.",
        ),
        step(
            &format!("Tag {TAG}"),
            format!("/{REPO}/tags"),
            "Create the tag on main. A moment later Holdpoint has opened the release issue.",
        ),
        step(
            "Open the release issue",
            format!("/{REPO}/issues"),
            "The checklist is there as its authors wrote it, and below it are the steps that merged pull requests \
             brought. A comment keeps count.",
        ),
        step(
            "Try to ship again",
            format!("/{REPO}/pull/{ship}"),
            "The check now names the release, and says what is open and whose it is. The merge is still refused.",
        ),
        step(
            &format!("Deploy {TAG}"),
            format!("/{REPO}/deployments"),
            "Choose the tag and press \"Deploy to production\". The environment asks Holdpoint first, and the deployment \
             waits: the page shows why. Leave it there. It continues by itself.",
        ),
        step(
            "Tick the boxes",
            format!("/{REPO}/issues"),
            "At the top of the page, choose who you are. Carol can tick, as she could on GitHub, but has no write \
             access: her tick does not count, and the comment says why (untick it before somebody else ticks it). Only \
             bob is in @acme/qa. Watch the check turn green with the last box before the release, and the deployment continue; untick one, and it is \
             blocked again. A deployment that started stays started.",
        ),
        step(
            "Ship it",
            format!("/{REPO}/pull/{ship}"),
            "Production has a merge queue: press \"Add to the merge queue\". The queue waits 20 seconds for company, then \
             merges what passed. Untick a box meanwhile, and the group waits until it is ticked again. What is for after the \
             release is still open: tick that too, and the issue closes by itself.",
        ),
    ]
}
