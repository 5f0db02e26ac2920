//! What a row is read as: the entity itself, or fewer of its columns as a struct of the application.

use std::any::Any;

use super::{Column, NotNull, Nullability, Nullable, Stores, UserScoped, decode_all, no_such_column};

/// What the rows of an entity can be read as. Every entity is read as itself; `#[derive(Select)]` makes a struct with
/// some of its columns, for [`Query::select`](crate::Query::select).
///
/// ```
/// use user_scope::{Select, UserScoped, Uuid};
///
/// #[derive(UserScoped)]
/// #[user_scoped(table = "tasks")]
/// struct Task {
///     #[user_scoped(id)]
///     id: Uuid,
///     #[user_scoped(owner)]
///     user_id: Uuid,
///     title: String,
///     note: Option<String>,
/// }
///
/// #[derive(Select)]
/// #[user_scoped(from = Task)]
/// struct Headline {
///     id: Uuid,
///     title: String,
///     #[user_scoped(column = NOTE)]                        // the constant, if the field is not called like it
///     remark: Option<String>,
/// }
///
/// # async fn f<DB: user_scope::Stores<Task>>(tasks: user_scope::ScopedRepository<'_, Task, DB>)
/// # -> user_scope::Result<()> {
/// let headlines: Vec<Headline> = tasks.query().filter(Task::TITLE.like("Ship%")).select().all().await?;
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "rows cannot be read as `{Self}`",
    label = "neither an entity nor a selection of columns",
    note = "annotate the struct with `#[derive(Select)]` and `#[user_scoped(from = …)]`, which names its entity"
)]
pub trait Select: Sized + Send + 'static {
    /// Whose rows these are.
    type Entity: UserScoped;

    /// The columns that are selected, by position; `None` for all of them, in the order of the entity.
    #[doc(hidden)]
    fn columns() -> Option<&'static [usize]>;

    /// Reads a row that has these columns.
    #[doc(hidden)]
    fn decode<DB: Stores<Self::Entity>>(row: &DB::Row) -> sqlx::Result<Self>;

    /// Reads all rows of a result, which have these columns.
    #[doc(hidden)]
    fn decode_all<DB: Stores<Self::Entity>>(rows: &[DB::Row], into: &mut Vec<Self>) -> sqlx::Result<()> {
        for row in rows {
            into.push(Self::decode::<DB>(row)?);
        }
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<T: UserScoped> Select for T {
    type Entity = T;

    fn columns() -> Option<&'static [usize]> {
        None
    }

    fn decode<DB: Stores<T>>(row: &DB::Row) -> sqlx::Result<T> {
        DB::decode(row)
    }

    fn decode_all<DB: Stores<T>>(rows: &[DB::Row], into: &mut Vec<T>) -> sqlx::Result<()> {
        decode_all::<T, DB>(rows, into)
    }
}

/// A column of the entity `T` that a field of type `F` can be read from.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a field of type `{F}` cannot be read from a `{Self}`",
    label = "not what this column gives",
    note = "a `Column<_, V>` is read as `V`, and a `Column<_, V, Nullable>` as `Option<V>`"
)]
pub trait SelectedAs<T: UserScoped, F> {
    fn read_as<DB: Stores<T>>(self, row: &DB::Row, position: usize) -> sqlx::Result<F>;
}

#[diagnostic::do_not_recommend]
impl<T: UserScoped, V: 'static> SelectedAs<T, V> for Column<T, V, NotNull> {
    fn read_as<DB: Stores<T>>(self, row: &DB::Row, position: usize) -> sqlx::Result<V> {
        self.read::<DB>(row, position)
    }
}

#[diagnostic::do_not_recommend]
impl<T: UserScoped, V: 'static> SelectedAs<T, Option<V>> for Column<T, V, Nullable> {
    fn read_as<DB: Stores<T>>(self, row: &DB::Row, position: usize) -> sqlx::Result<Option<V>> {
        self.read::<DB>(row, position)
    }
}

impl<T: UserScoped, V: 'static, N: Nullability> Column<T, V, N> {
    /// The column's value, which stands at `position` of `row`.
    pub(crate) fn read<DB: Stores<T>>(self, row: &DB::Row, position: usize) -> sqlx::Result<N::Of<V>> {
        let value = self.read_optional::<DB>(row, position)?;
        N::of(value).ok_or_else(|| self.unreadable("NULL".into()))
    }

    /// `None` for NULL, which is an error where the column has none.
    pub(crate) fn read_present<DB: Stores<T>>(self, row: &DB::Row, position: usize) -> sqlx::Result<Option<V>> {
        let value = self.read_optional::<DB>(row, position)?;
        if value.is_none() && !N::IS_NULLABLE {
            return Err(self.unreadable("NULL".into()));
        }
        Ok(value)
    }

    /// The same, `None` for NULL even where the column has none.
    pub(crate) fn read_optional<DB: Stores<T>>(self, row: &DB::Row, position: usize) -> sqlx::Result<Option<V>> {
        let codec = <DB as Stores<T>>::codec(self.position());
        let codec = codec.ok_or_else(|| sqlx::Error::Decode(no_such_column(self.position())))?;
        let Some(value) = codec.read(row, position).map_err(|error| self.named(error))? else { return Ok(None) };
        let value: Box<dyn Any> = value;
        match value.downcast() {
            Ok(value) => Ok(Some(*value)),
            Err(_) => Err(self.unreadable("a value is not of its column's type".into())),
        }
    }

    /// Errors say where a value stands in the entity, not where it stood in this row.
    pub(crate) fn named(self, error: sqlx::Error) -> sqlx::Error {
        match error {
            sqlx::Error::ColumnDecode { source, .. } => self.unreadable(source),
            other => other,
        }
    }

    fn unreadable(self, source: sqlx::error::BoxDynError) -> sqlx::Error {
        sqlx::Error::ColumnDecode { index: self.position().to_string(), source }
    }
}
