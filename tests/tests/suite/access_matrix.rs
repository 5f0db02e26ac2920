//! Who may do what: each operation on one's own row, a foreign one, an absent one, one that is deleted, one that has been
//! changed meanwhile, and in system mode.
//!
//! The table is kept in `tests/golden/access_matrix.txt` and read by people. An operation of the repository that
//! has no line in it makes the test fail.

use std::collections::BTreeSet;
use std::path::Path;

use comfy_table::{Table, presets::ASCII_MARKDOWN};
use futures_util::TryStreamExt as _;
use user_scope::{Change, Error, Reaches, Result, ScopedRepository, Select, UserContext, Uuid, Writes};

use super::databases::TestDb;
use super::golden::assert_golden;
use super::shelf::{Folder, NewFolder, NewPage, NewSetting, Page, PageChanges, Setting};
use super::world::{World, user};

on_each_database!(the_access_matrix_is_as_kept);

async fn the_access_matrix_is_as_kept<DB: TestDb>() {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN).set_header(std::iter::once("operation").chain(CASES.map(|(_, name)| name)));
    let (world, mut covered) = (World::<DB>::open().await, BTreeSet::new());
    for operation in OPERATIONS {
        covered.insert(operation.split(['.', '(']).next().unwrap().to_owned());
        covered.extend(operation.split(['.', '(']).nth(1).filter(|part| !part.is_empty()).map(str::to_owned));
        let mut line = vec![operation.to_owned()];
        for (case, _) in CASES {
            line.push(outcome(&world, operation, case).await);
        }
        table.add_row(line);
    }
    assert_eq!(public_operations().difference(&covered).collect::<Vec<_>>(), [""; 0], "operations without a line");
    assert_golden("access_matrix.txt", &format!("{table}\n"));
}

const OPERATIONS: [&str; 31] = [
    "get",
    "find",
    "exists",
    "query.all",
    "query.first",
    "query.count",
    "query.page",
    "query.select",
    "query.stream",
    "query.count_by",
    "query.min",
    "query.max",
    "query.sum",
    "query.with_deleted",
    "children",
    "children_of",
    "insert",
    "insert_many",
    "insert_for",
    "insert_many_for",
    "upsert",
    "upsert_by",
    "update",
    "update(nothing)",
    "update_where",
    "delete",
    "delete_where",
    "restore",
    "purge",
    "purge_where",
    "transfer",
];

const CASES: [(Case, &str); 8] = [
    (Case::Own, "own"),
    (Case::Foreign, "foreign"),
    (Case::Absent, "absent"),
    (Case::Deleted, "own, deleted"),
    (Case::Stale, "own, stale"),
    (Case::System, "system, any user's"),
    (Case::SystemAbsent, "system, absent"),
    (Case::SystemDeleted, "system, deleted"),
];

#[derive(Clone, Copy, PartialEq)]
enum Case {
    Own,
    Foreign,
    Absent,
    Deleted,
    Stale,
    System,
    SystemAbsent,
    SystemDeleted,
}

#[derive(Select)]
#[user_scoped(from = Page)]
struct Headline {
    #[expect(dead_code, reason = "it is counted")]
    text: String,
}

/// What an operation is tried on: a page in a folder, both Alice's.
struct Subject {
    folder: Folder,
    page: Page,
    /// The page's, or one that nobody has.
    id: Uuid,
}

