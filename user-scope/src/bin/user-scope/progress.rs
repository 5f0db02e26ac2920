//! How far an adoption is: a bar for each table on a terminal, lines otherwise.

use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use user_scope::adoption::{AdoptionStep, Event};

use crate::output::beside;

/// What is told while an adoption is applied.
pub(crate) struct Progress(Mutex<State>);

struct State {
    bar: Option<ProgressBar>,
    rows: u64,
    /// The steps so far, as a machine reads them.
    steps: Vec<serde_json::Value>,
}

impl Progress {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(State { bar: None, rows: 0, steps: Vec::new() }))
    }

    pub(crate) fn tell(&self, event: Event<'_>) {
        let mut state = self.state();
        match event {
            Event::Begun { step, number, of } => {
                state.finish_bar();
                beside(format_args!("[{number}/{of}] {}: {}: {}", step.phase(), step.object(), step.why()));
                let (phase, object) = (step.phase().to_string(), step.object());
                state.steps.push(json!({ "phase": phase, "object": object, "why": step.why() }));
            }
            Event::Filling { step, rows, done, of } => {
                let words = format!("{rows} rows");
                state.show(step, done, of, words);
                state.rows = rows;
                if let Some(step) = state.steps.last_mut() {
                    step["rows"] = json!(rows);
                }
            }
            Event::Waiting { step, tried, holder } => {
                let by = holder.map(|holder| format!(" by {holder}")).unwrap_or_default();
                let words = format!("is in use{by}; waited for {:.1} s", tried.as_secs_f64());
                match &state.bar {
                    Some(bar) if !bar.is_hidden() => bar.set_message(words),
                    _ => beside(format_args!("      {} {words}", step.object())),
                }
            }
            _ => {}
        }
    }

    /// The end, with what was done.
    pub(crate) fn end(&self) -> Vec<serde_json::Value> {
        let mut state = self.state();
        state.finish_bar();
        std::mem::take(&mut state.steps)
    }

    /// A bar is not worth a panic: who panicked while he held it has told nothing wrong.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn show(&mut self, step: &AdoptionStep, done: u64, of: u64, words: String) {
        let bar = self.bar.get_or_insert_with(|| {
            let style = "      {prefix} {wide_bar} {percent:>3} %  {msg}";
            let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(of).with_style(style).with_prefix(step.object().to_owned())
        });
        bar.set_length(of);
        bar.set_position(done);
        bar.set_message(words);
    }

    /// Leaves the bar as it is, or its last words where there was none to be seen.
    fn finish_bar(&mut self) {
        if let Some(bar) = self.bar.take() {
            if bar.is_hidden() {
                beside(format_args!("      {}: {} rows have their owner", bar.prefix(), self.rows));
            }
            bar.finish();
        }
    }
}
