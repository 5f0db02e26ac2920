//! Keys in a file and behind a URL. When they are read again is tested with a clock that is set, where they are read:
//! `user-scope/src/web/jwt/rotation`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use user_scope::Uuid;
use user_scope::web::{KeyError, Keys, TokenError, Verifier};

use super::signer::{ED, HMAC, OTHER_ED, RSA, Signer, claims, key_set, settings, verifier};

const MINUTE: Duration = Duration::from_secs(60);

/// The clock of tokio goes on by so much at once, and then as ever: while it stands, what waits for a network would be timed
/// out.
async fn later(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

fn set(keys: &[(&Signer, &str)]) -> String {
    let keys: Vec<_> = keys.iter().map(|(signer, kid)| signer.jwk(&json!({ "kid": kid }))).collect();
    key_set(&keys)
}

async fn answer(verifier: &Verifier, signer: &Signer, kid: &str) -> Result<(), TokenError> {
    verifier.verify(&signer.named(kid, &claims(Uuid::now_v7().to_string()))).await.map(drop)
}

/// A file in a folder of this test's own, which goes with it.
struct File(PathBuf);

impl File {
    fn holding(text: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("user-scope-keys-{}", Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        let file = Self(folder.join("jwks.json"));
        file.write(text);
        file
    }

    fn write(&self, text: &str) {
        std::fs::write(&self.0, text).unwrap();
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().expect("its folder"));
    }
}

#[tokio::test]
async fn a_key_that_comes_into_a_file_is_found_and_one_that_goes_is_forgotten() {
    let file = File::holding(&set(&[(&ED, "old")]));
    let verifier = verifier::<Uuid>(Keys::key_set_file(&file.0)).await;
    assert_eq!(answer(&verifier, &ED, "old").await, Ok(()));
    assert_eq!(format!("{verifier:?}"), "Verifier(keys that rotate)");

    file.write(&set(&[(&ED, "old"), (&OTHER_ED, "new")]));
    assert_eq!(answer(&verifier, &OTHER_ED, "new").await, Err(TokenError::UnknownKey), "it has been read just now");
    later(Duration::from_secs(10)).await;
    assert_eq!(answer(&verifier, &OTHER_ED, "new").await, Ok(()), "a name that is not known makes it read again");
    assert_eq!(answer(&verifier, &ED, "old").await, Ok(()));

    file.write(&set(&[(&OTHER_ED, "new")]));
    assert_eq!(answer(&verifier, &ED, "old").await, Ok(()), "it is in the set as far as is known");
    later(5 * MINUTE).await;
    assert_eq!(answer(&verifier, &ED, "old").await, Err(TokenError::UnknownKey));
    assert_eq!(answer(&verifier, &OTHER_ED, "new").await, Ok(()));
    // A key under the old name is no longer the old key.
    file.write(&set(&[(&ED, "new")]));
    later(5 * MINUTE).await;
    assert_eq!(answer(&verifier, &OTHER_ED, "new").await, Err(TokenError::Signature));
}

#[tokio::test]
async fn a_file_that_cannot_be_read_any_more_is_told_after_an_hour() {
    let file = File::holding(&set(&[(&ED, "1")]));
    let verifier = verifier::<Uuid>(Keys::key_set_file(&file.0)).await;
    for broken in ["", "{", &set(&[]), &key_set(std::slice::from_ref(&HMAC.jwk))] {
        file.write(broken);
        later(10 * MINUTE).await;
        assert_eq!(answer(&verifier, &ED, "1").await, Ok(()), "{broken:?}");
    }
    std::fs::remove_file(&file.0).unwrap();
    later(19 * MINUTE).await;
    assert_eq!(answer(&verifier, &ED, "1").await, Ok(()));
    later(MINUTE).await;
    assert_eq!(answer(&verifier, &ED, "1").await, Err(TokenError::KeysUnavailable));
    file.write(&set(&[(&ED, "1")]));
    later(Duration::from_secs(10)).await;
    assert_eq!(answer(&verifier, &ED, "1").await, Ok(()));
}

#[tokio::test]
async fn a_mistake_in_a_file_is_told_at_the_start() {
    let file = File::holding("");
    let build = || settings(Keys::key_set_file(&file.0)).build();
    assert!(matches!(build().await, Err(KeyError::NotAKeySet)));
    file.write(&key_set(&[ED.jwk.clone(), RSA.jwk(&json!({ "d": "AAAA" }))]));
    assert!(matches!(build().await, Err(KeyError::SecretInKeySet)));
    std::fs::remove_file(&file.0).unwrap();
    let missing = build().await.unwrap_err();
    assert!(matches!(&missing, KeyError::File { path, .. } if *path == file.0), "{missing:?}");
    assert!(missing.to_string().contains("jwks.json"), "{missing}");
    let folder = settings(Keys::key_set_file(file.0.parent().unwrap())).build().await;
    assert!(matches!(folder, Err(KeyError::File { .. })));
}

/// An identity provider on this machine.
#[derive(Clone)]
struct Provider {
    address: SocketAddr,
    answer: Arc<Mutex<(StatusCode, String)>>,
    asked: Arc<AtomicUsize>,
}

impl Provider {
    async fn answering(text: String) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let provider = Self { address, answer: Arc::new(Mutex::new((StatusCode::OK, text))), asked: Arc::default() };
        let (keys, from) = (provider.clone(), provider.clone());
        let router = Router::new()
            .route("/keys", get(move || async move { keys.answer() }))
            .route("/moved", get(move || async move { from.redirect() }))
            .route("/silence", get(std::future::pending::<Response>));
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    fn answer(&self) -> Response {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.answer.lock().unwrap().clone().into_response()
    }

    fn redirect(&self) -> Response {
        axum::response::Redirect::temporary(&self.url("keys")).into_response()
    }

    fn says(&self, status: StatusCode, text: String) {
        *self.answer.lock().unwrap() = (status, text);
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    fn keys(&self, path: &str) -> Keys {
        Keys::key_set_url(&self.url(path)).expect("it is on this machine")
    }
}

#[tokio::test]
async fn keys_behind_a_url_rotate_as_those_in_a_file_do() {
    let provider = Provider::answering(set(&[(&ED, "old")])).await;
    let verifier = verifier::<Uuid>(provider.keys("keys")).await;
    assert_eq!(answer(&verifier, &ED, "old").await, Ok(()));
    provider.says(StatusCode::OK, set(&[(&RSA, "new")]));
    later(Duration::from_secs(10)).await;
    assert_eq!(answer(&verifier, &RSA, "new").await, Ok(()));
    assert_eq!(answer(&verifier, &ED, "old").await, Err(TokenError::UnknownKey), "gone from the set");
    for _ in 0..20 {
        assert_eq!(answer(&verifier, &ED, "old").await, Err(TokenError::UnknownKey));
    }
    assert_eq!(provider.asked.load(Ordering::SeqCst), 2, "whatever names tokens have");

    provider.says(StatusCode::INTERNAL_SERVER_ERROR, set(&[(&ED, "old")]));
    later(59 * MINUTE).await;
    assert_eq!(answer(&verifier, &RSA, "new").await, Ok(()));
    later(MINUTE).await;
    assert_eq!(answer(&verifier, &RSA, "new").await, Err(TokenError::KeysUnavailable));
}

#[tokio::test]
async fn one_request_fetches_for_all() {
    let provider = Provider::answering(set(&[(&ED, "old")])).await;
    let verifier = verifier::<Uuid>(provider.keys("keys")).await;
    provider.says(StatusCode::OK, set(&[(&ED, "new")]));
    later(Duration::from_secs(10)).await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let verifier = verifier.clone();
            tokio::spawn(async move { answer(&verifier, &ED, "new").await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(()));
    }
    assert_eq!(provider.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_mistake_behind_a_url_is_told_at_the_start() {
    let provider = Provider::answering(String::new()).await;
    let build = |path| settings(provider.keys(path)).build();
    assert!(matches!(build("keys").await, Err(KeyError::NotAKeySet)));
    provider.says(StatusCode::NOT_FOUND, set(&[(&ED, "1")]));
    assert!(matches!(build("keys").await, Err(KeyError::Status { status: 404 })));
    provider.says(StatusCode::CREATED, set(&[(&ED, "1")]));
    assert!(matches!(build("keys").await, Err(KeyError::Status { status: 201 })));
    provider.says(StatusCode::OK, set(&[(&ED, "1")]) + &" ".repeat(1024 * 1024));
    assert!(matches!(build("keys").await, Err(KeyError::TooLong)));
    provider.says(StatusCode::OK, set(&[(&ED, "1")]));
    assert!(matches!(build("moved").await, Err(KeyError::Status { status: 307 })), "no redirect is followed");
    assert!(build("keys").await.is_ok());

    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = format!("http://user:password@{nobody}/keys");
    let unreachable = settings(Keys::key_set_url(&url).unwrap()).build().await.unwrap_err();
    assert!(matches!(unreachable, KeyError::Fetch { .. }), "{unreachable:?}");
    assert!(!format!("{unreachable:?} {unreachable}").contains("password"), "{unreachable:?}");
}

#[tokio::test(start_paused = true)]
async fn a_url_has_five_seconds_to_answer() {
    let provider = Provider::answering(String::new()).await;
    let begun = tokio::time::Instant::now();
    assert!(matches!(settings(provider.keys("silence")).build().await, Err(KeyError::Timeout { .. })));
    assert_eq!(begun.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn a_client_of_the_applications_does_as_it_is_told() {
    let provider = Provider::answering(set(&[(&ED, "1")])).await;
    let keys = Keys::key_set_url_with(&provider.url("moved"), reqwest::Client::new()).unwrap();
    assert_eq!(format!("{keys:?}"), "Keys(a URL)");
    assert_eq!(answer(&verifier(keys).await, &ED, "1").await, Ok(()), "this one follows redirects");
    let elsewhere = Keys::key_set_url_with("http://idp.example/keys", reqwest::Client::new());
    assert!(matches!(elsewhere, Err(KeyError::Url)));
}

#[test]
fn keys_come_over_https_or_from_this_machine() {
    for url in ["https://idp.example/keys", "http://localhost/", "http://127.9.9.9:8080/keys", "http://[::1]:80/"] {
        assert!(Keys::key_set_url(url).is_ok(), "{url}");
    }
    for url in [
        "http://idp.example/keys",
        "http://localhost.example/",
        "http://127.0.0.1.example/",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "http://[::2]/",
        "http://127.0.0.1@idp.example/",
        "file:///etc/keys",
        "ftp://localhost/",
        "data:application/json,{}",
        "/keys",
        "",
    ] {
        assert!(matches!(Keys::key_set_url(url), Err(KeyError::Url)), "{url}");
    }
}
