//! What is suspicious, as a person or a machine reads it.

use std::time::Duration;

use serde_json::{Value, json};
use user_scope::Moment;
use user_scope::audit::{Suspicion, Thresholds, Window};

use super::asking::{Asking, Form, Limits};
use super::on_log;
use super::sheet::{Cell, Sheet};
use crate::Outcome;
use crate::failure::Failure;
use crate::output::beside;

pub(crate) async fn suspicious(asking: &Asking, hours: u32, limits: Limits, form: Form) -> Result<Outcome, Failure> {
    let mut thresholds = Thresholds::default()
        .denials(limits.denials)
        .within(Duration::from_secs(u64::from(limits.within) * 60))
        .distinct_rows(limits.distinct)
        .probing_users(limits.probing)
        .excess(limits.excess, limits.times_usual)
        .most(limits.limit);
    if let Some(hours) = limits.usual_hours {
        thresholds = thresholds.hours(hours);
    }
    let window = Window::last(Duration::from_secs(u64::from(hours) * 3_600));
    let found = on_log!(asking, |system| system.audit().suspicious(window).thresholds(thresholds).all().await?);
    told(&found, form)?;
    let is_full =
        |one: &Suspicion| found.iter().filter(|other| other.kind == one.kind).count() >= limits.limit as usize;
    if found.iter().any(is_full) {
        beside(format_args!("{} of each kind at most; there may be more: --limit shows them", limits.limit));
    }
    Ok(if found.is_empty() { Outcome::Well } else { Outcome::Found })
}

fn told(found: &[Suspicion], form: Form) -> Result<(), Failure> {
    if !form.is_for_a_person() {
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
            sheet.add([
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
        let short = |moment: Moment| moment.to_string().get(..16).unwrap_or_default().replace('T', " ");
        let samples = suspicion.samples.iter().map(|row| {
            let which = row.entity_id.as_deref().unwrap_or_default();
            format!("#{} {} {} {which}", row.id.unwrap_or_default(), row.operation, row.entity_type)
        });
        sheet.add([
            json!(suspicion.kind.as_str().replace('_', " ")).into(),
            json!(suspicion.about).into(),
            json!(short(suspicion.window.from())).into(),
            json!(short(suspicion.window.until())).into(),
            json!(suspicion.figure).into(),
            json!(suspicion.usual).into(),
            Cell::Lines(samples.collect()),
        ]);
    }
    sheet.tell(form, "nothing is suspicious")
}
