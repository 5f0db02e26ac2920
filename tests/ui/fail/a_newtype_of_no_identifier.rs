//! An identifier is made of one.

use user_scope::Identifier;

#[derive(Clone, Identifier)]
struct Weight(f64);

fn main() {}
