//! Where the key is owner and id together, an id alone names no row.

use sqlx::Sqlite;
use user_scope::{SystemContext, UserScoped, Uuid};

#[derive(UserScoped)]
#[user_scoped(table = "settings", changes(derive(Default)))]
struct Setting {
    #[user_scoped(id, key = "owner")]
    id: String,
    #[user_scoped(owner)]
    user_id: Uuid,
    value: String,
}

#[derive(UserScoped)]
#[user_scoped(table = "hints")]
struct Hint {
    #[user_scoped(id)]
    id: Uuid,
    #[user_scoped(owner)]
    user_id: Uuid,
    #[user_scoped(parent = Setting)]
    setting_id: String,
}

async fn anybodys(system: SystemContext<Sqlite>, id: String) {
    let settings = system.repository::<Setting>();
    let _ = settings.get(&id).await;
    let _ = settings.update(&id, SettingChanges::default()).await;
    let _ = settings.delete(&id).await;
    let _ = settings.children::<Hint>(&id);
}

fn main() {}
