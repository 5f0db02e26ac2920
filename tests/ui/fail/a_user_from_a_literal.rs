//! A user is made by `UserContext::new`, which refuses the system user.

use user_scope::{UserContext, Uuid};

fn main() {
    let _ = UserContext { user: Uuid::nil() };
}
