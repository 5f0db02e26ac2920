//! A caller who was sealed for a queue comes out of it as he went in, or not at all.

use std::time::Duration;

use proptest::prelude::*;
use user_scope::{ContextKey, Error, Identifier, SealedContext, Stores, UserContext, UserScoped, Uuid};

use super::databases::TestDb;
use super::entities::Task;
use super::world::{World, new_task, user};

on_each_database!(a_worker_does_the_work_as_the_user_who_asked, a_column_that_holds_no_seal_is_an_error);

const HOUR: Duration = Duration::from_secs(3_600);

/// A table of jobs that is an entity itself: a worker reads it in system mode.
#[derive(Debug, PartialEq, UserScoped)]
#[user_scoped(table = "jobs")]
struct Job {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    title: String,
    caller: SealedContext,
}

async fn with_jobs<DB: TestDb>() -> World<DB> {
    let world = World::<DB>::open().await;
    let uuid = DB::UUID;
    let table = format!("CREATE TABLE jobs (id {uuid} PRIMARY KEY, user_id {uuid} NOT NULL, title TEXT, caller TEXT)");
    DB::run(&world.raw, &table).await.unwrap();
    world.open_to_the_application().await;
    world
}

async fn a_worker_does_the_work_as_the_user_who_asked<DB: TestDb + Stores<Job>>() {
    let (world, key, alice) = (with_jobs::<DB>().await, key(), user());
    let jobs = world.pool.repository::<Job>(&alice);
    let caller = key.seal(&alice, "tasks", HOUR).unwrap();
    jobs.insert(NewJob { title: "written by the worker".into(), caller }).await.unwrap();

    let system = world.system().await;
    let job = system.repository::<Job>().query().first().await.unwrap().expect("a job");
    assert!(matches!(key.open::<Uuid>(&job.caller, "mails"), Err(Error::SealRefused)));
    let caller = key.open(&job.caller, "tasks").unwrap();
    world.pool.repository::<Task>(&caller).insert(new_task(&job.title)).await.unwrap();

    let task = world.pool.repository::<Task>(&alice).query().first().await.unwrap().expect("a task");
    assert_eq!((task.user_id, task.title.as_str()), (*alice.user(), "written by the worker"));
    let log = world.log().await;
    let created = log.iter().find(|line| line.entity_type == "tasks" && line.operation == "create").expect("recorded");
    assert_eq!(created.user_id, alice.user().to_string());
    let everything = format!("{log:?}");
    assert!(!everything.contains(&job.caller.to_string()), "a seal stands in the log: {everything}");
}

async fn a_column_that_holds_no_seal_is_an_error<DB: TestDb + Stores<Job>>() {
    let (world, alice) = (with_jobs::<DB>().await, user());
    let jobs = world.pool.repository::<Job>(&alice);
    let caller = key().seal(&alice, "tasks", HOUR).unwrap();
    let job = jobs.insert(NewJob { title: "x".into(), caller }).await.unwrap();
    assert_eq!(jobs.get(&job.id).await.unwrap(), job);
    DB::run(&world.raw, "UPDATE jobs SET caller = 'alice'").await.unwrap();
    let error = jobs.get(&job.id).await.unwrap_err();
    assert!(matches!(error, Error::Decode { .. }), "{error:?}");
}

#[test]
fn nothing_of_the_user_or_the_key_is_shown() {
    let (alice, text) = (user(), "fb6f5e1d8c0a4b27391f6d52e0ffbe84a7c3d91056e87b2f4ca1b09d63728e15");
    let key: ContextKey = text.parse().unwrap();
    let sealed = key.seal(&alice, "mails", HOUR).unwrap();
    let id = alice.user().simple().to_string();
    for shown in [format!("{sealed:?}"), sealed.to_string(), serde_json::to_string(&sealed).unwrap()] {
        assert!(!shown.replace('-', "").contains(&id[20..]), "{shown}");
    }
    assert_eq!(format!("{sealed:?} {key:?}"), "SealedContext([sealed]) ContextKey([secret])");
    assert_eq!(sealed.to_string().len(), 131);
    let again = key.seal(&alice, "mails", HOUR).unwrap();
    assert_ne!(sealed, again, "two seals of one user cannot be told to be his");
}

