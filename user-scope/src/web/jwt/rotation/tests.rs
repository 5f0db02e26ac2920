//! What only a clock that can be set shows: when keys are read, by whom, and until when old ones are good.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "in a test a panic with a sentence is how a fault is told"
)]

use std::collections::VecDeque;
use std::sync::Mutex as Blocking;
use std::sync::atomic::{AtomicUsize, Ordering};

use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::oneshot;
use tokio::time::advance;

use super::super::key_set::Key;
use super::*;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

type Answer = Result<KeySet, KeyError>;

/// What is read: as many readings as were begun, each of which ends when the test says so.
#[derive(Clone, Default)]
struct Issuer {
    begun: Arc<AtomicUsize>,
    ends: Arc<Blocking<VecDeque<oneshot::Receiver<Answer>>>>,
}

impl Issuer {
    /// How the next reading ends, once something is sent.
    fn next(&self) -> oneshot::Sender<Answer> {
        let (end, ended) = oneshot::channel();
        self.ends.lock().expect("not poisoned").push_back(ended);
        end
    }

    fn answers(&self, answer: Answer) {
        assert!(self.next().send(answer).is_ok(), "nobody has dropped it");
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    async fn rotation(&self) -> Arc<Rotation> {
        self.answers(Ok(keys()));
        let issuer = self.clone();
        let reader: Reader = Box::new(move || {
            issuer.begun.fetch_add(1, Ordering::SeqCst);
            let end = issuer.ends.lock().expect("not poisoned").pop_front().expect("an answer");
            Box::pin(async move { end.await.expect("an end") })
        });
        Arc::new(Rotation::with(reader, TIMES).await.expect("keys"))
    }
}

fn keys() -> KeySet {
    KeySet::of_one(Key::new(Algorithm::HS256, DecodingKey::from_secret(&[7; 32])))
}

fn failure() -> Answer {
    Err(KeyError::NotAKeySet)
}

#[tokio::test(start_paused = true)]
async fn keys_are_read_again_when_they_are_five_minutes_old() {
    let issuer = Issuer::default();
    let rotation = issuer.rotation().await;
    let first = rotation.keys().await.expect("keys");
    advance(5 * MINUTE - SECOND).await;
    assert!(Arc::ptr_eq(&first, &rotation.keys().await.expect("keys")));
    advance(SECOND).await;
    issuer.answers(Ok(keys()));
    assert!(!Arc::ptr_eq(&first, &rotation.keys().await.expect("keys")));
    assert_eq!(issuer.begun(), 2);
}

#[tokio::test(start_paused = true)]
async fn while_one_request_reads_others_go_on_with_the_old_keys() {
    let issuer = Issuer::default();
    let rotation = issuer.rotation().await;
    let old = rotation.keys().await.expect("keys");
    advance(6 * MINUTE).await;
    let end = issuer.next();
    let reads = tokio::spawn({
        let rotation = Arc::clone(&rotation);
        async move { rotation.keys().await }
    });
    tokio::task::yield_now().await;
    assert_eq!(issuer.begun(), 2);
    assert!(Arc::ptr_eq(&old, &rotation.keys().await.expect("at once")));
    assert!(end.send(Ok(keys())).is_ok());
    let new = reads.await.expect("no panic").expect("keys");
    assert!(!Arc::ptr_eq(&old, &new));
    assert!(Arc::ptr_eq(&new, &rotation.keys().await.expect("keys")));
    assert_eq!(issuer.begun(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_name_makes_one_reading_for_all_who_come_meanwhile() {
    let issuer = Issuer::default();
    let rotation = issuer.rotation().await;
    let old = rotation.keys().await.expect("keys");
    advance(11 * SECOND).await;
    let end = issuer.next();
    let ask = || {
        let (rotation, old) = (Arc::clone(&rotation), Arc::clone(&old));
        tokio::spawn(async move { rotation.after(&old).await })
    };
    let waiting = [ask(), ask(), ask()];
    tokio::task::yield_now().await;
    assert!(waiting.iter().all(|task| !task.is_finished()));
    assert!(end.send(Ok(keys())).is_ok());
    for task in waiting {
        assert!(!Arc::ptr_eq(&old, &task.await.expect("no panic")));
    }
    assert_eq!(issuer.begun(), 2);
}

#[tokio::test(start_paused = true)]
async fn unknown_names_make_one_reading_in_ten_seconds_at_most() {
    let issuer = Issuer::default();
    let rotation = issuer.rotation().await;
    for _ in 0..100 {
        // The first reading has just been.
        rotation.after(&rotation.keys().await.expect("keys")).await;
    }
    assert_eq!(issuer.begun(), 1);
    for round in 2..5 {
        advance(10 * SECOND).await;
        issuer.answers(if round % 2 == 0 { Ok(keys()) } else { failure() });
        for _ in 0..100 {
            rotation.after(&rotation.keys().await.expect("keys")).await;
        }
        assert_eq!(issuer.begun(), round);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_reading_leaves_the_old_keys_for_an_hour_and_no_longer() {
    let issuer = Issuer::default();
    let rotation = issuer.rotation().await;
    let old = rotation.keys().await.expect("keys");
    for _ in 0..11 {
        advance(5 * MINUTE).await;
        issuer.answers(failure());
        assert!(Arc::ptr_eq(&old, &rotation.keys().await.expect("the old ones")));
    }
    advance(5 * MINUTE - SECOND).await;
    issuer.answers(failure());
    assert!(rotation.keys().await.is_ok(), "a second is left");
    advance(SECOND).await;
    assert!(matches!(rotation.keys().await, Err(TokenError::KeysUnavailable)));
    advance(10 * SECOND).await;
    issuer.answers(failure());
    assert!(matches!(rotation.keys().await, Err(TokenError::KeysUnavailable)));
    assert!(matches!(rotation.keys().await, Err(TokenError::KeysUnavailable)), "and nothing is read for it");
    advance(10 * SECOND).await;
    issuer.answers(Ok(keys()));
    assert!(rotation.keys().await.is_ok(), "it is there again");
}

#[tokio::test(start_paused = true)]
async fn after_a_quiet_night_everybody_waits_for_new_keys_and_nobody_is_refused() {
    let issuer = Issuer::default();
    let rotation = issuer.rotation().await;
    advance(8 * 60 * MINUTE).await;
    let end = issuer.next();
    let ask = || {
        let rotation = Arc::clone(&rotation);
        tokio::spawn(async move { rotation.keys().await })
    };
    let waiting = [ask(), ask(), ask()];
    tokio::task::yield_now().await;
    assert!(end.send(Ok(keys())).is_ok());
    for task in waiting {
        assert!(task.await.expect("no panic").is_ok());
    }
    assert_eq!(issuer.begun(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_reading_whose_request_went_away_is_ended_by_the_next() {
    let issuer = Issuer::default();
    let rotation = issuer.rotation().await;
    let old = rotation.keys().await.expect("keys");
    advance(11 * SECOND).await;
    let end = issuer.next();
    for _ in 0..50 {
        // Who asks and hangs up makes no more readings than others.
        let asks = tokio::time::timeout(Duration::from_millis(1), rotation.after(&old));
        assert!(asks.await.is_err());
    }
    assert_eq!(issuer.begun(), 2);
    assert!(end.send(Ok(keys())).is_ok());
    assert!(!Arc::ptr_eq(&old, &rotation.after(&old).await), "and keeps nobody from the new keys");
    assert_eq!(issuer.begun(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_was_left_for_long_is_begun_anew() {
    let issuer = Issuer::default();
    let rotation = issuer.rotation().await;
    let old = rotation.keys().await.expect("keys");
    advance(11 * SECOND).await;
    let left = issuer.next();
    assert!(tokio::time::timeout(SECOND, rotation.after(&old)).await.is_err());
    assert!(left.send(Ok(keys())).is_ok(), "what it would tell is old by now");
    advance(10 * SECOND).await;
    issuer.answers(failure());
    assert!(Arc::ptr_eq(&old, &rotation.after(&old).await));
    assert_eq!(issuer.begun(), 3);
}

#[tokio::test(start_paused = true)]
async fn keys_that_cannot_be_read_at_the_start_are_an_error() {
    let reader: Reader = Box::new(|| Box::pin(async { failure() }));
    assert!(matches!(Rotation::open(reader).await, Err(KeyError::NotAKeySet)));
}
