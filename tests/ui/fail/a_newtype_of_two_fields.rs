//! An identifier is one value.

use user_scope::{Identifier, Uuid};

#[derive(Clone, Identifier)]
struct Pair(Uuid, i64);

fn main() {}