/// Each with users of its own, and one row of Alice's.
async fn outcome<DB: TestDb>(world: &World<DB>, operation: &str, case: Case) -> String {
    let (alice, bob) = (user(), user());
    let (folders, pages) = (world.pool.repository::<Folder>(&alice), world.pool.repository::<Page>(&alice));
    let folder = folders.insert(NewFolder { inside: None, name: "hers".into() }).await.unwrap();
    let page = pages.insert(NewPage { folder_id: folder.id, text: "hers".into() }).await.unwrap();
    let absent = matches!(case, Case::Absent | Case::SystemAbsent);
    let mut subject = Subject { id: if absent { Uuid::now_v7() } else { page.id }, folder, page };
    match case {
        Case::Deleted | Case::SystemDeleted => pages.delete(&subject.page.id).await.unwrap(),
        Case::Stale => {
            pages.update(&subject.id, to("newer", subject.page.version)).await.unwrap();
        }
        _ if absent => subject.folder.id = Uuid::now_v7(),
        _ => {}
    }
    let before = raw_pages(world).await;
    let shown = match case {
        Case::Foreign => of_user(world, &bob, operation, &subject).await,
        Case::System | Case::SystemAbsent | Case::SystemDeleted => of_system(world, &alice, operation, &subject).await,
        _ => of_user(world, &alice, operation, &subject).await,
    };
    // Whatever was answered: what a stranger did has changed nothing.
    if case == Case::Foreign {
        assert_eq!(raw_pages(world).await, before, "{operation}");
    }
    shown
}

async fn raw_pages<DB: TestDb>(world: &World<DB>) -> Vec<String> {
    let pages = "SELECT text || version || coalesce(CAST(deleted_at AS TEXT), '') FROM pages ORDER BY text, id";
    DB::texts(&world.raw, pages).await.unwrap()
}

fn to(text: &str, version: i32) -> PageChanges {
    PageChanges { text: Change::Set(text.into()), version, ..Default::default() }
}

async fn of_user<DB: TestDb>(world: &World<DB>, user: &UserContext, operation: &str, subject: &Subject) -> String {
    let (folders, pages) = (world.pool.repository::<Folder>(user), world.pool.repository::<Page>(user));
    let new = || NewPage { folder_id: subject.folder.id, text: "new".into() };
    match operation {
        "insert" => show(pages.insert(new()).await.map(|_| "a row of his own")),
        "upsert" => show(pages.upsert(&subject.id, new()).await.map(|_| "the row")),
        "upsert_by" => {
            let settings = world.pool.repository::<Setting>(user);
            let new = NewSetting { id: "theme".into(), value: "dark".into() };
            show(settings.upsert_by(Setting::BY_ID, new).await.map(|_| "a row of his own"))
        }
        "insert_many" => show(pages.insert_many([new(), new()]).await.map(|rows| rows.len())),
        "insert_for" | "insert_many_for" | "purge" | "purge_where" | "transfer" => "does not compile".into(),
        shared => of_anybody(folders, pages, shared, subject).await,
    }
}

async fn of_system<DB: TestDb>(world: &World<DB>, owner: &UserContext, operation: &str, subject: &Subject) -> String {
    let system = world.system().await;
    let (folders, pages) = (system.repository::<Folder>(), system.repository::<Page>());
    let new = || NewPage { folder_id: subject.folder.id, text: "new".into() };
    match operation {
        "insert" | "insert_many" | "upsert" | "upsert_by" => "does not compile".into(),
        "insert_for" => show(pages.insert_for(owner.user(), new()).await.map(|_| "a row of that user")),
        "insert_many_for" => show(pages.insert_many_for(owner.user(), [new(), new()]).await.map(|rows| rows.len())),
        "purge" => show(pages.purge(&subject.id).await.map(|()| "done")),
        "purge_where" => show(pages.purge_where(Page::ID.eq(subject.id)).await),
        // Of the folder: a page could not leave its folder behind.
        "transfer" => show(folders.transfer(&subject.folder.id, &Uuid::now_v7()).await.map(|()| "done, with its page")),
        shared => of_anybody(folders, pages, shared, subject).await,
    }
}

