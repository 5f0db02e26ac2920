//! A server of a test's own, which ends with this process.
//!
//! A shell keeps it: it starts the server, and reads from a pipe that only this process holds open. When the process ends,
//! by whatever means, the kernel closes the pipe; the shell then ends the server and removes the directory.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::directory;

/// An id that is nobody's, or at least not root's: such servers refuse to run as root.
const NOBODY: u32 = 65534;

/// A running server. It ends when this value is dropped, or when the process ends.
#[derive(Debug)]
pub(crate) struct Keeper {
    directory: PathBuf,
    shell: Child,
    /// The pipe whose end is the server's end.
    leash: Option<ChildStdin>,
}

impl Keeper {
    /// Has a shell run `script`, whose `$1` is a new directory with these files in it, and `$2` the argument. It says
    /// `ready` when the server is, or something else and then what is wrong; it ends the server at the end of its input, and
    /// removes the directory. Blocks until it has spoken.
    ///
    /// # Errors
    ///
    /// What was said in each way that was tried.
    pub(crate) fn start(
        purpose: &str,
        script: &str,
        files: &[(&str, &str)],
        argument: impl AsRef<OsStr>,
    ) -> Result<Self, String> {
        let first = if own_user() == 0 { Way::AsNobody } else { Way::AsMyself };
        let mut faults = Vec::new();
        for way in [first, Way::InNamespace] {
            match Self::keep(purpose, script, files, argument.as_ref(), way) {
                Ok(kept) => return Ok(kept),
                Err(fault) => faults.push(format!("- {}: {}", way.words(), fault.trim_end())),
            }
        }
        Err(faults.join("\n"))
    }

    /// Says a word to the script, as a line of its input.
    pub(crate) fn tell(&self, word: &str) -> std::io::Result<()> {
        match &self.leash {
            Some(leash) => writeln!(&mut &*leash, "{word}"),
            None => Ok(()),
        }
    }

    /// Where the server and its socket are.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    fn keep(purpose: &str, script: &str, files: &[(&str, &str)], argument: &OsStr, way: Way) -> Result<Self, String> {
        let directory = directory::make(purpose);
        let started = way.shell(&directory, files).and_then(|mut shell| {
            // A group of its own, so that Ctrl-C ends the tests and not their server under them.
            shell.args(["-c", script, "keeper"]).arg(&directory).arg(argument).current_dir("/").process_group(0);
            for variable in ["PGDATA", "PGOPTIONS", "LC_ALL", "TZ"] {
                shell.env_remove(variable);
            }
            shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
        });
        let mut shell = match started {
            Ok(shell) => shell,
            Err(fault) => {
                let _ = std::fs::remove_dir_all(&directory);
                return Err(fault.to_string());
            }
        };
        let leash = shell.stdin.take();
        let mut said = BufReader::new(shell.stdout.take().expect("the keeper's output is a pipe"));
        let mut word = String::new();
        said.read_line(&mut word).map_err(|fault| fault.to_string())?;
        if word.trim_end() == "ready" {
            return Ok(Self { directory, shell, leash });
        }
        let mut reason = String::new();
        let _ = said.read_to_string(&mut reason);
        if let Some(mut faults) = shell.stderr.take() {
            let _ = faults.read_to_string(&mut reason);
        }
        let _ = shell.wait();
        let _ = std::fs::remove_dir_all(&directory);
        Err(if reason.is_empty() { "it ended without a word".to_owned() } else { reason })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.leash.take());
        let _ = self.shell.wait();
    }
}

/// As whom the server runs.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// We are not root: as we are.
    AsMyself,
    /// We are root: as an id that is not.
    AsNobody,
    /// We are root without the right to become another, or an id without a name, which initdb refuses: in a
    /// namespace in which we are called otherwise.
    InNamespace,
}

impl Way {
    fn words(self) -> &'static str {
        match self {
            Self::AsMyself => "as this user",
            Self::AsNobody => "as user 65534, for it refuses to run as root",
            Self::InNamespace => "as user 65534 by `unshare --user`",
        }
    }

    fn shell(self, directory: &Path, files: &[(&str, &str)]) -> std::io::Result<Command> {
        let mut command = Command::new("sh");
        let mut paths = vec![directory.to_owned()];
        for (name, text) in files {
            let path = directory.join(name);
            std::fs::write(&path, text)?;
            paths.push(path);
        }
        match self {
            Self::AsMyself => {}
            Self::AsNobody => {
                for path in &paths {
                    chown(path, Some(NOBODY), Some(NOBODY))?;
                }
                // Becoming another drops root's other groups as well.
                command.uid(NOBODY).gid(NOBODY);
            }
            Self::InNamespace => {
                command = Command::new("unshare");
                command.args(["--user", "--map-user=65534", "--map-group=65534", "--", "sh"]);
            }
        }
        Ok(command)
    }
}

/// Our own user id: that of whatever we make.
fn own_user() -> u32 {
    let probe = directory::Directory::create("probe");
    probe.path().metadata().map_or(0, |made| made.uid())
}
