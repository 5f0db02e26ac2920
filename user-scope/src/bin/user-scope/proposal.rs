//! A configuration to begin with, where there is none.

use serde_json::json;
use user_scope::adoption::{Origin, Proposal, ProposedTable};

/// As a file that can be saved and read again.
pub(crate) fn as_toml(proposal: &Proposal) -> String {
    let Proposal { owner_type, because, tables, others, .. } = proposal;
    let mut text = String::from(
        "# A proposal, from the schema alone: read it, mend it, and save it as user-scope.toml.\n\
         # What it is unsure of is marked by a question.\n\n",
    );
    text += &format!("[owner]\ncolumn = \"user_id\"\ntype = {}    # {because}\n", quoted(owner_type));
    for table in tables {
        let ProposedTable { unsure, is_doubtful, .. } = table;
        text.push('\n');
        unsure.iter().for_each(|doubt| text += &format!("# unsure: {doubt}\n"));
        let before = if *is_doubtful { "# " } else { "" };
        lines(table).iter().for_each(|line| text += &format!("{before}{line}\n"));
    }
    if !others.is_empty() {
        text += "\n# Nothing in the schema says whose these are. What everybody shares is left alone; what belongs to users needs a way\n\
                 # to them, or goes to the system user for now:\n";
    }
    for name in others {
        text += &format!("# [[table]]\n# name = {}\n# backfill = \"system\"\n", quoted(name));
    }
    text
}

fn lines(table: &ProposedTable) -> Vec<String> {
    let mut lines = vec!["[[table]]".to_owned(), format!("name = {}", quoted(&table.name))];
    lines.extend(table.owner.as_ref().map(|owner| format!("owner = {}", quoted(owner))));
    lines.extend(match &table.origin {
        Origin::Parent { table, through } => {
            Some(format!("backfill = {{ parent = {}, through = {} }}", quoted(table), quoted(through)))
        }
        _ => None,
    });
    lines
}

/// As TOML writes a text.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

pub(crate) fn as_json(proposal: &Proposal) -> serde_json::Value {
    let tables = proposal.tables.iter().map(|table| {
        let backfill = match &table.origin {
            Origin::Parent { table, through } => json!({ "parent": table, "through": through }),
            _ => json!(null),
        };
        json!({
            "name": table.name,
            "owner": table.owner,
            "backfill": backfill,
            "unsure": table.unsure,
            "doubtful": table.is_doubtful,
        })
    });
    json!({
        "proposal": {
            "owner": { "column": "user_id", "type": proposal.owner_type, "because": proposal.because },
            "tables": tables.collect::<Vec<_>>(),
            "others": proposal.others,
        }
    })
}
