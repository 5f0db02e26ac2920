//! Where a story is told: a server with demo users, a driver, and the windows that are opened. What is always to hold is
//! looked at when it is over.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities as _;
use thirtyfour::{DesiredCapabilities, LoggingPrefsLogLevel, WebDriver};
use user_scope_tests::directory::Directory;

use crate::home::Kind;
use crate::leash::Leashed;
use crate::server::Server;
use crate::window::Window;

const WHAT_TO_DO: &str = "These tests need Chromium and its driver (Debian, Ubuntu: `apt-get install chromium \
                          chromium-driver`); name them in CHROMIUM and CHROMEDRIVER where they are not in PATH.";

const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en-US",
];

/// What a story is told on.
#[derive(Clone)]
pub struct Stage {
    url: String,
    driver: String,
    name: &'static str,
    windows: Arc<Mutex<Vec<(Window, WebDriver, Directory)>>>,
}

/// Tells a story, and looks afterwards whether any page complained or went elsewhere.
pub async fn tell<F: Future<Output = ()>>(name: &'static str, story: impl FnOnce(Stage) -> F) {
    let (_home, server) = Server::on(Kind::Sqlite).await;
    let program = std::env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
    assert!(has(&program) && has(&chromium()), "{WHAT_TO_DO}");
    let ready = |line: &str| {
        let port = line.split_once("started successfully on port ")?.1.trim_end().trim_end_matches('.').to_owned();
        Some(format!("http://127.0.0.1:{port}"))
    };
    let (_driver, driver) = Leashed::start(&program, with_a_free_port, ready).await;
    let stage = Stage { url: server.url().to_owned(), driver, name, windows: Arc::default() };
    let told = AssertUnwindSafe(story(stage.clone())).catch_unwind().await;
    let windows = std::mem::take(&mut *stage.windows.lock().unwrap());
    let mut faults = Vec::new();
    for (window, driver, _directory) in windows {
        match &told {
            Ok(()) => faults.extend(window.faults().await),
            Err(_) => window.picture(&format!("failed-{name}-{}", window.name())).await,
        }
        let _ = driver.quit().await;
    }
    if let Err(panic) = told {
        std::panic::resume_unwind(panic);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    server.stop().await;
}

impl Stage {
    /// Opens a window of its own, which knows nothing of the others.
    pub async fn window(&self, name: &'static str) -> Window {
        self.window_of(name, 1200, 900).await
    }

    /// The same, of this size.
    pub async fn window_of(&self, name: &'static str, width: u32, height: u32) -> Window {
        let directory = Directory::create("chromium");
        let mut wanted = DesiredCapabilities::chrome();
        wanted.set_binary(&chromium()).expect("a binary");
        for flag in FLAGS {
            wanted.add_arg(flag).expect("a flag");
        }
        wanted.add_arg(&format!("--user-data-dir={}", directory.path().display())).expect("a flag");
        for log in ["browser", "performance"] {
            wanted.set_logging_prefs(log, LoggingPrefsLogLevel::All).expect("a log");
        }
        let driver = WebDriver::new(&self.driver, wanted).await.expect("Chromium starts");
        let window = Window::new(driver.clone(), self.url.clone(), self.name, name);
        // Not by a flag: Chromium makes no window as narrow as that of a telephone.
        window.measure(width, height).await;
        self.windows.lock().unwrap().push((window.clone(), driver, directory));
        window
    }
}

fn chromium() -> String {
    let named = std::env::var("CHROMIUM").ok();
    let usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/snap/bin/chromium"];
    let found = usual.into_iter().find(|path| PathBuf::from(path).exists()).map(str::to_owned);
    named.or(found).unwrap_or_else(|| "chromium".to_owned())
}

fn with_a_free_port(driver: &mut Command) {
    driver.arg("--port=0");
}

/// Whether this can be run: a path, or a word that is in PATH.
fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}
