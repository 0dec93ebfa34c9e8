//! What the component asks for, what it offers, and how large it is.

use connector_host::{Host, Interface, LoadError};

use crate::support::{artifacts, host};

/// One line for each function: the interface, and the function.
fn lines(interfaces: &[Interface]) -> String {
    interfaces
        .iter()
        .flat_map(|interface| {
            interface
                .functions
                .iter()
                .map(|function| format!("{} {function}\n", interface.name))
        })
        .collect()
}

#[test]
fn the_component_imports_exactly_what_is_checked_in() {
    let surface = host(&[]).inspect(artifacts::connector()).unwrap();
    assert_eq!(lines(&surface.imports), include_str!("imports.txt"));
}

#[test]
fn the_component_exports_the_contract_and_nothing_else() {
    let surface = host(&[]).inspect(artifacts::connector()).unwrap();
    assert_eq!(
        lines(&surface.exports),
        "connectors:aws-sqs/sender@0.1.0 send-message\n\
         connectors:aws-sqs/sender@0.1.0 send-message-batch\n\
         connectors:outbound/connector@0.1.0 describe\n\
         connectors:outbound/connector@0.1.0 execute\n"
    );
}

#[test]
fn the_component_is_at_most_128_kib_gzipped() {
    let size = host(&[])
        .inspect(artifacts::connector())
        .unwrap()
        .gzipped_size;
    assert!(size <= 128 * 1024, "{size} bytes");
}

/// What `make run` prints there. Some bytes depend on where the compiler is installed.
#[test]
fn the_readme_tells_the_size() {
    let surface = host(&[]).inspect(artifacts::connector()).unwrap();
    let readme = include_str!("../../../README.md");
    let line = readme
        .lines()
        .find_map(|line| line.strip_suffix(" gzipped"));
    let (size, gzipped) = line.unwrap().split_once(" bytes, ").unwrap();
    for (told, actual) in [(size, surface.size), (gzipped, surface.gzipped_size)] {
        let told: usize = told.trim().parse().unwrap();
        assert!(told.abs_diff(actual) * 100 <= actual, "{told} is {actual}");
    }
}

#[test]
fn what_is_no_connector_is_not_loaded() {
    let host = host(&[]);
    let error = host.load(b"not wasm").err().unwrap();
    assert!(matches!(error, LoadError::NotAComponent(_)), "{error}");
    let empty = b"\0asm\x0d\0\x01\0";
    let error = host.load(empty).err().unwrap();
    assert!(matches!(error, LoadError::NotAConnector(_)), "{error}");
}

#[test]
fn a_text_without_certificates_is_not_trusted() {
    for pem in [
        "",
        "not pem",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    ] {
        let error = Host::builder().trust(pem.as_bytes()).build().err().unwrap();
        assert!(matches!(error, LoadError::Certificates(_)), "{error}");
    }
}

#[test]
fn the_readme_shows_the_examples_that_are_compiled() {
    for example in [
        include_str!("../../examples/embed.rs"),
        include_str!("../../examples/run_job.rs"),
    ] {
        let (_, example) = example.split_once("\n\n").unwrap();
        assert!(include_str!("../../../README.md").contains(example));
    }
}
