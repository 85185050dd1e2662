//! What people do while Holdpoint does not look: deliveries are lost, the process is down, the database is gone.

use super::random_ticks::{Dice, seeds};
use super::{App, ROCKET, released};
use holdpoint::github::redelivery::Redelivery;
use holdpoint::sandbox::repo::Role;
use holdpoint::sandbox::{Clock, Fault, Pick, World};

const THREE: &str =
    "## Before\n- [ ] Fuel the tanks\n- [ ] Tell the support team\n- [ ] Test it <!-- hp: second-person -->\n";

impl App {
    fn now_says(&self) -> String {
        self.check("main", "holdpoint/release")
    }

    /// Somebody does something of which no delivery comes.
    async fn unseen(&self, act: impl FnOnce(&mut World)) {
        let before = self.github.world().hooks.pending.len();
        act(&mut self.github.world());
        let lost = self.github.world().hooks.pending.len() - before;
        self.github.world().hooks.lose_next = u32::try_from(lost).unwrap();
        self.settle().await;
    }

    /// How often the edit history was asked for.
    fn asked(&self) -> u64 {
        self.github.counts().get("POST /graphql").copied().unwrap_or_default()
    }

    /// The ledger's lines as `item mark by how`, with `!` before one that does not count.
    async fn lines(&self, number: u64) -> Vec<String> {
        let store = &self.holdpoint.context().store;
        let id = store.repositories().await.unwrap()[0].id;
        let row = store.release_of_issue(id, holdpoint::ids::IssueNumber(number)).await.unwrap().unwrap();
        let lines = store.ledger_lines(row.id).await.unwrap();
        let told = |line: holdpoint::release::ledger::LedgerEntry| {
            let no = if line.refused.is_some() { "!" } else { "" };
            format!("{no}{} {} {} {}", line.text.unwrap_or_default(), line.mark, line.by, line.how)
        };
        lines.into_iter().map(told).collect()
    }
}

