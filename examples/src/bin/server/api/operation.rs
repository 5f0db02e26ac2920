//! What is said of an operation in the document.

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, ObjectBuilder, RefOr, Required, Response, ResponseBuilder, Schema};
use utoipa::{IntoParams, ToSchema};

use super::schemas::Schemas;

pub use utoipa::openapi::path::ParameterIn as In;

const PROBLEM: &str = "application/problem+json";

/// An error, as RFC 9457 has it.
#[derive(Serialize, ToSchema)]
pub struct Problem {
    /// What the status means.
    title: String,
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What went wrong here, and what to do.
    detail: Option<String>,
    /// What went wrong, as a word that stays the same.
    code: String,
    /// Which fields were not accepted, and why.
    errors: Option<Vec<FieldError>>,
}

#[derive(Serialize, ToSchema)]
pub struct FieldError {
    field: String,
    message: String,
}

/// An operation, as far as it has been described.
pub struct Described {
    operation: OperationBuilder,
    schemas: Schemas,
    needs_token: bool,
}

impl Described {
    pub fn new(id: impl Into<String>, tag: &str, summary: impl Into<String>) -> Self {
        let operation = OperationBuilder::new().operation_id(Some(id)).tag(tag).summary(Some(summary));
        Self { operation, schemas: Schemas::default(), needs_token: true }
    }

    /// It needs no token.
    pub fn open(mut self) -> Self {
        self.needs_token = false;
        self
    }

    pub fn about(self, text: impl Into<String>) -> Self {
        self.with(|operation| operation.description(Some(text)))
    }

    pub fn id(self, name: &str, text: impl Into<String>) -> Self {
        let id =
            ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
        self.parameter(ParameterIn::Path, name, text, Required::True, id.into())
    }

    pub fn parameter(
        self,
        place: ParameterIn,
        name: &str,
        text: impl Into<String>,
        required: Required,
        schema: Schema,
    ) -> Self {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .description(Some(text))
            .required(required)
            .schema(Some(schema));
        self.with(|operation| operation.parameter(parameter))
    }

    pub fn query<T: IntoParams>(self) -> Self {
        let parameters: Vec<Parameter> = T::into_params(|| Some(ParameterIn::Query));
        self.with(|operation| parameters.into_iter().fold(operation, OperationBuilder::parameter))
    }

    pub fn body<T: ToSchema>(mut self, kind: &str) -> Self {
        let schema = self.schemas.refer::<T>();
        self.body_of(kind, schema)
    }

    pub fn body_of(self, kind: &str, schema: RefOr<Schema>) -> Self {
        let body = RequestBodyBuilder::new().content(kind, Content::new(Some(schema))).required(Some(Required::True));
        let described = self.with(|operation| operation.request_body(Some(body.build())));
        described
            .problem(StatusCode::BAD_REQUEST, "Not what its type says")
            .problem(StatusCode::PAYLOAD_TOO_LARGE, "More than 1 MiB")
            .problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Of another type")
            .problem(StatusCode::UNPROCESSABLE_ENTITY, "A field was not accepted: which, and why")
    }

    pub fn answers<T: ToSchema>(mut self, status: StatusCode, text: &str) -> Self {
        let schema = self.schemas.refer::<T>();
        self.answers_of(status, text, schema)
    }

    pub fn answers_of(self, status: StatusCode, text: &str, schema: RefOr<Schema>) -> Self {
        let response = ResponseBuilder::new().description(text).content("application/json", Content::new(Some(schema)));
        self.response(status, response)
    }

    /// A row, with its version.
    pub fn answers_row<T: ToSchema>(mut self, status: StatusCode, text: &str) -> Self {
        let schema = self.schemas.refer::<T>();
        let response = ResponseBuilder::new()
            .description(text)
            .content("application/json", Content::new(Some(schema)))
            .header("ETag", Header::new(ObjectBuilder::new().schema_type(Type::String)));
        self.response(status, response)
    }

    pub fn response(self, status: StatusCode, response: ResponseBuilder) -> Self {
        self.with(|operation| operation.response(status.as_str(), response))
    }

    pub fn problem(mut self, status: StatusCode, text: &str) -> Self {
        let response = problem(&mut self.schemas, text);
        self.with(|operation| operation.response(status.as_str(), response))
    }

    /// Schemas that are not simply those of a type.
    pub fn schemas(&mut self) -> &mut Schemas {
        &mut self.schemas
    }

    pub(super) fn finish(mut self, schemas: &mut Schemas) -> OperationBuilder {
        self = if self.needs_token {
            self.with(|operation| operation.security(SecurityRequirement::new("bearer", Vec::<String>::new())))
                .problem(StatusCode::UNAUTHORIZED, "No token, or one that is not valid")
        } else {
            // Said, for what the whole document asks for would hold otherwise.
            self.with(|operation| operation.security(SecurityRequirement::default()))
        };
        self = self.problem(StatusCode::SERVICE_UNAVAILABLE, "The database cannot be reached; try again");
        let other = problem(&mut self.schemas, "Anything else");
        schemas.extend(self.schemas);
        self.operation.response("default", other)
    }

    fn with(mut self, change: impl FnOnce(OperationBuilder) -> OperationBuilder) -> Self {
        self.operation = change(self.operation);
        self
    }
}

fn problem(schemas: &mut Schemas, text: &str) -> Response {
    let schema = schemas.refer::<Problem>();
    ResponseBuilder::new().description(text).content(PROBLEM, Content::new(Some(schema))).build()
}
