//! Every path of an exchange, without a clock or a socket.

use super::*;
use crate::checksum::md5_of_system_attributes;
use crate::error::{AwsError, MessagePart};
use crate::message::{Attribute, Value};
use crate::vectors;

const URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/my-queue";
const BODY: &str = "5d41402abc4b2a76b9719d911017c592";
const ATTRIBUTES: &str = "a45daa70926828a2f0a1db3418e6feb4";

fn call() -> Call {
    Call {
        queue: Queue {
            url: URL.into(),
            ..Queue::default()
        },
        credentials: Credentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "marker-secret".into(),
            session_token: Some("marker-token".into()),
        },
        terms: vectors::terms(),
    }
}

fn fifo_call() -> Call {
    let mut call = call();
    call.queue.url.push_str(".fifo");
    call
}

fn retrying(mut call: Call, max_attempts: u32) -> Call {
    call.terms.retries.max_attempts = max_attempts;
    call
}

fn accepting_duplicates(mut call: Call) -> Call {
    call.terms.retries.accept_duplicates = true;
    call
}

fn once() -> Call {
    retrying(call(), 1)
}

fn message() -> Message {
    Message {
        body: "hello".into(),
        attributes: vec![Attribute {
            name: "k".into(),
            value: Value::String("x".into()),
            label: None,
        }],
        aws_trace_header: Some("Root=1".into()),
        ..Message::default()
    }
}

fn text(body: &str) -> Message {
    Message {
        body: body.into(),
        ..Message::default()
    }
}

/// A message of a group, with a deduplication id.
fn of_group(group: &str, body: &str) -> Message {
    Message {
        message_group_id: Some(group.into()),
        message_deduplication_id: Some(body.into()),
        ..text(body)
    }
}

/// An answer of SQS with these digests.
fn digests(body: &str, attributes: &str, system: &str) -> Response {
    let xml = format!(
        "<SendMessageResponse><SendMessageResult><MessageId>m-1</MessageId>\
         <MD5OfMessageBody>{body}</MD5OfMessageBody>\
         <MD5OfMessageAttributes>{attributes}</MD5OfMessageAttributes>\
         <MD5OfMessageSystemAttributes>{system}</MD5OfMessageSystemAttributes>\
         </SendMessageResult></SendMessageResponse>"
    );
    response(200, &xml)
}

fn response(status: u16, body: &str) -> Response {
    Response {
        status,
        body: body.into(),
        ..Response::default()
    }
}

fn stored() -> Reply {
    Reply::Whole(digests("", "", ""))
}

fn refused(status: u16, code: &str) -> Reply {
    let xml = format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>");
    Reply::Whole(response(status, &xml))
}

/// The answer to a batch: each entry by its id, stored, or an error with its code.
fn batch(entries: &[(&str, Result<(), &str>)]) -> Reply {
    let entry = |(id, result): &(&str, Result<(), &str>)| match result {
        Ok(()) => format!(
            "<SendMessageBatchResultEntry><Id>{id}</Id><MessageId>m-{id}</MessageId>\
             </SendMessageBatchResultEntry>"
        ),
        Err(code) => format!(
            "<BatchResultErrorEntry><Id>{id}</Id><Code>{code}</Code><Message>no</Message>\
             <SenderFault>{}</SenderFault></BatchResultErrorEntry>",
            !code.starts_with("Internal")
        ),
    };
    let entries: String = entries.iter().map(entry).collect();
    let xml = format!(
        "<SendMessageBatchResponse><SendMessageBatchResult>{entries}</SendMessageBatchResult>\
         <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></SendMessageBatchResponse>"
    );
    Reply::Whole(response(200, &xml))
}

fn lost() -> Interruption {
    Interruption {
        cause: UnknownCause::ConnectionLost,
        detail: "lost".into(),
    }
}

fn interrupted() -> Reply {
    Reply::None(Failure::Interrupted(lost()))
}

fn not_connected() -> Reply {
    let cause = UnreachableCause::ConnectionRefused;
    Reply::None(Failure::Unreachable(cause, "refused".into()))
}

/// What a test saw of an exchange.
struct Seen {
    outcomes: Vec<Outcome>,
    /// The forms that were sent.
    forms: Vec<String>,
    waits: Vec<Duration>,
    budget: Budget,
}

impl Seen {
    fn outcome(&self) -> &Outcome {
        assert_eq!(self.outcomes.len(), 1);
        &self.outcomes[0]
    }

    /// The positions of the messages of each request.
    fn ids(&self) -> Vec<Vec<String>> {
        let ids = |form: &String| {
            let id = |pair: &str| {
                let (key, value) = pair.split_once('=').unwrap();
                key.ends_with(".Id").then(|| value.to_owned())
            };
            form.split('&').filter_map(id).collect()
        };
        self.forms.iter().map(ids).collect()
    }
}

fn moment(elapsed: Duration) -> Moment {
    Moment {
        time: vectors::time() + elapsed,
        elapsed,
    }
}

/// Carries an exchange through, with these replies, each of which takes a while.
fn play_slowly(mut exchange: Exchange, replies: Vec<Reply>, each: Duration) -> Seen {
    let mut replies = replies.into_iter();
    let (mut forms, mut waits, mut elapsed) = (Vec::new(), Vec::new(), Duration::ZERO);
    loop {
        match exchange.next(moment(elapsed)) {
            Step::Send(request) => {
                forms.push(String::from_utf8(request.body).unwrap());
                elapsed += each;
                let reply = replies.next().expect("no more requests");
                exchange.replied(reply, moment(elapsed));
            }
            Step::Wait(wait) => {
                waits.push(wait);
                elapsed += wait;
            }
            Step::Done => break,
        }
    }
    assert_eq!(replies.count(), 0, "more requests");
    let (outcomes, budget) = exchange.outcomes();
    Seen {
        outcomes,
        forms,
        waits,
        budget,
    }
}

