//! A handler that takes an administrator, of a state that has no pool to write his receipt.

use axum::{Router, routing::get};
use user_scope::web::{Administrator, Verifier};

async fn count(admin: Administrator<sqlx::Sqlite>) -> String {
    admin.reason().to_owned()
}

fn router(verifier: Verifier) -> Router {
    Router::new().route("/count", get(count)).with_state(verifier)
}

fn main() {}
