//! Users who act one after another: the tables and the log are compared now and then, and at the end.
//!
//! Every denial is expected for certain. Whose row was missed is found out later, in the background; so before rows are
//! taken away, or a transaction begins, the audit is given the time to record what was missed of their entities.

use std::rc::Rc;

use super::actor::{Actor, Tally};
use super::compare::{clear, compare_log, compare_rows, log_since};
use super::draw::Draw;
use super::operations::Who;
use super::strays::plant;
use crate::databases::TestDb;
use crate::world::World;

/// After so many operations tables and log are compared.
const CHECKPOINT: usize = 100;

/// One run, from empty tables to the last comparison.
pub async fn run<DB: TestDb>(world: &Rc<World<DB>>, seed: u64, operations: usize, tally: &mut Tally) {
    clear(&world.raw).await;
    let mut draw = Draw::new(seed);
    draw.users = (0..3 + draw.below(3)).map(|_| draw.user_to_be()).collect();
    let mut actor = Actor::new(world, draw, format!("{}: USER_SCOPE_SEED={seed}", DB::UUID)).await;
    let (mut last, mut next, mut checkpoints) = (0, CHECKPOINT, 0);
    while actor.done < operations {
        let user = actor.draw.user();
        let who = match actor.draw.below(20) {
            0..11 => Who::User(user),
            11..14 => Who::OwnedBy(user),
            14..19 => Who::Everyone,
            _ => Who::Reader,
        };
        actor.turn(who).await;
        if actor.done >= next || actor.done >= operations {
            next = actor.done + CHECKPOINT;
            world.pool.flush_audit().await;
            let story = || actor.story();
            compare_rows(&world.raw, |kind| actor.house.of(kind).iter().collect(), &story).await;
            compare_log(log_since(&world.raw, &mut last).await, actor.house.expected(), &[], &story);
            actor.house.recorded();
            checkpoints += 1;
            if checkpoints % 2 == 0 && actor.done < operations {
                plant(&world.raw, &mut actor.draw, &mut [&mut actor.house]).await;
            }
        }
    }
    let stats = world.pool.audit_stats();
    assert_eq!((stats.dropped, stats.failed), (0, 0), "{}", actor.story());
    actor.tally.into_iter().for_each(|(what, count)| *tally.entry(what).or_default() += count);
}
