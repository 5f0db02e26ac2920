//! Conditions as SQL. The text and its arguments are written together, so that they cannot come apart.

use std::borrow::Cow;

use sqlx::error::BoxDynError;

use super::SqlText;
use crate::backend::{Backend, Dialect};
use crate::entity::{Comparison, Node, Table};

/// Writes `node` and binds its values.
pub(super) fn write<DB: Backend>(
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
    table: Table<DB>,
    node: &Node,
) -> Result<(), BoxDynError> {
    let entity = table.entity;
    match node {
        Node::Compare { column, comparison, value } => {
            text.column(entity, *column).sql(operator(*comparison)).parameter();
            table.bind(*column, value.as_ref(), arguments)
        }
        Node::In { values, .. } if values.is_empty() => {
            text.sql("1 = 0");
            Ok(())
        }
        Node::In { column, values } => {
            text.column(entity, *column).sql(" IN (");
            // The last value fills a short list up to a power of two, so that lists of many lengths share a few
            // texts. A long one is unlikely to come again, and its values may be large.
            let repeats = match values.len() {
                short @ ..=PADDED => short.next_power_of_two() - short,
                _ => {
                    text.forget();
                    0
                }
            };
            let padded = values.iter().chain(values.last().into_iter().cycle().take(repeats));
            for (index, value) in padded.enumerate() {
                text.sql(if index > 0 { ", " } else { "" }).parameter();
                table.bind(*column, value.as_ref(), arguments)?;
            }
            text.sql(")");
            Ok(())
        }
        Node::Between { column, low, high } => {
            text.column(entity, *column).sql(" BETWEEN ").parameter().sql(" AND ").parameter();
            table.bind(*column, low.as_ref(), arguments)?;
            table.bind(*column, high.as_ref(), arguments)
        }
        Node::Like { column, pattern } => {
            text.column(entity, *column);
            // SQLite's LIKE takes upper and lower case for the same, its GLOB does not.
            match text.dialect() {
                Dialect::Postgres => {
                    text.sql(" LIKE ").parameter();
                    DB::add_text(arguments, Some(&complete(pattern)))
                }
                Dialect::Sqlite => {
                    text.sql(" GLOB ").parameter();
                    DB::add_text(arguments, Some(&glob(pattern)))
                }
            }
        }
        Node::IsNull { column } => {
            text.column(entity, *column).sql(" IS NULL");
            Ok(())
        }
        Node::TooDeep => Err("the condition is nested too deeply".into()),
        Node::All(nodes) => join(text, arguments, table, " AND ", nodes),
        Node::Any(nodes) => join(text, arguments, table, " OR ", nodes),
        Node::Not(node) => {
            text.sql("NOT (");
            write(text, arguments, table, node)?;
            text.sql(")");
            Ok(())
        }
    }
}

/// Lists up to this length are padded.
const PADDED: usize = 16;

/// In brackets by halves: SQLite counts a chain of operators as nested, and stops at a thousand.
fn join<DB: Backend>(
    text: &mut SqlText,
    arguments: &mut DB::Arguments,
    table: Table<DB>,
    separator: &'static str,
    nodes: &[Node],
) -> Result<(), BoxDynError> {
    if let [node] = nodes {
        return write(text, arguments, table, node);
    }
    let (first, second) = nodes.split_at(nodes.len() / 2);
    for (index, half) in [first, second].into_iter().enumerate() {
        text.sql(if index > 0 { separator } else { "" }).sql("(");
        join(text, arguments, table, separator, half)?;
        text.sql(")");
    }
    Ok(())
}

/// A pattern that does not end in the middle of an escape. PostgreSQL fails on one that does, but only when some
/// row matches up to there, be it another user's: the error would tell what is in it.
fn complete(like: &str) -> Cow<'_, str> {
    let trailing = like.bytes().rev().take_while(|byte| *byte == b'\\').count();
    if trailing % 2 == 0 { Cow::Borrowed(like) } else { Cow::Owned(format!("{like}\\")) }
}

const fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => " = ",
        Comparison::NotEqual => " <> ",
        Comparison::Less => " < ",
        Comparison::LessOrEqual => " <= ",
        Comparison::Greater => " > ",
        Comparison::GreaterOrEqual => " >= ",
    }
}

/// A pattern of LIKE as one of GLOB: `%` is `*`, `_` is `?`, and what only GLOB takes for special is bracketed.
fn glob(like: &str) -> String {
    let mut glob = String::with_capacity(like.len() + 8);
    let mut characters = like.chars();
    while let Some(character) = characters.next() {
        match character {
            '%' => glob.push('*'),
            '_' => glob.push('?'),
            '\\' => push_literally(&mut glob, characters.next().unwrap_or('\\')),
            other => push_literally(&mut glob, other),
        }
    }
    glob
}

fn push_literally(glob: &mut String, character: char) {
    if matches!(character, '*' | '?' | '[') {
        glob.extend(['[', character, ']']);
    } else {
        glob.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn a_like_pattern_means_the_same_as_a_glob() {
        for (like, expected) in [
            ("%ship%", "*ship*"),
            ("a_b", "a?b"),
            (r"100\%", "100%"),
            ("what?", "what[?]"),
            ("[x]*", "[[]x][*]"),
            (r"\_\\", r"_\"),
            (r"end\", r"end\"),
        ] {
            assert_eq!(glob(like), expected, "{like}");
        }
    }
}
