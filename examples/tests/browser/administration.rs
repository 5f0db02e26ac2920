//! What an administrator sees, once she has said why, and nobody else.

use crate::person::{add_task, sign_in};
use crate::stage::tell;

#[tokio::test]
async fn an_administrator_who_says_why_sees_the_attempt_and_the_picture() {
    tell("administration", async |stage| {
        let (alice, bob) = (stage.window("alice").await, stage.window("bob").await);
        sign_in(&alice, "alice").await;
        sign_in(&bob, "bob").await;
        bob.gone("a[href=\"#/admin\"]").await;
        let hers = add_task(&alice, "Alice's secret plan").await;
        bob.expect_refusal("404");
        bob.open(&format!("/#/tasks/{hers}")).await;
        bob.see("#not-found").await;

        let ada = stage.window("ada").await;
        sign_in(&ada, "ada").await;
        ada.click("a[href=\"#/admin\"]").await;
        ada.expect_refusal("400");
        ada.fill("#reason", "ab").await;
        ada.click("#show-audit").await;
        ada.see("#message .bad").await;
        ada.count("#suspicious tbody tr", 0).await;
        ada.picture("administration-without-a-reason").await;
        ada.fill("#reason", "Beschwerde von Müller").await;
        ada.click("#show-audit").await;
        ada.see(&format!("#suspicious tbody tr[data-user=bob][data-row=\"{hers}\"]")).await;
        ada.see("#patterns svg rect").await;
        ada.read("#patterns tbody tr", "alice").await;
        let shown = ada.texts("#suspicious").await.join(" ");
        assert!(!shown.contains("Alice's secret plan"), "{shown}");
        ada.picture("administration").await;

        // Who is none is told so, even by the address.
        bob.expect_refusal("403");
        bob.open("/#/admin").await;
        bob.see("main h1").await;
        bob.count("#suspicious tbody tr", 0).await;
        bob.picture("administration-for-others").await;

        alice.click("nav a[href=\"#/trail\"]").await;
        alice.see("#trail tbody tr").await;
        let trail = alice.texts("#trail").await.join(" ");
        assert!(trail.contains("create") && !trail.contains("unauthorized"), "{trail}");
        alice.picture("trail").await;
        bob.click("nav a[href=\"#/trail\"]").await;
        bob.see("#trail tbody tr").await;
        let script = "return document.querySelector('main').innerHTML.includes(arguments[0]);";
        assert_eq!(bob.ask(script, serde_json::json!([hers])).await, false, "bob's trail tells of the task");
    })
    .await;
}