/// What a user and a system context call alike.
async fn of_anybody<DB: TestDb, C: Writes<Owner = Uuid> + Reaches<Folder> + Reaches<Page>>(
    folders: ScopedRepository<'_, Folder, DB, C>,
    pages: ScopedRepository<'_, Page, DB, C>,
    operation: &str,
    subject: &Subject,
) -> String {
    let Subject { folder, page, id } = subject;
    let by_id = || pages.query().filter(Page::ID.eq(id));
    match operation {
        "get" => show(pages.get(id).await.map(|_| "the row")),
        "find" => show(pages.find(id).await.map(|row| row.map_or("none", |_| "the row"))),
        "exists" => show(pages.exists(id).await.map(|there| if there { "yes" } else { "no" })),
        "query.all" => show(by_id().all().await.map(|rows| rows.len())),
        "query.first" => show(by_id().first().await.map(|row| row.map_or("none", |_| "the row"))),
        "query.count" => show(by_id().count().await),
        "query.page" => show(by_id().page(10, None).await.map(|page| page.rows.len())),
        "query.select" => show(by_id().select::<Headline>().all().await.map(|rows| rows.len())),
        "query.stream" => show(by_id().stream().try_collect::<Vec<_>>().await.map(|rows| rows.len())),
        "query.count_by" => show(by_id().count_by(Page::FOLDER_ID).await.map(|groups| groups.len())),
        "query.min" => show(by_id().min(Page::TEXT).await.map(|text| text.map_or("none", |_| "its text"))),
        "query.max" => show(by_id().max(Page::TEXT).await.map(|text| text.map_or("none", |_| "its text"))),
        "query.sum" => show(by_id().sum(Page::VERSION).await.map(|sum| if sum > 0 { "its version" } else { "0" })),
        "query.with_deleted" => show(by_id().with_deleted().count().await),
        "children" => show(folders.children::<Page>(&folder.id).count().await),
        "children_of" => {
            let rows = folders.children_of::<Page>(std::slice::from_ref(folder)).await;
            show(rows.map(|families| families.concat().len()))
        }
        "update" => show(pages.update(id, to("changed", page.version)).await.map(|_| "the row")),
        "update(nothing)" => {
            let nothing = PageChanges { version: page.version, ..Default::default() };
            show(pages.update(id, nothing).await.map(|_| "the row"))
        }
        "update_where" => show(pages.update_where(Page::ID.eq(id), to("changed", 0)).await),
        "delete" => show(pages.delete(id).await.map(|()| "done")),
        "delete_where" => show(pages.delete_where(Page::ID.eq(id)).await),
        "restore" => show(pages.restore(id).await.map(|()| "done")),
        other => panic!("{other} is not in the matrix"),
    }
}

fn show(outcome: Result<impl std::fmt::Display>) -> String {
    match outcome {
        Ok(value) => value.to_string(),
        Err(Error::NotFound { .. }) => "NotFound".into(),
        Err(Error::ParentNotFound { .. }) => "ParentNotFound".into(),
        Err(Error::Stale { .. }) => "Stale".into(),
        Err(Error::Deleted { .. }) => "Deleted".into(),
        Err(other) => format!("{other:?}"),
    }
}

/// The public methods that run a statement, read from the source: one that is new cannot be overlooked.
fn public_operations() -> BTreeSet<String> {
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).join("../user-scope/src");
    let mut sources = Vec::new();
    read_all(&house, &mut sources);
    let methods = sources.iter().flat_map(|source| source.split("pub async fn ").skip(1));
    let mut operations: BTreeSet<String> =
        methods.map(|rest| rest.split(['(', '<']).next().unwrap().to_owned()).collect();
    for exempt in ABOUT_NO_ROW.into_iter().chain(LENT) {
        assert!(operations.remove(exempt), "{exempt} is exempt, and not there any more");
    }
    assert!(operations.len() >= 10, "the source was not read: {operations:?}");
    operations
}

/// These touch no row of an entity; tests of their own say what they do. The trail's `all`, and those of
/// questions to the log, have the name of a query's.
const ABOUT_NO_ROW: [&str; 24] = [
    "apply",
    "begin",
    "build",
    "by_day",
    "by_user",
    "carry_out",
    "close",
    "commit",
    "doctor",
    "examine",
    "flush_audit",
    "migrate",
    "next",
    "partition",
    "plan",
    "propose",
    "remove",
    "roll_up",
    "rollback",
    "run",
    "seal",
    "seal_behind",
    "standing",
    "verify",
];

/// What raw SQL reaches is for the database to say, and for `attacks` and `lent` to try.
const LENT: [&str; 2] = ["connection", "unscoped_connection"];

fn read_all(folder: &Path, sources: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(std::fs::read_to_string(&path).unwrap());
        }
    }
}
