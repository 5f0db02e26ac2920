//! What is written alike for every driver, and cannot be written once: sqlx's bounds are not implied.

/// The methods that read the same for every driver, and mean another type for each.
macro_rules! methods_that_every_driver_has {
    () => {
        fn is_null(row: &Self::Row, position: usize) -> bool {
            sqlx::Row::try_get_raw(row, position).is_ok_and(|value| sqlx::ValueRef::is_null(&value))
        }

        fn get_optional<V: crate::backend::Value<Self>>(row: &Self::Row, position: usize) -> sqlx::Result<Option<V>> {
            // An error is to name the type without the `Option`.
            if Self::is_null(row, position) { Ok(None) } else { sqlx::Row::try_get(row, position).map(Some) }
        }

        fn get_text(row: &Self::Row, position: usize) -> sqlx::Result<Option<String>> {
            sqlx::Row::try_get(row, position)
        }

        fn get_integer(row: &Self::Row, position: usize) -> sqlx::Result<i64> {
            sqlx::Row::try_get(row, position)
        }

        fn get_float(row: &Self::Row, position: usize) -> sqlx::Result<Option<f64>> {
            sqlx::Row::try_get(row, position)
        }

        /// NULL is no identifier; SQLite would take it for an empty one.
        fn get_id(row: &Self::Row, position: usize, kind: IdKind) -> sqlx::Result<IdValue> {
            let id = match kind {
                IdKind::Uuid => sqlx::Row::try_get::<Option<_>, _>(row, position)?.map(IdValue::Uuid),
                IdKind::Integer => sqlx::Row::try_get::<Option<_>, _>(row, position)?.map(IdValue::Integer),
                IdKind::Text => sqlx::Row::try_get::<Option<_>, _>(row, position)?.map(IdValue::Text),
            };
            id.ok_or_else(|| sqlx::Error::Decode("an identifier is NULL".into()))
        }

        fn add_text(arguments: &mut Self::Arguments, text: Option<&str>) -> Result<(), BoxDynError> {
            sqlx::Arguments::add(arguments, text)
        }

        fn add_integer(arguments: &mut Self::Arguments, integer: i64) -> Result<(), BoxDynError> {
            sqlx::Arguments::add(arguments, integer)
        }

        fn add_id(arguments: &mut Self::Arguments, id: &IdValue) -> Result<(), BoxDynError> {
            match id {
                IdValue::Uuid(id) => sqlx::Arguments::add(arguments, id),
                IdValue::Integer(id) => sqlx::Arguments::add(arguments, id),
                IdValue::Text(id) => sqlx::Arguments::add(arguments, id.as_str()),
            }
        }

        /// The arguments of both drivers show every byte of themselves in `Debug`, and have no other way to be read.
        fn write_arguments(arguments: &Self::Arguments, to: &mut dyn std::fmt::Write) -> std::fmt::Result {
            write!(to, "{arguments:?}")
        }

        fn type_of(row: &Self::Row, position: usize) -> Option<&Self::TypeInfo> {
            Some(sqlx::Column::type_info(sqlx::Row::try_column(row, position).ok()?))
        }

        async fn fetch_optional(
            wire: crate::backend::Wire<'_, Self>,
            query: Query<Self>,
        ) -> sqlx::Result<Option<Self::Row>> {
            let statement = crate::backend::wire::statement(query, wire.prepares);
            sqlx::Executor::fetch_optional(wire.connection, statement).await
        }

        async fn fetch_all(wire: crate::backend::Wire<'_, Self>, query: Query<Self>) -> sqlx::Result<Vec<Self::Row>> {
            let statement = crate::backend::wire::statement(query, wire.prepares);
            sqlx::Executor::fetch_all(wire.connection, statement).await
        }

        fn fetch(wire: crate::backend::Wire<'_, Self>, query: Query<Self>) -> crate::backend::RowsOf<'_, Self> {
            let statement = crate::backend::wire::statement(query, wire.prepares);
            sqlx::Executor::fetch(wire.connection, statement)
        }

        async fn execute(wire: crate::backend::Wire<'_, Self>, query: Query<Self>) -> sqlx::Result<u64> {
            let statement = crate::backend::wire::statement(query, wire.prepares);
            Ok(sqlx::Executor::execute(wire.connection, statement).await?.rows_affected())
        }

        async fn execute_script(wire: crate::backend::Wire<'_, Self>, script: sqlx::SqlStr) -> sqlx::Result<()> {
            sqlx::Executor::execute(wire.connection, sqlx::raw_sql(script)).await.map(drop)
        }
    };
}
pub(crate) use methods_that_every_driver_has;
