//! The questions, and their answers as a person or a machine reads them.

use std::time::Duration;

use serde_json::{Value, json};
use user_scope::audit::{TrailRow, Window};

use super::asking::{Asking, Form};
use super::chart::chart;
use super::differences::told;
use super::seals::spoken;
use super::sheet::{Cell, Sheet};
use super::{on_log, spellings};
use crate::Outcome;
use crate::failure::Failure;
use crate::output::{answer, beside};
use crate::shown::plain_lines;

pub(super) const ROW: [&str; 7] = ["id", "timestamp", "user_id", "operation", "entity_type", "entity_id", "details"];

pub(crate) async fn patterns(
    asking: &Asking,
    days: u32,
    user: Option<String>,
    entity: Option<String>,
    limit: u32,
    form: Form,
) -> Result<Outcome, Failure> {
    let window = Window::last(Duration::from_secs(u64::from(days - 1) * 86_400));
    // The picture is of all entities, and for people.
    let has_picture = form.is_for_a_person() && entity.is_none();
    let users = user.as_deref().map_or(vec![None], |user| spellings(user).into_iter().map(Some).collect());
    let (patterns, totals) = on_log!(asking, |system| {
        let log = system.audit();
        let mut found = (Vec::new(), Vec::new());
        for user in &users {
            let (mut patterns, mut activity) = (log.patterns(window).limit(limit), log.activity(window));
            if let Some(user) = user {
                let user = super::user_like(system.requested_by().user(), user)?;
                (patterns, activity) = (patterns.of_user(&user), activity.of_user(&user));
            }
            if let Some(entity) = &entity {
                patterns = patterns.of_entity_type(entity);
            }
            let totals = if has_picture { activity.by_day().await? } else { Vec::new() };
            found = (patterns.all().await?, totals);
            if !found.0.is_empty() {
                break;
            }
        }
        found
    });
    let mut sheet = Sheet::new(&["day", "user_id", "entity_type", "operation", "accesses", "rows"]);
    for pattern in &patterns {
        sheet.add([
            json!(pattern.day),
            json!(pattern.user_id),
            json!(pattern.entity_type),
            json!(pattern.operation),
            json!(pattern.accesses),
            json!(pattern.rows),
        ]);
    }
    if !totals.is_empty() {
        answer(plain_lines(&chart(&totals)))?;
    }
    sheet.tell(form, "nothing was done in these days")?;
    say_if_there_may_be_more(patterns.len(), limit, "the first");
    Ok(Outcome::Well)
}

pub(crate) async fn of_user(asking: &Asking, user: &str, limit: u32, form: Form) -> Result<Outcome, Failure> {
    let rows = on_log!(asking, |system| {
        let mut rows = Vec::new();
        for spelling in spellings(user) {
            let user = super::user_like(system.requested_by().user(), &spelling)?;
            rows = system.audit().rows().of_user(&user).limit(limit).all().await?;
            if !rows.is_empty() {
                break;
            }
        }
        rows
    });
    sheet(&rows, form).tell(form, "nothing is on record of this user")?;
    say_if_there_may_be_more(rows.len(), limit, "the newest");
    Ok(Outcome::Well)
}

pub(crate) async fn of_entity(
    asking: &Asking,
    entity: &str,
    id: &str,
    limit: u32,
    form: Form,
) -> Result<Outcome, Failure> {
    let rows = on_log!(asking, |system| {
        let mut rows = Vec::new();
        for spelling in spellings(id) {
            rows = system.audit().rows().of_entity(entity, spelling).limit(limit).all().await?;
            if !rows.is_empty() {
                break;
            }
        }
        rows
    });
    if form.is_for_a_person() {
        let mut sheet = Sheet::new(&["timestamp", "user_id", "operation", "what_changed"]);
        for row in &rows {
            let changed = row.details.as_deref().map(told).unwrap_or_default();
            let [time, user, operation] = [&row.timestamp, &row.user_id, &row.operation].map(|text| json!(text).into());
            sheet.add([time, user, operation, Cell::Lines(changed)]);
        }
        sheet.tell(form, "nothing is on record of this row; the entity is named as its table is")?;
    } else {
        sheet(&rows, form).tell(form, "")?;
    }
    say_if_there_may_be_more(rows.len(), limit, "the newest");
    Ok(Outcome::Well)
}

/// Beside the answer, whose form is what it is for a machine, too.
fn say_if_there_may_be_more(told: usize, limit: u32, which: &str) {
    if told >= limit as usize {
        beside(format_args!("{which} {}; there may be more: --limit shows them", spoken(limit.into(), "line")));
    }
}

/// Rows of the log. A person reads what the details come to; a machine gets them as they are.
pub(super) fn sheet(rows: &[TrailRow], form: Form) -> Sheet {
    let details = |details: &str| match form.is_for_a_person() {
        true => json!(told(details).join("; ")).into(),
        false => Cell::json(details),
    };
    let mut sheet = Sheet::new(&ROW);
    for row in rows {
        sheet.add([
            json!(row.id).into(),
            json!(row.timestamp).into(),
            json!(row.user_id).into(),
            json!(row.operation).into(),
            json!(row.entity_type).into(),
            json!(row.entity_id).into(),
            row.details.as_deref().map_or(Cell::Value(Value::Null), details),
        ]);
    }
    sheet
}
