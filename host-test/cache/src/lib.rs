//! Compiled components, kept in a folder: to compile one takes most of a second, to load it again a millisecond.
//!
//! What is kept is machine code, and the engine runs it without a further look. So what is taken from the folder is this
//! user's own, whole, and for this very engine and component:
//!
//! - An entry is named by a digest of the component and of all that matters of the engine: version, settings, processor.
//! - It begins with a digest of its name and its code. One that is cut, changed, or of another name is not taken, and is
//!   written anew.
//! - Folder and entry must belong to the user of this process, and nobody else may be able to write to them.
//! - An entry is written under another name, and gets its own in one step. Writers that meet write the same.
//!
//! The digest tells what has changed by accident, or lies under the name of another; whoever can write files as this user
//! can run what they like as this user anyway. For the same reason the folder must not be one that is filled from elsewhere:
//! no checkout, no unpacked archive.
//!
//! A folder that cannot be used costs time and nothing else: components are compiled, and a warning is logged.
//!
//! The engine's own cache has no digest over its entries (they are compressed without a checksum), so that a bit that
//! has changed may be run.

#![deny(unsafe_code)]

mod folder;

use std::hash::{Hash, Hasher};
use std::io;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use wasmtime::component::Component;
use wasmtime::{Engine, Precompiled, Result};

use folder::Folder;

/// What every entry begins with.
const MAGIC: &[u8; 8] = b"cwasm 1\n";
/// The bytes of a digest.
const DIGEST: usize = 32;

/// A cache of compiled components.
#[derive(Clone, Debug)]
pub struct CompiledCache(Folder);

impl CompiledCache {
    /// In this folder, which is made when something is first kept. It should be for nothing else: of its files whose
    /// names end in `.cwasm`, those that were not used for a month are removed. What is in it is trusted as far as its owner
    /// is. Where files have no owner that can be asked for (Windows), it must be one that nobody else can write to.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self(Folder::new(folder.into()))
    }

    /// In the folder `connector-host` of the user's own cache: `$XDG_CACHE_HOME`, or else `~/.cache`; on Windows, the
    /// local application data. None for a user without a home.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        use etcetera::base_strategy::{BaseStrategy as _, choose_base_strategy};

        let base = choose_base_strategy().ok()?;
        Some(Self::in_folder(base.cache_dir().join("connector-host")))
    }

    /// The component, compiled for this engine: as it was kept, or else compiled now and kept. For hosts: its types are
    /// those of one version of the engine.
    ///
    /// Fails if the bytes are no component that the engine takes. What is wrong with the folder is no failure.
    pub fn component(&self, engine: &Engine, wasm: &[u8]) -> Result<Component> {
        let name = name(engine, wasm);
        match self.kept(engine, &name) {
            Ok(Some(component)) => return Ok(component),
            // Where a folder cannot be read, to write there fails too, and is told.
            Ok(None) | Err(Unusable::Io(_)) => {}
            Err(unusable) => {
                tracing::warn!("{}: {unusable}", self.0.path(&name).display());
            }
        }
        let component = Component::from_binary(engine, wasm)?;
        if let Err(error) = component
            .serialize()
            .map_err(io::Error::other)
            .and_then(|code| self.0.write(&name, &sealed(&name, &code)))
        {
            tracing::warn!(
                "a compiled component is not kept: {}: {error}",
                self.0.path(&name).display()
            );
        }
        Ok(component)
    }

    /// A component as it was kept. None if it was not.
    fn kept(&self, engine: &Engine, name: &str) -> Result<Option<Component>, Unusable> {
        let Some(entry) = self.0.read(name).map_err(Unusable::Io)? else {
            return Ok(None);
        };
        let code = unsealed(name, &entry).ok_or(Unusable::Damaged)?;
        if Engine::detect_precompiled(code) != Some(Precompiled::Component) {
            return Err(Unusable::Damaged);
        }
        deserialize(engine, code)
            .map(Some)
            .map_err(|_| Unusable::Foreign)
    }
}

/// Why an entry is not taken.
#[derive(Debug)]
enum Unusable {
    Io(io::Error),
    /// It is not what was written.
    Damaged,
    /// It is, but the engine does not take it.
    Foreign,
}

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Damaged => f.write_str("damaged, and compiled anew"),
            Self::Foreign => f.write_str("not for this engine, and compiled anew"),
        }
    }
}

/// Loads code that this crate has written: the one place where the compiler cannot see that all is well.
#[expect(
    unsafe_code,
    reason = "the engine has no other way to load what it has compiled"
)]
fn deserialize(engine: &Engine, code: &[u8]) -> Result<Component> {
    // SAFETY: the engine asks for the unchanged bytes of `Component::serialize`. They come from a file that only this
    // user can write to, and they are those that the digest in front of them was made of; a user who forges both runs
    // code of their own as themselves. Whether the bytes are for this version and these settings, the engine looks at
    // itself.
    unsafe { Component::deserialize(engine, code) }
}

/// What an entry is called: by all that makes a difference to its code.
fn name(engine: &Engine, wasm: &[u8]) -> String {
    struct Digesting(Sha256);
    impl Hasher for Digesting {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }

        fn finish(&self) -> u64 {
            0
        }
    }
    let mut engine_digest = Digesting(Sha256::new());
    engine
        .precompile_compatibility_hash()
        .hash(&mut engine_digest);
    let digest = Sha256::new()
        .chain_update(engine_digest.0.finalize())
        .chain_update(wasm)
        .finalize();
    URL_SAFE_NO_PAD.encode(digest)
}

fn digest(name: &str, code: &[u8]) -> [u8; DIGEST] {
    // Names are all of one length.
    Sha256::new()
        .chain_update(name)
        .chain_update(code)
        .finalize()
        .into()
}

fn sealed(name: &str, code: &[u8]) -> Vec<u8> {
    [MAGIC, &digest(name, code)[..], code].concat()
}

fn unsealed<'e>(name: &str, entry: &'e [u8]) -> Option<&'e [u8]> {
    let (seal, code) = entry.strip_prefix(MAGIC)?.split_at_checked(DIGEST)?;
    (seal == digest(name, code)).then_some(code)
}

#[cfg(test)]
mod tests;
