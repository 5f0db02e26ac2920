//! Nobody is a user by default.

use user_scope::UserContext;

fn main() {
    let _: UserContext = Default::default();
}