#[test]
fn a_seal_without_time_has_expired_at_once() {
    let key = key();
    let sealed = key.seal(&user(), "mails", Duration::ZERO).unwrap();
    assert!(matches!(key.open::<Uuid>(&sealed, "mails"), Err(Error::SealExpired)));
    // Who cannot open it does not learn so much.
    assert!(matches!(key.open::<Uuid>(&sealed, "others"), Err(Error::SealRefused)));
    assert!(matches!(ContextKey::generate().unwrap().open::<Uuid>(&sealed, "mails"), Err(Error::SealRefused)));
}

#[test]
fn a_new_key_opens_what_the_old_ones_have_sealed() {
    let [first, second, third] = [(); 3].map(|()| ContextKey::generate().unwrap());
    let alice = user();
    let by_first = first.seal(&alice, "mails", HOUR).unwrap();
    let ring = third.clone().with_previous(second.clone().with_previous(first.clone()));
    assert_eq!(ring.open(&by_first, "mails").unwrap(), alice);
    let by_ring = ring.seal(&alice, "mails", HOUR).unwrap();
    assert_eq!(third.open(&by_ring, "mails").unwrap(), alice, "sealed is with the newest");
    assert!(matches!(second.with_previous(first).open::<Uuid>(&by_ring, "mails"), Err(Error::SealRefused)));
    assert!(matches!(third.open::<Uuid>(&by_first, "mails"), Err(Error::SealRefused)), "the old one is gone");
}

#[test]
fn a_key_has_one_meaning_however_it_is_written() {
    let hex = "fb6f5e1d8c0a4b27391f6d52e0ffbe84a7c3d91056e87b2f4ca1b09d63728e15";
    let texts = [
        hex.to_owned(),
        hex.to_uppercase(),
        format!(" {hex}\n"),
        "+29eHYwKSyc5H21S4P++hKfD2RBW6HsvTKGwnWNyjhU=".to_owned(),
        "+29eHYwKSyc5H21S4P++hKfD2RBW6HsvTKGwnWNyjhU".to_owned(),
        "-29eHYwKSyc5H21S4P--hKfD2RBW6HsvTKGwnWNyjhU=".to_owned(),
        "-29eHYwKSyc5H21S4P--hKfD2RBW6HsvTKGwnWNyjhU".to_owned(),
    ];
    let (alice, keys) = (user(), texts.map(|text| text.parse::<ContextKey>().unwrap_or_else(|_| panic!("{text}"))));
    let sealed = keys[0].seal(&alice, "mails", HOUR).unwrap();
    for key in &keys {
        assert_eq!(key.open(&sealed, "mails").unwrap(), alice);
    }
}

