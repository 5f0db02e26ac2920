//! Families that are not trees of tables: two ways to the same child, what is below a child that keeps it, entities that
//! are each other's parents.

use user_scope::{Error, Stores, UserContext, UserScoped, Uuid};

use super::databases::TestDb;
use super::household::rows;
use super::world::{World, user};

on_each_database!(
    a_child_of_a_child_keeps_the_whole_family,
    a_child_with_two_parents_loses_those_that_go,
    a_child_goes_once_though_there_are_two_ways_to_it,
    who_goes_with_one_parent_need_not_lose_the_other,
    a_tree_below_a_row_goes_with_it,
    rows_that_stay_in_a_tree_lose_their_parents,
    entities_that_are_each_others_parents_come_to_an_end,
);

macro_rules! entity {
    ($name:ident, $table:literal, [$($child:ident),*], $($(#[$attribute:meta])* $field:ident: $type:ty),*) => {
        #[derive(Debug, Clone, PartialEq, UserScoped)]
        #[user_scoped(table = $table, changes(derive(Default)), children($($child),*))]
        pub struct $name {
            #[user_scoped(id)]
            pub id: Uuid,
            #[user_scoped(owner)]
            pub user_id: Uuid,
            $($(#[$attribute])* pub $field: $type,)*
        }
    };
}

entity!(Chest, "chests", [Drawer], name: String);
entity!(Drawer, "drawers", [Lock], #[user_scoped(parent = Chest, on_delete = "cascade")] chest_id: Uuid);
entity!(Lock, "locks", [], #[user_scoped(parent = Drawer, on_delete = "restrict")] drawer_id: Uuid);

entity!(Person, "persons", [Message, Gift, Post], name: String);
entity!(
    Message, "messages", [],
    #[user_scoped(parent = Person, on_delete = "set_null")] sender: Option<Uuid>,
    #[user_scoped(parent = Person, on_delete = "set_null")] receiver: Option<Uuid>
);
entity!(
    Gift, "gifts", [Card],
    #[user_scoped(parent = Person, on_delete = "set_null")] taker: Option<Uuid>,
    #[user_scoped(parent = Person, on_delete = "cascade")] giver: Uuid,
    #[user_scoped(parent = Person, on_delete = "cascade")] witness: Option<Uuid>
);
entity!(Card, "cards", [], #[user_scoped(parent = Gift, on_delete = "cascade")] gift_id: Uuid);
entity!(
    Post, "posts", [],
    #[user_scoped(parent = Person, on_delete = "cascade")] author: Uuid,
    #[user_scoped(parent = Self, on_delete = "cascade")] answers: Option<Uuid>
);
entity!(Step, "steps", [], #[user_scoped(parent = Self, on_delete = "set_null")] after: Option<Uuid>, name: String);
entity!(Yin, "yins", [Yang], #[user_scoped(parent = Yang, on_delete = "cascade")] yang_id: Option<Uuid>);
entity!(Yang, "yangs", [Yin], #[user_scoped(parent = Yin, on_delete = "cascade")] yin_id: Option<Uuid>);

macro_rules! kin_db {
    ($($entity:ident)+) => {
        pub trait KinDb: TestDb $(+ Stores<$entity>)+ {}
        impl<DB: TestDb $(+ Stores<$entity>)+> KinDb for DB {}
    };
}

kin_db!(Chest Drawer Lock Person Message Gift Card Post Step Yin Yang);

/// With keys, but for the circle of two tables.
pub async fn open<DB: KinDb>() -> World<DB> {
    let world = World::<DB>::open().await;
    let mut tables = String::new();
    for (table, columns) in [
        ("chests", "name TEXT NOT NULL"),
        ("drawers", "chest_id {uuid} NOT NULL {chests}"),
        ("locks", "drawer_id {uuid} NOT NULL {drawers}"),
        ("persons", "name TEXT NOT NULL"),
        ("messages", "sender {uuid} {persons}, receiver {uuid} {persons}"),
        ("gifts", "taker {uuid} {persons}, giver {uuid} NOT NULL {persons}, witness {uuid} {persons}"),
        ("cards", "gift_id {uuid} NOT NULL {gifts}"),
        ("posts", "author {uuid} NOT NULL {persons}, answers {uuid} {posts}"),
        ("steps", "after {uuid} {steps}, name TEXT NOT NULL"),
        ("yins", "yang_id {uuid}"),
        ("yangs", "yin_id {uuid}"),
    ] {
        tables += &format!("CREATE TABLE {table} (id {{uuid}} PRIMARY KEY, user_id {{uuid}} NOT NULL, {columns});");
    }
    for parent in ["chests", "drawers", "persons", "gifts", "posts", "steps"] {
        tables = tables.replace(&format!("{{{parent}}}"), &format!("REFERENCES {parent} (id)"));
    }
    DB::run(&world.raw, &tables.replace("{uuid}", DB::UUID)).await.unwrap();
    world.open_to_the_application().await;
    world
}

pub async fn insert<DB: Stores<T> + TestDb, T: UserScoped<Owner = Uuid, Id = Uuid>>(
    world: &World<DB>,
    user: &UserContext,
    new: T::New,
) -> Uuid {
    world.pool.repository::<T>(user).insert(new).await.unwrap().id().to_owned()
}

pub async fn person<DB: KinDb>(world: &World<DB>, user: &UserContext, name: &str) -> Uuid {
    insert::<DB, Person>(world, user, NewPerson { name: name.into() }).await
}

async fn a_child_of_a_child_keeps_the_whole_family<DB: KinDb>() {
    let (world, alice) = (open::<DB>().await, user());
    let chest = insert::<DB, Chest>(&world, &alice, NewChest { name: "x".into() }).await;
    let [empty, locked] = [
        insert::<DB, Drawer>(&world, &alice, NewDrawer { chest_id: chest }).await,
        insert::<DB, Drawer>(&world, &alice, NewDrawer { chest_id: chest }).await,
    ];
    let lock = insert::<DB, Lock>(&world, &alice, NewLock { drawer_id: locked }).await;
    let (chests, tx) = (world.pool.repository::<Chest>(&alice), world.pool.begin(&alice).await.unwrap());
    let refused = [
        tx.repository::<Chest>().delete(&chest).await,
        tx.repository::<Drawer>().delete(&locked).await,
        tx.repository::<Chest>().delete_where(Chest::NAME.eq("x")).await.map(drop),
    ];
    tx.commit().await.unwrap();
    for refused in refused.into_iter().chain([chests.delete(&chest).await]) {
        assert!(matches!(refused, Err(Error::Referenced { source: None, .. })), "{refused:?}");
    }
    assert_eq!((world.count("chests").await, world.count("drawers").await), (1, 2));
    assert!(world.lines("delete").await.is_empty());
    world.pool.repository::<Lock>(&alice).delete(&lock).await.unwrap();
    chests.delete(&chest).await.unwrap();
    let gone = [("locks", lock), ("chests", chest), ("drawers", empty), ("drawers", locked)];
    assert_eq!(world.recorded("delete").await, rows(gone));
}

async fn a_child_with_two_parents_loses_those_that_go<DB: KinDb>() {
    let (world, alice) = (open::<DB>().await, user());
    let (one, two, three) =
        (person(&world, &alice, "x").await, person(&world, &alice, "x").await, person(&world, &alice, "y").await);
    let send = |sender, receiver| NewMessage { sender: Some(sender), receiver: Some(receiver) };
    let to_herself = insert::<DB, Message>(&world, &alice, send(one, one)).await;
    let between = insert::<DB, Message>(&world, &alice, send(one, two)).await;
    let half = insert::<DB, Message>(&world, &alice, send(three, two)).await;
    let other = insert::<DB, Message>(&world, &alice, send(three, three)).await;
    let persons = world.pool.repository::<Person>(&alice);
    assert_eq!(persons.delete_where(Person::NAME.eq("x")).await.unwrap(), 2);
    let messages = world.pool.repository::<Message>(&alice);
    for (message, sender, receiver) in
        [(to_herself, None, None), (between, None, None), (half, Some(three), None), (other, Some(three), Some(three))]
    {
        let message = messages.get(&message).await.unwrap();
        assert_eq!((message.sender, message.receiver), (sender, receiver));
    }
    let mut changed: Vec<_> = world.lines("update").await.into_iter().map(|l| (l.entity_id, l.details)).collect();
    changed.sort();
    let mut expected = vec![(half.to_string(), r#"{"changed":["receiver"]}"#.to_owned())];
    for message in [to_herself, between] {
        expected.push((message.to_string(), r#"{"changed":["sender","receiver"]}"#.to_owned()));
    }
    expected.sort();
    assert_eq!(changed, expected);
}

async fn a_child_goes_once_though_there_are_two_ways_to_it<DB: KinDb>() {
    let (world, alice) = (open::<DB>().await, user());
    let (one, two) = (person(&world, &alice, "x").await, person(&world, &alice, "x").await);
    let new = |giver, witness| NewGift { giver, witness, taker: None };
    let both = insert::<DB, Gift>(&world, &alice, new(one, Some(one))).await;
    let across = insert::<DB, Gift>(&world, &alice, new(one, Some(two))).await;
    let single = insert::<DB, Gift>(&world, &alice, new(two, None)).await;
    let mut expected = vec![("persons", one), ("persons", two), ("gifts", both), ("gifts", across), ("gifts", single)];
    for gift_id in [both, across, single] {
        expected.push(("cards", insert::<DB, Card>(&world, &alice, NewCard { gift_id }).await));
    }
    let persons = world.pool.repository::<Person>(&alice);
    assert_eq!(persons.delete_where(Person::NAME.eq("x")).await.unwrap(), 2);
    assert_eq!((world.count("gifts").await, world.count("cards").await), (0, 0));
    assert_eq!(world.recorded("delete").await, rows::<8>(expected.try_into().unwrap()));
}

async fn who_goes_with_one_parent_need_not_lose_the_other<DB: KinDb>() {
    let (world, alice) = (open::<DB>().await, user());
    let (one, two) = (person(&world, &alice, "x").await, person(&world, &alice, "y").await);
    let new = |giver, taker| NewGift { giver, taker: Some(taker), witness: None };
    let own = insert::<DB, Gift>(&world, &alice, new(one, one)).await;
    let given = insert::<DB, Gift>(&world, &alice, new(one, two)).await;
    let taken = insert::<DB, Gift>(&world, &alice, new(two, one)).await;
    world.pool.repository::<Person>(&alice).delete(&one).await.unwrap();
    let left = world.pool.repository::<Gift>(&alice).query().all().await.unwrap();
    assert_eq!(left.iter().map(|gift| (gift.id, gift.taker)).collect::<Vec<_>>(), [(taken, None)]);
    assert_eq!(world.recorded("delete").await, rows([("persons", one), ("gifts", own), ("gifts", given)]));
    assert_eq!(world.recorded("update").await, rows([("gifts", taken)]));
}

async fn a_tree_below_a_row_goes_with_it<DB: KinDb>() {
    let (world, alice) = (open::<DB>().await, user());
    let (one, two) = (person(&world, &alice, "x").await, person(&world, &alice, "y").await);
    let new = |author, answers| NewPost { author, answers };
    let first = insert::<DB, Post>(&world, &alice, new(one, None)).await;
    let answer = insert::<DB, Post>(&world, &alice, new(two, Some(first))).await;
    let reply = insert::<DB, Post>(&world, &alice, new(one, Some(answer))).await;
    let last = insert::<DB, Post>(&world, &alice, new(two, Some(reply))).await;
    let other = insert::<DB, Post>(&world, &alice, new(two, None)).await;
    world.pool.repository::<Person>(&alice).delete(&one).await.unwrap();
    let gone = [("persons", one), ("posts", first), ("posts", answer), ("posts", reply), ("posts", last)];
    assert_eq!(world.recorded("delete").await, rows(gone));
    let left = world.pool.repository::<Post>(&alice).query().all().await.unwrap();
    assert_eq!(left.iter().map(|post| post.id).collect::<Vec<_>>(), [other]);
}

async fn rows_that_stay_in_a_tree_lose_their_parents<DB: KinDb>() {
    let (world, alice) = (open::<DB>().await, user());
    let new = |after, name: &str| NewStep { after, name: name.into() };
    let one = insert::<DB, Step>(&world, &alice, new(None, "go")).await;
    let two = insert::<DB, Step>(&world, &alice, new(Some(one), "go")).await;
    let three = insert::<DB, Step>(&world, &alice, new(Some(two), "stay")).await;
    let four = insert::<DB, Step>(&world, &alice, new(Some(three), "stay")).await;
    let steps = world.pool.repository::<Step>(&alice);
    // Rows that go are themselves below one another, and the condition is about the column that is emptied.
    let condition = Step::NAME.eq("go").and(Step::AFTER.is_null().or(Step::AFTER.eq(one)));
    assert_eq!(steps.delete_where(condition).await.unwrap(), 2);
    let left = steps.query().order_by(Step::ID.asc()).all().await.unwrap();
    assert_eq!(left.iter().map(|step| (step.id, step.after)).collect::<Vec<_>>(), [(three, None), (four, Some(three))]);
    assert_eq!(world.recorded("delete").await, rows([("steps", one), ("steps", two)]));
    assert_eq!(world.recorded("update").await, rows([("steps", three)]));
    // Who has lost his parent just now was not meant.
    let tx = world.pool.begin(&alice).await.unwrap();
    for expected in [1, 1, 0] {
        assert_eq!(tx.repository::<Step>().delete_where(Step::AFTER.is_null()).await.unwrap(), expected);
    }
    tx.commit().await.unwrap();
}

/// What is behind the circle is left to the database, which has no key here.
async fn entities_that_are_each_others_parents_come_to_an_end<DB: KinDb>() {
    let (world, alice) = (open::<DB>().await, user());
    let yin = insert::<DB, Yin>(&world, &alice, NewYin { yang_id: None }).await;
    let yang = insert::<DB, Yang>(&world, &alice, NewYang { yin_id: Some(yin) }).await;
    world.pool.repository::<Yin>(&alice).delete(&yin).await.unwrap();
    assert_eq!(world.recorded("delete").await, rows([("yins", yin), ("yangs", yang)]));
}
