//! What a file manager names the copy of a file.
//!
//! Knows: the names that macOS, Windows, Linux desktops and browsers give. Does not know: whether the original is there.

/// The stem of the file that a copy was made of: `orders` for `orders copy 2`, `orders (1)`, `orders - Copy (3)`, `Copy of orders`.
///
/// No such name can stand in an import statement.
pub(super) fn original(stem: &str) -> Option<&str> {
    let numbered = without_number(stem);
    let marks = [" - Copy", " copy", " (copy)", " (another copy)"];
    let before = ["Copy of ", "copy of "].iter().find_map(|mark| stem.strip_prefix(mark));
    let behind = || marks.iter().find_map(|mark| numbered.strip_suffix(mark));
    let counted = || (numbered != stem && stem.ends_with(')')).then_some(numbered);
    before.or_else(behind).or_else(counted).filter(|original| !original.trim().is_empty())
}

/// `orders copy` of `orders copy 2`, `orders - Copy` of `orders - Copy (3)`, `orders` of `orders (1)`.
fn without_number(stem: &str) -> &str {
    let Some((before, number)) = stem.rsplit_once(' ') else { return stem };
    let digits = number.strip_prefix('(').and_then(|number| number.strip_suffix(')')).unwrap_or(number);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { before } else { stem }
}

#[cfg(test)]
mod tests {
    use super::original;

    #[test]
    fn a_copy_is_known_by_the_name_that_file_managers_give() {
        for copy in [
            "orders copy",
            "orders copy 2",
            "orders - Copy",
            "orders - Copy (3)",
            "orders (1)",
            "orders (copy)",
            "orders (another copy)",
            "Copy of orders",
        ] {
            assert_eq!(original(copy), Some("orders"), "{copy}");
        }
    }

    #[test]
    fn other_names_are_nobody_s_copy() {
        for name in ["orders", "orders_copy", "copy", " copy", "orders 2", "orders-copy", "orders (draft)", "2", "(1)"]
        {
            assert_eq!(original(name), None, "{name}");
        }
    }
}
