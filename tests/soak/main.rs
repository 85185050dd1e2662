//! A soak of the real program: ten tenants work as they do, first alone, and then beside strangers who send what hurts most:
//! half requests, large bodies without a signature, large step files from forks, floods of commands, and four repositories in
//! which something happens all the time. GitHub is the stand-in, a tenth of a second away.
//!
//! `cargo test --release --test soak -- --ignored --nocapture soak` takes a quarter of an hour and prints a table;
//! `HOLDPOINT_SOAK_SECONDS` is how long the strangers go on (600). It ends with an error where memory goes beyond 150 MB, or
//! where anything that was accepted is lost. `… --nocapture load` prints how long people wait where GitHub is further away. Times are printed and nothing else: the machine is shared.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on should say so and stop"
)]

mod load;
mod noise;
mod program;
mod work;

use holdpoint::sandbox::{AppKey, Clock, Delivering, Fault, Options, Sandbox, World};
use program::Program;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use work::{Times, Work};

/// What the process may have in memory.
const MAX_MEMORY: u64 = 150_000_000;
/// How long every answer of GitHub takes.
const LATENCY: Duration = Duration::from_millis(100);
/// How long what is left may take once the strangers are gone.
const PATIENCE: Duration = Duration::from_secs(600);

fn seconds() -> u64 {
    std::env::var("HOLDPOINT_SOAK_SECONDS").ok().map_or(600, |text| text.parse().expect("a number"))
}

#[test]
#[ignore = "it takes a quarter of an hour: see CONTRIBUTING.md"]
fn soak() {
    block_on(run(Duration::from_secs(seconds())));
}

fn block_on(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(future);
}

#[test]
#[ignore = "it takes a minute: see CONTRIBUTING.md"]
fn load_of_a_busy_repository() {
    block_on(load::print_busy_repository());
}

#[test]
#[ignore = "it takes some minutes: see CONTRIBUTING.md"]
fn load_beside_a_look_at_a_large_repository() {
    block_on(load::print_looked_at_as_a_whole());
}

#[test]
#[ignore = "it takes a minute: see CONTRIBUTING.md"]
fn load_of_many_repositories() {
    block_on(load::print_many_repositories());
}

async fn run(strangers: Duration) {
    let mut world = World::standard();
    world.clock = Clock::Real;
    let app = world.app_id;
    world.apps.get_mut(&app).unwrap().webhook_secret = "a secret of more than thirty-two characters".to_owned();
    work::set_up(&mut world);
    let heads = noise::set_up(&mut world);
    let options =
        Options { key: Some(AppKey::generate().unwrap()), delivering: Delivering::AtOnce, ..Options::default() };
    let github = Arc::new(Sandbox::start_with(world, options).await.unwrap());
    github.fail_next("*", "/", Fault::Delay(LATENCY), u32::MAX);
    let program = Arc::new(Program::start(&github).await);
    work::begin(&github).await;

    let quiet = strangers / 5;
    let alone = measure(&github, &program, quiet).await;
    let stop = CancellationToken::new();
    let sent = noise::start(&github, &program, heads, &stop);
    let beside = measure(&github, &program, strangers).await;
    stop.cancel();
    let began = Instant::now();
    let left = program.drain(&github, PATIENCE).await;
    let drained = began.elapsed();

    println!("\n{} s alone, {} s beside strangers, on {}\n", quiet.as_secs(), strangers.as_secs(), cores());
    println!("| | alone | beside strangers |\n|---|---|---|");
    for (what, of) in
        [("a pull request's review", Times::reviews as fn(&Times) -> &work::Series), ("a tick", Times::ticks)]
    {
        let [one, other] = [&alone, &beside].map(|phase| of(&phase.times).sentence());
        println!("| {what}, from the delivery to the check | {one} | {other} |");
    }
    println!("| memory at most | {} MB | {} MB |", alone.memory / 1_000_000, beside.memory / 1_000_000);
    println!("\n{sent}\n");
    println!("{left}, {} s after the strangers had gone", drained.as_secs());
    let memory = alone.memory.max(beside.memory).max(program.memory());
    assert!(memory < MAX_MEMORY, "the process had {memory} bytes in memory");
    left.assert_nothing_lost();
    work::assert_all_checked(&github);
    assert!(github.violations().is_empty(), "{:?}", github.violations());
}

fn cores() -> String {
    let count = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!("{count} cores, which GitHub and the strangers share")
}

/// What a stretch of time amounted to.
struct Phase {
    times: Times,
    memory: u64,
}

/// Lets the tenants work for a while.
async fn measure(github: &Arc<Sandbox>, program: &Arc<Program>, long: Duration) -> Phase {
    let stop = CancellationToken::new();
    let work = Work::start(github, &stop);
    let began = Instant::now();
    let mut memory = 0;
    while began.elapsed() < long {
        memory = memory.max(program.memory());
        assert!(program.runs(), "the process ended");
        // The stand-in would keep every answer, of which some are large.
        github.clear_exchanges();
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    stop.cancel();
    Phase { times: work.end().await, memory }
}
