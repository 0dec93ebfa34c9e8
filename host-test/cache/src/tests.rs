//! What is kept is taken only as it was written, and a folder is never in the way.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;
use wasmtime::Config;

use super::*;

/// A component that has nothing in it: magic, version, layer.
const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";
/// A component with a custom section, named `x`.
const OTHER: &[u8] = b"\0asm\x0d\0\x01\0\x00\x02\x01x";

fn cache() -> (TempDir, CompiledCache) {
    let folder = tempfile::tempdir().unwrap();
    let cache = CompiledCache::in_folder(folder.path().join("cache"));
    (folder, cache)
}

/// The one entry of a cache.
fn entry(folder: &Path) -> PathBuf {
    let mut entries = fs::read_dir(folder.join("cache")).unwrap();
    let entry = entries.next().unwrap().unwrap().path();
    assert!(entries.next().is_none());
    entry
}

/// Whether a component was kept, and can be taken.
fn is_kept(cache: &CompiledCache, engine: &Engine, wasm: &[u8]) -> bool {
    matches!(cache.kept(engine, &name(engine, wasm)), Ok(Some(_)))
}

#[test]
fn what_was_compiled_is_kept() {
    let (_folder, cache) = cache();
    let engine = Engine::default();
    assert!(!is_kept(&cache, &engine, EMPTY));
    cache.component(&engine, EMPTY).unwrap();
    assert!(is_kept(&cache, &engine, EMPTY));
    assert!(!is_kept(&cache, &engine, OTHER));
    cache.component(&engine, EMPTY).unwrap();
}

#[test]
fn what_is_no_component_is_not_kept() {
    let (folder, cache) = cache();
    assert!(cache.component(&Engine::default(), b"\0asm").is_err());
    assert!(!folder.path().join("cache").exists());
}

#[test]
fn an_engine_with_other_settings_has_an_entry_of_its_own() {
    let (_folder, cache) = cache();
    let engine = Engine::default();
    let mut config = Config::new();
    config.epoch_interruption(true);
    let other = Engine::new(&config).unwrap();
    cache.component(&engine, EMPTY).unwrap();
    assert!(!is_kept(&cache, &other, EMPTY));
    cache.component(&other, EMPTY).unwrap();
    assert!(is_kept(&cache, &engine, EMPTY) && is_kept(&cache, &other, EMPTY));
}

#[test]
fn an_entry_of_another_engine_under_the_right_name_is_written_anew() {
    let (folder, cache) = cache();
    let engine = Engine::default();
    let mut config = Config::new();
    config.epoch_interruption(true);
    let other = Engine::new(&config).unwrap();
    cache.component(&engine, EMPTY).unwrap();
    let path = entry(folder.path());
    let code = Component::from_binary(&other, EMPTY)
        .unwrap()
        .serialize()
        .unwrap();
    fs::write(&path, sealed(&name(&engine, EMPTY), &code)).unwrap();
    assert!(!is_kept(&cache, &engine, EMPTY));
    cache.component(&engine, EMPTY).unwrap();
    assert!(is_kept(&cache, &engine, EMPTY));
}

