//! What is below a task, and the things that tasks belong to.

use crate::person::{add_task, sign_in};
use crate::stage::tell;

#[tokio::test]
async fn subtasks_are_added_renamed_finished_and_deleted() {
    tell("subtasks", async |stage| {
        let alice = stage.window("alice").await;
        sign_in(&alice, "alice").await;
        let id = add_task(&alice, "Paint the fence").await;
        alice.open(&format!("/#/tasks/{id}")).await;
        for title in ["Buy paint", "Find the brush"] {
            alice.fill("#new-subtask", title).await;
            alice.click("#add-subtask").await;
            alice.read("li[data-subtask] .title", title).await;
        }
        let first = "li[data-subtask]:first-child";
        alice.click(&format!("{first} input[type=checkbox]")).await;
        alice.see(&format!("{first}.done")).await;
        alice.click("li[data-subtask]:last-child [data-test=edit]").await;
        alice.fill("li[data-subtask]:last-child input[type=text]", "Find two brushes").await;
        alice.click("li[data-subtask]:last-child [data-test=save]").await;
        alice.read("li[data-subtask]:last-child .title", "Find two brushes").await;
        alice.picture("subtasks").await;
        alice.click(&format!("{first} [data-test=delete]")).await;
        alice.click(&format!("{first} [data-test=confirm]")).await;
        assert!(alice.count("li[data-subtask]", 1).await[0].contains("Find two brushes"));
        // It is so after a fresh look.
        alice.open("/docs").await;
        alice.open(&format!("/#/tasks/{id}")).await;
        assert!(alice.count("li[data-subtask]", 1).await[0].contains("Find two brushes"));
    })
    .await;
}

#[tokio::test]
async fn a_task_waits_for_another_and_may_be_told_not_to() {
    tell("dependencies", async |stage| {
        let alice = stage.window("alice").await;
        sign_in(&alice, "alice").await;
        add_task(&alice, "Buy some green paint").await;
        let id = add_task(&alice, "Paint the fence").await;
        alice.open(&format!("/#/tasks/{id}")).await;
        alice.fill("#find-dependency", "Buy some green").await;
        // The only one that is like that is chosen already.
        alice.see("#new-dependency option:not([value=\"\"]):checked").await;
        alice.click("#add-dependency").await;
        alice.read("li[data-dependency] .title", "Buy some green paint").await;
        alice.picture("dependencies").await;
        alice.click("li[data-dependency] [data-test=remove]").await;
        alice.count("li[data-dependency]", 0).await;
    })
    .await;
}

#[tokio::test]
async fn projects_agents_and_rules_are_made_changed_and_deleted() {
    tell("things", async |stage| {
        let alice = stage.window("alice").await;
        sign_in(&alice, "alice").await;
        for kind in ["projects", "agents", "rules"] {
            alice.click(&format!("nav a[href=\"#/{kind}\"]")).await;
            alice.click("#new-thing").await;
            let name = format!("One of the {kind}");
            alice.fill("#new-name", &name).await;
            alice.click("#add-thing").await;
            alice.read("li[data-thing] .title", &name).await;
            let script = "return [...document.querySelectorAll('li[data-thing]')]\
                          .find((li) => li.querySelector('.title').textContent === arguments[0])?.dataset.thing;";
            let id = alice.ask(script, serde_json::json!([name])).await.as_str().expect("it is there").to_owned();
            let row = format!("li[data-thing=\"{id}\"]");
            alice.picture(kind).await;
            alice.click(&format!("{row} [data-test=edit]")).await;
            alice.fill(&format!("{row} input[name=name]"), &format!("{name}, renamed")).await;
            alice.click(&format!("{row} [data-test=save]")).await;
            alice.read(&format!("{row} .title"), "renamed").await;
            alice.click(&format!("{row} [data-test=delete]")).await;
            alice.click(&format!("{row} [data-test=confirm]")).await;
            alice.gone(&row).await;
        }
    })
    .await;
}
