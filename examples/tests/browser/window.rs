//! A window of Chromium: it is waited for what is to be seen, and then clicked and typed into. Nothing is waited for that is
//! not to be seen.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::error::WebDriverResult;
use thirtyfour::{By, Key, WebDriver};

/// More than a page needs on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks.
const BREATH: Duration = Duration::from_millis(30);

#[derive(Clone)]
pub struct Window {
    driver: WebDriver,
    url: String,
    story: &'static str,
    name: &'static str,
    /// The refusals that the story asks for, as the console tells them.
    expected: Arc<Mutex<Vec<&'static str>>>,
}

impl Window {
    pub fn new(driver: WebDriver, url: String, story: &'static str, name: &'static str) -> Self {
        Self { driver, url, story, name, expected: Arc::default() }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Goes to an address of the server.
    pub async fn open(&self, address: &str) {
        self.driver.goto(format!("{}{address}", self.url)).await.expect("the page opens");
    }

    /// Where it is, behind the server's own address.
    pub async fn address(&self) -> String {
        let url = self.driver.current_url().await.expect("an address").to_string();
        url.strip_prefix(&self.url).unwrap_or(&url).to_owned()
    }

    /// Tries until it succeeds: elements come and go while a page works.
    async fn until<T>(&self, what: &str, attempt: impl AsyncFn() -> WebDriverResult<Option<T>>) -> T {
        let begun = Instant::now();
        let mut looks = tokio::time::interval(BREATH);
        loop {
            looks.tick().await;
            let fault = match attempt().await {
                Ok(Some(done)) => return done,
                Ok(None) => String::new(),
                Err(error) => format!(" ({})", error.to_string().lines().next().unwrap_or_default()),
            };
            assert!(begun.elapsed() < PATIENCE, "{}, {}: {what}: not in {PATIENCE:?}{fault}", self.story, self.name);
        }
    }

    /// Waits until such an element is to be seen.
    pub async fn see(&self, css: &str) {
        let look = async || {
            let found = self.driver.find(By::Css(css)).await?;
            Ok(found.is_displayed().await?.then_some(()))
        };
        self.until(&format!("`{css}` is to be seen"), look).await;
    }

    /// Waits until one of such elements holds this text.
    pub async fn read(&self, css: &str, text: &str) {
        let look = async || Ok(self.now(css).await?.iter().any(|shown| shown.contains(text)).then_some(()));
        self.until(&format!("`{css}` holds {text:?}"), look).await;
    }

    /// Waits until there is no such element, or none that is to be seen.
    pub async fn gone(&self, css: &str) {
        let script = "return [...document.querySelectorAll(arguments[0])].every((e) => !e.checkVisibility());";
        let look = async || Ok((self.run(script, json!([css])).await? == true).then_some(()));
        self.until(&format!("no `{css}` is to be seen"), look).await;
    }

    /// Waits until there are so many of them, and gives their texts.
    pub async fn count(&self, css: &str, number: usize) -> Vec<String> {
        let look = async || Ok(Some(self.now(css).await?).filter(|texts| texts.len() == number));
        self.until(&format!("there are {number} `{css}`"), look).await
    }

    /// The texts of such elements, as they are now.
    pub async fn texts(&self, css: &str) -> Vec<String> {
        self.now(css).await.expect("a page")
    }

    async fn now(&self, css: &str) -> WebDriverResult<Vec<String>> {
        let script = "return [...document.querySelectorAll(arguments[0])].filter((e) => e.checkVisibility())\
                      .map((e) => e.textContent);";
        let texts = self.run(script, json!([css])).await?;
        Ok(texts.as_array().into_iter().flatten().map(|text| text.as_str().unwrap_or_default().to_owned()).collect())
    }

    /// What an attribute or a property of it is.
    pub async fn property(&self, css: &str, name: &str) -> Value {
        self.see(css).await;
        self.ask("return document.querySelector(arguments[0])[arguments[1]];", json!([css, name])).await
    }

    pub async fn click(&self, css: &str) {
        let click = async || self.driver.find(By::Css(css)).await?.click().await.map(Some);
        self.until(&format!("`{css}` can be clicked"), click).await;
    }

    /// Puts a text in the place of what is there.
    pub async fn fill(&self, css: &str, text: &str) {
        let fill = async || {
            let field = self.driver.find(By::Css(css)).await?;
            field.clear().await?;
            field.send_keys(text).await.map(Some)
        };
        self.until(&format!("`{css}` can be typed into"), fill).await;
    }

    /// Chooses the option with this value.
    pub async fn choose(&self, css: &str, value: &str) {
        self.click(&format!("{css} option[value=\"{value}\"]")).await;
    }

    /// Types a text, wherever the focus is.
    pub async fn type_text(&self, text: &str) {
        self.driver.action_chain().send_keys(text).perform().await.expect("keys can be pressed");
    }

    /// Presses a key, wherever the focus is.
    pub async fn press(&self, key: Key) {
        self.driver.action_chain().send_keys(key).perform().await.expect("a key can be pressed");
    }

    /// Goes back by Tab.
    pub async fn press_tab_backwards(&self) {
        let keys = self.driver.action_chain().key_down(Key::Shift).send_keys(Key::Tab).key_up(Key::Shift);
        keys.perform().await.expect("keys can be pressed");
    }

    /// What has the focus: its id, or else its text.
    pub async fn focused(&self) -> String {
        let script = "const e = document.activeElement; return e.id || e.textContent;";
        self.ask(script, json!([])).await.as_str().unwrap_or_default().to_owned()
    }

    /// Runs a script of the test's own in the page.
    pub async fn ask(&self, script: &str, arguments: Value) -> Value {
        self.run(script, arguments).await.expect("a script runs")
    }

    async fn run(&self, script: &str, arguments: Value) -> WebDriverResult<Value> {
        let arguments = arguments.as_array().cloned().unwrap_or_default();
        Ok(self.driver.execute(script, arguments).await?.json().clone())
    }

    /// Makes the page this large.
    pub async fn measure(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.tell_chromium("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// From now on whoever sits before it likes it dark.
    pub async fn prefer_dark(&self) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
        self.tell_chromium("Emulation.setEmulatedMedia", features).await;
    }

    async fn tell_chromium(&self, command: &str, parameters: Value) {
        self.driver.cdp().send_raw(command, parameters).await.expect("Chromium does as it is told");
    }

    /// A refusal that the story is about: Chromium tells of each answer from 400 on as an error of the console.
    pub fn expect_refusal(&self, status: &'static str) {
        self.expected.lock().unwrap().push(status);
    }

    /// A picture of what is to be seen.
    pub async fn picture(&self, name: &str) {
        let usual = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/screenshots");
        let directory = PathBuf::from(std::env::var("SCREENSHOTS").unwrap_or_else(|_| usual.to_owned()));
        std::fs::create_dir_all(&directory).expect("a directory for pictures");
        let path = directory.join(format!("{name}.png"));
        if let Err(fault) = self.driver.screenshot(&path).await {
            eprintln!("no picture {}: {fault}", path.display());
        }
    }

    /// What the console complained about, and what was asked of other hosts.
    pub async fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let expected = self.expected.lock().unwrap().clone();
        let place = format!("{}, {}", self.story, self.name);
        for entry in self.driver.get_log("browser").await.expect("a log of the console") {
            let is_expected = entry.source.as_deref() == Some("network")
                && expected.iter().any(|status| entry.message.contains(&format!("status of {status} ")));
            if !is_expected && entry.level != "DEBUG" {
                faults.push(format!("{place}: the console: {} {}", entry.level, entry.message));
            }
        }
        let mut requests = 0;
        for entry in self.driver.get_log("performance").await.expect("a log of requests") {
            let event: Value = serde_json::from_str(&entry.message).expect("an event is JSON");
            if event["message"]["method"] != "Network.requestWillBeSent" {
                continue;
            }
            requests += 1;
            let asked = event["message"]["params"]["request"]["url"].as_str().expect("an address").to_owned();
            let is_own = asked.strip_prefix(&self.url).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            // What Chromium opens by itself, and asks nobody for.
            let is_nobodys = ["data:", "about:", "chrome:"].iter().any(|start| asked.starts_with(start));
            if !is_own && !is_nobodys {
                faults.push(format!("{place}: asked elsewhere: {asked}"));
            }
        }
        assert!(requests > 0, "{place}: no request is in the log, so that it proves nothing");
        faults
    }
}
