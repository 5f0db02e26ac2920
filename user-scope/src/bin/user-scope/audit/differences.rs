//! What the details of a row say, as a person reads it. A value is shown, and compared, in the words of the database: a number would
//! not survive being read as one.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

type Object<'a> = BTreeMap<String, &'a RawValue>;

/// What is told of a write in a way of its own.
const OF_A_WRITE: [&str; 3] = ["changed", "new", "old"];
/// What comes first of the rest: what was tried, why, and whose row went to whom.
const FIRST: [&str; 4] = ["attempted", "reason", "owner", "to"];

/// What a write changed, `title: "a" → "b"`, a line each, and whatever else is said: what was attempted, to whom a row was given.
pub(crate) fn told(details: &str) -> Vec<String> {
    let Some(all) = object(details) else { return vec![details.to_owned()] };
    let mut lines = differences(&all);
    let mut rest: Vec<_> = all.iter().filter(|(key, _)| !OF_A_WRITE.contains(&key.as_str())).collect();
    rest.sort_by_key(|(key, _)| FIRST.iter().position(|first| first == key).unwrap_or(FIRST.len()));
    lines.extend(rest.into_iter().map(|(key, value)| format!("{key}: {}", word(value.get()))));
    lines
}

/// A line for each column whose value is another; or the names of the changed columns, where values are not recorded.
fn differences(details: &Object<'_>) -> Vec<String> {
    let values = |key| details.get(key).and_then(|value| object(value.get()));
    let (old, new) = (values("old"), values("new"));
    if old.is_none() && new.is_none() {
        let changed = details.get("changed").and_then(|names| serde_json::from_str::<Vec<String>>(names.get()).ok());
        return changed.filter(|names| !names.is_empty()).map(|names| names.join(", ")).into_iter().collect();
    }
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    let names: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let told = names.into_iter().filter_map(|name| match (old.get(name), new.get(name)) {
        (Some(old), Some(new)) if old.get() == new.get() => None,
        (Some(old), Some(new)) => Some(format!("{name}: {old} → {new}")),
        (Some(old), None) => Some(format!("{name}: {old}")),
        (None, Some(new)) => Some(format!("{name}: → {new}")),
        (None, None) => None,
    });
    told.collect()
}

fn object(json: &str) -> Option<Object<'_>> {
    serde_json::from_str(json).ok()
}

/// A word or an id without its quotes, so that it can be copied; anything else as it is.
fn word(json: &str) -> &str {
    let inside = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let is_plain = |text: &&str| {
        !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric() || "_-".contains(character))
    };
    inside.filter(is_plain).unwrap_or(json)
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn what_is_another_is_told_and_nothing_else() {
        let details = r#"{"changed": ["title"], "old": {"title": "a", "n": 1}, "new": {"title": "b", "n": 1}}"#;
        assert_eq!(told(details), ["title: \"a\" → \"b\""]);
        assert_eq!(told(r#"{"old": {"n": null}}"#), ["n: null"]);
        assert_eq!(told(r#"{"new": {"n": 2}}"#), ["n: → 2"]);
        assert_eq!(told(r#"{"changed": ["a", "b"]}"#), ["a, b"]);
        assert_eq!(told("no JSON"), ["no JSON"]);
    }

    #[test]
    fn a_number_is_compared_as_it_is_written() {
        let details = r#"{"old": {"price": 100000000000000000.01}, "new": {"price": 100000000000000000.99}}"#;
        assert_eq!(told(details), ["price: 100000000000000000.01 → 100000000000000000.99"]);
    }

    #[test]
    fn what_else_is_said_comes_behind_and_what_matters_first() {
        assert_eq!(
            told(r#"{"rows":3,"receipt":"0197-a","attempted":"read"}"#),
            ["attempted: read", "receipt: 0197-a", "rows: 3"]
        );
        assert_eq!(told(r#"{"to": "bob", "owner": "al ice"}"#), ["owner: \"al ice\"", "to: bob"]);
    }
}
