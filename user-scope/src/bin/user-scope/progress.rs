//! How far an adoption is: a bar on a terminal, lines otherwise.

use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};
use user_scope::adoption::Event;

/// What is told while an adoption is applied.
pub(crate) struct Progress {
    bar: Mutex<Option<ProgressBar>>,
}

impl Progress {
    pub(crate) const fn new() -> Self {
        Self { bar: Mutex::new(None) }
    }

    pub(crate) fn tell(&self, event: Event<'_>) {
        // A bar is not worth a panic: who panicked while he held it has told nothing wrong.
        let mut bar = self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match event {
            Event::Begun { step, number, of } => {
                if let Some(bar) = bar.take() {
                    bar.finish();
                }
                eprintln!("[{number}/{of}] {}: {}: {}", step.phase(), step.object(), step.why());
            }
            Event::Filling { step, rows, done, of } => {
                let bar = bar.get_or_insert_with(|| {
                    let style = "      {bar:40} {percent:>3} %  {msg}";
                    let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
                    ProgressBar::new(of).with_style(style)
                });
                bar.set_length(of);
                bar.set_position(done);
                bar.set_message(format!("{}: {rows} rows", step.object()));
                if bar.is_hidden() && done >= of {
                    eprintln!("      {}: {rows} rows", step.object());
                }
            }
            Event::Waiting { step, tried } => {
                let words = format!("{} is in use; tried for {:.1} s", step.object(), tried.as_secs_f64());
                match bar.as_ref() {
                    Some(bar) if !bar.is_hidden() => bar.set_message(words),
                    _ => eprintln!("      {words}"),
                }
            }
            _ => {}
        }
    }
}
