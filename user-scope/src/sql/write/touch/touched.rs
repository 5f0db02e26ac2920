//! What a touch of one statement tells of its rows, to the log or to whoever records them beside it.

use super::Part;
use super::family::Deed;
use super::plan::Plan;
use crate::entity::{Entity, UserScoped};
use crate::sql::SqlText;
use crate::sql::log::{Addition, LogParameters, log_into, log_select};
use crate::sql::rows::Rows;

/// Writes `, logged AS (INSERT … SELECT … UNION ALL SELECT …)`.
pub(super) fn write_log<T: UserScoped>(plan: &Plan<'_, T>, text: &mut SqlText, parts: &[Part]) {
    text.sql(", ");
    log_into(text);
    let parameters = LogParameters::next(text);
    let owner: &dyn Fn(&mut SqlText) = &|text| {
        write_owner(plan, text);
        text.sql("::text");
    };
    let rows: &dyn Fn(&mut SqlText) = &|text| {
        text.sql("(SELECT count(*) FROM ").part(0).sql(")");
    };
    let old = |text: &mut SqlText| {
        text.our("old");
    };
    let new = |text: &mut SqlText| {
        text.our("new");
    };
    text.list(" UNION ALL ", parts.iter().enumerate(), |text, (number, part)| {
        let emptied: &dyn Fn(&mut SqlText) = &|text| write_emptied(text, part);
        let has_old = !plan.old_values(number).is_empty() || number == 0 && !plan.new_values().is_empty();
        let additions: Vec<Addition<'_>> = [
            plan.target.scope.is_everyone().then_some(("owner", owner)),
            (number == 0 && matches!(plan.target.rows, Rows::Where(_))).then_some(("rows", rows)),
            part.emptied.is_some().then_some(("changed", emptied)),
            has_old.then_some(("old", &old as _)),
            (number == 0 && !plan.new_values().is_empty()).then_some(("new", &new as _)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let id = |text: &mut SqlText| {
            text.our("id");
        };
        log_select(text, part.entity, part.operation.as_str(), parameters, &id, &additions);
        write_from(plan, text, number);
    });
    text.sql(")");
}

/// Whose row it was when it was touched.
fn write_owner<T: UserScoped>(plan: &Plan<'_, T>, text: &mut SqlText) {
    text.our(if plan.family.deed == Deed::Transfer { "was" } else { "owner" });
}

fn write_emptied(text: &mut SqlText, part: &Part) {
    let column = part.emptied.unwrap_or_default();
    text.sql("jsonb_build_array(").literal(name_in_log(part.entity, column)).sql(")");
}

fn name_in_log(entity: &Entity, column: usize) -> &'static str {
    let redacted = entity.definition().columns.get(column).is_some_and(|column| column.redact);
    if redacted { "[redacted]" } else { entity.column_name(column) }
}

/// Writes ` SELECT number, id, owner, old, new FROM … UNION ALL …`.
pub(super) fn write_touched<T: UserScoped>(plan: &Plan<'_, T>, text: &mut SqlText, parts: &[Part]) {
    text.sql(" ");
    text.list(" UNION ALL ", 0..parts.len(), |text, number| {
        text.sql("SELECT ").number(number).sql("::bigint, ").our("id").sql("::text, ");
        write_owner(plan, text);
        text.sql("::text, ");
        let has_old = !plan.old_values(number).is_empty() || number == 0 && !plan.new_values().is_empty();
        if has_old {
            text.our("old").sql("::text");
        } else {
            text.sql("NULL::text");
        }
        text.sql(", ");
        if number == 0 && !plan.new_values().is_empty() {
            text.our("new").sql("::text");
        } else {
            text.sql("NULL::text");
        }
        write_from(plan, text, number);
    });
}

/// Writes ` FROM …`, the rows of a part.
fn write_from<T: UserScoped>(plan: &Plan<'_, T>, text: &mut SqlText, part: usize) {
    let losing: Vec<usize> = plan.family.losing(part).collect();
    match losing.as_slice() {
        [first, _, ..] if losing.contains(&part) => text.sql(" FROM ").part(*first).sql(" WHERE ").part(part),
        _ => text.sql(" FROM ").part(part),
    };
}
