//! A derive that cannot be looked into might show what is redacted.

use user_scope::{UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "secrets", new(cfg_attr(all(), derive(Debug))))]
struct Secret {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    #[user_scoped(redact)]
    value: String,
}

fn main() {}
