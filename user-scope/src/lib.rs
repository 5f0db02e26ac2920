//! Every application with users has the same bug waiting: one query that forgot `WHERE user_id = …`. This crate makes
//! that query impossible to write, on top of sqlx, and puts every access on record.
//!
//! # A first look
//!
//! Annotate a struct. Its rows are then reached through a repository that is bound to a caller, and in no other way.
//!
//! ```
//! # #[cfg(all(feature = "sqlite", feature = "chrono"))]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use chrono::{DateTime, Utc};
//! use user_scope::{Change, Error, ScopedPool, UserContext, UserScoped, Uuid};
//!
//! #[derive(Debug, Clone, PartialEq, UserScoped)]
//! #[user_scoped(table = "tasks", changes(derive(Default)))]
//! struct Task {
//!     #[user_scoped(id)]
//!     id: Uuid,                                        // a UUIDv7, made by the library
//!     #[user_scoped(owner)]
//!     user_id: Uuid,                                   // written from the caller, never from input
//!     title: String,
//!     note: Option<String>,
//!     #[user_scoped(created_at)]
//!     created_at: DateTime<Utc>,
//! }
//!
//! # let sqlx_pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
//! // An ordinary table, of an ordinary migration of yours.
//! sqlx::raw_sql(
//!     "CREATE TABLE tasks (id BLOB PRIMARY KEY, user_id BLOB NOT NULL, title TEXT NOT NULL, note TEXT,
//!                          created_at TEXT NOT NULL);
//!      CREATE INDEX tasks_user_id ON tasks (user_id, created_at)",
//! ).execute(&sqlx_pool).await?;
//!
//! let pool = ScopedPool::new(sqlx_pool);               // a PgPool or a SqlitePool
//! pool.migrate().await?;                               // makes the audit table
//!
//! let alice = UserContext::new(Uuid::now_v7())?;       // who has been authenticated
//! let tasks = pool.repository::<Task>(&alice);
//! let task = tasks.insert(NewTask { title: "Ship it".into(), note: None }).await?;
//! tasks.update(&task.id, TaskChanges { note: Change::Set(Some("today".into())), ..Default::default() }).await?;
//! let found = tasks.query()
//!     .filter(Task::TITLE.like("Ship%").and(!Task::NOTE.is_null()))
//!     .order_by(Task::CREATED_AT.desc())
//!     .limit(50)
//!     .all().await?;
//! assert_eq!(found.len(), 1);
//!
//! let bob = UserContext::new(Uuid::now_v7())?;         // foreign is absent
//! assert!(matches!(pool.repository::<Task>(&bob).get(&task.id).await, Err(Error::NotFound { .. })));
//! # Ok(()) }
//! # #[cfg(not(all(feature = "sqlite", feature = "chrono")))]
//! # fn main() {}
//! ```
//!
//! # Entities
//!
//! [`#[derive(UserScoped)]`](derive@UserScoped) lists every key of the attribute. Beside the implementation it writes
//! `NewTask`, what an insert takes; `TaskChanges`, a [`Change`] for each column that may change; and a constant for each
//! [`Column`]. None of them has an owner to set. Owner and id are a `Uuid`, an `i64`, a [`String`], or a newtype with
//! [`#[derive(Identifier)]`](derive@Identifier). A field marked `parent = Task` holds the id of another entity, which is
//! proven to belong to the same owner in the statement that writes it.
//!
//! On SQLite a `Uuid` is a `BLOB` of 16 bytes. Where the table holds it as text, say `as = "text"` beside `id`, `owner` or
//! `parent`: otherwise rows that are there are not found.
//!
//! # Callers
//!
//! A [`UserContext`] is one user. It is made from what the application has authenticated; it has no `Default` and cannot
//! be deserialized. A [`SystemContext`] is an administrator: it crosses users, and it exists only after its receipt, with
//! a reason and the person who asked, is committed to the audit. [`SystemContext::owned_by`] narrows it to the rows of one
//! user:
//!
//! ```
//! # async fn f<DB: user_scope::Backend>(pool: user_scope::ScopedPool<DB>, admin: user_scope::UserContext)
//! # -> user_scope::Result<()> {
//! let system = pool.system("nightly purge of expired tasks").requested_by(&admin).await?;
//! let reader = system.clone().read_only();             // has no method that writes
//! # let _ = reader; Ok(()) }
//! ```
//!
//! Users who are not `Uuid`s: `ScopedPool::builder(sqlx_pool).owner::<i64>().build().await?`.
//!
//! That the person may do so is for the application to check before it asks.
//!
//! # Repositories and transactions
//!
//! [`ScopedRepository`] has `get`, `find`, `exists`, `insert`, `update`, `delete` and [`query`](ScopedRepository::query),
//! whose conditions are typed [`Predicate`]s. [`ScopedPool::begin`] gives a [`ScopedTransaction`], from which several
//! repositories can be had. Any future of the library may be dropped at any await: a write is made as a whole or not at
//! all, and the connection goes back clean.
//!
//! Many rows are written by [`insert_many`](ScopedRepository::insert_many), [`update_where`](ScopedRepository::update_where)
//! and [`delete_where`](ScopedRepository::delete_where), all or none, and read by [pages](Query::page), as a
//! [stream](Query::stream), [in part](Query::select), or [counted](Query::count_by) and added up.
//! [`upsert_by`](ScopedRepository::upsert_by) a key that holds the owner inserts a row or changes it.
//!
//! # What an entity declares
//!
//! ```
//! # #[cfg(feature = "chrono")]
//! # mod entities {
//! use chrono::{DateTime, Utc};
//! use user_scope::{UserScoped, Uuid};
//!
//! #[derive(UserScoped)]
//! #[user_scoped(table = "folders", children(Page), unique(name), audit(values = "old_and_new"))]
//! struct Folder {
//!     #[user_scoped(id)]
//!     id: Uuid,
//!     #[user_scoped(owner)]
//!     user_id: Uuid,
//!     name: String,
//!     #[user_scoped(deleted_at)]
//!     deleted_at: Option<DateTime<Utc>>,
//! }
//!
//! #[derive(UserScoped)]
//! #[user_scoped(table = "pages")]
//! struct Page {
//!     #[user_scoped(id)]
//!     id: Uuid,
//!     #[user_scoped(owner)]
//!     user_id: Uuid,
//!     #[user_scoped(parent = Folder, on_delete = "cascade")]
//!     folder_id: Uuid,
//!     text: String,
//!     #[user_scoped(version)]
//!     version: i64,
//!     #[user_scoped(deleted_at)]
//!     deleted_at: Option<DateTime<Utc>>,
//! }
//! # }
//! ```
//!
//! A folder that is deleted is only marked, and out of every read; its pages are marked with it, in the same statement, and
//! come back with it by [`restore`](ScopedRepository::restore). An update of a page names the version that it rests on, and
//! is [`Error::Stale`] if somebody was faster. The audit holds what a write replaced. Two users may have folders of one
//! name, and [`upsert_by`](ScopedRepository::upsert_by)`(Folder::BY_NAME, …)` finds one's own.
//!
//! What goes with a row is known from `children(…)` alone. Give the tables composite foreign keys, of owner and parent to
//! owner and id: they refuse what nobody has listed.
//!
//! # Tasks and generic code
//!
//! Repositories borrow the pool and the caller. For [`tokio::spawn`] clone both into the task; they are cheap to clone.
//!
//! Code that is generic over the database asks for [`Stores<T>`](Stores) alone.
//!
//! # The audit
//!
//! Every access leaves a row in `user_access_log`. By default a write and its row are one atomic act, and reads and
//! denials follow through a bounded queue; [`audit::AuditSettings`] and the entity's `audit(…)` say otherwise. Call
//! [`ScopedPool::close`] at shutdown, so that the queue is drained, and watch [`ScopedPool::audit_stats`].
//!
//! [`SystemContext::audit`] asks it: rows, one row's history, patterns by user and day, and what is suspicious, also as it
//! happens; the command `user-scope audit` does so for people. See [`guide::questions`].
//!
//! # The database refuses it too
//!
//! An [`Isolation`], made from the same entities by [`isolation!`], tells the database to keep users apart: keys that hold the
//! owner, triggers, and on PostgreSQL row-level security and grants. A pool with [`Enforcement::Database`] then says in each
//! transaction who is asking, and raw SQL, another service or a mistake of this crate's sees the caller's rows or none. The
//! [`doctor`](doctor()) proves that it is still so. Joins and reports are raw SQL in a transaction, which
//! [`connection`](ScopedTransaction::connection) lends where the database proves that it is isolated.
//!
//! A database that exists, and is in use, comes under it in two phases: [`guide::adoption`].
//!
//! # Errors
//!
//! [`Error`] says what, where and what to do. Its text may be shown to a caller: an absent row and a foreign one read
//! alike, and what the database said is in its [`source`](std::error::Error::source), for logs. While developing print
//! `{error:?}`, which shows both.
//!
//! # Logs
//!
//! Each operation is a `tracing` span, target `user_scope`, name `access`, with `entity` and `operation`, at the level
//! debug; its end tells `rows` and `elapsed`. No value of a row and no user is in it.
//!
//! # Web services
//!
//! A [`web::Verifier`] (feature `jwt`) turns a bearer token into a caller. Its keys are a secret, a public key, or a key set that
//! is read again as it rotates; each is for one algorithm, and the issuer and the audience have to be said.
//!
//! ```
//! # #[cfg(feature = "jwt")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use user_scope::web::{Keys, TokenError, Verifier};
//!
//! # let SESSION_SECRET = "kjPnOPXcm5X1hHfDQLRQnD6kSb8lcUHGBKXIG6jAEHo=";
//! let verifier = Verifier::builder(Keys::secret(SESSION_SECRET)?)     // or `Keys::key_set_url("https://…/jwks.json")`
//!     .issuer("https://login.example")
//!     .audience("tasks")
//!     .build()
//!     .await?;
//!
//! # let exp = jsonwebtoken::get_current_timestamp() + 60;
//! # let alice_id = user_scope::Uuid::now_v7();
//! # let claims = serde_json::json!({ "sub": alice_id, "iss": "https://login.example", "aud": "tasks", "exp": exp });
//! # let key = jsonwebtoken::EncodingKey::from_secret(SESSION_SECRET.as_bytes());
//! # let token = jsonwebtoken::encode(&Default::default(), &claims, &key)?;
//! let verified = verifier.verify(&token).await?;
//! let alice: &user_scope::UserContext = verified.user();               // for `pool.repository::<Task>(alice)`
//! # assert_eq!(*alice.user(), alice_id);
//! assert_eq!(verifier.verify("forged").await.err(), Some(TokenError::Malformed));
//! # Ok(()) }
//! # #[cfg(not(feature = "jwt"))]
//! # fn main() {}
//! ```
//!
//! With `axum` a handler takes a [`web::Caller`] among its arguments, or a [`web::Administrator`], and returns a
//! [`web::Problem`]: a document in which an absent row and a foreign one are the same bytes.
//!
//! ```
//! # #[cfg(all(feature = "axum", feature = "jwt"))]
//! # mod service {
//! use axum::extract::FromRef;
//! use axum::{Router, routing::get};
//! use user_scope::web::{Administrator, Caller, Problem, Verifier};
//! # use user_scope::{Backend, ScopedPool, Stores, UserScoped, Uuid};
//! # #[derive(UserScoped)]
//! # #[user_scoped(table = "tasks")]
//! # struct Task { #[user_scoped(id)] id: Uuid, #[user_scoped(owner)] user_id: Uuid, title: String }
//! # struct App<DB: Backend> { pool: ScopedPool<DB>, verifier: Verifier }
//! # impl<DB: Backend> Clone for App<DB> {
//! #     fn clone(&self) -> Self { Self { pool: self.pool.clone(), verifier: self.verifier.clone() } }
//! # }
//!
//! impl<DB: Backend> FromRef<App<DB>> for Verifier {                     // and the same for `ScopedPool<DB>`
//!     fn from_ref(app: &App<DB>) -> Self {
//!         app.verifier.clone()
//!     }
//! }
//! # impl<DB: Backend> FromRef<App<DB>> for ScopedPool<DB> {
//! #     fn from_ref(app: &App<DB>) -> Self { app.pool.clone() }
//! # }
//!
//! async fn whoami(caller: Caller) -> String {                           // 401 for everybody else
//!     caller.user().to_string()
//! }
//!
//! // Only with the role, and a reason in the header `access-reason`; its receipt is committed by now.
//! async fn count<DB: Stores<Task>>(admin: Administrator<DB>) -> Result<String, Problem> {
//!     Ok(admin.repository::<Task>().query().count().await?.to_string())
//! }
//!
//! fn router<DB: Stores<Task>>(app: App<DB>) -> Router {
//!     Router::new().route("/whoami", get(whoami)).route("/count", get(count::<DB>)).with_state(app)
//! }
//! # }
//! ```
//!
//! # Background jobs
//!
//! A caller goes into a queue as a [`SealedContext`] (feature `jobs`): encrypted and authenticated with a [`ContextKey`]
//! that only the application has, for one purpose and a limited time. The worker opens it and works as that user. Neither
//! context is for serde, so there is no other way through a queue.
//!
//! ```
//! # #[cfg(feature = "jobs")]
//! # fn f(key: user_scope::ContextKey, alice: user_scope::UserContext, job: user_scope::Uuid) -> user_scope::Result<()> {
//! let day = std::time::Duration::from_secs(24 * 3_600);
//! let text = key.seal(&alice, &format!("exports/{job}"), day)?.to_string();      // in the request
//! let caller: user_scope::UserContext = key.open(&text.parse()?, &format!("exports/{job}"))?;       // in the worker
//! # drop(caller); Ok(()) }
//! ```
//!
//! A system context is not sealed. The worker opens the administrator's own, checks that he is still one, and asks for
//! `pool.system(reason).requested_by(&admin)` itself: the receipt is written when the work is done. The example
//! `background_job` shows all of it.
//!
//! # Metrics
//!
//! With the feature `metrics` the recorder that the application installs for the crate [`metrics`](https://docs.rs/metrics)
//! is told, from the moment when it is there; install it before the pool is made, which describes them:
//!
//! | name | kind | labels |
//! |---|---|---|
//! | `user_scope_operations_total` | counter | `entity`, `operation`, `outcome` |
//! | `user_scope_operation_seconds` | histogram, seconds | `entity`, `operation` |
//! | `user_scope_rows_total` | counter of rows that were given or touched | `entity`, `operation` |
//! | `user_scope_audit_events_total` | counter of events of the background audit | `outcome`: `recorded`, `dropped`, `failed` |
//! | `user_scope_audit_retries_total` | counter of batches that were sent again | |
//! | `user_scope_audit_queue_length` | gauge of events that wait, of all pools | |
//!
//! The outcome of an operation is `ok`, `not_found`, the kind of its [`Error`], as `parent_not_found` or `unavailable`, or
//! `cancelled` if its future was dropped. A row that is foreign is `not_found`: that it was a denial is found out later,
//! and stands in the audit; among the events, a miss that was looked into is one, be it a denial or not. Labels hold names
//! that stand in the code, and no value and no user. An audit row that is atomic with its write is no event of the
//! background audit.
//!
//! # Larger set-ups
//!
//! Behind PgBouncer a pool is built with [`transaction_pooling`](ScopedPoolBuilder::transaction_pooling). The [`guide`] tells of
//! tables in [partitions](guide::partitions), and on [Citus](guide::citus).
//!
//! # Features
//!
//! | feature | gives |
//! |---|---|
//! | `postgres` | [`sqlx::Postgres`] as a [`Backend`] |
//! | `sqlite` | [`sqlx::Sqlite`] as a [`Backend`], with its own SQLite |
//! | `chrono` | `created_at` and `updated_at` as `chrono::DateTime<Utc>` or `NaiveDateTime` |
//! | `time` | the same as `time::OffsetDateTime` or `PrimitiveDateTime` |
//! | `json` | [`Change`] from JSON or another format of serde, pages and cursors to it, and sqlx's JSON types |
//! | `jobs` | [`ContextKey`] and [`SealedContext`]: callers that go through a queue |
//! | `seals` | [`audit::SealKey`]: seals over the audit log, signed by the application, and their proof |
//! | `metrics` | counters and durations for the crate `metrics` |
//! | `axum` | [`web::Problem`], and with `jwt` the extractors [`web::Caller`] and [`web::Administrator`] |
//! | `jwt` | [`web::Verifier`]: the caller from a JSON Web Token |
//! | `jwks-url` | its keys from a JSON Web Key Set behind a URL, with `reqwest` |
//! | `adoption` | brings tables that exist, and are in use, under isolation |
//! | `cli` | the command `user-scope`; no library needs it |
//!
//! None is on by default. TLS is switched on at sqlx. The runtime is tokio.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(any(feature = "postgres", feature = "sqlite")),
    allow(dead_code, reason = "without a driver nothing runs the statements")
)]

