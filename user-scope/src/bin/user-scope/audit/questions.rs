//! The questions, and their answers as a person or a machine reads them.

use std::time::Duration;

use serde_json::{Value, json};
use user_scope::audit::{Operation, Suspicion, Thresholds, TrailRow, Window};

use super::arguments::{Asking, Form, Limits};
use super::chart::chart;
use super::differences::differences;
use super::on_log;
use super::sheet::Sheet;
use crate::Outcome;
use crate::failure::Failure;
use crate::output::answer;

/// How often it is looked for what has appeared.
const PAUSE: Duration = Duration::from_millis(500);

pub(super) const ROW: [&str; 7] = ["id", "timestamp", "user_id", "operation", "entity_type", "entity_id", "details"];

pub(crate) async fn tail(asking: &Asking, limit: u32, operation: Option<&str>, form: Form) -> Result<Outcome, Failure> {
    let operation = operation.map(known).transpose()?;
    let rows = on_log!(asking, |system| {
        let log = system.audit();
        let rows = log.rows().limit(limit);
        let rows = if let Some(operation) = operation { rows.operation(operation) } else { rows };
        rows.all().await?
    });
    sheet(&rows).tell(form, "the log is empty")?;
    Ok(Outcome::Well)
}

fn known(word: &str) -> Result<Operation, Failure> {
    Operation::ALL
        .iter()
        .copied()
        .find(|operation| operation.as_str() == word)
        .ok_or_else(|| Failure::new(format!("{word:?} is no operation; see `user-scope audit tail --help`")))
}

pub(crate) async fn follow(asking: &Asking, form: Form) -> Result<Outcome, Failure> {
    on_log!(asking, |system| {
        let log = system.audit();
        let mut follower = log.follow();
        if form.csv {
            answer(ROW.join(","));
        }
        loop {
            sheet(&follower.next().await?).tell_lines(form)?;
            // Until it is interrupted, or nobody reads any more.
            let pause = tokio::time::timeout(PAUSE, tokio::signal::ctrl_c()).await;
            if pause.is_ok() || crate::output::is_gone() {
                break;
            }
        }
    });
    Ok(Outcome::Well)
}

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
    let has_picture = !form.json && !form.csv && entity.is_none();
    let (patterns, totals) = on_log!(asking, |system| {
        let log = system.audit();
        let user = user.as_deref().map(|user| super::user_like(system.requested_by().user(), user)).transpose()?;
        let (mut patterns, mut activity) = (log.patterns(window).limit(limit), log.activity(window));
        if let Some(user) = &user {
            (patterns, activity) = (patterns.of_user(user), activity.of_user(user));
        }
        if let Some(entity) = &entity {
            patterns = patterns.of_entity_type(entity);
        }
        let totals = if has_picture { activity.by_day().await? } else { Vec::new() };
        (patterns.all().await?, totals)
    });
    let mut sheet = Sheet::new(&["day", "user_id", "entity_type", "operation", "accesses", "rows"]);
    for pattern in &patterns {
        sheet.add(vec![
            json!(pattern.day),
            json!(pattern.user_id),
            json!(pattern.entity_type),
            json!(pattern.operation),
            json!(pattern.accesses),
            json!(pattern.rows),
        ]);
    }
    if !totals.is_empty() {
        answer(chart(&totals));
    }
    sheet.tell(form, "nothing was done in these days")?;
    if patterns.len() == limit as usize && !form.json && !form.csv {
        crate::output::beside(format_args!("the first {limit} lines; --limit shows more"));
    }
    Ok(Outcome::Well)
}

pub(crate) async fn of_user(asking: &Asking, user: &str, limit: u32, form: Form) -> Result<Outcome, Failure> {
    let rows = on_log!(asking, |system| {
        let user = super::user_like(system.requested_by().user(), user)?;
        system.audit().rows().of_user(&user).limit(limit).all().await?
    });
    sheet(&rows).tell(form, "nothing is on record of this user")?;
    Ok(Outcome::Well)
}

