//! What a person sees of the log, and what a machine gets: nothing is falsified, nothing is obeyed, nothing is kept back.

use serde_json::Value;
use user_scope::Moment;

use super::{asked, probed};
use crate::databases::TestDb;

on_each_log!(
    a_number_is_told_with_all_its_digits,
    nothing_in_the_log_is_obeyed_or_taken_for_a_row,
    what_was_tried_given_and_why_is_shown,
    ids_and_times_stand_in_one_line,
    who_or_what_is_written_otherwise_is_found,
    an_answer_that_is_cut_off_says_so,
);

async fn a_number_is_told_with_all_its_digits<DB: TestDb>(url: impl Fn(&DB::Home) -> String) {
    let (world, url, [alice, _]) = probed::<DB>(url).await;
    let details =
        r#"{"changed": ["price"], "new": {"price": 100000000000000000.99}, "old": {"price": 100000000000000000.01}}"#;
    world.plant(&format!("'{}', 'tasks', 'dear', 'update', '{details}'", alice.user()), Moment::now()).await;
    let ask = |form: &[&str]| asked(&url, &[&["of-entity", "tasks", "dear"], form].concat()).output;
    assert!(ask(&[]).contains("price: 100000000000000000.01 → 100000000000000000.99"), "{}", ask(&[]));
    for form in ["--json", "--csv"] {
        let told = ask(&[form]);
        assert!(told.contains("100000000000000000.01") && told.contains("100000000000000000.99"), "{told}");
    }
    let told: Value = serde_json::from_str(&ask(&["--json"])).unwrap();
    assert_eq!(told[0]["details"]["changed"][0], "price");
}

/// Whoever makes ids must not make the terminal obey, nor rows that nobody recorded.
async fn nothing_in_the_log_is_obeyed_or_taken_for_a_row<DB: TestDb>(url: impl Fn(&DB::Home) -> String) {
    let (world, url, [alice, _]) = probed::<DB>(url).await;
    let id = "a\u{1b}[2J\u{7}\n9  2026-01-01\u{9b}\u{202e}\u{2066}\u{200b}\u{feff}z";
    world.plant(&format!("'{}', 'tasks', '{id}', 'purge', NULL", alice.user()), Moment::now()).await;
    let ask = |form: &[&str]| asked(&url, &[&["tail", "--operation", "purge"], form].concat()).output;
    let table = ask(&[]);
    assert!(table.contains("a·[2J··9  2026-01-01·····z"), "{table}");
    assert_eq!(table.lines().count(), 5, "one row with a frame and a head: {table}");
    let json = ask(&["--json"]);
    assert!(!json.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{json}");
    let told: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(told[0]["entity_id"], id, "a machine gets what is there");
    // Into a file, a spreadsheet, too.
    assert!(ask(&["--csv"]).contains(id));
}

async fn what_was_tried_given_and_why_is_shown<DB: TestDb>(url: impl Fn(&DB::Home) -> String) {
    let (world, url, [alice, bob]) = probed::<DB>(url).await;
    let (alice, bob) = (alice.user(), bob.user());
    for (operation, details) in [
        ("unauthorized_access", r#"{"attempted": "delete"}"#.to_owned()),
        ("transfer", format!(r#"{{"owner": "{alice}", "to": "{bob}"}}"#)),
        ("system_access", r#"{"reason": "ticket 4711"}"#.to_owned()),
    ] {
        world.plant(&format!("'{alice}', 'tasks', 'x', '{operation}', '{details}'"), Moment::now()).await;
    }
    for question in [&["of-entity", "tasks", "x"][..], &["tail"]] {
        let shown = asked(&url, question).output;
        let expected =
            ["attempted: delete", &format!("owner: {alice}"), &format!("to: {bob}"), "reason: \"ticket 4711\""];
        for words in expected {
            assert!(shown.contains(words), "{words}: {shown}");
        }
    }
}

async fn ids_and_times_stand_in_one_line<DB: TestDb>(url: impl Fn(&DB::Home) -> String) {
    let (_world, url, [alice, bob]) = probed::<DB>(url).await;
    let shown = asked(&url, &["tail"]).output;
    let is_told = |line: &str| line.contains(&alice.user().to_string()) && line.contains(" create ");
    let hers = shown.lines().find(|line| is_told(line)).unwrap_or_else(|| panic!("{shown}"));
    let today = Moment::now().day();
    assert!(hers.contains(&format!(" {today} ")) && !hers.contains(&format!("{today}T")), "{hers}");
    assert_eq!(shown.matches(&bob.user().to_string()).count(), 3, "{shown}");
}

async fn who_or_what_is_written_otherwise_is_found<DB: TestDb>(url: impl Fn(&DB::Home) -> String) {
    let (world, url, [alice, _]) = probed::<DB>(url).await;
    let hers = world.log().await[0].entity_id.to_uppercase();
    let alice = alice.user().to_string().to_uppercase();
    for (id, user) in [(hers.clone(), alice.clone()), (format!("{{{hers}}}"), format!("{{{alice}}}"))] {
        let history = asked(&url, &["of-entity", "tasks", &id, "--csv"]);
        assert_eq!(history.output.lines().count(), 5, "{history:?}");
        let done = asked(&url, &["of-user", &user, "--csv"]);
        assert_eq!(done.output.lines().count(), 2, "{done:?}");
        let patterns = asked(&url, &["patterns", "--user", &user, "--csv"]);
        assert_eq!(patterns.output.lines().count(), 2, "{patterns:?}");
    }
    // An id that is a text is what it is.
    let planted = format!("'{alice}', 'tasks', '0197C0DE-0000-7000-8000-0000000000AA', 'read', NULL");
    world.plant(&planted, Moment::now()).await;
    let found = asked(&url, &["of-entity", "tasks", "0197C0DE-0000-7000-8000-0000000000AA", "--csv"]);
    assert_eq!(found.output.lines().count(), 2, "{found:?}");
}

async fn an_answer_that_is_cut_off_says_so<DB: TestDb>(url: impl Fn(&DB::Home) -> String) {
    let (world, url, [_, bob]) = probed::<DB>(url).await;
    let (id, user) = (&world.log().await[0].entity_id, bob.user().to_string());
    let suspicious = ["suspicious", "--denials", "1", "--distinct", "1", "--probing", "1", "--within", "527040"];
    for question in [&["of-entity", "tasks", id][..], &["of-user", &user], &suspicious] {
        for form in [&[][..], &["--json"]] {
            let some = asked(&url, &[question, form, &["--limit", "1"]].concat());
            assert!(some.errors.contains("--limit shows them"), "{some:?}");
            let all = asked(&url, &[question, form, &["--limit", "40"]].concat());
            assert_eq!(all.errors, "", "{all:?}");
        }
    }
    let one = asked(&url, &["of-entity", "tasks", id, "--json", "--limit", "1"]);
    let told: Value = serde_json::from_str(&one.output).unwrap();
    assert_eq!(told.as_array().unwrap().len(), 1);
}
