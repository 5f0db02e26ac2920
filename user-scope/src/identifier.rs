//! What identifies a user or a row: a UUID, an integer, a text, or a newtype of one.
//!
//! Nothing about SQL enters here; how an identifier is stored is said on the entity.

use std::any::Any;
use std::fmt;

use uuid::Uuid;

/// An owner or an id: [`Uuid`], `i64`, [`String`], or a newtype of one of them.
///
/// A newtype derives it, beside `sqlx::Type` with `#[sqlx(transparent)]`, which says how it is stored:
///
/// ```
/// use user_scope::{Identifier, UserContext, Uuid};
///
/// #[derive(Debug, Clone, PartialEq, Identifier)]
/// struct UserId(Uuid);
///
/// let alice = UserContext::new(UserId(Uuid::now_v7()))?;
/// assert!(UserContext::new(UserId(Uuid::nil())).is_err());
/// # Ok::<(), user_scope::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot identify a user or a row",
    label = "not an identifier",
    note = "use `Uuid`, `i64` or `String`, or a newtype of one with `#[derive(user_scope::Identifier)]`"
)]
pub trait Identifier: Clone + Send + Sync + 'static {
    /// What the newtype is made of in the end.
    type Raw: RawIdentifier;

    /// The identifier that holds `raw`.
    fn from_raw(raw: Self::Raw) -> Self;

    /// What this identifier holds.
    fn as_raw(&self) -> &Self::Raw;
}

/// An identifier whose type is forgotten: what is done with it is then compiled once, and not for each entity.
#[doc(hidden)]
pub trait AnyIdentifier: Any + Send + Sync {
    fn to_id_value(&self) -> IdValue;
}

#[diagnostic::do_not_recommend]
impl<I: Identifier> AnyIdentifier for I {
    fn to_id_value(&self) -> IdValue {
        IdValue::of(self)
    }
}

/// The three types that identifiers are made of. Sealed: a database column has to exist for each.
pub trait RawIdentifier: Identifier<Raw = Self> + PartialEq + fmt::Display + sealed::Sealed {
    /// Which of the three it is.
    #[doc(hidden)]
    const KIND: IdKind;

    /// The identifier as a value that names its type at run time.
    #[doc(hidden)]
    fn to_value(&self) -> IdValue;

    /// The identifier from the text that [`Display`](fmt::Display) writes.
    ///
    /// # Errors
    ///
    /// If `text` is not such an identifier.
    fn from_text(text: String) -> Result<Self, InvalidIdentifier>;

    /// Whether this is the system user, or nobody: nil, 0, `""` and `"system"` are never a caller.
    fn is_reserved(&self) -> bool;
}

/// An id that the library can make: a UUIDv7, or its text.
#[diagnostic::on_unimplemented(
    message = "the library cannot make an id of type `{Self}`",
    label = "no id can be made here",
    note = "let the database make it: `#[user_scoped(id, generated = \"database\")]`"
)]
pub trait GeneratedId: Identifier {
    /// A new identifier, after all that were made before it.
    fn generate() -> Self;
}

impl<I> GeneratedId for I
where
    I: Identifier,
    I::Raw: FromUuid,
{
    fn generate() -> Self {
        I::from_raw(I::Raw::from_uuid(Uuid::now_v7()))
    }
}

/// A raw identifier that a UUID can be turned into.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the library cannot make an id of type `{Self}`",
    label = "no id can be made here",
    note = "let the database make it: `#[user_scoped(id, generated = \"database\")]`"
)]
pub trait FromUuid: RawIdentifier {
    fn from_uuid(uuid: Uuid) -> Self;
}

impl FromUuid for Uuid {
    fn from_uuid(uuid: Uuid) -> Self {
        uuid
    }
}

impl FromUuid for String {
    fn from_uuid(uuid: Uuid) -> Self {
        uuid.to_string()
    }
}

