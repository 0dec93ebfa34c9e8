//! Where a text names secrets.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// A place where a text names a secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reference<'t> {
    pub(super) name: &'t str,
    pub(super) range: Range<usize>,
}

/// Camunda's two forms. The one in braces, which takes any characters but white space and quotes for a name, comes before the bare one, whose
/// names are letters and digits with single separators between them.
static FORMS: LazyLock<Regex> = LazyLock::new(|| {
    let forms = r"\{\{\s*secrets\.(?<braced>[^\s\x22]+?)\s*\}\}|secrets\.(?<bare>(?:[a-zA-Z0-9]+[/._-])*[a-zA-Z0-9]+)";
    Regex::new(forms).expect("the forms are a regular expression")
});

/// The references of a text, from left to right.
pub(super) fn find(text: &str) -> impl Iterator<Item = Reference<'_>> {
    FORMS.captures_iter(text).filter_map(|captures| {
        let name = captures.name("braced").or_else(|| captures.name("bare"))?;
        let range = captures.get(0)?.range();
        Some(Reference {
            name: name.as_str(),
            range,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&str> {
        find(text).map(|reference| reference.name).collect()
    }

    #[test]
    fn a_bare_name_is_letters_and_digits_with_single_separators() {
        for name in [
            "test",
            "TEST",
            "A/B",
            "A.B",
            "TEST0",
            "TEST-0",
            "TEST_0",
            "a_b_c_d_e_f",
            "a.b.c.d.e.f",
        ] {
            assert_eq!(names(&format!("secrets.{name}")), [name]);
        }
        assert_eq!(names("{secrets.TEST}"), ["TEST"]);
        assert_eq!(names("secrets.TEST TEST"), ["TEST"]);
        assert_eq!(names("\"a secrets.X\", secrets.Y_"), ["X", "Y"]);
        for none in ["_TEST", "/TEST", "-TEST", ".TEST", "", ".", "?"] {
            assert!(names(&format!("secrets.{none}")).is_empty(), "{none}");
        }
    }

    #[test]
    fn a_braced_name_is_anything_without_white_space_and_quotes() {
        assert_eq!(names("{{secrets.KEY}}"), ["KEY"]);
        assert_eq!(
            names("{{ secrets.KEY-1_a }} {{secrets.B}}"),
            ["KEY-1_a", "B"]
        );
        assert_eq!(names("{{secrets.a$b}}"), ["a$b"]);
        assert_eq!(names("{{secrets.}}"), Vec::<&str>::new());
        assert_eq!(names("{{secrets.a\"b}}"), ["a"]);
    }
}
