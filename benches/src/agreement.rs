//! That the contestants do the same work: they return the same rows, and leave the same rows behind.

use user_scope::audit::{AuditSettings, ReadAudit};
use user_scope::{Enforcement, UserContext};

use crate::contestants::{Contestant, Reaches, Scoped};
use crate::databases::{Arena, Tuning};
use crate::world::{self, Task};

/// Compares user-scope and sqlx by hand row by row; ends the program where they differ.
pub(crate) async fn check<DB: Arena>(address: &str) {
    let by_hand = DB::by_hand(address, Tuning::Tuned, true).await;
    let audit = AuditSettings::default().reads(ReadAudit::Off);
    let scoped = Scoped::<DB>::connect(address, Reaches { audit, enforcement: Enforcement::Predicate }).await;
    let mut rows = 0;
    for user in 0..world::USERS {
        let id = world::user_id(user);
        rows += reads(&scoped, &by_hand, id).await;
        for made in world::tasks_of(user).step_by(10) {
            let (ours, theirs) = (scoped.get(id, made.id).await, by_hand.get(id, made.id).await);
            assert_eq!((&ours, &theirs), (&made, &made), "a task of user {user}");
            rows += 1;
        }
    }
    writing(&scoped, &by_hand).await;
    println!("{}: both return the same rows ({rows} compared), and leave the same.", DB::WHICH.argument());
}

/// The same rows of a user, by both; how many were compared.
pub(crate) async fn reads(ours: &impl Contestant, theirs: &impl Contestant, user: user_scope::Uuid) -> usize {
    let lists = [
        (ours.newest(user, 50).await, theirs.newest(user, 50).await),
        (ours.newest_open(user, 50).await, theirs.newest_open(user, 50).await),
        (ours.second_page(user, 50).await, theirs.second_page(user, 50).await),
    ];
    for (ours, theirs) in &lists {
        assert_eq!((ours.len(), ours), (50, theirs), "tasks of user {user}");
    }
    let one = lists[0].0[7].id;
    assert_eq!(ours.get(user, one).await, theirs.get(user, one).await);
    lists.iter().map(|(ours, _)| ours.len()).sum::<usize>() + 1
}

/// What is written is what is returned, and what is read then; afterwards all is as it was.
pub(crate) async fn writes(who: &impl Contestant, user: user_scope::Uuid) {
    let before = who.newest(user, 1).await;
    let made = who.insert(user, "one".to_owned()).await;
    assert_eq!((&made.title, &made), (&"one".to_owned(), &who.get(user, made.id).await));
    let renamed = who.rename(user, made.id, "another".to_owned()).await;
    assert_eq!((&renamed.title, &renamed), (&"another".to_owned(), &who.get(user, made.id).await));
    let titles = ["a", "b", "c"].map(str::to_owned);
    let many = who.insert_many(user, titles.to_vec()).await;
    assert!(many.iter().map(|task| &task.title).eq(&titles), "the rows come back in their order");
    for task in &many {
        assert_eq!(*task, who.get(user, task.id).await);
    }
    let last = who.request(user, many[0].id, titles[..2].to_vec().try_into().expect("two")).await;
    assert_eq!((&last.title, &last), (&titles[1], &who.get(user, last.id).await));
    for task in many.iter().chain([&renamed, &last]) {
        who.delete(user, task.id).await;
    }
    assert_eq!(who.newest(user, 1).await, before, "what was deleted is gone");
}

async fn writing<DB: Arena>(scoped: &Scoped<DB>, by_hand: &DB::ByHand) {
    for step in 0..50 {
        let (user, task) = world::target(step);
        let (id, task) = (world::user_id(user), world::task_id(user, task));
        let caller = UserContext::new(id).expect("a user");
        let ours = scoped.rename(id, task, format!("renamed at step {step}")).await;
        let theirs = by_hand.rename(id, task, format!("renamed at step {step}")).await;
        assert!(ours.updated_at <= theirs.updated_at, "time goes on");
        assert_eq!(theirs, by_hand.get(id, task).await, "what was written is what is returned");
        assert_eq!(Task { updated_at: ours.updated_at, ..theirs }, ours, "both write the same row");

        let trail = scoped.0.audit_trail(&caller).limit(2).all().await.expect("the trail can be read");
        let [theirs, ours] = trail.try_into().expect("two writes, two audit rows");
        let recorded =
            [ours, theirs].map(|row| (row.user_id, row.entity_type, row.entity_id, row.operation, row.details));
        assert_eq!(recorded[0], recorded[1], "both leave the same audit row");
        assert_eq!(recorded[0].2.as_deref(), Some(task.to_string().as_str()));
    }
}
