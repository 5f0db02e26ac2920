//! The questions to the log, one after the other on one connection: who was denied too often, who tries one id after the other,
//! which row is probed, and who read too much. What is unusual about receipts is beside, in [`receipts`](super::receipts).

use std::future::poll_fn;

use super::{Suspicion, SuspicionKind, Thresholds, Window};
use crate::audit::log::{NAME, reading};
use crate::audit::questions::patterns::count;
use crate::audit::trail::read;
use crate::audit::{Operation, TrailRow};
use crate::backend::{Backend, Query};
use crate::entity::Moment;
use crate::error::{Error, Result};
use crate::identifier::{IdKind, IdValue};
use crate::lease::Lease;
use crate::sql::{self, Excess, Span, Wanted};

/// How many rows show what is meant.
const SAMPLES: u32 = 5;

pub(super) struct Asking<'a, DB: Backend> {
    pub(super) lease: Lease<DB>,
    pub(super) users: IdKind,
    pub(super) thresholds: &'a Thresholds,
    pub(super) window: Window,
}

impl<DB: Backend> Asking<'_, DB> {
    async fn answers(&mut self, query: Result<Query<DB>, sqlx::error::BoxDynError>) -> Result<Vec<DB::Row>> {
        let query = query.map_err(|error| Error::unbindable(NAME, error))?;
        DB::fetch_all(self.lease.connection(), query).await.map_err(reading)
    }

    /// Rows of the log, newest first.
    async fn rows(&mut self, wanted: &Wanted, most: u32) -> Result<Vec<TrailRow>> {
        let rows = self.answers(sql::select_rows(wanted, most)).await?;
        rows.iter().map(|row| read::<DB>(row, true)).collect::<sqlx::Result<_>>().map_err(reading)
    }

    /// Looks at rows of the log as they come.
    pub(super) async fn each_row(
        &mut self,
        query: Result<Query<DB>, sqlx::error::BoxDynError>,
        mut look: impl FnMut(&TrailRow) + Send,
    ) -> Result<()> {
        let query = query.map_err(|error| Error::unbindable(NAME, error))?;
        let mut rows = DB::fetch(self.lease.connection(), query);
        while let Some(row) = poll_fn(|context| rows.as_mut().poll_next(context)).await {
            look(&row.and_then(|row| read::<DB>(&row, true)).map_err(reading)?);
        }
        Ok(())
    }

    /// It, with rows of its time that show it.
    async fn shown(&mut self, suspicion: Suspicion, by: Wanted) -> Result<Suspicion> {
        let (from, until) = (suspicion.window.from().unix_micros(), suspicion.window.until().unix_micros());
        let samples = self.rows(&Wanted { from: Some(from), until: Some(until), ..by }, SAMPLES).await?;
        Ok(suspicion.shown_by(samples))
    }

    fn user(&self, row: &DB::Row) -> Result<IdValue> {
        match self.users {
            IdKind::Text => text::<DB>(row, 0).map(IdValue::Text),
            kind => DB::get_id(row, 0, kind).map_err(reading),
        }
    }

    pub(super) async fn bursts(&mut self) -> Result<Vec<Suspicion>> {
        let (seconds, least) = (self.thresholds.within_seconds(), self.thresholds.denials);
        let between = self.window.between_micros();
        let rows = self.answers(sql::bursts(between, seconds, signed(least), self.thresholds.most)).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let (user, figure) = (self.user(&row)?, figure::<DB>(&row, 2)?);
            let stretch = DB::get_integer(&row, 1).map_err(reading)?;
            let begin =
                |stretch: i64| Moment::from_unix_micros(stretch.saturating_mul(seconds).saturating_mul(1_000_000));
            let window = Window::between(begin(stretch), begin(stretch.saturating_add(1)));
            let about = format!("{user} asked {} for rows of others within {seconds} seconds", often(figure));
            let burst = Suspicion::new(SuspicionKind::Denials, window, figure, least, about);
            found.push(self.shown(burst.of_user(user.to_string()), denied_to(user)).await?);
        }
        Ok(found)
    }

    pub(super) async fn enumerations(&mut self) -> Result<Vec<Suspicion>> {
        let (window, least) = (self.window, self.thresholds.distinct_rows);
        let rows =
            self.answers(sql::enumerations(window.between_micros(), signed(least), self.thresholds.most)).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let (user, figure, times) = (self.user(&row)?, figure::<DB>(&row, 1)?, figure::<DB>(&row, 2)?);
            let about = format!("{user} asked for {figure} different rows of others, {} in all", often(times));
            let enumeration = Suspicion::new(SuspicionKind::Enumeration, window, figure, least, about);
            found.push(self.shown(enumeration.of_user(user.to_string()), denied_to(user)).await?);
        }
        Ok(found)
    }

    pub(super) async fn probed(&mut self) -> Result<Vec<Suspicion>> {
        let (window, least) = (self.window, self.thresholds.probing_users);
        let rows = self.answers(sql::probed(window.between_micros(), signed(least), self.thresholds.most)).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let (entity, id) = (text::<DB>(&row, 0)?, text::<DB>(&row, 1)?);
            let (figure, times) = (figure::<DB>(&row, 2)?, figure::<DB>(&row, 3)?);
            let by = Wanted { entity_type: Some(entity.clone()), entity_id: Some(id.clone()), ..denied() };
            let about = format!("{figure} users asked for {entity} {id}, which is not theirs, {} in all", often(times));
            let probed = Suspicion::new(SuspicionKind::ProbedRow, window, figure, least, about);
            found.push(self.shown(probed.of_row(entity, id), by).await?);
        }
        Ok(found)
    }

    pub(super) async fn excesses(&mut self, since: &Span) -> Result<Vec<Suspicion>> {
        let rows = self.answers(sql::excesses(&self.excess(), since, self.thresholds.most)).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let (user, day) = (self.user(&row)?, text::<DB>(&row, 1)?);
            let (figure, times, usual) = (figure::<DB>(&row, 2)?, figure::<DB>(&row, 3)?, figure::<DB>(&row, 4)?);
            let window = Window::of_day(&day).unwrap_or(self.window);
            let about = format!("{user} read {figure} rows on {day}, in {times} accesses; {usual} a day are usual");
            let excess = Suspicion::new(SuspicionKind::Excess, window, figure, usual, about);
            let by = Wanted { user: Some(user.clone()), ..Wanted::default() };
            found.push(self.shown(excess.of_user(user.into_text()), by).await?);
        }
        Ok(found)
    }

    fn excess(&self) -> Excess {
        let usual_days = i64::from(self.thresholds.usual_days);
        Excess {
            days: self.window.days(0),
            with_usual: self.window.days(usual_days),
            usual_days,
            least_rows: signed(self.thresholds.excess_rows),
            times: signed(self.thresholds.times_usual),
        }
    }
}

fn figure<DB: Backend>(row: &DB::Row, column: usize) -> Result<u64> {
    count::<DB>(row, column).map_err(reading)
}

fn text<DB: Backend>(row: &DB::Row, column: usize) -> Result<String> {
    Ok(DB::get_text_lossily(row, column).map_err(reading)?.unwrap_or_default())
}

fn denied() -> Wanted {
    Wanted { operation: Some(Operation::UnauthorizedAccess.as_str()), ..Wanted::default() }
}

fn denied_to(user: IdValue) -> Wanted {
    Wanted { user: Some(user), ..denied() }
}

fn often(times: u64) -> String {
    if times == 1 { "once".to_owned() } else { format!("{times} times") }
}

fn signed(figure: u64) -> i64 {
    i64::try_from(figure).unwrap_or(i64::MAX)
}