fn play(exchange: Exchange, replies: Vec<Reply>) -> Seen {
    play_slowly(exchange, replies, Duration::from_millis(10))
}

fn one(call: Call, replies: Vec<Reply>) -> Seen {
    play(Exchange::one(call, message()).unwrap(), replies)
}

fn many(call: Call, messages: Vec<Message>, replies: Vec<Reply>) -> Seen {
    play(Exchange::many(call, messages).unwrap(), replies)
}

fn attempts(outcome: &Outcome) -> u32 {
    outcome.as_ref().unwrap().attempts
}

#[test]
fn the_first_step_is_the_signed_request_that_aws_own_sdk_makes() {
    for golden in vectors::requests() {
        let mut exchange = golden.exchange();
        let now = Moment {
            time: vectors::time(),
            elapsed: Duration::ZERO,
        };
        let Step::Send(request) = exchange.next(now) else {
            panic!("{}: nothing to send", golden.name)
        };
        assert_eq!(request.uri.path(), "/");
        assert_eq!(request.body, golden.form.as_bytes());
        let authorization = request.header("authorization").unwrap();
        assert!(authorization.ends_with(&golden.signature));
        let length = golden.form.len().to_string();
        assert_eq!(request.header("content-length"), Some(length.as_str()));
        assert_eq!(request.header("host"), None);
    }
}

#[test]
fn a_matching_answer_is_a_receipt() {
    let system = md5_of_system_attributes(&message()).unwrap().to_uppercase();
    let seen = one(
        call(),
        vec![Reply::Whole(digests(BODY, ATTRIBUTES, &system))],
    );
    let receipt = seen.outcome().as_ref().unwrap();
    assert_eq!((receipt.message_id.as_str(), receipt.attempts), ("m-1", 1));
}

#[test]
fn digests_that_the_server_left_out_are_not_compared() {
    assert!(one(call(), vec![stored()]).outcome().is_ok());
}

