//! The API as a whole: which address leads to which operation, and the document that says so.
//!
//! An operation is added to the router and to the document by one call, so that neither can have what the other lacks.

mod document;
mod operation;
mod schemas;

use axum::Router;
use axum::routing::{MethodRouter, get, post};
use user_scope::Stores;
use utoipa::openapi::path::{HttpMethod, PathItem};
use utoipa::openapi::{OpenApi, Paths};

pub use document::Listed;
pub use operation::{Described, In as ParameterIn};

use crate::database::AppDb;
use crate::entities::{Agent, CursorRule, Project, Subtask, Task, TaskDependency};
use crate::resources::{self, In, Place, Resource, Top};
use crate::{App, accounts, around, audit};

/// The router, and the document about it.
pub fn routes<DB: AppDb>() -> (Router<App<DB>>, OpenApi) {
    let api = Api::new();
    let api = accounts::routes(api);
    let api = api
        .resource::<Task, Top>("/api/v2/tasks")
        .resource::<Subtask, In<Task>>("/api/v2/tasks/{id}/subtasks")
        .resource::<TaskDependency, In<Task>>("/api/v2/tasks/{id}/dependencies")
        .resource::<Project, Top>("/api/v2/projects")
        .resource::<Agent, Top>("/api/v2/agents")
        .resource::<CursorRule, Top>("/api/v2/rules");
    let api = audit::routes(api);
    around::routes(api).finish()
}

/// What is being put together.
pub struct Api<DB: AppDb> {
    router: Router<App<DB>>,
    paths: Paths,
    schemas: schemas::Schemas,
}

impl<DB: AppDb> Api<DB> {
    fn new() -> Self {
        Self { router: Router::new(), paths: Paths::new(), schemas: schemas::Schemas::default() }
    }

    /// An operation, and what is said of it.
    pub fn add(mut self, path: &str, method: HttpMethod, handler: MethodRouter<App<DB>>, described: Described) -> Self {
        self.router = self.router.route(path, handler);
        self.describe(path, method, described);
        self
    }

    fn describe(&mut self, path: &str, method: HttpMethod, described: Described) {
        let operation = described.finish(&mut self.schemas);
        let mut item = PathItem::new(method, operation);
        if let Some(known) = self.paths.paths.get_mut(path) {
            known.merge_operations(std::mem::take(&mut item));
        } else {
            self.paths.paths.insert(path.to_owned(), item);
        }
    }

    /// The six operations of a resource.
    fn resource<R, P>(mut self, path: &str) -> Self
    where
        DB: Stores<R>,
        R: Resource,
        P: Place<DB, R> + 'static,
    {
        let bulk = format!("{path}/bulk");
        let one = if path.contains("{id}") { format!("{path}/{{child_id}}") } else { format!("{path}/{{id}}") };
        self.router = self
            .router
            .route(path, get(resources::list::<DB, R, P>).post(resources::create::<DB, R, P>))
            .route(&bulk, post(resources::create_many::<DB, R, P>))
            .route(
                &one,
                get(resources::get::<DB, R, P>)
                    .patch(resources::change::<DB, R, P>)
                    .delete(resources::remove::<DB, R, P>),
            );
        for (path, method, described) in document::resource::<R>(path, &bulk, &one) {
            self.describe(&path, method, described);
        }
        self
    }

    fn finish(self) -> (Router<App<DB>>, OpenApi) {
        (self.router, document::whole(self.paths, self.schemas))
    }
}
