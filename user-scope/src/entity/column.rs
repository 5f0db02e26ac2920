//! Typed columns: `Task::STATUS.eq(Status::Todo)`. What does not fit does not compile.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{Comparison, Direction, Node, Order, Predicate};

/// The column of a field that is no `Option`.
#[derive(Debug, Clone, Copy)]
pub enum NotNull {}

/// The column of a field that is an `Option`.
#[derive(Debug, Clone, Copy)]
pub enum Nullable {}

/// Whether a column can be NULL: [`NotNull`] or [`Nullable`]. Sealed.
pub trait Nullability: sealed::Sealed + 'static {
    /// What such a column of `V` gives: `V` itself, or `Option<V>`.
    type Of<V>;

    #[doc(hidden)]
    const IS_NULLABLE: bool;

    /// The value as the column gives it; `None` for NULL where there must be none.
    #[doc(hidden)]
    fn of<V>(value: Option<V>) -> Option<Self::Of<V>>;
}

impl Nullability for NotNull {
    type Of<V> = V;
    const IS_NULLABLE: bool = false;

    fn of<V>(value: Option<V>) -> Option<V> {
        value
    }
}

impl Nullability for Nullable {
    type Of<V> = Option<V>;
    const IS_NULLABLE: bool = true;

    fn of<V>(value: Option<V>) -> Option<Option<V>> {
        Some(value)
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::NotNull {}
    impl Sealed for super::Nullable {}
}

/// A column of the entity `T` that holds values of `V`. The derive makes one constant a field.
///
/// A comparison means what SQL means by it: a row whose column is NULL satisfies only `is_null`.
pub struct Column<T, V, N = NotNull> {
    position: usize,
    entity: PhantomData<fn() -> T>,
    value: PhantomData<fn() -> (V, N)>,
}

/// A value that a column can be compared with: one of its type, a reference to one, or for a text `&str`.
#[diagnostic::on_unimplemented(
    message = "a column of `{V}` cannot be compared with `{Self}`",
    label = "expected a `{V}`",
    note = "whether a column is NULL is asked by `.is_null()`"
)]
pub trait Operand<V> {
    /// The value as the column holds it.
    fn into_operand(self) -> V;
}

impl<V> Operand<V> for V {
    fn into_operand(self) -> V {
        self
    }
}

impl<V: Clone> Operand<V> for &V {
    fn into_operand(self) -> V {
        self.clone()
    }
}

impl Operand<String> for &str {
    fn into_operand(self) -> String {
        self.to_owned()
    }
}

impl<T, V, N> Column<T, V, N> {
    /// For the derive alone.
    #[doc(hidden)]
    pub const fn at(position: usize) -> Self {
        Self { position, entity: PhantomData, value: PhantomData }
    }

    /// Its place among the columns of the entity.
    #[doc(hidden)]
    pub const fn position(&self) -> usize {
        self.position
    }
}

impl<T, V: Send + Sync + 'static, N: Nullability> Column<T, V, N> {
    fn compare(self, comparison: Comparison, operand: impl Operand<V>) -> Predicate<T> {
        Predicate::new(Node::Compare { column: self.position, comparison, value: value(operand) })
    }

    /// The column equals `operand`.
    pub fn eq(self, operand: impl Operand<V>) -> Predicate<T> {
        self.compare(Comparison::Equal, operand)
    }

    /// The column is not NULL and differs from `operand`.
    pub fn ne(self, operand: impl Operand<V>) -> Predicate<T> {
        self.compare(Comparison::NotEqual, operand)
    }

    /// The column is less than `operand`.
    pub fn lt(self, operand: impl Operand<V>) -> Predicate<T> {
        self.compare(Comparison::Less, operand)
    }

    /// The column is less than `operand` or equals it.
    pub fn le(self, operand: impl Operand<V>) -> Predicate<T> {
        self.compare(Comparison::LessOrEqual, operand)
    }

    /// The column is greater than `operand`.
    pub fn gt(self, operand: impl Operand<V>) -> Predicate<T> {
        self.compare(Comparison::Greater, operand)
    }

    /// The column is greater than `operand` or equals it.
    pub fn ge(self, operand: impl Operand<V>) -> Predicate<T> {
        self.compare(Comparison::GreaterOrEqual, operand)
    }

    /// The column equals one of `operands`; none at all matches nothing.
    pub fn is_in<O: Operand<V>>(self, operands: impl IntoIterator<Item = O>) -> Predicate<T> {
        Predicate::new(Node::In { column: self.position, values: operands.into_iter().map(value).collect() })
    }

    /// The column lies between `low` and `high`, both included.
    pub fn between(self, low: impl Operand<V>, high: impl Operand<V>) -> Predicate<T> {
        Predicate::new(Node::Between { column: self.position, low: value(low), high: value(high) })
    }

    /// The least first; rows whose column is NULL come last.
    pub fn asc(self) -> Order<T> {
        Order::new(self.position, Direction::Ascending, N::IS_NULLABLE)
    }

    /// The greatest first; rows whose column is NULL come last.
    pub fn desc(self) -> Order<T> {
        Order::new(self.position, Direction::Descending, N::IS_NULLABLE)
    }
}

/// A type that is stored as a text: what [`Column::like`] asks of a column.
///
/// `String` has it; implement it for a newtype of one.
///
/// ```
/// struct Title(String);                                    // with sqlx::Type, and #[sqlx(transparent)]
///
/// impl user_scope::Textual for Title {}
/// ```
#[diagnostic::on_unimplemented(
    message = "a column of `{Self}` holds no texts to be matched",
    label = "only a column of texts is matched with a pattern",
    note = "if it is stored as a text, say so: `impl user_scope::Textual for {Self} {{}}`"
)]
pub trait Textual {}

impl Textual for String {}

impl<T, V, N> Column<T, V, N> {
    /// The column matches `pattern`: `%` stands for any text, `_` for one character, `\` takes the next one as
    /// it is. Upper and lower case differ, on every database.
    ///
    /// ```
    /// # use user_scope::{Column, Predicate};
    /// # fn f<Task>(title: Column<Task, String>) -> Predicate<Task> {
    /// title.like("%ship%")
    /// # }
    /// ```
    pub fn like(self, pattern: impl Operand<String>) -> Predicate<T>
    where
        V: Textual,
    {
        Predicate::new(Node::Like { column: self.position, pattern: pattern.into_operand() })
    }
}

impl<T, V> Column<T, V, Nullable> {
    /// The column is NULL. Only a column whose field is an `Option` has this.
    pub fn is_null(self) -> Predicate<T> {
        Predicate::new(Node::IsNull { column: self.position })
    }
}

impl<T, V, N> Clone for Column<T, V, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, V, N> Copy for Column<T, V, N> {}

impl<T, V, N> fmt::Debug for Column<T, V, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Column").field(&self.position).finish()
    }
}

fn value<V: Send + Sync + 'static>(operand: impl Operand<V>) -> Arc<dyn Any + Send + Sync> {
    Arc::new(operand.into_operand())
}
