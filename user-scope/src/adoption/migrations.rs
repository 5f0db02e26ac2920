//! A plan as reversible migrations of sqlx. Each file is as much as may be done in one transaction, so that no lock is held while
//! rows are looked at.

use std::time::Duration;

use super::patience::patience;
use super::plan::{AdoptionPlan, AdoptionStep, How, Reach};
use crate::sql::adoption::backfill::{self, Source};
use crate::sql::adoption::{kind, migration};

/// A migration that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Migration {
    /// What it does, as the name of a file: `user_scope_expand_invoice_backfill`.
    pub name: String,
    /// The script that does it.
    pub up: String,
    /// The script that takes it back.
    pub down: String,
}

impl AdoptionPlan {
    /// The same as migrations for sqlx, in order. They are run by `sqlx migrate run`, those of *contract* when every writer says
    /// who is asking, and taken back by `sqlx migrate revert`; [`rollback`](super::Adoption::rollback) knows nothing of them.
    #[must_use]
    pub fn migrations(&self, lock_bound: Duration) -> Vec<Migration> {
        let mut migrations: Vec<Migration> = Vec::new();
        let mut gathered: Vec<&AdoptionStep> = Vec::new();
        for step in &self.steps {
            let goes_along = gathered.last().is_none_or(|last| last.object == step.object && last.phase == step.phase);
            let in_two = kind::in_two(step.undo());
            let is_gathered = matches!(step.how, How::AtOnce) && in_two.is_none();
            if !is_gathered || !goes_along {
                migrations.extend(self.together(&std::mem::take(&mut gathered), lock_bound));
            }
            match (&step.how, in_two) {
                (How::AtOnce, Some([again, looked_at])) => {
                    let nothing = self.script(step, "nothing, on the way there", "");
                    migrations.push(self.named(step, "look", nothing, self.briefly(&looked_at, lock_bound)));
                    let up = self.script(step, &step.why, &self.briefly(step.sql(), lock_bound));
                    migrations.push(self.named(step, "key", up, self.briefly(&again, lock_bound)));
                }
                (How::AtOnce, None) => gathered.push(step),
                (How::Concurrently(_), _) => {
                    let up = migration::ALONE.to_owned() + &self.script(step, &step.why, &format!("{};\n", step.sql()));
                    migrations.push(self.named(step, "index", up, self.briefly(step.undo(), lock_bound)));
                }
                (How::Looking, _) => {
                    let up = self.script(step, &step.why, &self.briefly(step.sql(), lock_bound));
                    migrations.push(self.named(step, "look", up, String::new()));
                }
                (How::Comparing(what), _) => {
                    let looked = migration::none_of(self.dialect, step.sql(), what);
                    let up = self.script(step, &step.why, &self.briefly(&looked, lock_bound));
                    migrations.push(self.named(step, "compare", up, String::new()));
                }
                (How::Filling(filling), _) => {
                    let (sql, is_alone) =
                        migration::fill(self.dialect, &filling.table, &filling.at, &filling.source, &filling.owners);
                    let sql = self.script(step, &step.why, &format!("{sql};\n"));
                    let up = if is_alone { migration::ALONE.to_owned() + &sql } else { sql };
                    migrations.push(self.named(step, "backfill", up, String::new()));
                    if filling.reach != Reach::Most {
                        let (table, at) = (&filling.table, &filling.at);
                        let question = match filling.source {
                            // The pairs are gone with their script.
                            Source::Mapping(_) => backfill::without_owner(self.dialect, table, at),
                            _ => backfill::unfillable(self.dialect, table, at, &filling.source),
                        };
                        let what = format!("rows of {at} get no owner by the backfill that was given");
                        let looked = migration::none_of(self.dialect, &question, &what);
                        let up = self.script(step, "no row is left without one", &self.briefly(&looked, lock_bound));
                        migrations.push(self.named(step, "owned", up, String::new()));
                    }
                }
            }
        }
        migrations.extend(self.together(&gathered, lock_bound));
        migrations
    }

    /// Steps of one table, in one transaction.
    fn together(&self, steps: &[&AdoptionStep], bound: Duration) -> Option<Migration> {
        let first = steps.first()?;
        let up: Vec<_> = steps.iter().map(|step| format!("-- {}\n{};\n", step.why, step.sql())).collect();
        let down = steps.iter().rev().filter(|step| !step.undo().is_empty());
        let down: Vec<_> = down.map(|step| format!("{};\n", step.undo())).collect();
        let begin = migration::briefly(self.dialect, patience(bound));
        let script = |statements: &[String]| match statements {
            [] => String::new(),
            statements => format!("{begin}{}", statements.concat()),
        };
        let up = format!("-- {}: {}\n{}", first.phase, first.object, script(&up));
        Some(self.named(first, "change", up, script(&down)))
    }

    fn briefly(&self, sql: &str, bound: Duration) -> String {
        format!("{}{sql};\n", migration::briefly(self.dialect, patience(bound)))
    }

    fn script(&self, step: &AdoptionStep, why: &str, sql: &str) -> String {
        format!("-- {}: {}: {why}\n{sql}", step.phase, step.object)
    }

    fn named(&self, step: &AdoptionStep, what: &str, up: String, down: String) -> Migration {
        let plain =
            |character: char| if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '_' };
        let object: String = step.object.chars().map(plain).take(60).collect();
        let name = format!("user_scope_{}_{object}_{what}", step.phase);
        let down = if down.is_empty() { "-- there is nothing to take back\n".to_owned() } else { down };
        Migration { name, up, down }
    }
}