pub(crate) async fn of_entity(
    asking: &Asking,
    entity: &str,
    id: &str,
    limit: u32,
    form: Form,
) -> Result<Outcome, Failure> {
    let rows = on_log!(asking, |system| system.audit().rows().of_entity(entity, id).limit(limit).all().await?);
    if form.json || form.csv {
        sheet(&rows).tell(form, "")?;
        return Ok(Outcome::Well);
    }
    let mut sheet = Sheet::new(&["timestamp", "user_id", "operation", "what_changed"]);
    for row in &rows {
        let changed = differences(&details(row));
        sheet.add(vec![json!(row.timestamp), json!(row.user_id), json!(row.operation), json!(changed)]);
    }
    sheet.tell(form, "nothing is on record of this row; the entity is named as its table is")?;
    Ok(Outcome::Well)
}

pub(crate) async fn suspicious(asking: &Asking, hours: u32, limits: Limits, form: Form) -> Result<Outcome, Failure> {
    let mut thresholds = Thresholds::default()
        .denials(limits.denials)
        .within(Duration::from_secs(limits.within * 60))
        .distinct_rows(limits.distinct)
        .probing_users(limits.probing)
        .excess(limits.excess, limits.times_usual);
    if let Some(hours) = limits.usual_hours {
        thresholds = thresholds.hours(hours);
    }
    let window = Window::last(Duration::from_secs(u64::from(hours) * 3_600));
    let found = on_log!(asking, |system| system.audit().suspicious(window).thresholds(thresholds).all().await?);
    told(&found, form)?;
    Ok(if found.is_empty() { Outcome::Well } else { Outcome::Found })
}

fn told(found: &[Suspicion], form: Form) -> Result<(), Failure> {
    if form.json || form.csv {
        let mut sheet = Sheet::new(&[
            "kind",
            "user_id",
            "entity_type",
            "entity_id",
            "from",
            "until",
            "figure",
            "usual",
            "about",
            "samples",
        ]);
        for suspicion in found {
            let (entity, id) = suspicion.row.clone().unzip();
            let samples: Vec<_> = suspicion.samples.iter().map(|row| json!(row.id)).collect();
            sheet.add(vec![
                json!(suspicion.kind.as_str()),
                json!(suspicion.user_id),
                json!(entity),
                json!(id),
                json!(suspicion.window.from().to_string()),
                json!(suspicion.window.until().to_string()),
                json!(suspicion.figure),
                json!(suspicion.usual),
                json!(suspicion.about),
                Value::Array(samples),
            ]);
        }
        return sheet.tell(form, "");
    }
    let mut sheet = Sheet::new(&["kind", "what_happened", "from", "until", "figure", "usual", "samples"]);
    for suspicion in found {
        let short = |moment: user_scope::Moment| moment.to_string().get(..16).unwrap_or_default().replace('T', " ");
        let samples = suspicion.samples.iter().map(|row| {
            let which = row.entity_id.as_deref().unwrap_or_default();
            format!("#{} {} {} {which}", row.id.unwrap_or_default(), row.operation, row.entity_type)
        });
        sheet.add(vec![
            json!(suspicion.kind.as_str().replace('_', " ")),
            json!(suspicion.about),
            json!(short(suspicion.window.from())),
            json!(short(suspicion.window.until())),
            json!(suspicion.figure),
            json!(suspicion.usual),
            json!(samples.collect::<Vec<_>>().join("\n")),
        ]);
    }
    sheet.tell(form, "nothing is suspicious")
}

pub(super) fn sheet(rows: &[TrailRow]) -> Sheet {
    let mut sheet = Sheet::new(&ROW);
    for row in rows {
        sheet.add(vec![
            json!(row.id),
            json!(row.timestamp),
            json!(row.user_id),
            json!(row.operation),
            json!(row.entity_type),
            json!(row.entity_id),
            details(row),
        ]);
    }
    sheet
}

/// What the database holds is JSON; if it is not, it is told as it is.
fn details(row: &TrailRow) -> Value {
    let Some(details) = &row.details else { return Value::Null };
    serde_json::from_str(details).unwrap_or_else(|_| json!(details))
}
