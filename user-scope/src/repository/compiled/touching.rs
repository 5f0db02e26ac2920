//! Writes that give no rows back: how many of the caller's they touched, and each of them on record, with everybody who
//! went along.

use std::collections::HashMap;
use std::pin::pin;

use sqlx::SqlStr;

use super::recording::Written;
use super::touched::Touched;
use super::{Access, Act, Hindrance};
use crate::audit::{Details, Operation, Values};
use crate::backend::{Backend, Dialect, Query};
use crate::entity::ColumnSet;
use crate::error::{Doing, Error, Result};
use crate::identifier::{IdKind, IdValue};
use crate::observe::observed;
use crate::session::{Session, Trace};
use crate::sql::isolation::sqlite::{BEGIN_TRANSFER, END_TRANSFER, IS_TOLD};
use crate::sql::{self, Care, Locks, Outline, Part, Rows, Target, Touch, Touching};

/// The rows that were looked at, and those that were touched.
type BeforeAndAfter<Row> = (Vec<Row>, Vec<Row>);

/// How many rows of the entity were touched. That there are none is an error if the act is about one row.
pub(super) async fn touch<DB: Backend>(
    access: Access<'_, DB>,
    operation: &'static str,
    touched: Touched<'_, DB>,
) -> Result<u64> {
    observed(access.entity().name(), operation, pin!(access.touch(touched))).await
}