#[test]
fn an_entry_that_has_changed_in_any_byte_or_was_cut_anywhere_is_written_anew() {
    let (folder, cache) = cache();
    let engine = Engine::default();
    cache.component(&engine, EMPTY).unwrap();
    let path = entry(folder.path());
    let whole = fs::read(&path).unwrap();
    let name = name(&engine, EMPTY);
    let step = whole.len() / 200 + 1;
    for at in (0..100).chain((100..whole.len()).step_by(step)) {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        assert_eq!(unsealed(&name, &changed), None, "byte {at}");
        assert_eq!(unsealed(&name, &whole[..at]), None, "cut at {at}");
    }
    for damaged in [&whole[..0], &whole[..whole.len() - 1], b"something else"] {
        fs::write(&path, damaged).unwrap();
        assert!(!is_kept(&cache, &engine, EMPTY));
        cache.component(&engine, EMPTY).unwrap();
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
}

#[test]
fn an_entry_under_the_name_of_another_is_not_taken() {
    let (folder, cache) = cache();
    let engine = Engine::default();
    cache.component(&engine, EMPTY).unwrap();
    fs::rename(entry(folder.path()), cache.0.path(&name(&engine, OTHER))).unwrap();
    assert!(!is_kept(&cache, &engine, OTHER));
}

#[test]
fn a_folder_that_cannot_be_made_is_no_failure() {
    let (folder, cache) = cache();
    fs::write(folder.path().join("cache"), "a file").unwrap();
    cache.component(&Engine::default(), EMPTY).unwrap();
}

#[test]
fn entries_that_nobody_uses_are_removed_and_other_files_are_not() {
    let (folder, cache) = cache();
    let engine = Engine::default();
    cache.component(&engine, EMPTY).unwrap();
    let old = entry(folder.path());
    let foreign = folder.path().join("cache/notes.txt");
    fs::write(&foreign, "mine").unwrap();
    let long_ago = SystemTime::now() - Duration::from_hours(40 * 24);
    for path in [&old, &foreign] {
        fs::File::options()
            .write(true)
            .open(path)
            .unwrap()
            .set_modified(long_ago)
            .unwrap();
    }
    cache.component(&engine, OTHER).unwrap();
    assert!(!old.exists() && foreign.exists());
}

#[test]
fn an_entry_that_is_used_stays_young() {
    let (folder, cache) = cache();
    let engine = Engine::default();
    cache.component(&engine, EMPTY).unwrap();
    let path = entry(folder.path());
    let long_ago = SystemTime::now() - Duration::from_hours(40 * 24);
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    assert!(is_kept(&cache, &engine, EMPTY));
    cache.component(&engine, OTHER).unwrap();
    assert!(path.exists());
}

#[test]
fn writers_that_meet_leave_a_whole_entry() {
    let (_folder, cache) = cache();
    let engine = Engine::default();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let name = name(&engine, EMPTY);
                    let code = Component::from_binary(&engine, EMPTY)
                        .unwrap()
                        .serialize()
                        .unwrap();
                    cache.0.write(&name, &sealed(&name, &code)).unwrap();
                    assert!(is_kept(&cache, &engine, EMPTY));
                }
            });
        }
    });
}

#[cfg(unix)]
mod owned {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn folder_and_entry_are_for_their_user_alone() {
        let (folder, cache) = cache();
        cache.component(&Engine::default(), EMPTY).unwrap();
        assert_eq!(mode(&folder.path().join("cache")), 0o700);
        assert_eq!(mode(&entry(folder.path())), 0o600);
    }

    #[test]
    fn what_others_may_write_to_is_not_taken() {
        let (folder, cache) = cache();
        let engine = Engine::default();
        cache.component(&engine, EMPTY).unwrap();
        let (inside, path) = (folder.path().join("cache"), entry(folder.path()));
        for (writable, owned) in [(&inside, 0o700), (&path, 0o600)] {
            for others in [0o020, 0o002] {
                set_mode(writable, owned | others);
                assert!(!is_kept(&cache, &engine, EMPTY));
                set_mode(writable, owned);
            }
        }
        assert!(is_kept(&cache, &engine, EMPTY));
    }

    #[test]
    fn a_link_is_not_followed() {
        let (folder, cache) = cache();
        let engine = Engine::default();
        cache.component(&engine, EMPTY).unwrap();
        let path = entry(folder.path());
        let elsewhere = folder.path().join("elsewhere");
        fs::rename(&path, &elsewhere).unwrap();
        symlink(&elsewhere, &path).unwrap();
        assert!(!is_kept(&cache, &engine, EMPTY));
        cache.component(&engine, EMPTY).unwrap();
        assert!(is_kept(&cache, &engine, EMPTY));
    }

    #[test]
    fn a_pipe_under_the_name_of_an_entry_holds_nobody_up() {
        let (folder, cache) = cache();
        let engine = Engine::default();
        cache.component(&engine, EMPTY).unwrap();
        let path = entry(folder.path());
        fs::remove_file(&path).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &path,
            rustix::fs::FileType::Fifo,
            0o600.into(),
            0,
        )
        .unwrap();
        assert!(!is_kept(&cache, &engine, EMPTY));
        cache.component(&engine, EMPTY).unwrap();
    }

    #[test]
    fn from_a_folder_that_is_only_read_entries_are_taken() {
        let (folder, cache) = cache();
        let engine = Engine::default();
        cache.component(&engine, EMPTY).unwrap();
        let inside = folder.path().join("cache");
        set_mode(&inside, 0o500);
        assert!(is_kept(&cache, &engine, EMPTY));
        cache.component(&engine, OTHER).unwrap();
        set_mode(&inside, 0o700);
    }
}
