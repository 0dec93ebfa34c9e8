//! A sandbox that is kept for several calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use connector_host::{
    CallError, Credentials, Message, Receipt, Retries, SendError, Session, Timeouts,
};

use crate::support::canned::{self, http};
use crate::support::{artifacts, connector, host, queue, send_error};

async fn send(session: &mut Session, url: &str, body: &str) -> Result<Receipt, CallError> {
    session
        .send_message(
            &queue(url),
            &Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret"),
            &Message::new(body),
            Timeouts::default(),
            Retries::default(),
        )
        .await
}

#[tokio::test]
async fn a_kept_sandbox_spends_its_budget_and_then_tries_once() {
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    let address = canned::server(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        http("500 Internal Server Error", "")
    });
    let url = format!("{address}/123456789012/orders");
    let mut session = connector(&[&address]).session();
    let mut attempts = Vec::new();
    for _ in 0..20 {
        let error = send_error(send(&mut session, &url, "x").await);
        assert!(matches!(error, SendError::Unavailable(_)), "{error:?}");
        attempts.push(requests.swap(0, Ordering::SeqCst));
    }
    // Of 500 tokens, an attempt costs 14: 35 of them, 2 for each call.
    assert_eq!(attempts, [vec![3; 17], vec![2, 1, 1]].concat());
}

#[tokio::test]
async fn a_session_goes_on_in_another_sandbox_after_one_was_stopped() {
    let misbehaving = host(&[]).load(artifacts::misbehaving()).unwrap();
    let mut session = misbehaving.session();
    for misdeed in ["none", "trap", "none", "none", "take 4 GiB", "none"] {
        let error = send(&mut session, "http://127.0.0.1/0/q", misdeed).await;
        let error = error.unwrap_err();
        assert_eq!(
            matches!(error, CallError::Stopped(_)),
            misdeed != "none",
            "{misdeed}: {error:?}"
        );
    }
}
