//! Everything by the keyboard alone: no click, and nothing that a script puts into a field.

use thirtyfour::Key;

use crate::stage::tell;
use crate::window::Window;

/// Presses Tab until what is meant has the focus.
async fn reach(window: &Window, what: &str) {
    let mut passed = Vec::new();
    while window.focused().await != what {
        passed.push(window.focused().await);
        assert!(passed.len() < 80, "{what:?} cannot be reached by Tab; on the way were {passed:?}");
        window.press(Key::Tab).await;
    }
}

#[tokio::test]
async fn everything_can_be_done_with_the_keyboard_alone() {
    tell("keyboard", async |stage| {
        let alice = stage.window("alice").await;
        alice.open("/").await;
        alice.see("#username:focus").await;
        alice.type_text("alice").await;
        alice.press(Key::Tab).await;
        alice.type_text("alice-demo-1").await;
        alice.press(Key::Enter).await;
        alice.see("#new-task").await;

        reach(&alice, "new-task").await;
        alice.type_text("By keys alone").await;
        alice.press(Key::Enter).await;
        alice.read("li[data-task] .title", "By keys alone").await;
        alice.see("#new-task:focus").await;

        reach(&alice, "By keys alone").await;
        alice.picture("focus-is-to-be-seen").await;
        alice.press(Key::Enter).await;
        alice.read("h1", "By keys alone").await;
        reach(&alice, "task-title").await;
        alice.press(Key::End).await;
        alice.type_text(", changed").await;
        alice.press(Key::Enter).await;
        alice.read("h1", "By keys alone, changed").await;

        reach(&alice, "new-subtask").await;
        alice.type_text("A step").await;
        alice.press(Key::Enter).await;
        alice.read("li[data-subtask] .title", "A step").await;
        // Its box comes before the field that it was typed into.
        let is_box =
            "const e = document.activeElement; return e.type === 'checkbox' && e.closest('li[data-subtask]') !== null;";
        for step in 0.. {
            if alice.ask(is_box, serde_json::json!([])).await == true {
                break;
            }
            assert!(step < 20, "the box of the subtask cannot be reached");
            alice.press_tab_backwards().await;
        }
        alice.press(Key::Space).await;
        alice.see("li[data-subtask].done").await;

        reach(&alice, "delete-task").await;
        alice.press(Key::Enter).await;
        alice.see("#confirm-delete").await;
        reach(&alice, "confirm-delete").await;
        alice.press(Key::Enter).await;
        alice.see("#new-task").await;
        assert!(alice.texts("li[data-task] .title").await.iter().all(|title| !title.contains("By keys alone")));

        reach(&alice, "sign-out").await;
        alice.press(Key::Enter).await;
        alice.see("#username:focus").await;
    })
    .await;
}
