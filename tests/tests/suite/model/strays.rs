//! Children whose parent is another user's, as a database may have had them before it came to the library.
//!
//! The library lets none come to be, and the foreign keys neither; so they are put there by hand, behind both. Nothing that
//! is done to a row may reach another user's child of it: without strays no part of a statement that names the owner of
//! children, or of the rows of a tree, would ever be missed.

use sqlx::Pool;

use super::draw::Draw;
use super::house::House;
use super::kinds::Kind;
use super::rows::Cell;
use crate::databases::{TestDb, past_the_triggers};

/// So many of each entity.
const STRAYS: usize = 6;

/// Lets some rows, of whichever model, name a parent of another user.
pub async fn plant<DB: TestDb>(raw: &Pool<DB>, draw: &mut Draw, houses: &mut [&mut House]) {
    for child in Kind::ALL {
        let Some((column, parent, _)) = child.parent() else { continue };
        let all = |houses: &[&mut House], kind: Kind| -> Vec<(usize, String, user_scope::Uuid)> {
            let rows = |(number, house): (usize, &&mut House)| -> Vec<_> {
                house.of(kind).iter().map(|row| (number, row.id.clone(), row.owner)).collect()
            };
            houses.iter().enumerate().flat_map(rows).collect()
        };
        let (children, parents) = (all(houses, child), all(houses, parent));
        let mut script = Vec::new();
        for _ in 0..STRAYS {
            let Some((number, id, owner)) = draw.one_of(&children) else { continue };
            let foreign: Vec<_> = parents.iter().filter(|row| row.2 != owner).cloned().collect();
            let Some((_, above, _)) = draw.one_of(&foreign) else { continue };
            let (table, name) = (child.facts().table, child.facts().columns[column].name);
            script.push(format!(
                "UPDATE {table} SET {name} = {} WHERE id = {}",
                literal::<DB>(child, &above),
                literal::<DB>(child, &id)
            ));
            let row = houses[number].of_mut(child).iter_mut().find(|row| row.id == id).expect("a child");
            row.cells[column] = Cell::Id(above);
        }
        behind_its_key::<DB>(raw, child, &script.join("; ")).await;
    }
}

/// SQLite keeps UUIDs as bytes, but for those of badges.
fn literal<DB: TestDb>(kind: Kind, id: &str) -> String {
    if DB::UUID == "BLOB" && kind != Kind::Badge { format!("x'{}'", id.replace('-', "")) } else { format!("'{id}'") }
}

/// The foreign key does not come back: it would be looked at again for a stray that is written, whatever is written of it.
async fn behind_its_key<DB: TestDb>(raw: &Pool<DB>, child: Kind, script: &str) {
    let Some((column, ..)) = child.parent() else { return };
    let (table, name) = (child.facts().table, child.facts().columns[column].name);
    let script = if DB::UUID == "BLOB" {
        format!("PRAGMA foreign_keys = OFF; {}", past_the_triggers(script))
    } else {
        format!("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_user_id_{name}_fkey; {script}")
    };
    DB::run(raw, &script).await.expect("strays can be planted");
}
