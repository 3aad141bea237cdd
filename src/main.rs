//! The `temporal-py-lint` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    temporal_py_lint::cli::main()
}
