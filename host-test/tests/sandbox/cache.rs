//! Compiled components, kept from one process to the next.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::program::{self, Run};
use crate::support::{artifacts, lab};

/// Has the connector describe itself, with this folder for a cache.
fn describe(cache: &Path) -> Run {
    let connector = artifacts::connector_path();
    let arguments = [
        "describe",
        connector.to_str().unwrap(),
        "--cache-dir",
        cache.to_str().unwrap(),
        "--log-level",
        "warn",
    ];
    program::run(&arguments, &[], b"")
}

/// What is in a cache.
fn entries(cache: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(cache).into_iter().flatten();
    files.map(|file| file.unwrap().path()).collect()
}

fn well(run: &Run) {
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.json()["jobType"], "io.camunda:aws-sqs:1");
}

#[test]
fn whatever_is_in_the_cache_the_connector_does_its_work() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let first = describe(&cache);
    well(&first);
    assert_eq!(first.stderr, "");
    let [entry] = &entries(&cache)[..] else {
        panic!("{:?}", entries(&cache));
    };
    let whole = fs::read(entry).unwrap();
    let kept = describe(&cache);
    well(&kept);
    assert_eq!(kept.stderr, "");
    let mut changed = whole.clone();
    // Somewhere in the machine code.
    let middle = whole.len() / 2;
    changed[middle] ^= 0x40;
    for damaged in [&changed[..], &whole[..middle], &[]] {
        fs::write(entry, damaged).unwrap();
        let run = describe(&cache);
        well(&run);
        assert!(
            run.stderr.contains("damaged, and compiled anew"),
            "{}",
            run.stderr
        );
        assert!(
            fs::read(entry).unwrap() == whole,
            "the entry is not as it was"
        );
    }
}

#[test]
fn a_cache_that_cannot_be_written_to_is_told_and_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    // Not even root makes a folder within a file.
    let run = describe(&file.join("cache"));
    well(&run);
    assert!(
        run.stderr
            .contains("WARN a compiled component is not kept: "),
        "{}",
        run.stderr
    );
}

#[test]
fn processes_that_begin_at_once_do_their_work_and_leave_one_entry() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| describe(&cache))).collect();
        for run in runs {
            let run = run.join().unwrap();
            well(&run);
            assert_eq!(run.stderr, "");
        }
    });
    assert_eq!(entries(&cache).len(), 1);
}

#[test]
fn the_user_s_own_cache_is_used_unless_told_otherwise() {
    let (url, key) = lab::queue_and_key("");
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().to_str().unwrap();
    let connector = artifacts::connector_path();
    let send = |more: &[&str]| {
        let arguments = [
            &["send", "--component", connector.to_str().unwrap()][..],
            &["--queue-url", &url, "--region", "us-east-1"],
            &["--message-body", "x"],
            more,
        ]
        .concat();
        let environment = [
            ("AWS_ACCESS_KEY_ID", key.id.as_str()),
            ("AWS_SECRET_ACCESS_KEY", &key.secret),
            ("XDG_CACHE_HOME", home),
        ];
        assert_eq!(program::run(&arguments, &environment, b"").code, 0);
        entries(&folder.path().join("connector-host")).len()
    };
    assert_eq!(send(&["--no-cache"]), 0);
    assert_eq!(send(&[]), 1);
    assert_eq!(send(&[]), 1);
    assert_eq!(lab::receive(&url).len(), 3);
}
