//! What a write changed, from the details of its row.

use serde_json::{Map, Value};

/// A line for each column whose value is another: `title: "a" → "b"`; or the names of the changed columns, where values are not
/// recorded.
pub(crate) fn differences(details: &Value) -> String {
    let values = |key| details.get(key).and_then(Value::as_object);
    let (old, new) = (values("old"), values("new"));
    if old.is_none() && new.is_none() {
        let changed = details.get("changed").and_then(Value::as_array);
        let names = changed.into_iter().flatten().filter_map(Value::as_str);
        return names.collect::<Vec<_>>().join(", ");
    }
    let nothing = Map::new();
    let (old, new) = (old.unwrap_or(&nothing), new.unwrap_or(&nothing));
    let mut names: Vec<_> = old.keys().chain(new.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let told = names.into_iter().filter_map(|name| match (old.get(name), new.get(name)) {
        (Some(old), Some(new)) if old == new => None,
        (Some(old), Some(new)) => Some(format!("{name}: {old} → {new}")),
        (Some(old), None) => Some(format!("{name}: {old}")),
        (None, Some(new)) => Some(format!("{name}: → {new}")),
        (None, None) => None,
    });
    told.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::differences;

    #[test]
    fn what_is_another_is_told_and_nothing_else() {
        let details = json!({ "changed": ["title"], "old": { "title": "a", "n": 1 }, "new": { "title": "b", "n": 1 } });
        assert_eq!(differences(&details), "title: \"a\" → \"b\"");
        assert_eq!(differences(&json!({ "old": { "n": null } })), "n: null");
        assert_eq!(differences(&json!({ "new": { "n": 2 } })), "n: → 2");
        assert_eq!(differences(&json!({ "changed": ["a", "b"] })), "a, b");
        assert_eq!(differences(&json!({ "rows": 3 })), "");
        assert_eq!(differences(&serde_json::Value::Null), "");
    }
}
