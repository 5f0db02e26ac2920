//! What only a clock that can be set, or an authentic seal with odd contents, can show.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "in a test a panic with a sentence is how a fault is told"
)]

use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::identifier::IdKind;

const MINUTE: i64 = 60_000_000;

fn alice() -> UserContext {
    UserContext::new(Uuid::from_u128(1)).expect("a user")
}

#[test]
fn a_seal_is_valid_until_its_time_and_not_a_moment_longer() {
    let key = ContextKey::generate().expect("a key");
    let sealed = key.seal_at(&alice(), "mails", Duration::from_secs(60), 0).expect("sealed");
    let open = |now| key.open_at::<Uuid>(&sealed, "mails", now);
    assert_eq!(open(0).ok(), Some(alice()));
    assert_eq!(open(MINUTE - 1).ok(), Some(alice()));
    assert!(matches!(open(MINUTE), Err(Error::SealExpired)));
    assert!(matches!(open(i64::MAX), Err(Error::SealExpired)));
    assert_eq!(open(-5 * MINUTE).ok(), Some(alice()), "the clocks of two machines differ");
    assert!(matches!(open(-5 * MINUTE - 1), Err(Error::SealRefused)), "this clock cannot tell what has expired");
    for now in [i64::MIN, 0, i64::MAX - 1] {
        let forever = key.seal_at(&alice(), "mails", Duration::MAX, now).expect("sealed");
        assert_eq!(key.open_at(&forever, "mails", now).ok(), Some(alice()), "{now}");
    }
}

#[test]
fn who_is_no_user_is_refused_even_in_a_seal_of_ours() {
    let key = ContextKey::generate().expect("a key");
    let open = |kind, user: &str| {
        let contents = Contents { kind, user: user.to_owned(), issued_at: 0, expires_at: MINUTE };
        let sealed = key.newest.seal(&contents, "mails").expect("sealed");
        match kind {
            IdKind::Uuid => key.open_at::<Uuid>(&sealed, "mails", 0).map(drop),
            IdKind::Integer => key.open_at::<i64>(&sealed, "mails", 0).map(drop),
            IdKind::Text => key.open_at::<String>(&sealed, "mails", 0).map(drop),
        }
    };
    let nil = "00000000-0000-0000-0000-000000000000";
    for (kind, user) in [(IdKind::Uuid, nil), (IdKind::Integer, "0"), (IdKind::Text, ""), (IdKind::Text, "system")] {
        assert!(matches!(open(kind, user), Err(Error::ReservedUser)), "{user:?}");
    }
    assert!(open(IdKind::Integer, "-7").is_ok());
    for (kind, user) in [(IdKind::Uuid, "alice"), (IdKind::Uuid, ""), (IdKind::Integer, "9223372036854775808")] {
        assert!(matches!(open(kind, user), Err(Error::SealRefused)), "{user:?}");
    }
}

#[test]
fn contents_that_cannot_be_read_are_refused() {
    for bytes in [&[][..], &[1], &[1; 16], &[9; 60], &[&[3][..], &[0; 8], &[127; 8], &[0xff]].concat()] {
        assert!(matches!(Contents::caller::<String>(bytes, 0), Err(Error::SealRefused)), "{bytes:?}");
    }
}

#[test]
fn a_version_that_is_not_known_is_refused() {
    let key = ContextKey::generate().expect("a key");
    let mut bytes = key.seal(&alice(), "mails", Duration::MAX).expect("sealed").as_bytes().to_vec();
    *bytes.first_mut().expect("a version") = 2;
    assert!(matches!(key.open::<Uuid>(&SealedContext::from_bytes(bytes), "mails"), Err(Error::SealRefused)));
}

#[test]
fn two_keys_that_have_one_id_by_chance_both_open() {
    let (mut new, mut old) = (ContextKey::generate().expect("a key"), ContextKey::generate().expect("a key"));
    (new.newest.id, old.newest.id) = ([7; 4], [7; 4]);
    let by_both = [&new, &old].map(|key| key.seal(&alice(), "mails", Duration::MAX).expect("sealed"));
    let ring = new.with_previous(old);
    for sealed in by_both {
        assert_eq!(ring.open(&sealed, "mails").ok(), Some(alice()));
    }
}

#[test]
fn no_nonce_is_used_twice() {
    let key = ContextKey::generate().expect("a key");
    let nonces: std::collections::HashSet<Vec<u8>> = (0..1_000)
        .map(|_| key.seal_at(&alice(), "mails", Duration::MAX, 0).expect("sealed"))
        .map(|sealed| sealed.as_bytes()[1 + KEY_ID..][..NONCE].to_vec())
        .collect();
    assert_eq!(nonces.len(), 1_000);
    assert!(!nonces.contains(&[0; NONCE][..]), "this one is for the id of the key");
}

#[test]
fn the_id_of_a_key_is_its_own() {
    let bytes: [u8; 32] = Generate::try_generate().expect("random numbers");
    let id = |bytes: &[u8; 32]| ContextKey::new(bytes).expect("a key").newest.id;
    assert_eq!(id(&bytes), id(&bytes));
    let mut other = bytes;
    other[31] ^= 1;
    assert_ne!(id(&bytes), id(&other));
}
