//! What is done, so often in a round.

use std::hint::black_box;
use std::time::{Duration, Instant};

use user_scope::Uuid;

use crate::contestants::Contestant;
use crate::world;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Get,
    List50,
    Page,
    Insert,
    InsertMany100,
    Update,
    Delete,
    /// Five operations of one caller: two reads of a row, a list, a new row, a change.
    Request5,
}

impl Operation {
    pub(super) const ALL: [Self; 8] = [
        Self::Get,
        Self::List50,
        Self::Page,
        Self::Insert,
        Self::InsertMany100,
        Self::Update,
        Self::Delete,
        Self::Request5,
    ];

    /// As figures name it.
    pub(super) const fn figure(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List50 => "list50",
            Self::Page => "page2",
            Self::Insert => "insert",
            Self::InsertMany100 => "insert_many100",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Request5 => "request5",
        }
    }

    const fn count(self) -> usize {
        match self {
            Self::Get => 200,
            Self::List50 | Self::Page => 40,
            Self::Insert | Self::Update | Self::Delete => 80,
            Self::InsertMany100 => 4,
            Self::Request5 => 30,
        }
    }

    /// How long one takes, in a round of its own.
    pub(super) async fn timed(self, who: &impl Contestant, round: usize) -> Duration {
        let steps = || (0..self.count()).map(|step| round * 1_000 + step);
        let title = |step: usize| format!("Task of step {step}, with a title of ordinary length");
        let mut made = Vec::new();
        if self == Self::Delete {
            for step in steps() {
                let user = at(step).0;
                made.push((user, who.insert(user, title(step)).await.id));
            }
        }
        let begun = Instant::now();
        for step in steps() {
            let (user, task) = at(step);
            match self {
                Self::Get => drop(black_box(who.get(user, task).await)),
                Self::List50 => drop(black_box(who.newest(user, 50).await)),
                Self::Page => drop(black_box(who.second_page(user, 50).await)),
                Self::Insert => drop(black_box(who.insert(user, title(step)).await)),
                Self::InsertMany100 => {
                    let titles = (0..100).map(title).collect();
                    assert_eq!(black_box(who.insert_many(user, titles).await).len(), 100);
                }
                Self::Update => drop(black_box(who.rename(user, task, title(step)).await)),
                Self::Delete => {
                    let (user, task) = made[step - round * 1_000];
                    who.delete(user, task).await;
                }
                Self::Request5 => {
                    drop(black_box(who.request(user, task, [title(step), title(step + 1)]).await));
                }
            }
        }
        begun.elapsed() / u32::try_from(self.count()).expect("a small number")
    }
}

fn at(step: usize) -> (Uuid, Uuid) {
    let (user, task) = world::target(step);
    (world::user_id(user), world::task_id(user, task))
}
