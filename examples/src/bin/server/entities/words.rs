//! Texts that people write, checked when they come in: what is too long, or holds what cannot be stored, never gets further.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use user_scope::Textual;
use utoipa::ToSchema;

/// A text on one line: 1 to 200 characters, not only blanks, and no control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(try_from = "String")]
#[sqlx(transparent)]
#[schema(
    value_type = String,
    min_length = 1,
    max_length = 200,
    pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
    examples("Ship it")
)]
pub struct Line(String);

/// A longer text: up to 10,000 characters, without NUL, which PostgreSQL cannot store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(try_from = "String")]
#[sqlx(transparent)]
#[schema(value_type = String, max_length = 10_000, pattern = r"^[^\x00]*$", examples("Before Friday"))]
pub struct Prose(String);

/// A day of the calendar, which is told how it is written where it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(try_from = "String")]
#[sqlx(transparent)]
#[schema(value_type = String, format = Date, examples("2030-01-31"))]
pub struct Day(NaiveDate);

impl TryFrom<String> for Day {
    type Error = Refused;

    fn try_from(text: String) -> Result<Self, Refused> {
        // Years of four digits, which every database and every reader knows.
        let day = NaiveDate::parse_from_str(&text, "%Y-%m-%d").map_err(|_| Refused::Day)?;
        if text.len() == 10 { Ok(Self(day)) } else { Err(Refused::Day) }
    }
}

/// Why a text was refused. The text itself is not repeated.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub enum Refused {
    #[error("must not be empty")]
    Empty,
    #[error("must have at most {0} characters")]
    TooLong(usize),
    #[error("must be one line, without control characters")]
    Control,
    #[error("must not contain the character NUL")]
    Nul,
    #[error("must be a day such as 2030-01-31")]
    Day,
}

impl TryFrom<String> for Line {
    type Error = Refused;

    fn try_from(text: String) -> Result<Self, Refused> {
        if text.chars().any(char::is_control) {
            return Err(Refused::Control);
        }
        if text.trim().is_empty() {
            return Err(Refused::Empty);
        }
        within(200, text).map(Self)
    }
}

impl TryFrom<String> for Prose {
    type Error = Refused;

    fn try_from(text: String) -> Result<Self, Refused> {
        if text.contains('\0') {
            return Err(Refused::Nul);
        }
        within(10_000, text).map(Self)
    }
}

impl Prose {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn within(most: usize, text: String) -> Result<String, Refused> {
    if text.chars().count() > most { Err(Refused::TooLong(most)) } else { Ok(text) }
}

impl Textual for Line {}
impl Textual for Prose {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_of_something() {
        for refused in ["", "  ", "a\nb", "a\0b", "\u{85}", &"é".repeat(201)] {
            assert!(Line::try_from(refused.to_owned()).is_err(), "{refused:?}");
        }
        for taken in ["a", " é ", "<img src=x>", &"é".repeat(200)] {
            assert!(Line::try_from(taken.to_owned()).is_ok(), "{taken:?}");
        }
    }

    #[test]
    fn a_day_is_written_with_four_two_and_two_digits() {
        for refused in ["tomorrow", "2030-1-31", "2030-02-30", "+12030-01-31", "20300131", ""] {
            assert!(Day::try_from(refused.to_owned()).is_err(), "{refused}");
        }
        assert!(Day::try_from("2030-01-31".to_owned()).is_ok());
    }

    #[test]
    fn prose_may_be_empty_and_have_many_lines_but_no_nul() {
        assert!(Prose::try_from("a\nb\t".to_owned()).is_ok());
        assert!(Prose::try_from(String::new()).is_ok());
        assert!(Prose::try_from("a\0".to_owned()).is_err());
        assert!(Prose::try_from("é".repeat(10_001)).is_err());
    }
}
