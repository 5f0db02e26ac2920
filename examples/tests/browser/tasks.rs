//! Tasks: each user's own, added, changed, finished, found and deleted.

use crate::person::{add_task, row, sign_in};
use crate::stage::tell;

#[tokio::test]
async fn two_people_see_their_own_tasks_and_a_foreign_one_as_one_that_is_not_there() {
    tell("two-people", async |stage| {
        let (alice, bob) = (stage.window("alice").await, stage.window("bob").await);
        alice.open("/").await;
        alice.see("#demo").await;
        alice.picture("sign-in").await;
        sign_in(&alice, "alice").await;
        sign_in(&bob, "bob").await;
        let hers = add_task(&alice, "Alice's secret plan").await;
        let his = add_task(&bob, "Bob's own plan").await;
        alice.picture("tasks-of-alice").await;
        bob.picture("tasks-of-bob").await;
        for (window, own, foreign) in [(&alice, &his, "Bob's own plan"), (&bob, &hers, "Alice's secret plan")] {
            // The other's is nowhere, after a fresh look as well.
            window.open("/").await;
            window.see("#new-task").await;
            window.see("li[data-task]").await;
            window.gone(&row(own)).await;
            assert!(window.texts("li[data-task]").await.iter().all(|text| !text.contains(foreign)));
        }

        let mut seen = Vec::new();
        for id in [hers.as_str(), "01890a5d-ac96-774b-bcce-b302099a8057"] {
            bob.expect_refusal("404");
            bob.open("/#/tasks").await;
            bob.see("#new-task").await;
            bob.open(&format!("/#/tasks/{id}")).await;
            bob.see("#not-found").await;
            seen.push(bob.texts("main").await);
        }
        assert_eq!(seen[0], seen[1], "a foreign task looks like one that is not there");
        bob.picture("a-foreign-task").await;
        alice.open(&format!("/#/tasks/{hers}")).await;
        alice.read("h1", "Alice's secret plan").await;
    })
    .await;
}

#[tokio::test]
async fn a_task_is_added_changed_finished_filtered_and_deleted() {
    tell("a-task", async |stage| {
        let alice = stage.window("alice").await;
        sign_in(&alice, "alice").await;
        let id = add_task(&alice, "Paint the fence").await;
        let other = add_task(&alice, "Sweep the yard").await;

        alice.click(&format!("{} .title", row(&id))).await;
        alice.read("h1", "Paint the fence").await;
        alice.fill("#task-title", "Paint the gate").await;
        alice.fill("#task-description", "Green.\nTwice.").await;
        alice.choose("#task-status", "in_progress").await;
        alice.choose("#task-priority", "high").await;
        alice.ask("document.querySelector('#task-due').value = '2030-12-24';", serde_json::json!([])).await;
        alice.click("#save-task").await;
        alice.read("h1", "Paint the gate").await;
        alice.read("#message", "Saved").await;
        alice.picture("task").await;
        alice.open("/").await;
        alice.see("#new-task").await;
        alice.open(&format!("/#/tasks/{id}")).await;
        alice.read("h1", "Paint the gate").await;
        assert_eq!(alice.property("#task-description", "value").await, "Green.\nTwice.");
        assert_eq!(alice.property("#task-status", "value").await, "in_progress");
        assert_eq!(alice.property("#task-due", "value").await, "2030-12-24");

        alice.click("a[href=\"#/tasks\"]").await;
        alice.click(&format!("{} input[type=checkbox]", row(&id))).await;
        alice.see(&format!("{}.done", row(&id))).await;
        alice.choose("#filter-status", "done").await;
        alice.see(&row(&id)).await;
        alice.gone(&row(&other)).await;
        alice.picture("tasks-filtered").await;
        alice.choose("#filter-status", "").await;
        alice.see(&row(&other)).await;
        alice.fill("#filter-text", "Sweep").await;
        alice.gone(&row(&id)).await;
        alice.see(&row(&other)).await;
        // The filter is in the address, and holds after a fresh look.
        let address = alice.address().await;
        alice.open("/docs").await;
        alice.open(&address).await;
        alice.see(&row(&other)).await;
        alice.gone(&row(&id)).await;

        alice.open(&format!("/#/tasks/{other}")).await;
        alice.click("#delete-task").await;
        alice.click("[data-test=keep]").await;
        alice.see("#delete-task").await;
        alice.click("#delete-task").await;
        alice.picture("task-to-be-deleted").await;
        alice.click("#confirm-delete").await;
        alice.see("#new-task").await;
        alice.gone(&row(&other)).await;
        alice.expect_refusal("404");
        alice.open(&format!("/#/tasks/{other}")).await;
        alice.see("#not-found").await;
    })
    .await;
}

#[tokio::test]
async fn of_two_who_change_the_same_task_the_second_is_asked() {
    tell("at-the-same-time", async |stage| {
        let (one, other) = (stage.window("one").await, stage.window("other").await);
        sign_in(&one, "alice").await;
        sign_in(&other, "alice").await;
        let id = add_task(&one, "Paint the fence").await;
        for window in [&one, &other] {
            window.open(&format!("/#/tasks/{id}")).await;
            window.read("h1", "Paint the fence").await;
        }
        one.fill("#task-title", "Paint the gate").await;
        one.click("#save-task").await;
        one.read("h1", "Paint the gate").await;
        other.expect_refusal("412");
        other.fill("#task-description", "Green.").await;
        other.click("#save-task").await;
        other.see("[data-test=overwrite]").await;
        other.picture("changed-meanwhile").await;
        assert_eq!(other.property("#task-description", "value").await, "Green.", "what was typed is still there");
        other.click("[data-test=overwrite]").await;
        other.read("h1", "Paint the gate").await;
        other.read("#message", "Saved").await;
    })
    .await;
}

#[tokio::test]
async fn what_is_typed_is_shown_as_text_and_never_run() {
    tell("as-text", async |stage| {
        let alice = stage.window("alice").await;
        sign_in(&alice, "alice").await;
        let title = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>";
        let id = add_task(&alice, title).await;
        alice.picture("markup-as-text").await;
        alice.click(&format!("{} .title", row(&id))).await;
        alice.read("h1", title).await;
        alice.fill("#new-subtask", title).await;
        alice.click("#add-subtask").await;
        alice.read("li[data-subtask] .title", title).await;
        let made =
            alice.ask("return document.querySelectorAll('img, main script').length;", serde_json::json!([])).await;
        assert_eq!(made, 0);
        let run = alice.ask("return document.title === 'run';", serde_json::json!([])).await;
        assert_eq!(run, false);
    })
    .await;
}

#[tokio::test]
async fn a_fault_is_told_beside_its_field_and_what_was_typed_stays() {
    tell("a-fault", async |stage| {
        let alice = stage.window("alice").await;
        sign_in(&alice, "alice").await;
        alice.expect_refusal("422");
        let long = "x".repeat(201);
        alice.fill("#new-task", &long).await;
        alice.click("#add-task").await;
        alice.see("#new-task-error").await;
        alice.picture("a-title-too-long").await;
        assert_eq!(alice.property("#new-task", "value").await, long);
        alice.fill("#new-task", "Short").await;
        alice.click("#add-task").await;
        alice.read("li[data-task] .title", "Short").await;
        alice.gone("#new-task-error").await;
        alice.click("#sign-out").await;
        alice.see("#sign-in").await;
        alice.expect_refusal("400");
        alice.fill("#username", "alice").await;
        alice.fill("#password", "a wrong password").await;
        alice.click("#sign-in").await;
        alice.see("#message .bad").await;
        alice.picture("a-wrong-password").await;
    })
    .await;
}
