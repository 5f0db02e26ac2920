//! What a touch of one statement tells of its rows, to the log or to whoever records them beside it.

use super::Part;
use super::family::Deed;
use super::losers::write_lost;
use super::plan::Plan;
use crate::backend::Backend;
use crate::sql::SqlText;
use crate::sql::log::{Addition, LogParameters, log_into, log_select};
use crate::sql::rows::Rows;

/// Writes `, user_scope_logged AS (INSERT … SELECT … UNION ALL SELECT …)`.
pub(super) fn write_log<DB: Backend>(plan: &Plan<'_, DB>, text: &mut SqlText, parts: &[Part]) {
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
    let recorded = parts.iter().enumerate().filter(|(_, part)| part.recorded);
    text.list(" UNION ALL ", recorded, |text, (number, part)| {
        let emptied: &dyn Fn(&mut SqlText) = &|text| write_emptied(text, part);
        let has_old = !plan.old_values(number).is_empty() || number == 0 && !plan.new_values().is_empty();
        let additions: Vec<Addition<'_>> = [
            plan.target.reach.scope.is_everyone().then_some(("owner", owner)),
            (number == 0 && matches!(plan.target.rows, Rows::Where(_))).then_some(("rows", rows)),
            (!part.emptied().is_empty()).then_some(("changed", emptied)),
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
        write_from(plan, text, number, part);
    });
    text.sql(")");
}

/// Whose row it was when it was touched.
fn write_owner<DB: Backend>(plan: &Plan<'_, DB>, text: &mut SqlText) {
    text.our(if plan.family.deed == Deed::Transfer { "was" } else { "owner" });
}

fn write_emptied(text: &mut SqlText, part: &Part) {
    text.sql("jsonb_build_array(");
    text.list(", ", part.emptied().iter(), |text, column| {
        text.literal(part.entity.column_name(column));
    });
    text.sql(")");
}

/// Writes ` SELECT number, id, owner, old, new FROM … UNION ALL …`.
pub(super) fn write_touched<DB: Backend>(plan: &Plan<'_, DB>, text: &mut SqlText, parts: &[Part]) {
    text.sql(" ");
    text.list(" UNION ALL ", parts.iter().enumerate(), |text, (number, part)| {
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
        write_from(plan, text, number, part);
    });
}

/// Writes ` FROM …`, the rows of a part.
fn write_from<DB: Backend>(plan: &Plan<'_, DB>, text: &mut SqlText, number: usize, part: &Part) {
    match &part.loss {
        Some(loss) => write_lost(plan, text, loss),
        None => {
            text.sql(" FROM ").part(number);
        }
    }
}
