use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use camino::Utf8PathBuf;

use super::InternalError;

/// What work on some files gives. Where it panics the others' work goes on: nothing that the work had in hand is used
/// again.
pub(super) fn guarded<T>(files: Vec<Utf8PathBuf>, work: impl FnOnce() -> T) -> Result<T, InternalError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| InternalError { files, message: words(&*panic) })
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without words").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_with_its_files_and_words() {
        let files = vec![Utf8PathBuf::from("a.py"), Utf8PathBuf::from("b.py")];
        assert_eq!(guarded(files.clone(), || 1), Ok(1));
        let number = 7;
        let error = guarded(files.clone(), || -> i32 { panic!("no {number}") }).expect_err("it fails");
        assert_eq!(error, InternalError { files: files.clone(), message: "no 7".to_owned() });
        assert_eq!(guarded(files, || -> i32 { panic!("plain") }).expect_err("it fails").message, "plain");
    }
}
