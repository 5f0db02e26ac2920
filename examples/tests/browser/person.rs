//! What people do again and again.

use crate::window::Window;

/// Signs in as one of the demo users.
pub async fn sign_in(window: &Window, name: &str) {
    window.open("/").await;
    window.fill("#username", name).await;
    window.fill("#password", &format!("{name}-demo-1")).await;
    window.click("#sign-in").await;
    window.read("#signed-in-as", name).await;
    window.see("#new-task").await;
}

/// Adds a task, and gives its id.
pub async fn add_task(window: &Window, title: &str) -> String {
    window.fill("#new-task", title).await;
    window.click("#add-task").await;
    id_of(window, title).await
}

/// The id of the task with this title, once it is in the list.
pub async fn id_of(window: &Window, title: &str) -> String {
    window.read("li[data-task] .title", title).await;
    let script = "return [...document.querySelectorAll('li[data-task]')]\
                  .find((li) => li.querySelector('.title').textContent === arguments[0])?.dataset.task;";
    let id = window.ask(script, serde_json::json!([title])).await;
    id.as_str().unwrap_or_else(|| panic!("{title:?} is not in the list")).to_owned()
}

/// A task's row in the list.
pub fn row(id: &str) -> String {
    format!("li[data-task=\"{id}\"]")
}
