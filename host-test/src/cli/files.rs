//! Files that arguments name, where `-` is standard input.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use super::exit::Failure;

/// Reads a text.
pub(super) fn read_text(path: &Path, what: &str) -> Result<String, Failure> {
    String::from_utf8(read(path, what)?).map_err(|error| {
        Failure::usage(format!(
            "{what}: not utf-8 at byte {} of {}",
            error.utf8_error().valid_up_to(),
            error.as_bytes().len()
        ))
    })
}

/// Whether a file is standard input.
pub(super) fn is_stdin(path: Option<&Path>) -> bool {
    path == Some(Path::new("-"))
}

/// Reads a file, or standard input for `-`.
pub(super) fn read(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let result = if is_stdin(Some(path)) {
        io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    result.map_err(|error| Failure::usage(format!("{what}: {}: {error}", path.display())))
}