#[tokio::test]
async fn a_tick_whose_delivery_was_lost_is_found_in_the_edit_history_by_the_sweep() {
    let (app, number) = released(THREE).await;
    app.unseen(|world| world.tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap()).await;
    assert_eq!(app.now_says(), "action_required · v1.0.0: 0 of 3 done · 3 open");
    let at = app.github.issue(ROCKET, number).unwrap().updated_at;
    app.sweep().await;
    assert_eq!(app.now_says(), "action_required · v1.0.0: 1 of 3 done · 2 open");
    let progress = &app.comments(number)[0];
    let minute = holdpoint::ids::Timestamp(at).minute();
    assert!(progress.contains(&format!("| Fuel the tanks | bob (from the edit history) | {minute} |")), "{progress}");
    assert_eq!(app.lines(number).await, ["Fuel the tanks \"done\" bob history"]);
    // Once is enough.
    app.github.clear_exchanges();
    app.sweep().await;
    assert_eq!(app.asked(), 0);
    assert_eq!(app.lines(number).await.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn each_box_is_the_editors_who_changed_it_and_what_one_may_is_asked_as_for_a_tick_that_is_seen() {
    let (app, number) = released(THREE).await;
    app.unseen(|world| {
        world.tick(ROCKET, number, "carol", Pick::Text("Tell")).unwrap();
        world.tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
        // Who opened the release is no second person.
        world.tick(ROCKET, number, "alice", Pick::Text("Test")).unwrap();
    })
    .await;
    app.github.clear_exchanges();
    // The next delivery does not begin where the last one ended.
    let body = app.github.body(ROCKET, number);
    app.github
        .world()
        .edit_issue_body(ROCKET, number, "erin", &body.replace("Fuel the tanks", "Fuel the tanks: 40 t"))
        .unwrap();
    app.settle().await;
    assert_eq!(app.asked(), 1);
    assert_eq!(app.now_says(), "action_required · v1.0.0: 1 of 3 done · 2 open");
    let progress = &app.comments(number)[0];
    assert!(progress.contains("Tell the support team (ticked by carol, which does not count: write access is needed"));
    assert!(progress.contains("this item needs a second person"), "{progress}");
    assert_eq!(
        app.lines(number).await,
        [
            "!Tell the support team \"done\" carol history",
            "Fuel the tanks \"done\" bob history",
            "!Test it \"done\" alice history",
        ]
    );
    app.finish().await;
}

#[tokio::test]
async fn the_last_hand_on_a_box_decides_though_the_first_one_was_allowed() {
    let (app, number) = released(THREE).await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
    app.settle().await;
    app.unseen(|world| {
        world.untick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
        world.tick(ROCKET, number, "carol", Pick::Text("Fuel")).unwrap();
        world.tick(ROCKET, number, "bob", Pick::Text("Tell")).unwrap();
    })
    .await;
    app.sweep().await;
    assert_eq!(app.now_says(), "action_required · v1.0.0: 1 of 3 done · 2 open");
    assert!(app.comments(number)[0].contains("Fuel the tanks (ticked by carol, which does not count"));
    app.finish().await;
}

#[tokio::test]
async fn ticks_that_are_told_cost_no_look_at_the_history_but_the_one_when_the_issue_closes() {
    let (app, number) = released(THREE).await;
    app.github.clear_exchanges();
    for (who, n) in [("bob", 0), ("alice", 1)] {
        app.github.world().tick(ROCKET, number, who, Pick::Nth(n)).unwrap();
        app.settle().await;
    }
    {
        let mut world = app.github.world();
        world.untick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
        world.tick(ROCKET, number, "erin", Pick::Nth(2)).unwrap();
        world.tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
        world.hooks.reverse = true;
        world.hooks.duplicate_next = 3;
    }
    app.settle().await;
    assert!(app.now_says().starts_with("success"), "{}", app.now_says());
    // Closing the issue is newer than its text, so the look that it causes asks once, and no later one asks again.
    assert_eq!(app.asked(), 1);
    app.sweep().await;
    app.sweep().await;
    assert_eq!(app.asked(), 1);
    app.finish().await;
}

#[tokio::test]
async fn what_somebody_took_out_of_the_history_is_nobodys() {
    let (app, number) = released(THREE).await;
    app.unseen(|world| {
        world.tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
        world.tick(ROCKET, number, "bob", Pick::Text("Tell")).unwrap();
        world.tick(ROCKET, number, "erin", Pick::Text("Test")).unwrap();
        // The text in which the support team was told is gone: neither that tick nor the next one is certain.
        world.delete_version(ROCKET, number, 2, "bob").unwrap();
    })
    .await;
    app.sweep().await;
    assert_eq!(app.now_says(), "action_required · v1.0.0: 1 of 3 done · 2 open");
    assert_eq!(app.lines(number).await, ["Fuel the tanks \"done\" bob history"]);
    assert_eq!(app.comments(number)[0].matches("did not see by whom").count(), 2);
    app.finish().await;
}

#[tokio::test]
async fn accounts_that_are_gone_and_bots_tick_nothing_unseen() {
    let (app, number) = released(THREE).await;
    app.unseen(|world| {
        world.tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
        world.tick(ROCKET, number, "github-actions[bot]", Pick::Text("Tell")).unwrap();
        world.users.remove("bob");
    })
    .await;
    app.sweep().await;
    assert_eq!(app.now_says(), "action_required · v1.0.0: 0 of 3 done · 3 open");
    let progress = &app.comments(number)[0];
    assert!(
        progress.contains("ticked by ghost, which does not count: the account that did it no longer exists"),
        "{progress}"
    );
    assert!(progress.contains("bots may not tick here"), "{progress}");
    app.finish().await;
}

#[tokio::test]
async fn what_was_refused_stays_refused_though_the_role_is_another_by_now() {
    let (app, number) = released(THREE).await;
    app.github.world().tick(ROCKET, number, "carol", Pick::Text("Fuel")).unwrap();
    app.settle().await;
    app.github.world().set_role(ROCKET, "carol", Some(Role::Write)).unwrap();
    app.unseen(|world| world.tick(ROCKET, number, "carol", Pick::Text("Tell")).unwrap()).await;
    app.sweep().await;
    assert_eq!(
        app.lines(number).await,
        ["!Fuel the tanks \"done\" carol box", "Tell the support team \"done\" carol history"]
    );
    assert_eq!(app.now_says(), "action_required · v1.0.0: 1 of 3 done · 2 open");
    app.finish().await;
}

#[tokio::test]
async fn a_delivery_that_comes_after_all_adds_no_second_line() {
    let (app, number) = released(THREE).await;
    // GitHub keeps a delivery for three days, by the real clock.
    app.github.world().clock = Clock::Real;
    app.github.world().hooks.drop_next = 1;
    app.github.world().tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
    app.settle().await;
    app.sweep().await;
    assert_eq!(app.now_says(), "action_required · v1.0.0: 1 of 3 done · 2 open");
    let round = Redelivery::default().request(&app.holdpoint.context().github).await.unwrap();
    assert_eq!(round.requested, 1);
    app.settle().await;
    assert_eq!(app.lines(number).await, ["Fuel the tanks \"done\" bob history"]);
    assert_eq!(app.now_says(), "action_required · v1.0.0: 1 of 3 done · 2 open");
    app.finish().await;
}

#[tokio::test]
async fn a_box_that_is_ticked_again_in_the_second_in_which_the_history_told_of_it_is_ticked() {
    let (app, number) = released(THREE).await;
    app.unseen(|world| world.tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap()).await;
    let at = app.github.issue(ROCKET, number).unwrap().updated_at;
    app.sweep().await;
    for (tick, says) in [(false, "0 of 3 done · 3 open"), (true, "1 of 3 done · 2 open")] {
        {
            let mut world = app.github.world();
            world.clock = Clock::Counted(at - 1);
            let pick = Pick::Nth(0);
            let done = if tick { World::tick } else { World::untick }(&mut world, ROCKET, number, "bob", pick);
            done.unwrap();
        }
        app.settle().await;
        assert_eq!(app.now_says(), format!("action_required · v1.0.0: {says}"));
    }
    let lines = ["\"done\" bob history", "\"open\" bob box", "\"done\" bob box"].map(|l| format!("Fuel the tanks {l}"));
    assert_eq!(app.lines(number).await, lines);
    app.finish().await;
}

/// A ticked box is unticked and ticked again within one second of GitHub's clock; the deliveries wait.
async fn twice_in_a_second() -> (App, u64) {
    let (app, number) = released(THREE).await;
    app.github.world().tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    app.settle().await;
    let mut world = app.github.world();
    let at = world.now() + 5;
    world.clock = Clock::Counted(at);
    world.untick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    world.clock = Clock::Counted(at);
    world.tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
    drop(world);
    (app, number)
}

#[tokio::test]
async fn a_box_that_is_unticked_and_ticked_again_in_one_second_is_ticked_in_whatever_order_it_is_told() {
    for reverse in [false, true] {
        let (app, number) = twice_in_a_second().await;
        app.github.world().hooks.reverse = reverse;
        app.settle().await;
        assert_eq!(app.now_says(), "action_required · v1.0.0: 1 of 3 done · 2 open", "reversed: {reverse}");
        assert!(app.comments(number)[0].contains("bob"));
        app.finish().await;
    }
}

#[tokio::test]
async fn an_untick_that_is_told_after_the_tick_of_the_same_second_takes_nothing_back() {
    let (app, number) = twice_in_a_second().await;
    let late = app.github.world().hooks.pending.pop_front().unwrap();
    app.settle().await;
    app.github.world().hooks.pending.push_back(late);
    app.settle().await;
    assert_eq!(app.now_says(), "action_required · v1.0.0: 1 of 3 done · 2 open");
    // Nor does the sweep, and somebody who may not is not counted by it.
    app.sweep().await;
    assert_eq!(app.now_says(), "action_required · v1.0.0: 1 of 3 done · 2 open");
    app.github.world().untick(ROCKET, number, "carol", Pick::Nth(0)).unwrap();
    app.settle().await;
    app.unseen(|world| world.tick(ROCKET, number, "carol", Pick::Nth(0)).unwrap()).await;
    app.sweep().await;
    assert_eq!(app.now_says(), "action_required · v1.0.0: 0 of 3 done · 3 open");
    app.finish().await;
}

#[tokio::test]
async fn one_look_finds_a_tick_though_the_same_person_ticked_the_box_in_the_same_second_before() {
    let (app, number) = released(THREE).await;
    let at = {
        let mut world = app.github.world();
        let at = world.now() + 5;
        world.clock = Clock::Counted(at);
        world.tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
        at
    };
    app.settle().await;
    app.unseen(|world| {
        world.clock = Clock::Counted(at);
        world.untick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
        world.clock = Clock::Counted(at);
        world.tick(ROCKET, number, "bob", Pick::Nth(0)).unwrap();
        world.tick(ROCKET, number, "bob", Pick::Nth(1)).unwrap();
    })
    .await;
    app.sweep().await;
    assert_eq!(app.now_says(), "action_required · v1.0.0: 2 of 3 done · 1 open");
    app.finish().await;
}

#[tokio::test]
async fn two_edits_that_cancel_each_other_out_are_found_before_anything_turns_green() {
    for lost in [false, true] {
        let (app, number) = released("- [ ] Fuel the tanks\n- [ ] Close the hatch <!-- hp: owner=@bob -->\n").await;
        app.github.world().tick(ROCKET, number, "bob", Pick::Text("Close")).unwrap();
        app.settle().await;
        app.github.world().tick(ROCKET, number, "erin", Pick::Text("Fuel")).unwrap();
        // Bob takes his tick back, and somebody who may not puts it there again. These deliveries are late, or lost.
        app.github.world().untick(ROCKET, number, "bob", Pick::Text("Close")).unwrap();
        app.github.world().tick(ROCKET, number, "erin", Pick::Text("Close")).unwrap();
        let late: Vec<u64> = app.github.world().hooks.pending.iter().skip(1).copied().collect();
        app.github.world().hooks.pending.retain(|id| !late.contains(id));
        app.settle().await;
        let open = "action_required · v1.0.0: 1 of 2 done · waiting for @bob";
        assert_eq!(app.now_says(), open);
        if !lost {
            app.github.world().hooks.pending.extend(late);
        }
        app.settle().await;
        app.sweep().await;
        assert_eq!(app.now_says(), open);
        app.github.world().untick(ROCKET, number, "bob", Pick::Text("Close")).unwrap();
        app.github.world().tick(ROCKET, number, "bob", Pick::Text("Close")).unwrap();
        app.settle().await;
        assert_eq!(app.now_says(), "success · v1.0.0: 2 of 2 done");
        app.finish().await;
    }
}

#[tokio::test]
async fn a_history_that_cannot_be_had_counts_nothing_and_is_asked_for_again() {
    for (fault, times, now) in [
        (Fault::Status(502), 2, "0 of 3 done"),
        (Fault::Status(404), 1, "0 of 3 done"),
        (Fault::Status(403), 1, "0 of 3 done"),
        (Fault::DropAfter, 2, "0 of 3 done"),
        // Once more helps, and so does waiting for as long as GitHub asks.
        (Fault::DropBefore, 1, "1 of 3 done"),
        (Fault::LimitedInBody, 2, "1 of 3 done"),
        (Fault::RetryAfter(429, 30), 1, "1 of 3 done"),
    ] {
        let (app, number) = released(THREE).await;
        app.unseen(|world| world.tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap()).await;
        app.github.fail_next("POST", "/graphql", fault, times);
        app.sweep().await;
        assert!(app.now_says().contains(now), "{fault:?}: {}", app.now_says());
        app.sweep().await;
        assert!(app.now_says().contains("1 of 3 done"), "{fault:?}: {}", app.now_says());
        assert_eq!(app.lines(number).await, ["Fuel the tanks \"done\" bob history"], "{fault:?}");
        app.finish().await;
    }
}

#[tokio::test]
async fn line_ends_of_browsers_skips_and_texts_that_people_typed_are_read_in_the_history_too() {
    let (app, number) = released(THREE).await;
    app.github.world().knobs.crlf_on_edit = true;
    app.unseen(|world| {
        let body = world.repo(ROCKET).unwrap().issue(number).unwrap().body.clone().unwrap();
        let body = body.replace("Fuel the tanks", "~~Fuel the tanks~~ solar this time");
        world.edit_issue_body(ROCKET, number, "bob", &body).unwrap();
        world.tick(ROCKET, number, "erin", Pick::Text("Tell")).unwrap();
        let body = world.repo(ROCKET).unwrap().issue(number).unwrap().body.clone().unwrap();
        world
            .edit_issue_body(
                ROCKET,
                number,
                "carol",
                &body.replace("Tell the support team", "Tell the support team: Ann"),
            )
            .unwrap();
    })
    .await;
    app.sweep().await;
    assert_eq!(app.now_says(), "action_required · v1.0.0: 1 of 3 done · 1 skipped · 1 open");
    assert!(
        app.comments(number)[0].contains("solar this time (bob (from the edit history)"),
        "{}",
        app.comments(number)[0]
    );
    app.finish().await;
}

#[tokio::test]
async fn after_a_lost_database_the_history_says_who_ticked_and_nothing_is_ticked_twice() {
    let (mut app, number) = released(THREE).await;
    {
        let mut world = app.github.world();
        world.tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
        world.tick(ROCKET, number, "carol", Pick::Text("Tell")).unwrap();
        world.tick(ROCKET, number, "alice", Pick::Text("Test")).unwrap();
    }
    app.settle().await;
    let before = app.now_says();
    assert_eq!(before, "action_required · v1.0.0: 1 of 3 done · 2 open");
    app.lose_database().await;
    app.github.world().untick(ROCKET, number, "erin", Pick::Text("Tell")).unwrap();
    app.github.world().tick(ROCKET, number, "erin", Pick::Text("Tell")).unwrap();
    app.settle().await;
    // Who opened the release is known from the signed line: alice still is no second person.
    assert_eq!(app.now_says(), "action_required · v1.0.0: 2 of 3 done · 1 open");
    assert!(app.comments(number)[0].contains("this item needs a second person"), "{}", app.comments(number)[0]);
    // Who else put the tag there is not known any more, so it takes somebody with maintain access.
    for (who, shown) in [("bob", "action_required"), ("erin", "success")] {
        app.github.world().untick(ROCKET, number, who, Pick::Text("Test")).unwrap();
        app.github.world().tick(ROCKET, number, who, Pick::Text("Test")).unwrap();
        app.settle().await;
        assert!(app.now_says().starts_with(shown), "{}", app.now_says());
    }
    app.finish().await;
}

#[tokio::test]
async fn after_a_lost_database_the_sweep_alone_finds_issue_opener_and_ticks() {
    let (mut app, number) = released(THREE).await;
    {
        let mut world = app.github.world();
        world.tick(ROCKET, number, "bob", Pick::Text("Fuel")).unwrap();
        world.tick(ROCKET, number, "alice", Pick::Text("Test")).unwrap();
    }
    app.settle().await;
    app.lose_database().await;
    // Somebody else's event is the first that is told of the release.
    app.github.world().publish_release(ROCKET, "v1.0.0", "main", "erin", None).unwrap();
    app.settle().await;
    assert_eq!(app.now_says(), "action_required · v1.0.0: 0 of 3 done · 3 open");
    app.sweep().await;
    assert_eq!(app.now_says(), "action_required · v1.0.0: 1 of 3 done · 2 open");
    assert!(app.comments(number)[0].contains("this item needs a second person"), "{}", app.comments(number)[0]);
    app.finish().await;
}

/// People flip two boxes within a second or two, and the deliveries come in any order, in any company, twice, or never. Where
/// one of them may not tick, none is lost: of edits that cancel each other out nothing tells then, and a refusal stays.
async fn flips(seed: u64) {
    let mut dice = Dice(seed);
    let (app, number) = released(THREE).await;
    let at = app.github.world().now() + 5;
    let mut late = Vec::new();
    let mut story = Vec::new();
    let mut last = [""; 2];
    let people: &[&str] = if seed.is_multiple_of(2) { &["alice", "bob"] } else { &["alice", "bob", "carol"] };
    for _ in 0..3 + dice.roll(8) {
        let (person, item) = (people[dice.roll(people.len())], dice.roll(2));
        last[item] = person;
        {
            let mut world = app.github.world();
            world.clock = Clock::Counted(at.max(world.now() - 1) + i64::from(dice.roll(12) == 0));
            let body = world.repo(ROCKET).unwrap().issues[&number].body.clone().unwrap();
            let is_done = body.contains(&format!("- [x] {}", NAMES[item]));
            let act = if is_done { World::untick } else { World::tick };
            act(&mut world, ROCKET, number, person, Pick::Nth(item)).unwrap();
            story.push(format!("{person} {} {item} at {}", if is_done { "unticks" } else { "ticks" }, world.now()));
            late.extend(world.hooks.pending.drain(..));
        }
        if dice.roll(3) == 0 {
            arrive(&app, &mut dice, people.len() == 2, &mut late, &mut story).await;
        }
    }
    while !late.is_empty() {
        arrive(&app, &mut dice, people.len() == 2, &mut late, &mut story).await;
    }
    app.sweep().await;
    app.sweep().await;
    let body = app.github.issue(ROCKET, number).unwrap().body.unwrap();
    let is_done = |(name, last): &(&str, &str)| body.contains(&format!("- [x] {name}")) && *last != "carol";
    let done = NAMES.into_iter().zip(last).filter(is_done).count();
    let says = format!("action_required · v1.0.0: {done} of 3 done · {} open", 3 - done);
    assert_eq!(app.now_says(), says, "seed {seed}: {story:#?}\n{:#?}", app.lines(number).await);
    app.finish().await;
}

const NAMES: [&str; 2] = ["Fuel the tanks", "Tell the support team"];

/// Some of what is late arrives, and is processed.
async fn arrive(app: &App, dice: &mut Dice, lossy: bool, late: &mut Vec<u64>, story: &mut Vec<String>) {
    for _ in 0..=dice.roll(late.len().max(1)) {
        if late.is_empty() {
            break;
        }
        let id = late.remove(dice.roll(late.len()));
        match dice.roll(6) {
            0 if lossy => story.push(format!("{id} is lost")),
            1 => {
                story.push(format!("{id} arrives, and once more later"));
                app.github.world().hooks.pending.push_back(id);
                late.push(id);
            }
            _ => {
                story.push(format!("{id} arrives"));
                app.github.world().hooks.pending.push_back(id);
            }
        }
    }
    app.settle().await;
    late.extend(app.github.world().hooks.pending.drain(..));
}

#[tokio::test]
async fn boxes_that_are_flipped_within_a_second_end_as_they_are_however_they_are_told() {
    for seed in seeds(12) {
        flips(seed).await;
    }
}
