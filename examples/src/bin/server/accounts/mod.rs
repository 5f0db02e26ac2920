//! Who the users are: names, passwords, tokens. This is the application's own; `user_scope` begins where a token is verified.
//!
//! Accounts belong to nobody, and so are no entity: they have a table and a small pool of their own.

mod attempts;
mod passwords;
mod store;
mod tokens;
mod words;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use user_scope::Uuid;
use user_scope::web::{Caller, Problem};
use utoipa::ToSchema;
use utoipa::openapi::path::HttpMethod;

pub use attempts::Attempts;
pub use passwords::Passwords;
pub use store::{Account, AccountStore};
pub use tokens::{Signer, verifier};
pub use words::{Password, Username};

use crate::App;
use crate::api::{Api, Described};
use crate::database::AppDb;
use crate::resources::{Body, Fields, Invalid, bytes, form};

const TAG: &str = "auth";
const ERROR: &str = "error";
const FORM: &str = "application/x-www-form-urlencoded";

pub fn routes<DB: AppDb>(api: Api<DB>) -> Api<DB> {
    let register = Described::new("register", TAG, "Make an account")
        .open()
        .body::<Credentials>("application/json")
        .answers::<Who>(StatusCode::CREATED, "It is made; ask for a token")
        .problem(StatusCode::CONFLICT, "The name is taken")
        .problem(StatusCode::TOO_MANY_REQUESTS, "Too many attempts; `Retry-After` tells when to go on");
    let token = Described::new("token", TAG, "Sign in: the password grant of OAuth 2")
        .open()
        .about("An unknown user and a wrong password are answered alike, after the same time.")
        .body::<Grant>(FORM)
        .answers::<Token>(StatusCode::OK, "Send it as `Authorization: Bearer …`")
        .problem(StatusCode::TOO_MANY_REQUESTS, "Too many attempts; `Retry-After` tells when to go on");
    let me = Described::new("me", TAG, "Who is signed in").answers::<Who>(StatusCode::OK, "You");
    api.add("/api/v2/auth/register", HttpMethod::Post, post(self::register::<DB>), register)
        .add("/api/v2/auth/token", HttpMethod::Post, post(self::token::<DB>), token)
        .add("/api/v2/auth/me", HttpMethod::Get, get(self::me::<DB>), me)
}

/// What an account is made of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Credentials {
    username: Username,
    password: Password,
}

/// An account, as it is shown.
#[derive(Debug, Serialize, ToSchema)]
struct Who {
    id: Uuid,
    username: String,
    administrator: bool,
}

impl From<Account> for Who {
    fn from(account: Account) -> Self {
        let Account { id, username, administrator, .. } = account;
        Self { id, username, administrator }
    }
}

async fn register<DB: AppDb>(
    State(app): State<App<DB>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    Body(Fields(Credentials { username, password })): Body<Fields<Credentials>>,
) -> Result<Response, Problem> {
    app.attempts.count(client.ip(), username.as_str())?;
    let password_hash = app.passwords.hash(password).await?;
    let account = Account { id: Uuid::now_v7(), username: username.into(), password_hash, administrator: false };
    if !DB::add_account(&app.accounts, &account).await.map_err(unavailable)? {
        return Err(Problem::new(StatusCode::CONFLICT, "duplicate").detail("this name is taken; choose another"));
    }
    Ok((StatusCode::CREATED, Json(Who::from(account))).into_response())
}

/// The form of the password grant (RFC 6749, 4.3.2). What else a client sends by the RFC is not needed here.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Grant {
    #[schema(pattern = "^password$")]
    grant_type: String,
    username: String,
    password: String,
    #[allow(dead_code, reason = "clients may send it")]
    scope: Option<String>,
    #[allow(dead_code, reason = "clients may send it")]
    client_id: Option<String>,
    #[allow(dead_code, reason = "clients may send it")]
    client_secret: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Token {
    access_token: String,
    #[schema(pattern = "^bearer$")]
    token_type: &'static str,
    /// In seconds.
    expires_in: u64,
}

async fn token<DB: AppDb>(
    State(app): State<App<DB>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Json<Token>, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(FORM) {
        let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type");
        return Err(problem.detail(format!("the body is to be a form: `Content-Type: {FORM}`")));
    }
    // Beside our own words those that clients of OAuth 2 look at (RFC 6749, 5.2).
    let body = bytes(request, &app).await?;
    let Grant { grant_type, username, password, .. } =
        form(&body).map_err(|problem| problem.with(ERROR, "invalid_request"))?;
    if grant_type != "password" {
        let problem = Problem::from(Invalid::new("grant_type", "must be `password`"));
        return Err(problem.with(ERROR, "unsupported_grant_type"));
    }
    let account = app.signed_in(client.ip(), &username, Password::given(password)).await?;
    let (access_token, expires_in) = app.signer.sign(&account)?;
    Ok(Json(Token { access_token, token_type: "bearer", expires_in }))
}

impl<DB: AppDb> App<DB> {
    /// The account, if the password is its own. That there is none costs the same time and reads the same.
    async fn signed_in(&self, client: IpAddr, username: &str, password: Password) -> Result<Account, Problem> {
        self.attempts.count(client, username)?;
        // Letters beyond ASCII can become others where a database makes them small.
        let account = match Username::try_from(username.to_owned()) {
            Ok(name) => DB::account_by_name(&self.accounts, name.as_str()).await.map_err(unavailable)?,
            Err(_) => None,
        };
        let hash = account.as_ref().map(|account| Arc::from(account.password_hash.as_str()));
        let is_right = self.passwords.verify(password, hash).await?;
        account.filter(|_| is_right).ok_or_else(|| {
            Problem::new(StatusCode::BAD_REQUEST, "invalid_grant")
                .detail("there is no such user, or the password is another")
                .with(ERROR, "invalid_grant")
        })
    }
}

async fn me<DB: AppDb>(caller: Caller, State(app): State<App<DB>>) -> Result<Json<Who>, Problem> {
    match DB::account(&app.accounts, caller.user()).await.map_err(unavailable)? {
        Some(account) => Ok(Json(account.into())),
        None => Err(Problem::new(StatusCode::UNAUTHORIZED, "invalid_token")
            .detail("this account is no more")
            .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""))),
    }
}

/// The accounts could not be asked.
pub fn unavailable(error: sqlx::Error) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable")
        .detail("the database cannot be reached; try again")
        .caused_by(error)
}
