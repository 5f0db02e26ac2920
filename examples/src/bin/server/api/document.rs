//! The document of the API, and what it says of a resource.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use user_scope::Cursor;
use utoipa::ToSchema;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ArrayBuilder, ComponentsBuilder, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Paths, RefOr, Required,
    ResponseBuilder, Schema,
};

use super::operation::{Described, In};
use super::schemas::Schemas;
use crate::resources::{BULK, LARGEST_PAGE, PAGE, Resource};

/// What a list answers.
#[derive(Debug, Serialize)]
pub struct Listed<T> {
    pub items: Vec<T>,
    pub next: Option<Cursor>,
}

impl<T: Serialize> IntoResponse for Listed<T> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}

const JSON: &str = "application/json";

/// The six operations of a resource, as `list`, `bulk` and `one` lead to them.
pub(super) fn resource<R: Resource>(list: &str, bulk: &str, one: &str) -> [(String, HttpMethod, Described); 6]
where
    R::New: ToSchema,
{
    let (single, plural) = (R::ONE, R::MANY);
    let described = |verb: &str, name: &str, summary: String| Described::new(format!("{verb}_{name}"), plural, summary);
    let is_below = list.contains("{id}");
    let in_place = move |described: Described| match is_below {
        true => described
            .id("id", "The task that they belong to")
            .problem(StatusCode::NOT_FOUND, "There is no such task, or it is not yours: nobody can tell"),
        false => described,
    };
    let of_one = move |described: Described| {
        let described = if is_below { described.id("id", "The task that it belongs to") } else { described };
        described
            .id(if is_below { "child_id" } else { "id" }, format!("Which {single}"))
            .problem(StatusCode::NOT_FOUND, "There is none, or it is not yours: nobody can tell")
    };
    let resting = |described: Described| {
        let tag = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(r#"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$"#))
            .examples(["\"1\""]);
        let text = "The `ETag` of the version that was seen; without it, or with `*`, whatever there is";
        described
            .parameter(In::Header, "If-Match", text, Required::False, tag.into())
            .problem(StatusCode::BAD_REQUEST, "Not what its type says, or an If-Match that is none")
            .problem(StatusCode::PRECONDITION_FAILED, "It has been changed meanwhile; read it again")
    };
    let writes = |described: Described| described.problem(StatusCode::CONFLICT, "The same is there already");

    let mut listing = in_place(described("list", plural, format!("Your {plural}")))
        .query::<R::Filter>()
        .parameter(In::Query, "limit", "How many at most", Required::False, limit())
        .parameter(In::Query, "order", "With `-` the greatest comes first", Required::False, order::<R>())
        .parameter(
            In::Query,
            "cursor",
            "The `next` of the page before, of the same question",
            Required::False,
            cursor(),
        )
        .problem(StatusCode::BAD_REQUEST, "A cursor of another question")
        .problem(StatusCode::UNPROCESSABLE_ENTITY, "A parameter was not accepted: which, and why");
    let page = listing.schemas().listed::<R>(single);
    let listing = listing.answers_of(StatusCode::OK, "A page of them", page);

    let creating = writes(in_place(described("create", single, format!("A new {single}"))))
        .body::<R::New>(JSON)
        .answers_row::<R>(StatusCode::CREATED, "As it is stored");

    let mut many = writes(in_place(described("create", plural, format!("Several new {plural}, all or none"))));
    let new = many.schemas().refer::<R::New>();
    let items = ArrayBuilder::new().items(new).min_items(Some(1)).max_items(Some(BULK));
    let made = many.schemas().listed::<R>(single);
    let many = many.body_of(JSON, RefOr::T(Schema::Array(items.build()))).answers_of(
        StatusCode::CREATED,
        "As they are stored, in the order in which they came",
        made,
    );

    let getting = of_one(described("get", single, format!("One {single}")))
        .answers_row::<R>(StatusCode::OK, "With its version as `ETag`");

    let mut changing = described("change", single, format!("Change one {single}"));
    let changes = changing.schemas().changes::<R::New>();
    let changing = resting(writes(of_one(changing.body_of(JSON, changes))))
        .about("What is not named stays as it is.")
        .answers_row::<R>(StatusCode::OK, "As it is now");

    let removing = resting(of_one(described("delete", single, format!("Delete one {single}"))))
        .response(StatusCode::NO_CONTENT, ResponseBuilder::new().description("It is gone"));

    [
        (list.to_owned(), HttpMethod::Get, listing),
        (list.to_owned(), HttpMethod::Post, creating),
        (bulk.to_owned(), HttpMethod::Post, many),
        (one.to_owned(), HttpMethod::Get, getting),
        (one.to_owned(), HttpMethod::Patch, changing),
        (one.to_owned(), HttpMethod::Delete, removing),
    ]
}

fn limit() -> Schema {
    let limit = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(f64::from(LARGEST_PAGE)));
    limit.default(Some(PAGE.into())).into()
}

fn order<R: Resource>() -> Schema {
    let names = R::ORDERS.iter().flat_map(|(name, _)| [(*name).to_owned(), format!("-{name}")]);
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).default(Some("-created_at".into())).into()
}

fn cursor() -> Schema {
    let cursor = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[A-Za-z0-9_-]+$"));
    cursor.max_length(Some(8_192)).into()
}

/// In the order in which a reader wants them.
const TAGS: [(&str, &str); 10] = [
    ("auth", "Who you are"),
    ("tasks", "What is to be done"),
    ("subtasks", "The steps of a task"),
    ("dependencies", "Which task waits for which"),
    ("projects", "What tasks, agents and rules may belong to"),
    ("agents", "Who works on tasks"),
    ("rules", "What agents are to keep to"),
    ("audit", "What is on record of you"),
    ("admin", "For administrators who say why"),
    ("server", "For who runs it"),
];

/// The document.
pub(super) fn whole(paths: Paths, schemas: Schemas) -> OpenApi {
    let about = "Tasks, projects, agents and rules, each of which belongs to the user who made it. What belongs to somebody \
                 else reads as what is not there, byte for byte, and the attempt is on record. Errors are problem documents \
                 (RFC 9457) with a `code` that stays the same.";
    let info = InfoBuilder::new()
        .title("user-scope: the example server")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(about));
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The `access_token` of `POST /api/v2/auth/token`"));
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas.into_named())
        .security_scheme("bearer", SecurityScheme::Http(bearer.build()));
    let tags = TAGS.map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build());
    OpenApiBuilder::new().info(info).tags(Some(tags)).paths(paths).components(Some(components.build())).build()
}
