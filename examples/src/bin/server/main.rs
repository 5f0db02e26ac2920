//! The example server: tasks at `/api/v2`, JWT, an OpenAPI document and pages, on `user-scope`.
//!
//! The way of a request, from the outside in: `around` (layers), `api` (which address is which operation), `resources` (the six
//! operations, written once) or `accounts` and `audit`, `entities` (what is stored), and the library. `database` opens and guards.
#![allow(missing_docs, unreachable_pub, reason = "a program, whose modules say what they are for")]

mod accounts;
mod api;
mod around;
mod audit;
mod database;
mod entities;
mod failure;
mod resources;
mod secret;
mod serving;
mod settings;

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use axum::extract::FromRef;
use clap::Parser as _;
use metrics_exporter_prometheus::PrometheusHandle;
use sqlx::Pool;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;
use user_scope::ScopedPool;
use user_scope::web::Verifier;

use accounts::{Attempts, Passwords, Signer};
use database::{AppDb, Logins, Ready};
use failure::{Failure, Told};
use settings::{Origin, Settings};

/// The file of the demo, in the data directory.
const DEMO: &str = "demo.sqlite";

/// What every request may need.
pub struct App<DB: AppDb> {
    pool: ScopedPool<DB>,
    accounts: Pool<DB>,
    verifier: Verifier,
    signer: Arc<Signer>,
    passwords: Passwords,
    attempts: Arc<Attempts>,
    figures: PrometheusHandle,
}

impl<DB: AppDb> Clone for App<DB> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            accounts: self.accounts.clone(),
            verifier: self.verifier.clone(),
            signer: Arc::clone(&self.signer),
            passwords: self.passwords.clone(),
            attempts: Arc::clone(&self.attempts),
            figures: self.figures.clone(),
        }
    }
}

impl<DB: AppDb> FromRef<App<DB>> for ScopedPool<DB> {
    fn from_ref(app: &App<DB>) -> Self {
        app.pool.clone()
    }
}

impl<DB: AppDb> FromRef<App<DB>> for Verifier {
    fn from_ref(app: &App<DB>) -> Self {
        app.verifier.clone()
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let settings = Settings::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match start(settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "error: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn start(settings: Settings) -> Result<(), Failure> {
    // Before the pool, which describes its figures when it is made.
    let figures = around::figures().told("figures cannot be kept")?;
    let secret = match &settings.jwt_secret_file {
        Some(file) => secret::read(file)?,
        None => {
            secret::directory(&settings.data)?;
            secret::kept(&settings.data)?
        }
    };
    // Before a database is touched: a login may be made whose password is made of it.
    let verifier = accounts::verifier(&secret).await.told("the secret cannot sign tokens")?;
    let tokens = (Signer::new(&secret), verifier);
    let is_postgres = settings.database_url.as_deref().is_some_and(|url| url.starts_with("postgres"));
    if settings.application_database_url.is_some() && !is_postgres {
        return Err(Failure::new(
            "APPLICATION_DATABASE_URL goes with a DATABASE_URL of PostgreSQL: SQLite knows no logins",
        ));
    }
    let listen = address(&settings.listen).await?;
    let administrator = settings.administrator.as_deref();
    match settings.database_url.as_deref() {
        Some(url) if is_postgres => {
            let read = |url: &str| url.parse::<PgConnectOptions>().told("the URL of PostgreSQL cannot be read");
            let application = settings.application_database_url.as_deref().map(read).transpose()?;
            let logins = Logins { owner: read(url)?, application, system_role: settings.system_role.clone() };
            let ready = database::open_postgres(logins, &secret, administrator).await?;
            serve(ready, settings, listen, tokens, figures, false).await
        }
        Some(url) if url.starts_with("sqlite") => {
            let options: SqliteConnectOptions = url.parse().told("the URL of SQLite cannot be read")?;
            let ready = database::open_sqlite(options, administrator).await?;
            serve(ready, settings, listen, tokens, figures, false).await
        }
        Some(_) => Err(Failure::new("DATABASE_URL begins with neither postgres:// nor sqlite://")),
        None => {
            secret::directory(&settings.data)?;
            // The passwords of the demo accounts are known to everybody, and so they are in a file of their own.
            let is_demo = listen.ip().is_loopback();
            let file = settings.data.join(if is_demo { DEMO } else { "tasks.sqlite" });
            let options = SqliteConnectOptions::new().filename(file);
            let ready = database::open_sqlite(options, administrator).await?;
            serve(ready, settings, listen, tokens, figures, is_demo).await
        }
    }
}

async fn address(listen: &str) -> Result<SocketAddr, Failure> {
    let failed = || format!("`{listen}` is no address for --listen, which is one such as 127.0.0.1:8080");
    let mut addresses = tokio::net::lookup_host(listen).await.told(failed())?;
    addresses.next().ok_or_else(|| Failure::new(failed()))
}

async fn serve<DB: AppDb>(
    ready: Ready<DB>,
    settings: Settings,
    listen: SocketAddr,
    (signer, verifier): (Signer, Verifier),
    figures: PrometheusHandle,
    is_demo: bool,
) -> Result<(), Failure> {
    let passwords = Passwords::new().told("passwords cannot be hashed")?;
    if is_demo {
        database::fill(&ready, &passwords).await?;
    }
    let Ready { pool, accounts } = ready;
    let app = App {
        pool: pool.clone(),
        accounts: accounts.clone(),
        verifier,
        signer: Arc::new(signer),
        passwords,
        attempts: Arc::new(Attempts::new(settings.sign_in_attempts)),
        figures: figures.clone(),
    };
    let origins = settings.cors_origin.into_iter().map(|Origin(origin)| origin).collect();
    let (routes, document) = api::routes::<DB>();
    let router = routes.merge(around::pages(is_demo)).with_state(app);
    let router = around::layered(router, around::docs(document), origins, figures);

    let told = format!("nobody can listen on {listen}");
    let listener = TcpListener::bind(listen).await.told(&told)?;
    let stopped = stopped().told("nobody could stop the server")?;
    announce(listener.local_addr().told(&told)?, is_demo, &settings.data);
    serving::serve(listener, router, stopped).await;
    tracing::info!("no more requests; the audit is being drained");
    pool.close().await;
    accounts.close().await;
    let stats = pool.audit_stats();
    tracing::info!(recorded = stats.recorded, dropped = stats.dropped, failed = stats.failed, "stopped");
    Ok(())
}

/// For the person at the terminal, and for a program that waits for the address.
fn announce(address: SocketAddr, is_demo: bool, data: &std::path::Path) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "Listening on http://{address}");
    if is_demo {
        let _ = writeln!(out, "  A demo, on {}. Sign in as", data.join(DEMO).display());
        for (name, is_administrator) in database::ACCOUNTS {
            let role = if is_administrator { "   (administrator)" } else { "" };
            let _ = writeln!(out, "    {name:<6} {}{role}", database::password(name));
        }
    }
    if !is_demo {
        let _ = writeln!(
            out,
            "  Nobody has an account before he registers; `--administrator NAME` makes one an administrator's."
        );
    }
    let _ = writeln!(out, "  The API: http://{address}/docs    Stop with Ctrl-C");
    let _ = out.flush();
}

/// Until somebody wants the server to stop.
fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    // From here on, and not from when somebody waits for it.
    #[cfg(unix)]
    let mut signals = {
        use tokio::signal::unix::{SignalKind, signal};
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = signals.0.recv() => {}
            _ = signals.1.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
