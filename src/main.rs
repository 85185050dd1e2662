//! The `holdpoint` binary: see `holdpoint --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    holdpoint::cli::run()
}
