//! Users who act all at once, each in a task of his own, on one pool.
//!
//! Nobody may reach another's rows, so each has a model of his own rows, and it says what he must be given whatever the
//! others do. They ask for one another's rows, which come and go: only the denials of those that are there until the end
//! are certain, and these are rows of somebody who does nothing. Others may be on record or not. At the end all models
//! together must be what is in the tables, and in the log. Nobody acts on the rows of all, nor gives rows away.

use std::cell::RefCell;
use std::rc::Rc;

use tokio::task::LocalSet;

use super::actor::{Actor, Tally};
use super::compare::{clear, compare_log, compare_rows, log_since};
use super::draw::Draw;
use super::house::Stranger;
use super::kinds::Kind;
use super::operations::Who;
use super::strays::plant;
use crate::databases::TestDb;
use crate::world::World;

const USERS: usize = 4;

/// How many operations the one has done who then does nothing.
const SETTLED: usize = 150;

/// How many each of the others has done before strays are planted among their rows.
const BEGINNING: usize = 100;

pub async fn run<DB: TestDb>(world: &Rc<World<DB>>, seed: u64, operations: usize, tally: &mut Tally) {
    clear(&world.raw).await;
    let mut draw = Draw::new(seed);
    draw.keeps = true;
    draw.users = (0..=USERS).map(|_| draw.user_to_be()).collect();
    let strangers: Rc<RefCell<Vec<Stranger>>> = Rc::default();
    let mut actors = Vec::with_capacity(draw.users.len());
    for (number, user) in draw.users.clone().into_iter().enumerate() {
        let mut own = Draw::new(seed ^ (number as u64) << 32);
        (own.users, own.keeps) = (draw.users.clone(), true);
        let name = format!("{}, user {number}: USER_SCOPE_SEED={seed}", DB::UUID);
        let mut actor = Actor::new(world, own, name).await;
        actor.house.strangers = Rc::clone(&strangers);
        actors.push((user, actor));
    }
    let (user, settled) = actors.pop().expect("an actor");
    let settled = act(settled, user, SETTLED).await;
    strangers.borrow_mut().iter_mut().for_each(|row| row.stays = true);
    let is_there = |row: &Stranger| settled.house.of(row.kind).iter().any(|own| own.id == row.id);
    strangers.borrow_mut().retain(is_there);

    let mut beginners = Vec::with_capacity(USERS);
    for (user, actor) in actors {
        beginners.push((user, act(actor, user, BEGINNING).await));
    }
    world.pool.flush_audit().await;
    let mut houses: Vec<_> = beginners.iter_mut().map(|(_, actor)| &mut actor.house).collect();
    plant(&world.raw, &mut draw, &mut houses).await;

    let tasks = LocalSet::new();
    let acts = |(user, actor)| tasks.spawn_local(act(actor, user, operations / USERS));
    let acting: Vec<_> = beginners.into_iter().map(acts).collect();
    tasks.await;
    let mut actors = vec![settled];
    for actor in acting {
        actors.push(actor.await.expect("a user who met nothing wrong"));
    }

    world.pool.flush_audit().await;
    let story = || format!("all at once: USER_SCOPE_SEED={seed}");
    let of = |kind: Kind| actors.iter().flat_map(|actor| actor.house.of(kind)).collect();
    compare_rows(&world.raw, of, &story).await;
    let expected = actors.iter().flat_map(|actor| actor.house.expected()).collect();
    let possible: Vec<String> = actors.iter().flat_map(|actor| actor.house.possible.clone()).collect();
    compare_log(log_since(&world.raw, &mut 0).await, expected, &possible, &story);
    let stats = world.pool.audit_stats();
    assert_eq!((stats.dropped, stats.failed), (0, 0), "{}", story());
    for (what, count) in actors.into_iter().flat_map(|actor| actor.tally) {
        *tally.entry(what).or_default() += count;
    }
}

async fn act<DB: TestDb>(mut actor: Actor<DB>, user: user_scope::Uuid, operations: usize) -> Actor<DB> {
    while actor.done < operations {
        let who = if actor.draw.chance(85) { Who::User(user) } else { Who::OwnedBy(user) };
        actor.turn(who).await;
    }
    actor
}
