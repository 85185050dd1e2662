//! Random histories with hostile people in them, against an oracle that shares nothing with Holdpoint: see `truth`.
//!
//! A failing seed is printed with its shortest history. `HOLDPOINT_SEED=17 cargo test --release --test hostile` replays it;
//! `cargo test --release --test hostile -- --ignored --nocapture` plays many: `HOLDPOINT_HISTORIES` of them (100,000), from
//! `HOLDPOINT_FIRST` (1) on, on `HOLDPOINT_THREADS` threads (2), and ends with the first finding unless
//! `HOLDPOINT_KEEP_GOING` is set.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    clippy::struct_excessive_bools,
    reason = "a test that cannot go on should say so and stop"
)]

mod acts;
mod play;
mod start;
mod steps;
mod truth;

use play::{Finding, Tally, play};
use start::{Kind, Stage};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use steps::Step;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// The same finding with as few steps as possible.
async fn shrink(stage: &mut Stage, kind: Kind, mut steps: Vec<Step>, mut finding: Finding) -> Finding {
    let mut at = steps.len();
    while at > 0 {
        at -= 1;
        let mut fewer = steps.clone();
        fewer.remove(at);
        if let (_, Some(again)) = play(stage, kind, &fewer).await
            && again.class == finding.class
        {
            (steps, finding) = (fewer, again);
        }
    }
    finding.story.push(format!("as steps: {steps:?}"));
    finding
}

async fn seed(stage: &mut Stage, seed: u64) -> (Tally, Option<Finding>) {
    let (kind, steps) = (Kind::of(seed), steps::history(seed));
    let (tally, finding) = play(stage, kind, &steps).await;
    match finding {
        Some(finding) => (tally, Some(shrink(stage, kind, steps, finding).await)),
        None => (tally, None),
    }
}

/// Plays seeds on several threads; the findings.
fn run(first: u64, count: u64, threads: u64, go_on: bool) -> Vec<(u64, Finding)> {
    let next = Arc::new(AtomicU64::new(first));
    let stop = Arc::new(AtomicBool::new(false));
    let findings = Arc::new(Mutex::new(Vec::new()));
    let total = Arc::new(Mutex::new(Tally::default()));
    let began = Instant::now();
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let (next, stop, findings, total) =
                (Arc::clone(&next), Arc::clone(&stop), Arc::clone(&findings), Arc::clone(&total));
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let mut stage = Stage::new().await;
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= first + count || stop.load(Ordering::Relaxed) {
                            return;
                        }
                        let (tally, finding) = seed(&mut stage, number).await;
                        {
                            let mut total = total.lock().unwrap();
                            total.greens += tally.greens;
                            total.yes += tally.yes;
                            total.batches += tally.batches;
                        }
                        if let Some(finding) = finding {
                            println!("seed {number}: {finding}");
                            findings.lock().unwrap().push((number, finding));
                            stop.fetch_or(!go_on, Ordering::Relaxed);
                        }
                        let done = number - first + 1;
                        if done.is_multiple_of(1_000) {
                            println!("{done} histories, {:?}, {:?}", began.elapsed(), total.lock().unwrap());
                        }
                    }
                });
            })
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
    println!("{count} histories from {first}: {:?}, {:?}", began.elapsed(), total.lock().unwrap());
    std::mem::take(&mut *findings.lock().unwrap())
}

fn hold(first: u64, count: u64, threads: u64, go_on: bool) {
    let findings = run(first, count, threads, go_on);
    let seeds: Vec<u64> = findings.iter().map(|(seed, _)| *seed).collect();
    if let Some((seed, finding)) = findings.first() {
        panic!("{} findings, of the seeds {seeds:?}; the first, seed {seed}: {finding}", findings.len());
    }
}

#[test]
fn no_green_is_written_or_left_that_the_world_forbids() {
    match number("HOLDPOINT_SEED") {
        Some(seed) => hold(seed, 1, 1, false),
        None => hold(1, 40, 2, false),
    }
}

#[test]
#[ignore = "it takes an hour: see CONTRIBUTING.md"]
fn histories() {
    let go_on = std::env::var_os("HOLDPOINT_KEEP_GOING").is_some();
    let first = number("HOLDPOINT_FIRST").unwrap_or(1);
    hold(first, number("HOLDPOINT_HISTORIES").unwrap_or(100_000), number("HOLDPOINT_THREADS").unwrap_or(2), go_on);
}
