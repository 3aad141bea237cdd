//! `generate-project FILES FOLDER` writes the project that the benchmarks run on into a new folder.

mod generate;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [files, folder] = arguments.as_slice() else {
        eprintln!("usage: generate-project FILES FOLDER");
        return ExitCode::from(2);
    };
    let Ok(files) = files.parse() else {
        eprintln!("error: `{files}` is not a number of files");
        return ExitCode::from(2);
    };
    match generate::generate(Path::new(folder), files) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: cannot write to `{folder}`: {problem}");
            ExitCode::from(2)
        }
    }
}
