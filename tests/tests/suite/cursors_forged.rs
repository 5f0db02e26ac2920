//! Cursors that were damaged, or forged with a good checksum: an error or one's own rows, and never a panic.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use user_scope::{Cursor, Error, UserContext};

use super::samples::{Key, Sample, SampleDb, TEXT, for_all, insert, order, rows, world};
use super::world::{World, user};

on_each_database!(a_damaged_cursor_is_refused, a_forged_cursor_gives_ones_own_rows_or_is_refused);

/// An order of every type, in which a cursor can be anything.
const EVERY_COLUMN: [Key; 6] = [(3, true), (2, true), (5, false), (4, false), (TEXT, true), (1, false)];

/// A cursor of the first user, and the rows of both.
async fn world_of_two<DB: SampleDb>() -> (World<DB>, UserContext, String) {
    let (world, alice, bob) = (world::<DB>().await, user(), user());
    for user in [&alice, &bob] {
        let mut runner = TestRunner::deterministic();
        let rows = rows(20).new_tree(&mut runner).unwrap().current();
        insert(&world, user, rows).await;
    }
    let query = world.pool.repository::<Sample>(&alice).query();
    let query = EVERY_COLUMN.into_iter().map(order).fold(query, |query, order| query.order_by(order));
    let cursor = query.page(3, None).await.unwrap().next.unwrap().to_string();
    (world, alice, cursor)
}

/// What comes of a cursor that somebody made: one's own rows, or that error.
async fn try_cursor<DB: SampleDb>(world: &World<DB>, user: &UserContext, cursor: &str) -> Result<(), String> {
    let Ok(cursor) = cursor.parse::<Cursor>() else { return Err("no cursor".into()) };
    let query = world.pool.repository::<Sample>(user).query();
    let query = EVERY_COLUMN.into_iter().map(order).fold(query, |query, order| query.order_by(order));
    match query.page(100, cursor).await {
        Ok(page) => {
            assert!(page.rows.iter().all(|sample| sample.user_id == *user.user()), "a foreign row");
            Ok(())
        }
        Err(error @ Error::InvalidCursor { entity: "samples", .. }) => Err(error.to_string()),
        Err(other) => panic!("{other:?}"),
    }
}

async fn a_damaged_cursor_is_refused<DB: SampleDb>() {
    let (world, alice, cursor) = world_of_two::<DB>().await;
    try_cursor(&world, &alice, &cursor).await.unwrap();
    for at in 0..cursor.len() {
        try_cursor(&world, &alice, &cursor[..at]).await.unwrap_err();
        for other in ['A', 'z', '-', '=', '\0', 'é', '\u{1F980}'] {
            let damaged = format!("{}{other}{}", &cursor[..at], &cursor[at + 1..]);
            if damaged != cursor {
                try_cursor(&world, &alice, &damaged).await.unwrap_err();
            }
        }
    }
    for longer in [format!("{cursor}A"), format!("{cursor}{cursor}"), cursor.repeat(1_000), " ".to_owned() + &cursor] {
        try_cursor(&world, &alice, &longer).await.unwrap_err();
    }
    let texts = prop_oneof!["\\PC{0,60}", "[A-Za-z0-9_-]{0,200}"];
    for_all(500, texts, move |runtime, text| {
        runtime.block_on(try_cursor(&world, &alice, &text)).unwrap_err();
    })
    .await;
}

const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn bits(bytes: impl Iterator<Item = usize>, of: usize, into: usize) -> Vec<usize> {
    let bits: Vec<_> = bytes.flat_map(|byte| (0..of).rev().map(move |bit| byte >> bit & 1)).collect();
    bits.chunks(into).map(|chunk| (0..into).fold(0, |n, at| n << 1 | chunk.get(at).unwrap_or(&0))).collect()
}

/// The bytes of a cursor, without its checksum: version, fingerprint, values.
fn content(cursor: &str) -> Vec<u8> {
    let digits = cursor.bytes().map(|digit| DIGITS.iter().position(|d| *d == digit).unwrap());
    let mut bytes: Vec<_> = bits(digits, 6, 8).into_iter().map(|byte| byte as u8).collect();
    bytes.truncate(cursor.len() * 6 / 8 - 8);
    bytes
}

/// A cursor that is not damaged, and not one of ours either: the checksum is no secret.
fn forge(content: &[u8]) -> String {
    let hash = content.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul((1 << 88) + 0x13b)
    });
    let bytes = content.iter().copied().chain((hash as u64).to_be_bytes());
    bits(bytes.map(usize::from), 8, 6).into_iter().map(|digit| DIGITS[digit] as char).collect()
}

async fn a_forged_cursor_gives_ones_own_rows_or_is_refused<DB: SampleDb>() {
    let (world, alice, cursor) = world_of_two::<DB>().await;
    let original = content(&cursor);
    assert_eq!(forge(&original), cursor);
    // No values, one that is NULL where none can be, and one too many.
    let without_id = &original[..original.len() - 25];
    for content in [&original[..17], &[without_id, &[0]].concat(), &[&original[..], &[0]].concat()] {
        try_cursor(&world, &alice, &forge(content)).await.unwrap_err();
    }
    let bytes = || prop_oneof![prop::collection::vec(any::<u8>(), 0..20), "[ -~]{0,12}".prop_map(String::into_bytes)];
    // Some bytes of it changed, or values of any kind, or whatever there is.
    let changed = prop::collection::vec((0..original.len(), any::<u8>()), 1..4).prop_map({
        let original = original.clone();
        move |changes| {
            let mut content = original.clone();
            changes.into_iter().for_each(|(at, byte)| content[at] = byte);
            content
        }
    });
    let number = any::<[u8; 8]>();
    let value = prop_oneof![
        1 => Just(vec![0]),
        3 => (1..6_u8, number).prop_map(|(mark, number)| [vec![mark], number.to_vec()].concat()),
        6 => (3..5_u8, bytes()).prop_map(|(mark, bytes)| {
            [vec![mark], (bytes.len() as u64).to_be_bytes().to_vec(), bytes].concat()
        }),
        4 => prop::sample::select(vec![8, 4, 16]).prop_flat_map(|length| prop::collection::vec(any::<u8>(), length))
            .prop_map(|bytes| [vec![4], (bytes.len() as u64).to_be_bytes().to_vec(), bytes].concat()),
    ];
    let head = original[..17].to_vec();
    let made = prop::collection::vec(value, 7).prop_map({
        let head = head.clone();
        move |values| [head.clone(), values.concat()].concat()
    });
    let whatever = bytes().prop_map(move |bytes| [head.clone(), bytes].concat());
    for_all(600, prop_oneof![3 => changed, 3 => made, 1 => whatever], move |runtime, content| {
        // Either is well; a panic is not, nor another error.
        let _ = runtime.block_on(try_cursor(&world, &alice, &forge(&content)));
    })
    .await;
}
