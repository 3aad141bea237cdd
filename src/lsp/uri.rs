use camino::{Utf8Path, Utf8PathBuf};

use crate::source::encoded;

/// The path that an address of a file means; none for other addresses.
pub(super) fn path_of(uri: &str) -> Option<Utf8PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let path = &rest[rest.find('/')?..];
    let mut bytes = Vec::with_capacity(path.len());
    let mut left = path.bytes();
    while let Some(byte) = left.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [left.next()?, left.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    let path = String::from_utf8(bytes).ok().filter(|path| !path.contains('\0'))?;
    // `/c:/work` on Windows.
    let is_drive = path.as_bytes().get(2) == Some(&b':') && cfg!(windows);
    Some(Utf8PathBuf::from(if is_drive { &path[1..] } else { &path }))
}

/// The address of a file.
pub(super) fn of_path(path: &Utf8Path) -> String {
    let path = encoded(path.as_str());
    let root = if path.starts_with('/') { "" } else { "/" };
    format!("file://{root}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_paths_mean_the_same() {
        for path in ["/a/b.py", "/a b/ü%.py", "/a#b?c/[x].py"] {
            assert_eq!(path_of(&of_path(Utf8Path::new(path))).as_deref(), Some(Utf8Path::new(path)));
        }
        assert_eq!(path_of("file://localhost/a%20b.py").as_deref(), Some(Utf8Path::new("/a b.py")));
    }

    #[test]
    fn other_addresses_are_no_files() {
        for uri in
            ["untitled:Untitled-1", "file:", "file://", "file:///a%2", "file:///%ff", "file:///a%00", "http://a/b"]
        {
            assert_eq!(path_of(uri), None, "{uri}");
        }
    }
}
