//! Ten thousand messages through a server that fails one request in five, in every way of the table of faults: no
//! message is lost, none arrives twice but where the caller accepts it, and none out of order on a FIFO queue.

use std::collections::HashMap;
use std::sync::Arc;

use connector_host::{
    CallError, Connector, Credentials, Message, Receipt, Retries, SendError, Timeouts,
};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::fault_table::Case;
use crate::support::fault_server::{FaultServer, Turn};
use crate::support::{connector, queue};

/// How many calls run at the same time.
const AT_ONCE: usize = 32;

/// How messages are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Way {
    Alone,
    AloneAcceptingDuplicates,
    AloneToFifo,
    Together,
    TogetherToFifo,
}

impl Way {
    const ALL: [Self; 5] = [
        Self::Alone,
        Self::AloneAcceptingDuplicates,
        Self::AloneToFifo,
        Self::Together,
        Self::TogetherToFifo,
    ];

    fn is_fifo(self) -> bool {
        matches!(self, Self::AloneToFifo | Self::TogetherToFifo)
    }

    /// How many messages go in a call.
    fn messages(self) -> usize {
        match self {
            Self::Together | Self::TogetherToFifo => 25,
            _ => 1,
        }
    }
}

/// What the server does when it fails: the turns of the table, but for those that need a large message, and one that says
/// that it could not (504) and stores the message all the same: who believes that and sends again sends twice.
fn failures() -> Vec<Turn> {
    let turns = Case::all().into_iter().filter(|case| !case.send.is_large());
    turns
        .flat_map(|case| case.server)
        .filter(|turn| !turn.is_plain_success() && !turn.stores_and_denies_it())
        .collect()
}

/// Takes every fifth request for a failure, one after the other.
fn server() -> FaultServer {
    let failures = failures();
    let success: Turn =
        serde_json::from_str(r#"{"store": true, "status": "200 OK", "body": "receipt"}"#).unwrap();
    let script = move |request: usize| match request % 5 {
        4 => failures[request / 5 % failures.len()].clone(),
        _ => success.clone(),
    };
    FaultServer::start(Arc::new(script), None, false)
}

async fn send(
    connector: &Connector,
    address: &str,
    way: Way,
    call: usize,
) -> Vec<(String, Result<Receipt, SendError>)> {
    let suffix = if way.is_fifo() { ".fifo" } else { "" };
    let queue = queue(&format!("{address}/000000000000/q{suffix}"));
    let message = |index: usize| {
        let body = format!("{way:?} {call} {index}");
        Message {
            message_group_id: way
                .is_fifo()
                .then(|| format!("{way:?}-{call}-{}", index % 3)),
            message_deduplication_id: way.is_fifo().then(|| body.replace(' ', "-")),
            ..Message::new(body)
        }
    };
    let messages: Vec<_> = (0..way.messages()).map(message).collect();
    let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret");
    let timeouts = Timeouts {
        first_byte_ms: Some(1_000),
        between_bytes_ms: Some(1_000),
        total_ms: Some(20_000),
    };
    let retries = Retries {
        max_attempts: None,
        accept_duplicates: way == Way::AloneAcceptingDuplicates,
    };
    let results = if way.messages() > 1 {
        connector
            .send_message_batch(&queue, &credentials, &messages, timeouts, retries)
            .await
            .unwrap()
    } else {
        match connector
            .send_message(&queue, &credentials, &messages[0], timeouts, retries)
            .await
        {
            Ok(receipt) => vec![Ok(receipt)],
            Err(CallError::Send(error)) => vec![Err(error)],
            Err(stopped) => panic!("{stopped}"),
        }
    };
    messages
        .into_iter()
        .map(|message| message.body)
        .zip(results)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_messages_are_accounted_for() {
    let server = server();
    let address = format!("http://{}", server.address);
    let connector = Arc::new(connector(&[&address]));
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut calls = JoinSet::new();
    for way in Way::ALL {
        for call in 0..2_000 / way.messages() {
            let (connector, permits, address) = (
                Arc::clone(&connector),
                Arc::clone(&permits),
                address.clone(),
            );
            calls.spawn(async move {
                let _permit = permits.acquire().await.unwrap();
                (way, send(&connector, &address, way, call).await)
            });
        }
    }
    let outcomes: Vec<_> = calls.join_all().await;
    let stored = server.stored();
    let mut count = Count::default();
    for (way, outcomes) in outcomes {
        for (body, outcome) in outcomes {
            count.add(
                way,
                &body,
                &outcome,
                stored.get(&body).copied().unwrap_or(0),
            );
        }
    }
    println!("{} requests, {count:?}", server.requests());
    assert!(server.is_in_order());
    assert_eq!(count.sent, 10_000);
    assert_eq!(
        count.sent,
        count.receipts + count.failed + count.corrupted + count.unknown
    );
    let arrived = count.receipts + count.corrupted + count.unknown_and_arrived;
    assert_eq!(
        stored.len(),
        arrived,
        "what arrived is what was told, and what nobody knew of"
    );
    assert_eq!(stored.values().sum::<usize>(), arrived + count.duplicates);
    // A count of nothing would close, too.
    assert!(
        count.receipts > 7_000 && count.receipts_of_later_attempts > 500,
        "{count:?}"
    );
    assert!(
        count.failed > 100 && count.unknown > 100 && count.corrupted > 10,
        "{count:?}"
    );
    assert!(
        count.unknown_and_arrived > 0 && count.unknown_and_arrived < count.unknown,
        "{count:?}"
    );
    assert!(count.duplicates > 0, "{count:?}");
}

#[derive(Debug, Default)]
struct Count {
    sent: usize,
    receipts: usize,
    receipts_of_later_attempts: usize,
    /// Errors after which a message is not stored, by their cases.
    failures: HashMap<&'static str, usize>,
    failed: usize,
    corrupted: usize,
    unknown: usize,
    unknown_and_arrived: usize,
    /// Copies beside the first.
    duplicates: usize,
}

impl Count {
    /// Adds a message, of which so many copies are stored.
    fn add(&mut self, way: Way, body: &str, outcome: &Result<Receipt, SendError>, copies: usize) {
        self.sent += 1;
        self.duplicates += copies.saturating_sub(1);
        let may_be_double = way == Way::AloneAcceptingDuplicates;
        assert!(
            copies <= 1 || may_be_double,
            "{body}: {copies} copies, {outcome:?}"
        );
        match outcome {
            Ok(receipt) => {
                assert!(copies > 0, "{body}: lost, with a receipt");
                assert!(
                    copies <= receipt.attempts as usize,
                    "{body}: {copies} copies, {receipt:?}"
                );
                self.receipts += 1;
                self.receipts_of_later_attempts += usize::from(receipt.attempts > 1);
            }
            Err(SendError::Corrupted(_)) => {
                assert!(copies > 0, "{body}: corrupted, but not stored");
                self.corrupted += 1;
            }
            Err(SendError::OutcomeUnknown(_)) => {
                self.unknown += 1;
                self.unknown_and_arrived += usize::from(copies > 0);
            }
            Err(error) => {
                assert_eq!(copies, 0, "{body}: stored, though {error:?}");
                self.failed += 1;
                *self.failures.entry(error.case()).or_default() += 1;
            }
        }
    }
}