#[cfg(feature = "adoption")]
pub mod adoption;
pub mod audit;
mod backend;
mod builder;
mod connections;
mod context;
mod cursor;
#[doc(hidden)]
pub mod derive_support;
mod enforcement;
mod entity;
mod error;
pub mod guide;
mod identifier;
mod isolation;
mod lease;
mod loss;
#[cfg(feature = "metrics")]
mod measure;
mod migration;
mod observe;
mod pool;
mod repository;
#[cfg(feature = "jobs")]
mod seal;
mod session;
mod shelf;
mod sql;
mod state;
mod system;
mod transaction;
#[cfg(any(feature = "axum", feature = "jwt"))]
pub mod web;

pub use backend::{Backend, Value};
pub use builder::{PoolSource, ScopedPoolBuilder};
pub use context::{Administers, Caller, Inserts, UserContext, Writes};
pub use cursor::{Cursor, InvalidCursor};
pub use enforcement::Enforcement;
pub use entity::{
    Change, ChildOf, Column, Entity, GivenId, KeyedById, Moment, NotNull, Nullability, Nullable, Operand, Order,
    Ordered, Predicate, Select, SoftDelete, Stores, Summable, Textual, Timestamp, Total, UniqueKey, UserScoped,
    VersionNumber, Versioned,
};
pub use error::{Cause, Error, Result};
pub use identifier::{GeneratedId, IdValue, Identifier, InvalidIdentifier, RawIdentifier};
pub use isolation::doctor::doctor;
pub use isolation::{Finding, Isolation, Plan, Report, Severity, Step};
pub use pool::ScopedPool;
pub use repository::{Page, Query, Reaches, RowStream, ScopedRepository};
#[cfg(feature = "jobs")]
pub use seal::{ContextKey, SealedContext};
pub use system::{OwnedBy, ReadOnly, ReadWrite, SignedRequest, SystemContext, SystemRequest};
pub use transaction::ScopedTransaction;
pub use user_scope_derive::{Identifier, Select, UserScoped};
pub use uuid::Uuid;
