use super::*;

#[tokio::test]
async fn writes_take_turns_and_after_a_burst_go_at_the_pace() {
    let ms = Duration::from_millis;
    let pace = Pace::new(ms(100));
    let began = Instant::now();
    for _ in 0..15 {
        drop(pace.turn(Kind::Create).await);
    }
    let took = began.elapsed();
    assert!((ms(490)..ms(1_400)).contains(&took), "ten at once and five at the pace took {took:?}");
    let held = pace.turn(Kind::Change).await;
    assert!(tokio::time::timeout(ms(50), pace.turn(Kind::Change)).await.is_err(), "one at a time");
    for kind in [Kind::Read, Kind::Check] {
        let beside = tokio::time::timeout(ms(50), pace.turn(kind)).await;
        assert!(beside.is_ok(), "{kind:?} waits for no other kind");
    }
    drop(held);
}

#[tokio::test]
async fn ten_reads_and_four_check_runs_of_an_installation_are_under_way_at_a_time() {
    let ms = Duration::from_millis;
    for (kind, most) in [(Kind::Read, 10), (Kind::Check, 4)] {
        let pace = Pace::new(ms(0));
        let mut turns = Vec::new();
        for _ in 0..most {
            turns.push(pace.turn(kind).await);
        }
        assert!(tokio::time::timeout(ms(50), pace.turn(kind)).await.is_err(), "{kind:?}: {most} at a time");
        turns.pop();
        assert!(tokio::time::timeout(ms(50), pace.turn(kind)).await.is_ok());
    }
}
