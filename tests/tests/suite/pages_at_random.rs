//! Pages of random rows in random orders, against sorting in memory.

use std::cmp::Ordering;

use proptest::prelude::*;
use user_scope::Predicate;

use super::pages::pages;
use super::samples::{Key, Sample, SampleDb, TEXT, for_all, insert, order, rows, world};
use super::world::user;

on_each_database!(pages_are_what_sorting_in_memory_gives);

/// NULL last, in either direction.
fn compare((column, descending): Key, a: &Sample, b: &Sample) -> Ordering {
    fn nullable<V: PartialOrd>(descending: bool, a: Option<V>, b: Option<V>) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) => not_null(descending, &a, &b),
            (a, b) => a.is_none().cmp(&b.is_none()),
        }
    }
    fn not_null<V: PartialOrd>(descending: bool, a: &V, b: &V) -> Ordering {
        let order = a.partial_cmp(b).unwrap();
        if descending { order.reverse() } else { order }
    }
    match column {
        1 => not_null(descending, &a.word, &b.word),
        2 => not_null(descending, &a.at, &b.at),
        3 => nullable(descending, a.number, b.number),
        4 => nullable(descending, a.share, b.share),
        5 => nullable(descending, a.day, b.day),
        _ => not_null(descending, &a.id, &b.id),
    }
}

type Filter = (Predicate<Sample>, fn(&Sample) -> bool);

fn filter(index: usize) -> Option<Filter> {
    let filters: [Filter; 4] = [
        (Sample::NUMBER.ge(0), |sample| sample.number.is_some_and(|number| number >= 0)),
        (Sample::NUMBER.is_null().or(Sample::WORD.ne("a")), |sample| sample.number.is_none() || sample.word != "a"),
        (!Sample::SHARE.eq(0.0), |sample| sample.share.is_some_and(|share| share != 0.0)),
        (Sample::WORD.like("b%"), |sample| sample.word.starts_with('b')),
    ];
    filters.into_iter().nth(index)
}

async fn pages_are_what_sorting_in_memory_gives<DB: SampleDb>() {
    let world = world::<DB>().await;
    let keys = prop::collection::vec((0..7_usize, any::<bool>()), 0..=3);
    let cases = (rows(0..40), keys, 0..8_usize, 1..15_u32);
    for_all(96, cases, move |runtime, (rows, keys, which, size)| {
        runtime.block_on(async {
            // Rows of others are there from the cases before.
            let user = user();
            let mut expected = insert(&world, &user, rows).await;
            let (predicate, holds) = filter(which).unzip();
            expected.retain(holds.unwrap_or(|_| true));
            // Equal rows go on in the direction of the last key; 6 stands for the id.
            let is_new = |place: usize| keys[..place].iter().all(|(column, _)| *column != keys[place].0);
            let last = (0..keys.len()).rev().find(|place| is_new(*place));
            let tie = (6, last.is_some_and(|place| keys[place].1));
            expected.sort_by(|a, b| {
                let by_keys = keys.iter().chain([&tie]).map(|key| compare(*key, a, b));
                by_keys.fold(Ordering::Equal, Ordering::then)
            });
            let samples = world.pool.repository::<Sample>(&user);
            let order: Vec<_> = keys.iter().copied().map(order).collect();
            let found = pages(samples, predicate.clone(), &order, size).await;
            let (last, full) = found.split_last().unwrap();
            assert!(full.iter().all(|page| page.len() == size as usize) && last.len() <= size as usize);
            let found = found.concat();
            if keys.iter().all(|(column, _)| *column != TEXT) {
                assert_eq!(found, expected);
            }
            let query = predicate.map_or(samples.query(), |predicate| samples.query().filter(predicate));
            let query = order.into_iter().fold(query, |query, order| query.order_by(order));
            assert_eq!(found, query.order_by(super::samples::order(tie)).all().await.unwrap());
        });
    })
    .await;
}
