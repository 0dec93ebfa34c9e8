//! Reads any bytes as an answer, after the two of its status. It must not panic, show a secret, pass on a text that is
//! too long, or take another status than one of success for a receipt.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sqs_connector::answer::{self, Answer};
use sqs_connector::credentials::Credentials;
use sqs_connector::error::SendError;
use sqs_connector::wire::Response;

fuzz_target!(|input: (u16, &[u8])| {
    let (status, body) = input;
    let credentials = Credentials {
        access_key_id: "AKID".into(),
        secret_access_key: "marker-secret".into(),
        session_token: Some("marker-token".into()),
    };
    let response = Response {
        status,
        headers: vec![("content-type", "text/xml".into())],
        body: body.to_vec(),
    };
    let answer = answer::read(&response, &credentials);
    match &answer {
        Ok(answer) => assert!(response.is_success(), "{answer:?}"),
        Err(SendError::Corrupted(_) | SendError::HeldBack(_) | SendError::InvalidInput(_)) => {
            panic!("not of an answer: {answer:?}")
        }
        Err(_) => {}
    }
    let count = match &answer {
        Ok(Answer::Entries(entries)) => entries.len() + 1,
        _ => 1,
    };
    let text = format!("{answer:?}");
    assert!(!text.contains("marker-secret") && !text.contains("marker-token"));
    // Seven texts of 1,024 bytes, each of which may be shown in ten characters.
    assert!(text.len() < count * 80_000, "{}", text.len());
});
