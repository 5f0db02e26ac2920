//! The command `user-scope`, as its user has it: a program, run with arguments.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// The program. It is built when the first test asks for it: a test binary is not told of the programs of other packages.
///
/// # Panics
///
/// If it cannot be built.
pub fn path() -> &'static PathBuf {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let built = Command::new(cargo)
            .args(["build", "--quiet", "--locked", "-p", "user-scope", "--features", "cli", "--bin", "user-scope"])
            .args(["--message-format", "json-render-diagnostics"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo builds the command");
        assert!(built.status.success(), "the command `user-scope` does not build");
        let told = String::from_utf8(built.stdout).expect("cargo tells in UTF-8");
        let place = told.rsplit_once(r#""executable":""#).and_then(|(_, rest)| rest.split('"').next());
        PathBuf::from(place.expect("cargo tells where the program is"))
    })
}

/// The program with these arguments, in an environment that names no database of its own.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(path());
    command.args(arguments).env_remove("DATABASE_URL").stdin(Stdio::null());
    command
}

/// What it says, on both of its outputs, and the code that it ends with.
///
/// # Panics
///
/// If it cannot be run.
pub fn run(arguments: &[&str]) -> Ended {
    ended(&mut command(arguments))
}

/// The same of a command that was made ready.
///
/// # Panics
///
/// If it cannot be run.
pub fn ended(command: &mut Command) -> Ended {
    let Output { status, stdout, stderr } = command.output().expect("the command runs");
    let text = |bytes| String::from_utf8(bytes).expect("the command tells in UTF-8");
    Ended { code: status.code(), output: text(stdout), errors: text(stderr) }
}

/// How the program ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; none if it was killed.
    pub code: Option<i32>,
    /// The standard output.
    pub output: String,
    /// The standard error.
    pub errors: String,
}
