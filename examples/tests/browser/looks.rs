//! How the pages look: on a narrow window nothing is cut off, and dark is dark.

use serde_json::json;

use crate::person::{add_task, sign_in};
use crate::stage::tell;
use crate::window::Window;

const VIEWS: &[&str] = &["/#/tasks", "/#/projects", "/#/agents", "/#/rules", "/#/trail", "/#/admin"];

/// Nothing is wider than the window, which is 360 pixels wide, with or without a bar to scroll it downwards.
async fn assert_fits(window: &Window, view: &str) {
    let widths = "const { scrollWidth, clientWidth } = document.documentElement;\
                  return [scrollWidth <= clientWidth, window.innerWidth];";
    assert_eq!(window.ask(widths, json!([])).await, json!([true, 360]), "{view}");
}

#[tokio::test]
async fn a_window_of_360_pixels_does_not_scroll_sideways() {
    tell("narrow", async |stage| {
        let ada = stage.window_of("ada", 360, 740).await;
        ada.open("/").await;
        ada.see("#sign-in").await;
        assert_fits(&ada, "sign in").await;
        ada.picture("narrow-sign-in").await;
        sign_in(&ada, "ada").await;
        let word = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen".repeat(3);
        let id = add_task(&ada, &word).await;
        ada.open(&format!("/#/tasks/{id}")).await;
        ada.read("h1", &word).await;
        ada.fill("#new-subtask", &word).await;
        ada.click("#add-subtask").await;
        ada.read("li[data-subtask] .title", &word).await;
        ada.click("li[data-subtask] [data-test=delete]").await;
        ada.see("li[data-subtask] [data-test=confirm]").await;
        assert_fits(&ada, "a task").await;
        ada.picture("narrow-task").await;
        for view in VIEWS {
            ada.open(view).await;
            ada.see(&format!("nav a[href=\"{}\"][aria-current=page]", &view[1..])).await;
            ada.see("main h1").await;
            assert_fits(&ada, view).await;
            ada.picture(&format!("narrow-{}", &view[3..])).await;
        }
        ada.fill("#reason", "How wide is it?").await;
        ada.click("#show-audit").await;
        ada.see("#patterns svg").await;
        assert_fits(&ada, "administration").await;
        ada.picture("narrow-administration").await;
    })
    .await;
}

#[tokio::test]
async fn who_prefers_it_gets_it_dark() {
    tell("dark", async |stage| {
        let alice = stage.window("alice").await;
        let background = "return getComputedStyle(document.documentElement).backgroundColor;";
        sign_in(&alice, "alice").await;
        let light = alice.ask(background, json!([])).await;
        alice.prefer_dark().await;
        let dark = alice.ask(background, json!([])).await;
        assert_ne!(light, dark, "the same colours by day and by night");
        alice.picture("dark").await;
    })
    .await;
}

#[tokio::test]
async fn the_documentation_opens_and_can_be_tried() {
    tell("documentation", async |stage| {
        let window = stage.window("reader").await;
        window.open("/docs").await;
        window.see(".swagger-ui .opblock").await;
        window.read(".swagger-ui", "/api/v2/tasks").await;
        window.picture("documentation").await;
    })
    .await;
}