/// A text that is not an identifier of the wanted type. The text is not shown: it came from outside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0} identifier")]
pub struct InvalidIdentifier(&'static str);

/// Which type an identifier is made of.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdKind {
    Uuid,
    Integer,
    Text,
}

/// An identifier whose type is known at run time only, as the audit needs it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IdValue {
    /// A UUID.
    Uuid(Uuid),
    /// An integer.
    Integer(i64),
    /// A text.
    Text(String),
}

impl IdValue {
    pub(crate) fn of<I: Identifier>(id: &I) -> Self {
        id.as_raw().to_value()
    }

    /// What [`Display`](fmt::Display) writes; two of these are in every audit row, and a UUID need not be formatted
    /// piece by piece.
    pub(crate) fn into_text(self) -> String {
        match self {
            Self::Uuid(id) => id.hyphenated().encode_lower(&mut Uuid::encode_buffer()).to_owned(),
            Self::Integer(id) => id.to_string(),
            Self::Text(id) => id,
        }
    }
}

/// As text on every database: a UUID lower case and hyphenated.
impl fmt::Display for IdValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(id) => id.fmt(f),
            Self::Integer(id) => id.fmt(f),
            Self::Text(id) => id.fmt(f),
        }
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for uuid::Uuid {}
    impl Sealed for i64 {}
    impl Sealed for String {}
}

macro_rules! raw_identifier {
    ($type:ty, $kind:ident, $name:literal, from_text: $from_text:expr, is_reserved: $is_reserved:expr) => {
        // The compiler would show this macro where `on_unimplemented` says it in words.
        #[diagnostic::do_not_recommend]
        impl Identifier for $type {
            type Raw = Self;

            fn from_raw(raw: Self) -> Self {
                raw
            }

            fn as_raw(&self) -> &Self {
                self
            }
        }

        impl RawIdentifier for $type {
            const KIND: IdKind = IdKind::$kind;

            fn to_value(&self) -> IdValue {
                IdValue::$kind(self.clone())
            }

            fn from_text(text: String) -> Result<Self, InvalidIdentifier> {
                let parse: fn(String) -> Option<Self> = $from_text;
                parse(text).ok_or(InvalidIdentifier($name))
            }

            fn is_reserved(&self) -> bool {
                let reserved: fn(&Self) -> bool = $is_reserved;
                reserved(self)
            }
        }
    };
}

raw_identifier! {
    Uuid, Uuid, "UUID",
    from_text: |text| text.parse().ok(),
    is_reserved: Uuid::is_nil
}
raw_identifier! {
    i64, Integer, "integer",
    from_text: |text| text.parse().ok(),
    is_reserved: |id| *id == 0
}
raw_identifier! {
    String, Text, "text",
    from_text: Some,
    // Case, blanks and what cannot be seen must not make a second system user; PostgreSQL cannot store a NUL.
    is_reserved: |id| {
        let letters: String = id.chars().filter(|character| character.is_alphanumeric()).collect();
        letters.bytes().all(|byte| byte == b'0') || letters.eq_ignore_ascii_case("system") || id.contains('\0')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_user_of_every_type_is_reserved() {
        assert!(Uuid::nil().is_reserved());
        assert!(0_i64.is_reserved());
        for name in [
            "",
            "  ",
            "0",
            "system",
            " System ",
            "\u{200b}system\u{2060}",
            "a\0b",
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert!(name.to_owned().is_reserved(), "{name:?}");
        }
        assert!(!Uuid::now_v7().is_reserved());
        assert!(!(-1_i64).is_reserved());
        assert!(!"auth0|system".to_owned().is_reserved());
    }

    #[test]
    fn an_invalid_text_is_an_error_that_does_not_repeat_it() {
        let read = Uuid::from_text("secret".into());
        assert_eq!(read.map_err(|error| error.to_string()), Err("not a valid UUID identifier".to_owned()));
    }
}