impl<DB: Backend> Access<'_, DB> {
    /// A child that comes meanwhile is not seen by a delete's one statement on PostgreSQL, and a foreign key then refuses. If
    /// nothing else hangs on it, it is done once more, with care.
    async fn touch(self, touched: Touched<'_, DB>) -> Result<u64> {
        let Touched { rows, ref touch, ref act } = touched;
        let deletes = DB::DIALECT == Dialect::Postgres && matches!(touch, Touch::Delete);
        let again = deletes.then(|| Touched { act: act.clone(), rows, touch: Touch::Delete });
        match (self.touch_with(Care::Usual, touched).await, again) {
            (Err(Error::Referenced { source: Some(_), .. }), Some(again))
                if self.source.is_pool() && !self.entity().definition().children.is_empty() =>
            {
                self.touch_with(Care::Full, again).await
            }
            (done, _) => done,
        }
    }

    async fn touch_with(self, care: Care, touched: Touched<'_, DB>) -> Result<u64> {
        let Touched { mut act, rows, touch } = touched;
        if let Rows::Where(condition) = rows {
            self.check_depth(condition)?;
        }
        let mut outline = Outline::of(self.entity(), &touch, act.operation);
        let recording = self.recording_all(&mut act, &mut outline.parts);
        let target =
            Target { reach: self.reach(), rows, state: act.state, with_parents: act.operation == Operation::Restore };
        let touching = sql::touch(target, touch, care, outline, recording.record());
        let Touching { locks, look, steps, parts, defers_keys } = touching.map_err(|error| self.unbindable(error))?;
        look.iter().chain(&steps).try_for_each(|statement| self.check_values(statement))?;

        // A statement that records itself, or that nobody records, gives a number.
        let counts = DB::DIALECT == Dialect::Postgres && !recording.record().is_beside();
        let mut session = self.session().await?;
        let mut unknown = self.unknown(&recording, &session);
        let in_transaction = session.is_begun()
            || recording.is_beside()
            || locks.parts().next().is_some()
            || look.is_some()
            || steps.len() > 1;
        let ran: sqlx::Result<BeforeAndAfter<DB::Row>> = async {
            if in_transaction {
                session.begin().await?;
            }
            Self::lock(&mut session, &locks).await?;
            let mut before = Vec::new();
            if let Some(look) = look {
                before = DB::fetch_all(session.connection(), look).await?;
                if before.is_empty() {
                    return Ok((before, Vec::new()));
                }
            }
            let is_told = defers_keys && Self::tell(&mut session).await?;
            let mut touched = Vec::new();
            for step in steps {
                if counts {
                    touched.extend(DB::fetch_written(session.connection(), step).await?);
                } else {
                    touched.extend(DB::fetch_all(session.connection(), step).await?);
                }
            }
            if is_told {
                DB::execute_script(session.connection(), SqlStr::from_static(END_TRANSFER)).await?;
            }
            Ok((before, touched))
        }
        .await;
        let (before, touched) = match ran {
            Ok(rows) => rows,
            Err(error) => {
                unknown.hear(&error);
                return Err(self.failed(session, act.doing, error));
            }
        };
        let read = match touched.first() {
            Some(row) if counts => DB::get_integer(row, 0).map(|rows| (u64::try_from(rows).unwrap_or(0), Vec::new())),
            _ => self.read_touched(&act, &parts, &before, &touched),
        };
        let (count, records) = match read {
            Ok(read) => read,
            Err(error) => return Err(self.failed(session, act.doing, self.named(error))),
        };
        if count == 0 {
            unknown.armed = false;
            return self.nothing_touched(session, act, rows).await;
        }
        self.finish(session, &recording, records, in_transaction, &mut unknown).await?;
        Ok(count)
    }

    /// On SQLite owners are about to change, and keys to be broken on the way. Whether there are triggers that were told.
    async fn tell(session: &mut Session<'_, DB>) -> sqlx::Result<bool> {
        DB::execute_script(session.connection(), sql::defer_keys()).await?;
        let asks = Query { text: SqlStr::from_static(IS_TOLD.text), arguments: DB::Arguments::default(), keep: true };
        let is_told = DB::fetch_optional(session.connection(), asks).await?.is_some();
        if is_told {
            DB::execute_script(session.connection(), SqlStr::from_static(BEGIN_TRANSFER)).await?;
        }
        Ok(is_told)
    }

    /// Waits for those who are at work on the rows, and keeps others away.
    async fn lock(session: &mut Session<'_, DB>, locks: &Locks<'_, DB>) -> sqlx::Result<()> {
        for part in locks.parts() {
            let mut known = 0;
            loop {
                let lock = locks.lock(part).map_err(sqlx::Error::Encode)?;
                let found = DB::fetch_all(session.connection(), lock).await?.len();
                if part == 0 && found == 0 {
                    return Ok(());
                }
                // What is locked stays: if there are as many as before they are the same.
                if found == known || !locks.may_grow(part) {
                    break;
                }
                known = found;
            }
        }
        Ok(())
    }

    /// How many rows of the root there are, and what is to be recorded of all.
    fn read_touched(
        self,
        act: &Act<'_>,
        parts: &[Part],
        before: &[DB::Row],
        touched: &[DB::Row],
    ) -> sqlx::Result<(u64, Vec<Written>)> {
        let numbers = touched.iter().map(|row| Ok(usize::try_from(DB::get_integer(row, 0)?).unwrap_or(usize::MAX)));
        let numbers = numbers.collect::<sqlx::Result<Vec<_>>>()?;
        let roots = numbers.iter().filter(|number| **number == 0).count() as u64;
        let mut records = Vec::with_capacity(touched.len());
        let olds = self.olds(before)?;
        for (row, number) in touched.iter().zip(numbers) {
            let part = parts.get(number).ok_or(sqlx::Error::RowNotFound)?;
            if !part.recorded {
                continue;
            }
            let (stored_id, stored_owner) = match DB::DIALECT {
                Dialect::Postgres => (IdKind::Text, IdKind::Text),
                Dialect::Sqlite => (part.entity.stored_id_kind(), part.entity.stored_owner_kind()),
            };
            let id = DB::get_id(row, 1, stored_id)?;
            // Whose it was: that is the same for all who go with a row.
            let owner = match olds.keys().next().filter(|_| act.operation == Operation::Transfer) {
                Some((_, owner)) => owner.clone(),
                None => DB::get_id(row, 2, stored_owner)?,
            };
            let mut details = match part.emptied() {
                ColumnSet::EMPTY => act.details.clone(),
                columns => act.details.clone().changing(part.entity, columns),
            };
            details.rows = (number == 0 && act.id.is_none()).then_some(roots);
            let key = (id, owner);
            let old = DB::get_text(row, 3)?.or_else(|| olds.get(&key).filter(|_| number == 0).cloned().flatten());
            let (id, owner) = key;
            records.push(Written {
                entity: part.entity.name(),
                operation: part.operation,
                id,
                owner: self.caller.whose().is_everyone().then_some(owner),
                details: Details { values: Values::of(old, DB::get_text(row, 4)?), ..details },
            });
        }
        Ok((roots, records))
    }

    /// The values of the root's rows before, by id and owner: two owners may have rows of the same id.
    fn olds(self, before: &[DB::Row]) -> sqlx::Result<HashMap<(IdValue, IdValue), Option<String>>> {
        let (id, owner) = (self.entity().stored_id_kind(), self.entity().stored_owner_kind());
        let read = |row: &DB::Row| Ok(((DB::get_id(row, 0, id)?, DB::get_id(row, 1, owner)?), DB::get_text(row, 2)?));
        before.iter().map(read).collect()
    }

    /// Nothing matched, or something stood in the way of all that did.
    async fn nothing_touched(self, mut session: Session<'_, DB>, act: Act<'_>, rows: Rows<'_>) -> Result<u64> {
        if act.id.is_some() {
            return Err(self.nothing_written(session, act).await);
        }
        if act.hindrance != Hindrance::Nothing {
            match self.is_there(&mut session, rows, act.state).await {
                Ok(true) => return Err(self.nothing_written(session, act).await),
                Ok(false) => {}
                Err(error) => return Err(self.failed(session, Doing::Reading, error)),
            }
        }
        session.conclude(Trace::Nothing, self.audit).await;
        Ok(0)
    }
}
