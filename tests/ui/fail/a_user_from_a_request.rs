//! A user is never read from input.

use serde::de::DeserializeOwned;
use user_scope::UserContext;

fn read<T: DeserializeOwned>() {}

fn main() {
    read::<UserContext>();
}
