//! The components under test, built when first needed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The folder that cargo builds into.
pub(crate) fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}

/// The path of the connector.
pub(crate) fn connector_path() -> PathBuf {
    path("sqs_connector")
}

/// The connector.
pub(crate) fn connector() -> &'static [u8] {
    static WASM: LazyLock<Vec<u8>> = LazyLock::new(|| std::fs::read(connector_path()).unwrap());
    &WASM
}

/// The path of a component with the same contract that means harm.
pub(crate) fn misbehaving_path() -> PathBuf {
    path("misbehaving_guest")
}

/// A component with the same contract that means harm.
pub(crate) fn misbehaving() -> &'static [u8] {
    static WASM: LazyLock<Vec<u8>> = LazyLock::new(|| std::fs::read(misbehaving_path()).unwrap());
    &WASM
}

fn path(name: &str) -> PathBuf {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(build);
    BUILT.join(name).with_extension("wasm")
}

fn build() -> PathBuf {
    // As `make component` does.
    let status = Command::new(env!("CARGO"))
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["connector", "--package", "sqs-connector"])
        .args(["--package", "misbehaving-guest"])
        .arg("--target-dir")
        .arg(self::target())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap())
        .status()
        .unwrap();
    assert!(status.success(), "the components do not build");
    self::target().join("wasm32-unknown-unknown/release")
}