#[test]
fn a_differing_digest_is_corruption_and_names_part_and_message() {
    let wrong = "00000000000000000000000000000000";
    for (answer, part) in [
        (digests(wrong, ATTRIBUTES, ""), MessagePart::Body),
        (digests(BODY, wrong, ""), MessagePart::Attributes),
        (
            digests(BODY, ATTRIBUTES, wrong),
            MessagePart::SystemAttributes,
        ),
    ] {
        match one(call(), vec![Reply::Whole(answer)]).outcome() {
            Err(SendError::Corrupted(corruption)) => {
                assert_eq!(corruption.part, part);
                assert_eq!(corruption.message_id, "m-1");
                assert_eq!(corruption.stored_md5, wrong);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_request_that_did_not_arrive_is_unreachable_and_one_without_answer_unknown() {
    assert_eq!(
        one(once(), vec![not_connected()]).outcome(),
        &Err(SendError::Unreachable {
            cause: UnreachableCause::ConnectionRefused,
            detail: "refused".into()
        })
    );
    assert_eq!(
        one(once(), vec![interrupted()]).outcome(),
        &Err(SendError::OutcomeUnknown {
            cause: UnknownCause::ConnectionLost,
            detail: "lost".into(),
            request_id: None
        })
    );
}

#[test]
fn an_answer_that_broke_off_counts_where_it_tells_enough() {
    let cut = |status, body: &str| {
        let mut response = response(status, body);
        response.headers.push(("x-amzn-requestid", "r-1".into()));
        one(once(), vec![Reply::Cut(response, lost())])
            .outcome()
            .clone()
    };
    let receipt = "<SendMessageResponse><SendMessageResult><MessageId>m-1</MessageId>\
                   </SendMessageResult></SendMessageResponse>";
    assert!(cut(200, receipt).is_ok());
    assert_eq!(
        cut(200, "<SendMessageResponse>"),
        Err(SendError::OutcomeUnknown {
            cause: UnknownCause::ConnectionLost,
            detail: "lost".into(),
            request_id: Some("r-1".into()),
        })
    );
    assert!(matches!(cut(502, ""), Err(SendError::Unavailable(_))));
}

#[test]
fn violations_of_every_argument_are_listed_at_once() {
    let mut call = call();
    call.queue = Queue::default();
    call.credentials.secret_access_key.clear();
    call.terms.timeouts.total = Duration::ZERO;
    call.terms.retries.max_attempts = 0;
    let fields = |violations: Vec<Violation>| -> Vec<_> {
        violations
            .into_iter()
            .map(|violation| violation.field)
            .collect()
    };
    assert_eq!(
        fields(Exchange::one(call, Message::default()).err().unwrap()),
        [
            "queue.url",
            "credentials.secret-access-key",
            "message.body",
            "timeouts.total-ms",
            "retries.max-attempts"
        ]
    );
}

#[test]
fn what_was_not_stored_is_sent_again_and_the_receipt_counts_attempts() {
    for reply in [
        || refused(403, "RequestThrottled"),
        || refused(503, "ServiceUnavailable"),
        || refused(500, ""),
        not_connected,
    ] {
        let seen = one(call(), vec![reply(), reply(), stored()]);
        assert_eq!(attempts(seen.outcome()), 3);
        assert_eq!(seen.waits.len(), 2);
        assert_eq!(seen.forms[0], seen.forms[2]);
        assert_ne!(seen.waits[0], seen.waits[1]);
    }
}

#[test]
fn what_is_refused_for_good_is_sent_once() {
    for reply in [
        refused(400, "InvalidParameterValue"),
        refused(403, "AccessDenied"),
        refused(501, ""),
        refused(301, ""),
    ] {
        assert!(one(call(), vec![reply]).outcome().is_err());
    }
}

#[test]
fn the_last_attempt_is_that_of_the_caller() {
    for max_attempts in [1, 2, 5] {
        let call = retrying(call(), max_attempts);
        let replies = (0..max_attempts).map(|_| not_connected()).collect();
        let seen = one(call, replies);
        assert!(seen.outcome().is_err());
        assert_eq!(seen.waits.len() + 1, max_attempts as usize);
    }
}

#[test]
fn each_attempt_is_signed_anew() {
    let mut exchange = Exchange::one(call(), message()).unwrap();
    let signature = |exchange: &mut Exchange, seconds| loop {
        match exchange.next(moment(Duration::from_secs(seconds))) {
            Step::Send(request) => break request.header("authorization").unwrap().to_owned(),
            Step::Wait(_) => {}
            Step::Done => panic!("no second attempt"),
        }
    };
    let first = signature(&mut exchange, 0);
    exchange.replied(not_connected(), moment(Duration::ZERO));
    assert_ne!(signature(&mut exchange, 1), first);
}

#[test]
fn an_unknown_outcome_is_sent_again_only_where_that_does_no_harm() {
    let undeduplicated = || Message {
        message_deduplication_id: None,
        ..of_group("g", "x")
    };
    for (call, message, is_repeated) in [
        (call(), text("x"), false),
        // Whatever the queue is, standard ones drop nothing.
        (call(), of_group("g", "x"), false),
        (fifo_call(), undeduplicated(), false),
        (fifo_call(), of_group("g", "x"), true),
        (accepting_duplicates(call()), text("x"), true),
        (accepting_duplicates(fifo_call()), undeduplicated(), true),
    ] {
        let mut replies = vec![interrupted()];
        replies.extend(is_repeated.then(stored));
        let seen = play(Exchange::one(call, message).unwrap(), replies);
        assert_eq!(seen.outcome().is_ok(), is_repeated);
    }
}

#[test]
fn a_message_is_not_sent_again_when_sqs_has_forgotten_its_deduplication_id() {
    for (minutes, is_repeated) in [(3, true), (5, false)] {
        let mut call = fifo_call();
        call.terms.timeouts.total = Duration::from_hours(1);
        let mut replies = vec![interrupted()];
        replies.extend(is_repeated.then(stored));
        let exchange = Exchange::one(call, of_group("g", "x")).unwrap();
        let seen = play_slowly(exchange, replies, Duration::from_mins(minutes));
        assert_eq!(seen.outcome().is_ok(), is_repeated);
    }
    // Whatever came in between.
    let mut call = retrying(fifo_call(), 9);
    call.terms.timeouts.total = Duration::from_hours(1);
    let replies = vec![interrupted(), refused(403, "RequestThrottled")];
    let exchange = Exchange::one(call, of_group("g", "x")).unwrap();
    let seen = play_slowly(exchange, replies, Duration::from_mins(3));
    assert!(matches!(
        seen.outcome(),
        Err(SendError::OutcomeUnknown { .. })
    ));
}

#[test]
fn a_pause_that_takes_too_long_forgets_what_sqs_forgets() {
    let mut call = fifo_call();
    call.terms.timeouts.total = Duration::from_hours(1);
    let mut exchange = Exchange::one(call, of_group("g", "x")).unwrap();
    let start = moment(Duration::ZERO);
    assert!(matches!(exchange.next(start), Step::Send(_)));
    exchange.replied(interrupted(), start);
    assert!(matches!(exchange.next(start), Step::Wait(_)));
    assert!(matches!(
        exchange.next(moment(Duration::from_mins(10))),
        Step::Done
    ));
    assert!(matches!(
        exchange.outcomes().0[..],
        [Err(SendError::OutcomeUnknown { .. })]
    ));
}

#[test]
fn what_a_server_in_trouble_may_have_stored_is_forgotten_too() {
    for (call, is_repeated) in [(fifo_call(), false), (call(), true)] {
        let mut call = retrying(call, 9);
        call.terms.timeouts.total = Duration::from_hours(1);
        let mut replies = vec![refused(504, ""), refused(504, "")];
        replies.extend(is_repeated.then(stored));
        let exchange = Exchange::one(call, of_group("g", "x")).unwrap();
        let seen = play_slowly(exchange, replies, Duration::from_secs(200));
        assert_eq!(seen.outcome().is_ok(), is_repeated);
    }
}

#[test]
fn an_outcome_once_unknown_stays_so_short_of_a_receipt() {
    let call = || accepting_duplicates(call());
    for later in [not_connected(), refused(403, "AccessDenied")] {
        let seen = one(retrying(call(), 2), vec![interrupted(), later]);
        assert!(matches!(
            seen.outcome(),
            Err(SendError::OutcomeUnknown { .. })
        ));
    }
    let seen = one(call(), vec![interrupted(), interrupted(), stored()]);
    assert_eq!(attempts(seen.outcome()), 3);
    let seen = one(call(), vec![refused(500, ""), refused(403, "AccessDenied")]);
    assert!(matches!(seen.outcome(), Err(SendError::Unavailable(_))));
}

#[test]
fn waits_grow_by_chance_and_by_what_the_server_asks() {
    let asking = || {
        let Reply::Whole(mut response) = refused(503, "") else {
            unreachable!()
        };
        response.headers.push(("x-amz-retry-after", "1500".into()));
        Reply::Whole(response)
    };
    let seen = one(call(), vec![asking(), refused(503, ""), stored()]);
    assert_eq!(seen.waits[0], Duration::from_millis(1_500));
    assert!(seen.waits[1] < Duration::from_millis(100));
    let mut other_seed = call();
    other_seed.terms.seed = 1;
    let other_seed = one(other_seed, vec![asking(), refused(503, ""), stored()]);
    assert_ne!(seen.waits[1], other_seed.waits[1]);
    for nonsense in ["", "soon", "-1", "1e9", "99999999999999999999"] {
        let mut response = response(503, "");
        response
            .headers
            .push(("x-amz-retry-after", nonsense.into()));
        assert_eq!(retry_after(&response), None);
    }
}

#[test]
fn no_attempt_is_begun_that_there_is_no_time_for() {
    let within = |total_ms| {
        let mut call = call();
        call.terms.timeouts = Timeouts::within(Some(total_ms));
        call
    };
    let exchange = |call| Exchange::one(call, message()).unwrap();
    let second = Duration::from_secs(1);
    // The next attempt would have less time than the one before took.
    let seen = play_slowly(exchange(within(1_900)), vec![not_connected()], second);
    assert!(matches!(seen.outcome(), Err(SendError::Unreachable { .. })));
    let seen = play_slowly(
        exchange(within(2_100)),
        vec![not_connected(), stored()],
        second,
    );
    assert!(seen.outcome().is_ok());
    // Where the outcome is unknown already, there is nothing to lose.
    let call = accepting_duplicates(within(1_900));
    let seen = play_slowly(exchange(call), vec![interrupted(), stored()], second);
    assert!(seen.outcome().is_ok());
}

#[test]
fn a_call_out_of_time_sends_nothing() {
    let mut exchange = Exchange::one(call(), message()).unwrap();
    assert!(matches!(
        exchange.next(moment(Duration::from_secs(30))),
        Step::Done
    ));
    assert_eq!(
        exchange.outcomes().0,
        [Err(SendError::Unreachable {
            cause: UnreachableCause::Timeout,
            detail: "no end within 30000 ms".into()
        })]
    );
}

#[test]
fn attempts_cost_tokens_and_successes_earn_them() {
    let with = |tokens| {
        let mut call = call();
        call.terms.budget = Budget::new(tokens);
        call
    };
    let budget = |seen: Seen| seen.budget.tokens();
    assert_eq!(budget(one(with(100), vec![stored()])), 101);
    let failing = || vec![not_connected(), not_connected(), not_connected()];
    assert_eq!(budget(one(with(100), failing())), 72);
    let throttled = || refused(403, "RequestThrottled");
    assert_eq!(
        budget(one(with(100), vec![throttled(), throttled(), stored()])),
        95
    );
    // Without tokens, the first attempt is the last.
    let seen = one(with(13), vec![not_connected()]);
    assert!(seen.outcome().is_err());
    assert_eq!(seen.budget.tokens(), 13);
}

#[test]
fn a_clock_that_is_off_is_corrected_once() {
    let skewed = |date: SystemTime| {
        let Reply::Whole(mut response) = refused(403, "SignatureDoesNotMatch") else {
            unreachable!()
        };
        response
            .headers
            .push(("date", httpdate::fmt_http_date(date)));
        Reply::Whole(response)
    };
    let hour = Duration::from_hours(1);
    let seen = one(call(), vec![skewed(vectors::time() + hour), stored()]);
    assert_eq!(attempts(seen.outcome()), 2);
    let later = skewed(vectors::time() + 2 * hour);
    let seen = one(call(), vec![skewed(vectors::time() + hour), later]);
    assert!(matches!(seen.outcome(), Err(SendError::Denied(_))));
    // A signature that does not match at the right time is a wrong key.
    let seen = one(call(), vec![skewed(vectors::time())]);
    assert!(matches!(seen.outcome(), Err(SendError::Denied(_))));
}

fn texts(count: usize) -> Vec<Message> {
    (0..count).map(|index| text(&index.to_string())).collect()
}

/// An answer that all of these are stored.
fn all_stored(ids: std::ops::Range<usize>) -> Reply {
    let ids: Vec<_> = ids.map(|id| id.to_string()).collect();
    let entries: Vec<_> = ids.iter().map(|id| (id.as_str(), Ok(()))).collect();
    batch(&entries)
}

#[test]
fn many_messages_go_in_requests_of_ten() {
    let replies = vec![all_stored(0..10), all_stored(10..20), all_stored(20..23)];
    let seen = many(call(), texts(23), replies);
    assert!(
        seen.forms
            .iter()
            .all(|form| form.starts_with("Action=SendMessageBatch&"))
    );
    for (position, outcome) in seen.outcomes.iter().enumerate() {
        let receipt = outcome.as_ref().unwrap();
        assert_eq!(receipt.message_id, format!("m-{position}"));
        assert_eq!(receipt.request_id.as_deref(), Some("r-1"));
    }
    assert_eq!(many(call(), Vec::new(), Vec::new()).outcomes, []);
}

#[test]
fn a_request_has_at_most_a_mebibyte() {
    let of = |size: usize| text(&"x".repeat(size));
    let half = message::MAX_SIZE / 2;
    let messages = vec![of(half), of(half), of(1), of(message::MAX_SIZE), of(1)];
    let replies = vec![
        all_stored(0..2),
        all_stored(2..3),
        all_stored(3..4),
        all_stored(4..5),
    ];
    let seen = many(call(), messages, replies);
    assert!(seen.outcomes.iter().all(Result::is_ok));
}

#[test]
fn a_message_that_breaks_a_rule_does_not_keep_the_others_from_being_sent() {
    let messages = vec![text("a"), text(""), text("c")];
    let seen = many(
        call(),
        messages,
        vec![batch(&[("2", Ok(())), ("0", Ok(()))])],
    );
    assert_eq!(seen.ids(), [["0", "2"]]);
    assert!(seen.outcomes[0].is_ok() && seen.outcomes[2].is_ok());
    assert!(
        matches!(&seen.outcomes[1], Err(SendError::InvalidInput(violations))
        if violations[0].field == "message.body")
    );
}

#[test]
fn of_a_batch_only_what_may_be_stored_later_is_sent_again() {
    let replies = vec![
        batch(&[
            ("0", Ok(())),
            ("1", Err("InternalError")),
            ("2", Err("InvalidMessageContents")),
            ("3", Err("KMS.AccessDeniedException")),
            ("4", Err("RequestThrottled")),
            ("5", Err("InternalSomething")),
        ]),
        batch(&[("1", Ok(())), ("4", Err("RequestThrottled")), ("5", Ok(()))]),
        batch(&[("4", Ok(()))]),
    ];
    let seen = many(call(), texts(7), replies);
    assert_eq!(
        seen.ids(),
        [
            vec!["0", "1", "2", "3", "4", "5", "6"],
            vec!["1", "4", "5"],
            vec!["4"]
        ]
    );
    let tries: Vec<_> = [0, 1, 4, 5]
        .map(|index| attempts(&seen.outcomes[index]))
        .into();
    assert_eq!(tries, [1, 2, 3, 2]);
    assert_eq!(
        seen.outcomes[2],
        Err(SendError::Rejected(AwsError {
            status: 200,
            code: Some("InvalidMessageContents".into()),
            message: "no".into(),
            request_id: Some("r-1".into()),
        }))
    );
    assert!(matches!(seen.outcomes[3], Err(SendError::Denied(_))));
    // The answer did not tell of the last one.
    assert!(matches!(
        seen.outcomes[6],
        Err(SendError::OutcomeUnknown {
            cause: UnknownCause::UnreadableAnswer,
            ..
        })
    ));
}

#[test]
fn a_batch_refused_as_a_whole_is_refused_for_each() {
    let code = "AWS.SimpleQueueService.NonExistentQueue";
    let seen = many(
        call(),
        texts(11),
        vec![refused(400, code), refused(400, code)],
    );
    for outcome in seen.outcomes {
        assert!(matches!(outcome, Err(SendError::Rejected(_))));
    }
}

#[test]
fn what_every_request_would_meet_ends_a_call() {
    for reply in [refused(403, "AccessDenied"), not_connected()] {
        let seen = many(once(), texts(25), vec![all_stored(0..10), reply]);
        assert!(seen.outcomes[..10].iter().all(Result::is_ok));
        assert_eq!(seen.outcomes[10..].len(), 15);
        assert!(
            seen.outcomes[10..]
                .iter()
                .all(|outcome| *outcome == seen.outcomes[10])
        );
        assert!(seen.outcomes[10].is_err());
    }
}

#[test]
fn a_batch_whose_answer_breaks_off_is_known_as_far_as_that_goes() {
    let Reply::Whole(whole) = all_stored(0..2) else {
        unreachable!()
    };
    let whole = String::from_utf8(whole.body).unwrap();
    let cut = whole[..whole.find("<Id>1</Id>").unwrap() + 15].to_owned();
    let seen = many(
        call(),
        texts(2),
        vec![Reply::Cut(response(200, &cut), lost())],
    );
    assert!(seen.outcomes[0].is_ok());
    assert!(matches!(
        seen.outcomes[1],
        Err(SendError::OutcomeUnknown {
            cause: UnknownCause::ConnectionLost,
            ..
        })
    ));
}

#[test]
fn what_an_answer_tells_twice_or_of_others_is_not_told() {
    let entries = [
        ("0", Ok(())),
        ("1", Err("RequestThrottled")),
        ("1", Ok(())),
        ("7", Ok(())),
        ("", Ok(())),
    ];
    let seen = many(call(), texts(2), vec![batch(&entries)]);
    assert!(seen.outcomes[0].is_ok());
    assert!(matches!(
        seen.outcomes[1],
        Err(SendError::OutcomeUnknown {
            cause: UnknownCause::UnreadableAnswer,
            ..
        })
    ));
}

#[test]
fn a_refusal_that_breaks_off_before_it_says_why_is_sent_again() {
    let cut = |status| Reply::Cut(response(status, "<ErrorResponse><Error><Co"), lost());
    for status in [400, 403] {
        let seen = one(call(), vec![cut(status), stored()]);
        assert_eq!(attempts(seen.outcome()), 2);
        let seen = many(once(), texts(11), vec![cut(status), all_stored(10..11)]);
        assert!(
            matches!(&seen.outcomes[0], Err(SendError::Unavailable(error)) if error.status == status)
        );
        assert!(seen.outcomes[10].is_ok());
    }
}

#[test]
fn a_host_shows_no_secret_and_not_too_much() {
    let detail = "marker-secret marker-token ".repeat(100);
    let interruption = || Interruption {
        cause: UnknownCause::ConnectionLost,
        detail: detail.clone(),
    };
    let unreachable = Failure::Unreachable(UnreachableCause::NotSent, detail.clone());
    for reply in [
        Reply::None(unreachable),
        Reply::None(Failure::Interrupted(interruption())),
        Reply::Cut(response(200, ""), interruption()),
    ] {
        let text = format!("{:?}", one(once(), vec![reply]).outcome());
        assert!(
            text.contains("*** ***") && !text.contains("marker"),
            "{text}"
        );
        assert!(text.len() < 1_300, "{text}");
    }
}

#[test]
fn after_throttling_the_next_request_of_a_batch_waits_too() {
    let replies = vec![
        refused(403, "RequestThrottled"),
        all_stored(10..20),
        all_stored(20..25),
    ];
    let seen = many(once(), texts(25), replies);
    assert_eq!(seen.waits.len(), 1);
    assert!(seen.outcomes[10..].iter().all(Result::is_ok));
    // Where there is no time for that, the rest is not sent.
    let asking = || {
        let Reply::Whole(mut response) = refused(403, "RequestThrottled") else {
            unreachable!()
        };
        response.headers.push(("x-amz-retry-after", "5000".into()));
        Reply::Whole(response)
    };
    let mut call = once();
    call.terms.timeouts.total = Duration::from_secs(7);
    let seen = many(call, texts(25), vec![asking(), asking()]);
    assert!(matches!(
        seen.outcomes[20],
        Err(SendError::Unreachable {
            cause: UnreachableCause::Timeout,
            ..
        })
    ));
    // Behind the last that is sent, there is nothing to wait for.
    let messages = (0..11)
        .map(|index| of_group("g", &index.to_string()))
        .collect();
    let fifo = retrying(fifo_call(), 1);
    let seen = many(fifo, messages, vec![refused(403, "RequestThrottled")]);
    assert!(seen.waits.is_empty());
    assert_eq!(seen.outcomes[10], Err(SendError::HeldBack(0)));
    let seen = many(once(), texts(1), vec![refused(403, "RequestThrottled")]);
    assert!(seen.waits.is_empty());
}

#[test]
fn a_clock_that_was_corrected_is_right_for_the_rest_of_a_batch() {
    let Reply::Whole(mut skewed) = refused(403, "SignatureDoesNotMatch") else {
        unreachable!()
    };
    let date = httpdate::fmt_http_date(vectors::time() + Duration::from_hours(1));
    skewed.headers.push(("date", date));
    let seen = many(
        once(),
        texts(11),
        vec![Reply::Whole(skewed), all_stored(10..11)],
    );
    assert!(matches!(seen.outcomes[0], Err(SendError::Denied(_))));
    assert!(seen.outcomes[10].is_ok());
}

#[test]
fn a_wait_that_takes_too_long_leaves_the_error_before_it() {
    let mut exchange = Exchange::many(call(), texts(11)).unwrap();
    assert!(matches!(
        exchange.next(moment(Duration::ZERO)),
        Step::Send(_)
    ));
    exchange.replied(refused(403, "RequestThrottled"), moment(Duration::ZERO));
    assert!(matches!(
        exchange.next(moment(Duration::ZERO)),
        Step::Wait(_)
    ));
    assert!(matches!(
        exchange.next(moment(Duration::from_secs(31))),
        Step::Done
    ));
    let (outcomes, _) = exchange.outcomes();
    assert!(matches!(outcomes[0], Err(SendError::Throttled(_))));
    assert!(matches!(
        outcomes[10],
        Err(SendError::Unreachable {
            cause: UnreachableCause::Timeout,
            ..
        })
    ));
}

#[test]
fn an_answer_to_another_action_is_no_receipt() {
    for seen in [
        many(call(), texts(1), vec![stored()]),
        one(call(), vec![all_stored(0..1)]),
    ] {
        assert!(matches!(
            seen.outcome(),
            Err(SendError::OutcomeUnknown {
                cause: UnknownCause::UnreadableAnswer,
                ..
            })
        ));
    }
}

#[test]
fn a_batch_entry_that_was_stored_otherwise_is_corrupted() {
    let xml = "<SendMessageBatchResponse><SendMessageBatchResultEntry><Id>0</Id>\
               <MessageId>m-0</MessageId><MD5OfMessageBody>0</MD5OfMessageBody>\
               </SendMessageBatchResultEntry></SendMessageBatchResponse>";
    let seen = many(call(), texts(1), vec![Reply::Whole(response(200, xml))]);
    assert!(matches!(seen.outcome(), Err(SendError::Corrupted(_))));
}

#[test]
fn a_group_goes_no_further_than_its_first_failure() {
    let messages: Vec<_> = (0..12)
        .map(|index| {
            of_group(
                if index % 2 == 0 { "even" } else { "odd" },
                &index.to_string(),
            )
        })
        .collect();
    let mut first: Vec<_> = (0..10).map(|id| id.to_string()).collect();
    first.rotate_left(3);
    let entries: Vec<_> = first
        .iter()
        .map(|id| {
            (
                id.as_str(),
                if id == "8" {
                    Err("InvalidMessageContents")
                } else {
                    Ok(())
                },
            )
        })
        .collect();
    let seen = many(
        fifo_call(),
        messages,
        vec![batch(&entries), all_stored(11..12)],
    );
    assert_eq!(seen.ids()[1], ["11"]);
    assert_eq!(seen.outcomes[10], Err(SendError::HeldBack(8)));
    assert!(seen.outcomes[11].is_ok());
}

#[test]
fn a_message_holds_back_no_earlier_one() {
    let messages = vec![of_group("g", "a"), of_group("g", ""), of_group("g", "c")];
    let seen = many(fifo_call(), messages, vec![all_stored(0..1)]);
    assert!(seen.outcomes[0].is_ok());
    assert!(matches!(seen.outcomes[1], Err(SendError::InvalidInput(_))));
    assert_eq!(seen.outcomes[2], Err(SendError::HeldBack(1)));
}

#[test]
fn the_first_failure_of_a_group_is_named() {
    let messages: Vec<_> = (0..11)
        .map(|index| of_group("g", &index.to_string()))
        .collect();
    let ids: Vec<_> = (0..10).map(|id: usize| id.to_string()).collect();
    let mut entries: Vec<_> = ids.iter().map(|id| (id.as_str(), Ok(()))).collect();
    entries[0].1 = Err("RequestThrottled");
    entries[1].1 = Err("InvalidMessageContents");
    let seen = many(fifo_call(), messages, vec![batch(&entries)]);
    assert_eq!(seen.outcomes[10], Err(SendError::HeldBack(0)));
    // Also where it failed last.
    let messages = vec![of_group("g", "a"), of_group("g", ""), of_group("g", "c")];
    let seen = many(
        fifo_call(),
        messages,
        vec![batch(&[("0", Err("InvalidMessageContents"))])],
    );
    assert_eq!(seen.outcomes[2], Err(SendError::HeldBack(0)));
}

#[test]
fn a_message_that_was_refused_before_it_was_sent_holds_its_group_back() {
    let messages = vec![of_group("g", ""), of_group("g", "b"), of_group("h", "c")];
    let seen = many(fifo_call(), messages, vec![all_stored(2..3)]);
    assert_eq!(seen.outcomes[1], Err(SendError::HeldBack(0)));
    assert!(seen.outcomes[2].is_ok());
}

#[test]
fn a_message_is_not_sent_again_after_a_later_one_of_its_group() {
    let messages = || vec![of_group("g", "a"), of_group("g", "b"), of_group("h", "c")];
    let throttled = Err("RequestThrottled");
    let first = batch(&[("0", throttled), ("1", Ok(())), ("2", throttled)]);
    let seen = many(fifo_call(), messages(), vec![first, all_stored(2..3)]);
    assert_eq!(seen.ids()[1], ["2"]);
    assert!(matches!(seen.outcomes[0], Err(SendError::Throttled(_))));
    assert!(seen.outcomes[1].is_ok() && seen.outcomes[2].is_ok());

    // The same on a standard queue, where there is no order to keep.
    let first = batch(&[("0", throttled), ("1", Ok(())), ("2", Ok(()))]);
    let seen = many(call(), messages(), vec![first, all_stored(0..1)]);
    assert!(seen.outcomes.iter().all(Result::is_ok));

    // A later one that may have been stored, though the server says that it could not.
    let first = batch(&[("0", throttled), ("1", Err("InternalError")), ("2", Ok(()))]);
    let seen = many(fifo_call(), messages(), vec![first]);
    assert!(matches!(seen.outcomes[0], Err(SendError::Throttled(_))));
    assert!(matches!(seen.outcomes[1], Err(SendError::Unavailable(_))));

    // After one that is given up, no later one.
    let first = batch(&[
        ("0", Err("InvalidMessageContents")),
        ("1", throttled),
        ("2", Ok(())),
    ]);
    let seen = many(fifo_call(), messages(), vec![first]);
    assert!(matches!(seen.outcomes[1], Err(SendError::Throttled(_))));
}

#[test]
fn a_message_is_not_sent_again_after_one_that_may_have_been_stored() {
    let messages = || vec![of_group("g", "a"), of_group("g", "b"), of_group("h", "c")];
    // Nobody knows of a whole request: only what is alone in its group.
    let seen = many(
        fifo_call(),
        messages(),
        vec![interrupted(), all_stored(2..3)],
    );
    assert_eq!(seen.ids()[1], ["2"]);
    for outcome in &seen.outcomes[..2] {
        assert!(matches!(outcome, Err(SendError::OutcomeUnknown { .. })));
    }
    // Or of the rest of one, of which the beginning was not stored.
    let Reply::Whole(whole) = batch(&[("0", Err("RequestThrottled")), ("1", Ok(()))]) else {
        unreachable!()
    };
    let whole = String::from_utf8(whole.body).unwrap();
    let cut = response(200, &whole[..whole.find("<Id>1</Id>").unwrap()]);
    let replies = vec![Reply::Cut(cut, lost()), all_stored(2..3)];
    let seen = many(fifo_call(), messages(), replies);
    assert_eq!(seen.ids()[1], ["2"]);
    assert!(matches!(seen.outcomes[0], Err(SendError::Throttled(_))));
    assert!(matches!(
        seen.outcomes[1],
        Err(SendError::OutcomeUnknown { .. })
    ));
}

#[test]
fn after_one_that_is_given_up_no_later_one_is_sent_again() {
    let messages = vec![of_group("g", "a"), of_group("g", "b"), of_group("g", "c")];
    let throttled = Err("RequestThrottled");
    let first = batch(&[("0", throttled), ("1", Ok(())), ("2", throttled)]);
    let seen = many(fifo_call(), messages, vec![first]);
    assert!(matches!(seen.outcomes[0], Err(SendError::Throttled(_))));
    assert!(matches!(seen.outcomes[2], Err(SendError::Throttled(_))));
}

#[test]
fn the_tail_of_a_group_is_sent_again_in_order() {
    let messages = vec![of_group("g", "a"), of_group("g", "b"), of_group("g", "c")];
    let throttled = Err("RequestThrottled");
    let first = batch(&[("0", Ok(())), ("1", throttled), ("2", throttled)]);
    let seen = many(fifo_call(), messages, vec![first, all_stored(1..3)]);
    assert_eq!(seen.ids()[1], ["1", "2"]);
    assert!(seen.outcomes.iter().all(Result::is_ok));
}

proptest::proptest! {
    /// Whatever a server does, every message gets an outcome, none is stored that the outcome denies, no group is
    /// out of order, and the calls end in time.
    #[test]
    fn any_server_leaves_a_count_that_closes(
        groups in proptest::collection::vec(0_u8..3, 0..40),
        moods in proptest::collection::vec(0_u8..9, 200),
        max_attempts in 1_u32..4,
        accept_duplicates: bool,
        is_fifo: bool,
    ) {
        // One in ten breaks a rule.
        let is_invalid = |index: usize| moods[index % moods.len()] == 0 && index.is_multiple_of(3);
        let messages: Vec<_> = groups
            .iter()
            .enumerate()
            .map(|(index, group)| Message {
                delay_seconds: is_invalid(index).then_some(901),
                ..of_group(&group.to_string(), &index.to_string())
            })
            .collect();
        let mut call = if is_fifo { fifo_call() } else { call() };
        call.terms.retries = Retries { max_attempts, accept_duplicates };
        let mut exchange = Exchange::many(call, messages).unwrap();
        let mut moods = moods.clone().into_iter().cycle();
        let mut arrived: Vec<usize> = Vec::new();
        let mut elapsed = Duration::ZERO;
        loop {
            match exchange.next(moment(elapsed)) {
                Step::Wait(wait) => elapsed += wait,
                Step::Done => break,
                Step::Send(request) => {
                    let form = String::from_utf8(request.body).unwrap();
                    let seen = Seen { outcomes: vec![], forms: vec![form], waits: vec![], budget: Budget::FULL };
                    let ids = seen.ids().remove(0);
                    let mut store = |id: &String| {
                        let id = id.parse().unwrap();
                        if !is_fifo || !arrived.contains(&id) {
                            arrived.push(id);
                        }
                    };
                    let reply = match moods.next().unwrap() {
                        0 => not_connected(),
                        1 => refused(403, "RequestThrottled"),
                        2 => {
                            ids.iter().for_each(&mut store);
                            interrupted()
                        }
                        3 => interrupted(),
                        4 => refused(503, ""),
                        // Some are stored, and the answer is lost.
                        5 => {
                            ids.iter().filter(|_| moods.next() > Some(4)).for_each(&mut store);
                            interrupted()
                        }
                        // All are stored, and the answer breaks off, or leaves one out.
                        mood @ 6..8 => {
                            ids.iter().for_each(&mut store);
                            let told = ids.len() * usize::from(moods.next().unwrap()) / 9;
                            let results: Vec<_> =
                                ids[..told].iter().map(|id| (id.as_str(), Ok(()))).collect();
                            match batch(&results) {
                                Reply::Whole(response) if mood == 6 => Reply::Cut(response, lost()),
                                whole => whole,
                            }
                        }
                        _ => {
                            let is_partial = moods.next() > Some(4);
                            let results: Vec<_> = ids.iter().map(|id| {
                                let result = match moods.next().unwrap() {
                                    0 if is_partial => Err("RequestThrottled"),
                                    1 if is_partial => Err("InternalError"),
                                    2 if is_partial => Err("InvalidMessageContents"),
                                    _ => { store(id); Ok(()) }
                                };
                                (id.as_str(), result)
                            }).collect();
                            batch(&results)
                        }
                    };
                    elapsed += Duration::from_millis(10);
                    exchange.replied(reply, moment(elapsed));
                }
            }
        }
        proptest::prop_assert!(elapsed < Duration::from_secs(31));
        let (outcomes, _) = exchange.outcomes();
        proptest::prop_assert_eq!(outcomes.len(), groups.len());
        for (position, outcome) in outcomes.iter().enumerate() {
            let copies = arrived.iter().filter(|arrived| **arrived == position).count();
            match outcome {
                Ok(_) => proptest::prop_assert!(copies == 1 || copies > 1 && accept_duplicates && !is_fifo),
                Err(error) if error.doubt() == Doubt::None => proptest::prop_assert_eq!(copies, 0),
                Err(_) => {}
            }
        }
        if is_fifo {
            for group in 0..3 {
                let order: Vec<_> = arrived.iter().filter(|arrived| groups[**arrived] == group).collect();
                // What is held back is held back by an earlier one without a receipt.
                for (position, outcome) in outcomes.iter().enumerate() {
                    if let Err(SendError::HeldBack(behind)) = outcome {
                        let behind = *behind as usize;
                        proptest::prop_assert!(behind < position && groups[behind] == groups[position]);
                        proptest::prop_assert!(outcomes[behind].is_err());
                        let first = (0..behind).find(|earlier| {
                            groups[*earlier] == groups[position] && outcomes[*earlier].is_err()
                        });
                        proptest::prop_assert_eq!(first, None);
                    }
                }
                proptest::prop_assert!(order.is_sorted(), "{:?}", order);
            }
        }
    }
}
