//! What an update does to one column: leave it, or set it.

/// What an update does to a column. `Change<Option<V>>` tells "absent" from "null".
///
/// With the feature `json` it deserializes as the value itself; an absent field is [`Change::Keep`].
///
/// ```
/// use user_scope::Change;
///
/// let due_on: Change<Option<u32>> = Change::Set(None);     // becomes NULL
/// assert_ne!(due_on, Change::Keep);                        // stays as it is
/// assert_eq!(Change::from("x"), Change::Set("x"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change<V> {
    /// The column stays as it is.
    #[default]
    Keep,
    /// The column gets this value.
    Set(V),
}

impl<V> Change<V> {
    /// Whether the column stays as it is.
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The new value, if there is one.
    pub const fn as_set(&self) -> Option<&V> {
        match self {
            Self::Keep => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl<V> From<V> for Change<V> {
    fn from(value: V) -> Self {
        Self::Set(value)
    }
}

/// A text literal, as an insert takes it by `.into()`.
impl From<&str> for Change<String> {
    fn from(text: &str) -> Self {
        Self::Set(text.to_owned())
    }
}

#[cfg(feature = "json")]
impl<'de, V: serde::Deserialize<'de>> serde::Deserialize<'de> for Change<V> {
    /// A field that is there sets; the derive gives an absent one its default, [`Change::Keep`].
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        V::deserialize(deserializer).map(Self::Set)
    }
}
