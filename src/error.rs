//! Why a send has no receipt: the contract's `send-error`, case by case.
//!
//! The contract in `wit/sender.wit` says what each case means and what to do next.

/// Why there is no receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    /// The arguments break SQS's rules; nothing was sent.
    InvalidInput(Vec<Violation>),
    /// SQS refused the credentials, the signature or the permission.
    Denied(AwsError),
    /// SQS refused the request itself.
    Rejected(AwsError),
    /// SQS refused the request because there were too many.
    Throttled(AwsError),
    /// The server answered that it could not.
    Unavailable(AwsError),
    /// The request did not reach the server; nothing was stored.
    Unreachable {
        /// The cause, to branch on.
        cause: UnreachableCause,
        /// The host's own error, for people.
        detail: String,
    },
    /// The request may have reached SQS, but no answer told what became of it.
    OutcomeUnknown {
        /// The cause, to branch on.
        cause: UnknownCause,
        /// The host's own error or what was wrong with the answer, for people.
        detail: String,
        /// The id that AWS gave to the request.
        request_id: Option<String>,
    },
    /// SQS stored something else than what was sent.
    Corrupted(Corruption),
    /// The earlier message of the same group, by its position, has no receipt; this one was not sent.
    HeldBack(u32),
}

impl SendError {
    /// How much it leaves in doubt: whether the message was stored is known, or all but known, or not known at all.
    #[must_use]
    pub fn doubt(&self) -> Doubt {
        match self {
            Self::OutcomeUnknown { .. } | Self::Corrupted(_) => Doubt::Whole,
            Self::Unavailable(_) => Doubt::Little,
            _ => Doubt::None,
        }
    }
}

/// Whether a message without a receipt may have been stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// It was not.
    None,
    /// It was not, as far as the server can be believed.
    Little,
    /// It may have been.
    Whole,
}

/// One rule that an argument breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The field, as a path of the contract's names: `message.attributes[2].name`.
    pub field: String,
    /// The rule, with the size or the position of what broke it; never the value itself.
    pub problem: String,
}

impl Violation {
    /// States that `field` breaks a rule.
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            problem: problem.into(),
        }
    }
}

/// An error that the server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsError {
    /// The HTTP status.
    pub status: u16,
    /// SQS's error code, where the answer had one.
    pub code: Option<String>,
    /// The server's explanation, for people.
    pub message: String,
    /// The id that AWS gave to the request.
    pub request_id: Option<String>,
}

/// Why a request did not reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnreachableCause {
    /// The host's policy does not let the request out.
    DeniedByHost,
    /// The server's name does not resolve.
    NameNotResolved,
    /// Nothing listens there, or there is no way there.
    ConnectionRefused,
    /// No connection within the connect timeout.
    ConnectionTimeout,
    /// No trusted TLS connection.
    TlsFailed,
    /// The call's time was over before the whole request had been handed over.
    Timeout,
    /// The whole request was never handed over.
    NotSent,
}

/// Why no answer told what became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownCause {
    /// No answer within the timeouts.
    Timeout,
    /// The connection ended before the answer did.
    ConnectionLost,
    /// An answer came, with a success status, that is not SQS's.
    UnreadableAnswer,
}

/// What SQS stored differs from what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corruption {
    /// The id of the message as SQS stored it.
    pub message_id: String,
    /// The part that differs.
    pub part: MessagePart,
    /// The MD5 of that part as sent, in hexadecimal.
    pub sent_md5: String,
    /// The MD5 of that part as SQS answered it.
    pub stored_md5: String,
    /// The id that AWS gave to the request.
    pub request_id: Option<String>,
}

/// A part of a message that SQS answers an MD5 of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessagePart {
    /// The body.
    Body,
    /// The message attributes.
    Attributes,
    /// The message system attributes.
    SystemAttributes,
}
