//! The schemas of the document, by name, and those that are made of others.

use std::collections::BTreeMap;

use utoipa::ToSchema;
use utoipa::openapi::schema::{AdditionalProperties, SchemaType, Type};
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, Ref, RefOr, Schema};

#[derive(Default)]
pub struct Schemas(BTreeMap<String, RefOr<Schema>>);

impl Schemas {
    /// A reference to the schema of `T`, which the document then has, with all that it refers to.
    pub fn refer<T: ToSchema>(&mut self) -> RefOr<Schema> {
        let mut needed = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut needed);
        self.0.extend(needed);
        RefOr::Ref(Ref::from_schema_name(T::name()))
    }

    /// What a list of `T` answers.
    pub fn listed<T: ToSchema>(&mut self, one: &str) -> RefOr<Schema> {
        let items = ArrayBuilder::new().items(self.refer::<T>()).description(Some(format!("Each {one}, in order")));
        let next = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("Where the next page begins, for the parameter `cursor`; null on the last page"));
        let page = ObjectBuilder::new()
            .property("items", items)
            .property("next", next)
            .required("items")
            .required("next")
            .additional_properties(Some(AdditionalProperties::FreeForm(false)));
        self.named(format!("{}List", T::name()), page.into())
    }

    /// Changes to what `New` makes: the same fields, none of them required.
    pub fn changes<New: ToSchema>(&mut self) -> RefOr<Schema> {
        self.refer::<New>();
        let name = format!("{}Changes", New::name().trim_start_matches("New"));
        let object = match New::schema() {
            RefOr::T(Schema::Object(mut new)) => {
                new.required.clear();
                new.description = None;
                new
            }
            // A derived schema of a struct is an object; any other is told as it is.
            other => return other,
        };
        self.named(name, Schema::Object(object))
    }

    fn named(&mut self, name: String, schema: Schema) -> RefOr<Schema> {
        let reference = Ref::from_schema_name(&name);
        self.0.insert(name, schema.into());
        RefOr::Ref(reference)
    }

    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub fn into_named(self) -> impl Iterator<Item = (String, RefOr<Schema>)> {
        self.0.into_iter()
    }
}