#[test]
fn a_key_that_somebody_thought_up_is_refused() {
    let counted: [u8; 32] = std::array::from_fn(|index| u8::try_from(index).unwrap());
    let few: [u8; 32] = std::array::from_fn(|index| [0xde, 0xad, 0xbe, 0xef][index % 4]);
    for bytes in
        [[0; 32], [0xff; 32], counted, counted.map(|byte| 200 - 3 * byte), few, *b"correct horse battery staple 123"]
    {
        assert!(matches!(ContextKey::new(&bytes), Err(Error::InvalidKey)), "{bytes:?}");
    }
    let zeros = "A".repeat(43);
    for text in ["", "secret", &"0".repeat(64), &zeros, &format!("{zeros}="), &"g".repeat(64), &"+f".repeat(32)] {
        assert!(matches!(text.parse::<ContextKey>(), Err(Error::InvalidKey)), "{text:?}");
    }
    // 31 and 33 bytes.
    for text in ["+29eHYwKSyc5H21S4P++hKfD2RBW6HsvTKGwnWNyjg==", "+29eHYwKSyc5H21S4P++hKfD2RBW6HsvTKGwnWNyjhUA"] {
        assert!(matches!(text.parse::<ContextKey>(), Err(Error::InvalidKey)), "{text:?}");
    }
    let error = "hunter2".parse::<ContextKey>().unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[test]
fn a_seal_is_a_string_for_serde() {
    let (key, alice) = (key(), user());
    let sealed = key.seal(&alice, "mails", HOUR).unwrap();
    let json = serde_json::to_string(&sealed).unwrap();
    assert_eq!(json, format!("\"{sealed}\""));
    let read: SealedContext = serde_json::from_str(&json).unwrap();
    assert_eq!(key.open(&read, "mails").unwrap(), alice);
    for hostile in ["\"\"", "\"alice\"", "7", "null", "{\"user\":1}"] {
        serde_json::from_str::<SealedContext>(hostile).expect_err(hostile);
    }
}

fn key() -> ContextKey {
    ContextKey::generate().expect("the operating system has random numbers")
}

/// Opens a text as users of every type.
fn refused(key: &ContextKey, text: &str, purpose: &str) -> Result<(), TestCaseError> {
    fn opened<Id: Identifier>(key: &ContextKey, sealed: &SealedContext, purpose: &str) -> bool {
        !matches!(key.open::<Id>(sealed, purpose), Err(Error::SealRefused))
    }
    match text.parse::<SealedContext>() {
        Err(error) => prop_assert!(matches!(error, Error::SealRefused), "{error:?}"),
        Ok(sealed) => {
            prop_assert!(!opened::<Uuid>(key, &sealed, purpose), "{text:?}");
            prop_assert!(!opened::<i64>(key, &sealed, purpose), "{text:?}");
            prop_assert!(!opened::<String>(key, &sealed, purpose), "{text:?}");
        }
    }
    Ok(())
}

fn comes_back<Id: Identifier + PartialEq + std::fmt::Debug>(user: Id, purpose: &str) -> Result<(), TestCaseError> {
    let Ok(user) = UserContext::new(user) else { return Ok(()) };
    let key = key();
    let text = key.seal(&user, purpose, HOUR).unwrap().to_string();
    let sealed: SealedContext = text.parse().unwrap();
    prop_assert_eq!(key.open::<Id>(&sealed, purpose).unwrap(), user);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_user_comes_back(uuid: u128, integer: i64, text: String, purpose: String) {
        comes_back(Uuid::from_u128(uuid), &purpose)?;
        comes_back(integer, &purpose)?;
        comes_back(text, &purpose)?;
    }

    #[test]
    fn any_text_is_refused(text: String, letters in "[A-Za-z0-9_=-]{0,300}", ours in "AQ[A-Za-z0-9_-]{55,300}") {
        let key = key();
        for text in [text, letters, ours] {
            refused(&key, &text, "mails")?;
        }
    }

    #[test]
    fn an_altered_seal_is_refused(user: String, position: prop::sample::Index, by in "[A-Za-z0-9_-]") {
        let key = key();
        let Ok(user) = UserContext::new(user) else { return Ok(()) };
        let text = key.seal(&user, "mails", HOUR).unwrap().to_string();
        let position = position.index(text.len());
        let altered = format!("{}{by}{}", &text[..position], &text[position + 1..]);
        if altered != text {
            refused(&key, &altered, "mails")?;
        }
        refused(&key, &text[..position], "mails")?;
        refused(&key, &text[position + 1..], "mails")?;
        refused(&key, &format!("{text}{by}"), "mails")?;
    }

    #[test]
    fn another_purpose_key_or_type_of_user_is_refused(user: i64, purpose: String, other: String) {
        let key = key();
        let Ok(user) = UserContext::new(user) else { return Ok(()) };
        let sealed = key.seal(&user, &purpose, HOUR).unwrap();
        if purpose != other {
            refused(&key, &sealed.to_string(), &other)?;
        }
        refused(&ContextKey::generate().unwrap(), &sealed.to_string(), &purpose)?;
        prop_assert!(matches!(key.open::<Uuid>(&sealed, &purpose), Err(Error::SealRefused)));
        prop_assert!(matches!(key.open::<String>(&sealed, &purpose), Err(Error::SealRefused)));
    }
}
