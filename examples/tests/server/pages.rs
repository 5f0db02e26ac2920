//! The pages and the documentation as they are served: nothing in them comes from elsewhere, and the browser is told so.
//!
//! What they do is for the browser's tests.

use std::collections::BTreeSet;

use crate::client::Client;
use crate::home::Kind;
use crate::server::Server;

/// What a document loads: the values of the attributes that make a browser fetch.
fn loaded(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for attribute in ["src=", "href=", "action=", "data=", "from ", "import ", "import(", "url("] {
        for (at, _) in text.match_indices(attribute) {
            let rest = text[at + attribute.len()..].trim_start_matches(['"', '\'', '`', '(', ' ']);
            let end = rest.find(['"', '\'', '`', ')', '>', ' ', '\n']).unwrap_or(rest.len());
            found.insert(rest[..end].to_owned());
        }
    }
    found
}

fn is_elsewhere(address: &str) -> bool {
    ["http:", "https:", "//", "ws:", "wss:", "ftp:"].iter().any(|start| address.starts_with(start))
}

#[tokio::test]
async fn pages_load_nothing_from_elsewhere_and_have_a_policy_that_says_so() {
    let (_home, server) = Server::on(Kind::Sqlite).await;
    let nobody = Client::nobody(&server);
    for page in ["//", "//docs", "//docs/"] {
        let mut answer = nobody.get(page).await;
        if answer.status.is_redirection() {
            let location = answer.header("location").expect("where to").to_owned();
            assert!(location.starts_with('/') && !location.starts_with("//"), "{location}");
            answer = nobody.get(&format!("/{location}")).await;
        }
        let answer = answer.expect(200);
        assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")), "{page}: {answer:?}");
        let policy =
            answer.header("content-security-policy").unwrap_or_else(|| panic!("{page} has no policy")).to_owned();
        let directive = |name: &str| {
            policy.split(';').map(str::trim).find_map(|one| one.strip_prefix(name).filter(|rest| rest.starts_with(' ')))
        };
        assert!(
            directive("default-src").is_some_and(|from| [" 'self'", " 'none'"].contains(&from)),
            "{page}: {policy}"
        );
        let scripts = directive("script-src").or(directive("default-src")).expect("a policy for scripts");
        assert!(!scripts.contains("unsafe") && !scripts.contains('*'), "{page}: {policy}");
        assert!(!policy.contains("http:") && !policy.contains("https:") && !policy.contains('*'), "{page}: {policy}");
        assert!(directive("frame-ancestors").is_some(), "{page}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{page}");

        let mut waiting: Vec<String> = loaded(&answer.text()).into_iter().collect();
        let mut seen = BTreeSet::new();
        while let Some(address) = waiting.pop() {
            assert!(!is_elsewhere(&address), "{page} loads {address}");
            if !address.starts_with(['/', '.']) || !seen.insert(address.clone()) {
                continue;
            }
            let path = address.trim_start_matches("./");
            let path = if path.starts_with('/') { format!("/{path}") } else { continue };
            let asset = nobody.get(&path).await;
            assert!(
                asset.status.is_success() || asset.status.is_redirection(),
                "{page} loads {address}: {}",
                asset.status
            );
        }
    }
}

#[tokio::test]
async fn an_asset_says_of_what_type_it_is() {
    let (_home, server) = Server::on(Kind::Sqlite).await;
    let nobody = Client::nobody(&server);
    let page = nobody.get("//").await.expect(200).text();
    let assets: Vec<_> = loaded(&page).into_iter().filter(|address| address.starts_with("/assets/")).collect();
    assert!(assets.len() >= 2, "a script and a style: {assets:?}");
    for asset in assets {
        let answer = nobody.get(&format!("/{asset}")).await.expect(200);
        let kind = answer.header("content-type").unwrap_or_default().to_owned();
        let expected = match asset.rsplit_once('.').expect("a name").1 {
            "js" => "text/javascript",
            "css" => "text/css",
            "svg" => "image/svg+xml",
            other => panic!("a type that this test does not know: {other}"),
        };
        assert!(kind.starts_with(expected), "{asset}: {kind}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{asset}");
    }
}

#[tokio::test]
async fn the_document_is_served_to_everybody() {
    let (_home, server) = Server::on(Kind::Sqlite).await;
    let document = Client::nobody(&server).get("//api/openapi.json").await.expect(200).json();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")), "{}", document["openapi"]);
    let scheme = &document["components"]["securitySchemes"]["bearer"];
    assert_eq!((&scheme["type"], &scheme["scheme"]), (&"http".into(), &"bearer".into()));
}
