//! Reads any texts as a queue's URL, endpoint and region. What is accepted has the one form that the request and the
//! signature share; what is refused says so without showing it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sqs_connector::queue::Queue;

fuzz_target!(|queue: (String, Option<String>, Option<String>)| {
    let (url, endpoint, region) = queue;
    let queue = Queue {
        url,
        endpoint,
        region,
    };
    let _ = queue.is_fifo();
    match queue.destination() {
        Ok(destination) => {
            let uri = destination.uri;
            let authority = uri.authority().expect("an authority").as_str();
            assert!(!authority.contains('@') && !authority.is_empty());
            assert_eq!(authority, authority.to_ascii_lowercase());
            assert_ne!(uri.port_u16(), match uri.scheme_str() {
                Some("http") => Some(80),
                _ => Some(443),
            });
            assert!(!destination.region.is_empty() && destination.region.len() <= 64);
            // It is the same again.
            let again = Queue {
                endpoint: Some(uri.to_string()),
                region: Some(destination.region),
                ..queue
            };
            assert_eq!(again.destination().expect("accepted again").uri, uri);
        }
        Err(violations) => {
            assert!(!violations.is_empty());
            assert!(violations.iter().all(|violation| violation.problem.len() < 200));
        }
    }
});
