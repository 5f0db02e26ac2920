//! A program that a test has started: it is listened to, and ends when the test does, however that ends.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use tokio::sync::oneshot;

/// The shell becomes the program, and leaves somebody who ends it, and whom it has started, when nobody holds the other end
/// of the shell's input any more: not a test that is over, and not a process that was killed.
const SCRIPT: &str = r#"exec 3<&0
{ trap '' TERM; cat <&3; kill -TERM -$$; } >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-"#;

/// More than any of this takes, and less than a test that hangs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A program that runs. It is told to end when this is dropped, by SIGTERM.
pub struct Leashed {
    child: Option<Child>,
    leash: Option<ChildStdin>,
    said: Said,
    /// Nobody listens any more when nobody holds the other end.
    listening: mpsc::Receiver<()>,
}

/// What the program has said so far, on both of its outputs.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<String>>);

impl Said {
    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }

    /// Listens to it until it ends, and passes each line on.
    fn listen(
        &self,
        output: impl Read + Send + 'static,
        listening: mpsc::Sender<()>,
        mut each: impl FnMut(&str) + Send + 'static,
    ) {
        let said = self.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                *said.0.lock().unwrap() += &format!("{line}\n");
                each(&line);
            }
            drop(listening);
        });
    }
}

impl Leashed {
    /// Starts it, and waits for the line of its output in which `ready` finds what it looks for.
    pub async fn start<T: Send + 'static>(
        program: &str,
        set_up: impl FnOnce(&mut Command),
        mut ready: impl FnMut(&str) -> Option<T> + Send + 'static,
    ) -> (Self, T) {
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "leash", program]).process_group(0);
        set_up(&mut command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("a shell runs");
        let said = Said::default();
        let (sender, found) = oneshot::channel();
        let mut sender = Some(sender);
        let (listens, listening) = mpsc::channel();
        said.listen(child.stderr.take().expect("a pipe"), listens.clone(), |_| {});
        said.listen(child.stdout.take().expect("a pipe"), listens, move |line| {
            if sender.is_some()
                && let Some(found) = ready(line)
            {
                let _ = sender.take().expect("it is there").send(found);
            }
        });
        let mut leashed = Self { leash: child.stdin.take(), child: Some(child), said, listening };
        // The sender goes with the thread that listens, which goes with the program.
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(Ok(found)) => (leashed, found),
            Ok(Err(_)) => panic!("{program} ended before it was ready, and said:\n{}", leashed.end().1),
            Err(_) => panic!("{program} does not become ready, and said:\n{}", leashed.said.text()),
        }
    }

    /// Ends it as the operating system asks for it, and gives its code, and what it has said. One that does not hear is killed.
    pub fn end(&mut self) -> (Option<i32>, String) {
        drop(self.leash.take());
        let Some(mut child) = self.child.take() else { return (None, self.said.text()) };
        let (ended, has_ended) = mpsc::channel::<()>();
        let pid = child.id().to_string();
        std::thread::spawn(move || {
            if has_ended.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                let _ = Command::new("kill").args(["-KILL", &pid]).status();
            }
        });
        let status = child.wait();
        drop(ended);
        // Its last words; whom it has left behind may hold its outputs longer.
        let _ = self.listening.recv_timeout(Duration::from_secs(5));
        (status.ok().and_then(|status| status.code()), self.said.text())
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        self.end();
    }
}
