//! The variables of a job, in every shape that Camunda's element templates ever gave them, checked.
//!
//! | variable | in templates | what it is |
//! |---|---|---|
//! | `authentication.type` | 9 and later | `credentials`, also when it is absent or unknown, or `defaultCredentialsChain` |
//! | `authentication.accessKey`, `.secretKey` | all | an IAM key |
//! | `authentication.sessionToken` | ours | what temporary keys need |
//! | `awsCredential.authentication`, `.region` | 12 and later | stand in for `authentication` and `configuration.region` |
//! | `configuration.region` | 3 and later | the region; the one of a queue only where this is absent |
//! | `queue.region` | 1 and 2, hidden in 4 | the region |
//! | `configuration.endpoint` | 10 and later | where to send instead of the queue's own host; blank is absent |
//! | `queue.url` | all | the URL of the queue |
//! | `queue.type` | 2 and later | `standard`, also when it is absent, or `fifo`, in any case |
//! | `queue.messageBody` | all | a string as it is, anything else as JSON |
//! | `queue.messageAttributes` | all | `{"name": {"StringValue": "...", "DataType": "String"}}`, keys also as `stringValue` |
//! | `BinaryValue` in it | ours | base64, with `DataType` `Binary` |
//! | `queue.messageGroupId`, `.messageDeduplicationId` | 2 and later | as in SQS; empty is absent |
//! | `queue.delaySeconds`, `.awsTraceHeader` | ours | as in SQS; empty is absent |
//! | `queue.extendedResponse` | ours | true: the response has all of the receipt, not only `messageId` |
//!
//! Any other variable does not matter. Numbers and booleans stand in for text, and an array of one item for that
//! item, as for Camunda's own reader.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::json::{Json, Kind};
use crate::credentials::Credentials;
use crate::error::Violation;
use crate::exchange::{Call, Exchange, Terms};
use crate::message::{Attribute, MAX_ATTRIBUTES, Message, Value};
use crate::queue::Queue;

/// The longest name of an attribute that an error quotes, in characters.
const MAX_QUOTED: usize = 40;
/// What is wrong with an object that cannot be read though it is JSON.
const NOT_TEXT: &str = "must have names of text: half of a surrogate pair is not";

/// What a job asks for. There is no `Debug`: it carries a body and credentials.
pub struct Job {
    /// The send, ready to start.
    pub exchange: Exchange,
    /// Whether another send of the same message within 5 minutes does no harm.
    pub is_deduplicated: bool,
    /// Whether the response has all of the receipt.
    pub extended_response: bool,
}

impl Job {
    /// Reads the variables of a job.
    ///
    /// # Errors
    /// Every variable that is missing or wrong, by its name.
    pub fn from_json(variables: &str, terms: Terms) -> Result<Self, Vec<Violation>> {
        let root = root(variables).map_err(|problem| vec![Violation::new("", problem)])?;
        let mut reader = Reader::default();
        let Draft {
            queue,
            credentials,
            message,
            extended_response,
            names,
        } = reader.draft(&root);
        let is_deduplicated = queue.is_fifo() && message.message_deduplication_id.is_some();
        let call = Call {
            queue,
            credentials,
            terms,
        };
        let names = names.of_attributes(&message);
        let exchange = Exchange::one(call, message).map_err(|violations| {
            for violation in violations {
                let field = names.variable(&violation.field);
                reader.add_unless_known(field, violation.problem);
            }
        });
        match exchange {
            Ok(exchange) if reader.violations.is_empty() => Ok(Self {
                exchange,
                is_deduplicated,
                extended_response,
            }),
            _ => Err(reader.violations),
        }
    }
}

/// What was read, with nothing in the place of what is missing or wrong.
struct Draft {
    queue: Queue,
    credentials: Credentials,
    message: Message,
    extended_response: bool,
    names: Names,
}

/// The variables that the core's fields came from, where there is more than one.
struct Names {
    authentication: String,
    region: String,
    /// Those of the message's attributes, each with the name of its value.
    attributes: Vec<(String, &'static str)>,
}

impl Names {
    /// The names with those of a message's attributes.
    fn of_attributes(self, message: &Message) -> Self {
        let attributes = message.attributes.iter().take(MAX_ATTRIBUTES);
        let attributes = attributes.map(|attribute| {
            let value = match attribute.value {
                Value::Binary(_) => "BinaryValue",
                Value::String(_) | Value::Number(_) => "StringValue",
            };
            (attribute_path(&attribute.name), value)
        });
        Self {
            attributes: attributes.collect(),
            ..self
        }
    }

    /// The variable that a field of the core came from.
    fn variable(&self, field: &str) -> String {
        let name = match field {
            "queue.region" => &self.region,
            "queue.endpoint" => "configuration.endpoint",
            "timeouts.total-ms" => "timeout-ms",
            // The size of the whole, which is the body for the most part.
            "message" | "message.body" => "queue.messageBody",
            "message.attributes" => "queue.messageAttributes",
            "message.message-group-id" => "queue.messageGroupId",
            "message.message-deduplication-id" => "queue.messageDeduplicationId",
            "message.delay-seconds" => "queue.delaySeconds",
            "message.aws-trace-header" => "queue.awsTraceHeader",
            "credentials.access-key-id" => return format!("{}.accessKey", self.authentication),
            "credentials.secret-access-key" => return format!("{}.secretKey", self.authentication),
            "credentials.session-token" => return format!("{}.sessionToken", self.authentication),
            _ => return self.attribute(field).unwrap_or_else(|| field.to_owned()),
        };
        name.to_owned()
    }

    /// The variable of a field like `message.attributes[2].label`.
    fn attribute(&self, field: &str) -> Option<String> {
        let (index, part) = field
            .strip_prefix("message.attributes[")?
            .split_once("].")?;
        let (path, value) = self.attributes.get(index.parse::<usize>().ok()?)?;
        Some(match part {
            "label" => format!("{path}.DataType"),
            "value" => format!("{path}.{value}"),
            _ => path.clone(),
        })
    }
}

/// The path of an attribute, with as much of its name as is fit to be shown.
fn attribute_path(name: &str) -> String {
    let shown: String = name
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .take(MAX_QUOTED)
        .collect();
    format!("queue.messageAttributes.{shown}")
}

/// An attribute that breaks no rule, so that nothing more is said of it.
fn unread(name: String) -> Attribute {
    Attribute {
        name,
        value: Value::String("unread".to_owned()),
        label: None,
    }
}

/// An object among the variables, and the path to it.
struct Object<'j> {
    path: String,
    entries: Vec<(String, Json<'j>)>,
}

impl Object<'_> {
    fn path_to(&self, name: &str) -> String {
        if self.path.is_empty() {
            return name.to_owned();
        }
        format!("{}.{name}", self.path)
    }
}

/// The variables as a whole.
fn root(variables: &str) -> Result<Object<'_>, String> {
    let json = Json::parse(variables)?;
    let entries = match json.kind() {
        Kind::Object => json.entries().ok_or(NOT_TEXT)?,
        kind => return Err(format!("must be an object: is {}", kind.name())),
    };
    Ok(Object {
        path: String::new(),
        entries,
    })
}

/// Reads variables, and notes what is wrong with them.
#[derive(Default)]
struct Reader {
    violations: Vec<Violation>,
}

impl Reader {
    fn add(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        self.violations.push(Violation::new(field, problem));
    }

    fn add_required(&mut self, field: impl Into<String>) {
        self.add_unless_known(field.into(), "is required".to_owned());
    }

    /// Adds a problem where nothing has been said of that variable or of the whole that it is part of.
    fn add_unless_known(&mut self, field: String, problem: String) {
        let is_known = self.violations.iter().any(|known| {
            let rest = field.strip_prefix(known.field.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        if !is_known {
            self.add(field, problem);
        }
    }

    fn draft(&mut self, root: &Object<'_>) -> Draft {
        let credential = self
            .field(root, "awsCredential")
            .and_then(|json| self.object("awsCredential".to_owned(), json));
        let configuration = self
            .field(root, "configuration")
            .and_then(|json| self.object("configuration".to_owned(), json));
        let queue = self.required_object(root, "queue");
        let (credentials, authentication) = self.credentials(credential.as_ref().unwrap_or(root));
        let (region, region_name) =
            self.region(credential.as_ref(), configuration.as_ref(), &queue);
        let endpoint = configuration
            .as_ref()
            .and_then(|configuration| self.text(configuration, "endpoint"))
            .filter(|endpoint| !endpoint.trim().is_empty());
        let message = self.message(&queue);
        Draft {
            message,
            extended_response: self.flag(&queue, "extendedResponse"),
            queue: Queue {
                url: self.required_text(&queue, "url"),
                region: Some(region),
                endpoint,
            },
            credentials,
            names: Names {
                authentication,
                region: region_name,
                attributes: Vec::new(),
            },
        }
    }

    /// The identity to sign with, and the path of the variable that it came from.
    fn credentials(&mut self, root: &Object<'_>) -> (Credentials, String) {
        let authentication = self.required_object(root, "authentication");
        let kind = self.text(&authentication, "type");
        let is_static = kind.as_deref() != Some("defaultCredentialsChain");
        if !is_static {
            self.add(
                authentication.path.as_str(),
                "must be credentials: the default credentials chain is the host's, which has not resolved it",
            );
        }
        let key = |reader: &mut Self, name| {
            if is_static {
                reader.required_text(&authentication, name)
            } else {
                String::new()
            }
        };
        let credentials = Credentials {
            access_key_id: key(self, "accessKey"),
            secret_access_key: key(self, "secretKey"),
            session_token: self.optional_text(&authentication, "sessionToken"),
        };
        (credentials, authentication.path)
    }

    /// The region, and the path of the variable that it came from.
    fn region(
        &mut self,
        credential: Option<&Object<'_>>,
        configuration: Option<&Object<'_>>,
        queue: &Object<'_>,
    ) -> (String, String) {
        if let Some(credential) = credential {
            let region = self.required_text(credential, "region");
            return (region, credential.path_to("region"));
        }
        for object in [configuration, Some(queue)].into_iter().flatten() {
            if let Some(region) = self.text(object, "region") {
                if region.trim().is_empty() {
                    self.add(object.path_to("region"), "must not be blank");
                }
                return (region, object.path_to("region"));
            }
        }
        self.add_required("configuration.region");
        (String::new(), "configuration.region".to_owned())
    }

    fn message(&mut self, queue: &Object<'_>) -> Message {
        let message = Message {
            body: self.body(queue),
            attributes: self.attributes(queue),
            message_group_id: self.optional_text(queue, "messageGroupId"),
            message_deduplication_id: self.optional_text(queue, "messageDeduplicationId"),
            delay_seconds: self.delay(queue),
            aws_trace_header: self.optional_text(queue, "awsTraceHeader"),
        };
        if self.is_fifo(queue) && message.message_group_id.is_none() {
            let problem = "is required where queue.type is fifo".to_owned();
            self.add_unless_known("queue.messageGroupId".to_owned(), problem);
        }
        message
    }

    fn body(&mut self, queue: &Object<'_>) -> String {
        let Some(json) = self.raw_field(queue, "messageBody") else {
            self.add_required("queue.messageBody");
            return String::new();
        };
        let body = if json.kind() == Kind::String {
            json.text().map_err(Into::into)
        } else {
            json.compact()
        };
        self.or_violation("queue.messageBody", body)
    }

    fn is_fifo(&mut self, queue: &Object<'_>) -> bool {
        let is = |value: &str, kind: Option<String>| {
            kind.is_some_and(|kind| kind.eq_ignore_ascii_case(value))
        };
        // An explicit null is no type, unlike one that is absent.
        if !queue.entries.iter().any(|(name, _)| name == "type") {
            return false;
        }
        let kind = self.text(queue, "type");
        let (is_fifo, is_standard) = (is("fifo", kind.clone()), is("standard", kind));
        if !is_fifo && !is_standard {
            self.add("queue.type", "must be standard or fifo");
        }
        is_fifo
    }

    fn delay(&mut self, queue: &Object<'_>) -> Option<u16> {
        let text = self.optional_text(queue, "delaySeconds")?;
        let seconds = text.parse().ok();
        if seconds.is_none() {
            self.add(
                "queue.delaySeconds",
                "must be a whole number of seconds from 0 to 900",
            );
        }
        seconds
    }

    fn attributes(&mut self, queue: &Object<'_>) -> Vec<Attribute> {
        let Some(json) = self.field(queue, "messageAttributes") else {
            return Vec::new();
        };
        let Some(attributes) = self.object(queue.path_to("messageAttributes"), json) else {
            return Vec::new();
        };
        let entries = attributes.entries.into_iter().enumerate();
        entries
            .map(|(index, (name, json))| match index {
                // Of more than there may be, the rest is counted.
                MAX_ATTRIBUTES.. => unread(name),
                _ => self.attribute(name, json.unwrapped()),
            })
            .collect()
    }

    fn attribute(&mut self, name: String, json: Json<'_>) -> Attribute {
        let path = attribute_path(&name);
        let wrong = unread(name);
        let Some(object) = self.object(path, json) else {
            return wrong;
        };
        let Some(data_type) = self.either_spelling(&object, "DataType", "dataType") else {
            self.add_required(object.path_to("DataType"));
            return wrong;
        };
        let (base, label) = match data_type.split_once('.') {
            Some((base, label)) => (base, Some(label.to_owned())),
            None => (data_type.as_str(), None),
        };
        // As for Camunda's connector, a value of another kind does not matter.
        let (upper, lower) = match base {
            "String" | "Number" => ("StringValue", "stringValue"),
            "Binary" => ("BinaryValue", "binaryValue"),
            _ => {
                self.add(
                    object.path_to("DataType"),
                    "must be String, Number or Binary, with an optional .label",
                );
                return wrong;
            }
        };
        let Some(text) = self.either_spelling(&object, upper, lower) else {
            self.add_required(object.path_to(upper));
            return wrong;
        };
        let value = match base {
            "String" => Value::String(text),
            "Number" => Value::Number(text),
            _ => Value::Binary(self.bytes(&object, &text)),
        };
        Attribute {
            value,
            label,
            ..wrong
        }
    }

    fn bytes(&mut self, attribute: &Object<'_>, base64: &str) -> Vec<u8> {
        let bytes = STANDARD
            .decode(base64)
            .map_err(|_| format!("must be base64: the {} bytes given are not", base64.len()));
        self.or_violation(&attribute.path_to("BinaryValue"), bytes)
    }

    /// A field of an attribute, as SQS spells it or in lower camel case.
    fn either_spelling(&mut self, object: &Object<'_>, upper: &str, lower: &str) -> Option<String> {
        let values = [self.text(object, upper), self.text(object, lower)];
        if values.iter().all(Option::is_some) {
            self.add(
                object.path_to(upper),
                format!("must not stand beside {lower}"),
            );
        }
        values.into_iter().flatten().next()
    }

    fn required_object<'j>(&mut self, object: &Object<'j>, name: &str) -> Object<'j> {
        let path = object.path_to(name);
        let found = self.field(object, name);
        if found.is_none() {
            self.add_required(path.as_str());
        }
        let read = found.and_then(|json| self.object(path.clone(), json));
        read.unwrap_or(Object {
            path,
            entries: Vec::new(),
        })
    }

    fn object<'j>(&mut self, path: String, json: Json<'j>) -> Option<Object<'j>> {
        if json.kind() != Kind::Object {
            self.add(
                path,
                format!("must be an object: is {}", json.kind().name()),
            );
            return None;
        }
        let entries = json.entries();
        if entries.is_none() {
            self.add(path.as_str(), NOT_TEXT);
        }
        entries.map(|entries| Object { path, entries })
    }

    /// A field that must not be an array, unless it is absent or null.
    fn field<'j>(&mut self, object: &Object<'j>, name: &str) -> Option<Json<'j>> {
        self.raw_field(object, name)
            .map(Json::unwrapped)
            .filter(|json| json.kind() != Kind::Null)
    }

    /// A field, unless it is absent or null.
    fn raw_field<'j>(&mut self, object: &Object<'j>, name: &str) -> Option<Json<'j>> {
        let mut found = object
            .entries
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, json)| *json);
        let first = found.next()?;
        if found.next().is_some() {
            self.add(object.path_to(name), "must be given once");
        }
        (first.kind() != Kind::Null).then_some(first)
    }

    /// The text of a field, unless it is absent or null.
    fn text(&mut self, object: &Object<'_>, name: &str) -> Option<String> {
        let json = self.field(object, name)?;
        let text = match json.kind() {
            Kind::String => json.text().map_err(Into::into),
            Kind::Number | Kind::Boolean => Ok(json.as_written().to_owned()),
            kind => Err(format!("must be a string: is {}", kind.name())),
        };
        Some(self.or_violation(&object.path_to(name), text))
    }

    /// The text of a field, unless it is absent, null or empty.
    fn optional_text(&mut self, object: &Object<'_>, name: &str) -> Option<String> {
        self.text(object, name).filter(|text| !text.is_empty())
    }

    fn required_text(&mut self, object: &Object<'_>, name: &str) -> String {
        self.text(object, name).unwrap_or_else(|| {
            self.add_required(object.path_to(name));
            String::new()
        })
    }

    fn flag(&mut self, object: &Object<'_>, name: &str) -> bool {
        match self.optional_text(object, name).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                self.add(object.path_to(name), "must be true or false");
                false
            }
        }
    }

    fn or_violation<T: Default>(&mut self, field: &str, value: Result<T, String>) -> T {
        value.unwrap_or_else(|problem| {
            self.add(field, problem);
            T::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::{Duration, UNIX_EPOCH};

    use serde_json::{Value as Variables, json};

    use super::*;
    use crate::exchange::{Moment, Step};
    use crate::vectors;

    /// When a call begins.
    fn start() -> Moment {
        Moment {
            time: UNIX_EPOCH,
            elapsed: Duration::ZERO,
        }
    }

    /// What leaves for a job: the server, the region that is signed for, the key id, and the form.
    struct Sent {
        server: String,
        scope: String,
        form: BTreeMap<String, String>,
    }

    fn sent(variables: &str) -> Sent {
        let mut job = match Job::from_json(variables, vectors::terms()) {
            Ok(job) => job,
            Err(violations) => panic!("{violations:?}"),
        };
        let Step::Send(request) = job.exchange.next(start()) else {
            panic!("nothing is sent")
        };
        let authorization = request.header("authorization").unwrap();
        let (_, scope) = authorization.split_once("Credential=").unwrap();
        let form = std::str::from_utf8(&request.body).unwrap();
        Sent {
            server: request.uri.to_string(),
            scope: scope.split_once("/sqs/").unwrap().0.to_owned(),
            form: form
                .split('&')
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap();
                    let value = value.replace('+', " ");
                    let value = percent_encoding::percent_decode_str(&value);
                    (name.to_owned(), value.decode_utf8().unwrap().into_owned())
                })
                .collect(),
        }
    }

    fn job() -> Variables {
        json!({
            "authentication": {"type": "credentials", "accessKey": "AKID", "secretKey": "s3cr3t"},
            "configuration": {"region": "us-east-1"},
            "queue": {"url": "https://sqs.example/1/orders", "messageBody": {"data": "ok"}},
        })
    }

    /// The job with a value in place of what stands at a path, or without it.
    fn with(pointer: &str, value: Variables) -> Variables {
        let mut job = job();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = job.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        parent.insert(name.to_owned(), value);
        job
    }

    fn without(pointer: &str) -> Variables {
        let mut job = job();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = job.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        parent.remove(name).unwrap();
        job
    }

    /// The job to a FIFO queue, with these fields.
    fn fifo_with(fields: Variables) -> Variables {
        let mut job = with("/queue/type", json!("fifo"));
        let Variables::Object(fields) = fields else {
            panic!("fields are an object")
        };
        job["queue"].as_object_mut().unwrap().extend(fields);
        job
    }

    fn problems(variables: &str) -> Vec<String> {
        match Job::from_json(variables, vectors::terms()) {
            Ok(_) => Vec::new(),
            Err(violations) => violations
                .into_iter()
                .map(|violation| format!("{} {}", violation.field, violation.problem))
                .collect(),
        }
    }

    fn body(json: &str) -> String {
        let job = job().to_string().replace(r#"{"data":"ok"}"#, json);
        sent(&job).form.remove("MessageBody").unwrap()
    }

    #[test]
    fn every_shape_of_authentication_is_read() {
        for authentication in [
            json!({"accessKey": "AKID", "secretKey": "s"}),
            json!({"type": "credentials", "accessKey": "AKID", "secretKey": "s"}),
            json!({"type": "something else", "accessKey": "AKID", "secretKey": "s"}),
            json!({"type": null, "accessKey": "AKID", "secretKey": "s", "nonce": 1}),
            json!([{"accessKey": ["AKID"], "secretKey": "s"}]),
        ] {
            let sent = sent(&with("/authentication", authentication).to_string());
            assert_eq!(sent.scope, "AKID/19700101/us-east-1");
            assert_eq!(sent.form["MessageBody"], r#"{"data":"ok"}"#);
        }
    }

    #[test]
    fn a_credential_wins_over_the_inline_identity_and_region_and_leaves_the_endpoint() {
        let mut job = with("/configuration/endpoint", json!("https://inline-endpoint"));
        job["awsCredential"] = json!({
            "authentication": {"accessKey": "CREDENTIAL", "secretKey": "s"}, "region": "eu-west-1"
        });
        for inline in [true, false] {
            if !inline {
                job.as_object_mut().unwrap().remove("authentication");
            }
            let sent = sent(&job.to_string());
            assert_eq!(sent.scope, "CREDENTIAL/19700101/eu-west-1");
            assert_eq!(sent.server, "https://inline-endpoint/");
        }
        job["awsCredential"] = json!({"authentication": {"accessKey": "A"}});
        assert_eq!(
            problems(&job.to_string()),
            [
                "awsCredential.authentication.secretKey is required",
                "awsCredential.region is required"
            ]
        );
    }

    #[test]
    fn the_default_chain_is_not_the_connector_s() {
        let job = with(
            "/authentication",
            json!({"type": "defaultCredentialsChain"}),
        );
        assert_eq!(
            problems(&job.to_string()),
            [
                "authentication must be credentials: the default credentials chain is the host's, which has not resolved it"
            ]
        );
    }

    #[test]
    fn temporary_keys_bring_their_token() {
        let job = with("/authentication/sessionToken", json!("t0k3n"));
        let Ok(mut job) = Job::from_json(&job.to_string(), vectors::terms()) else {
            panic!("refused")
        };
        let Step::Send(request) = job.exchange.next(start()) else {
            panic!("nothing is sent")
        };
        assert_eq!(request.header("x-amz-security-token"), Some("t0k3n"));
    }

    #[test]
    fn the_region_of_the_queue_counts_where_there_is_no_other() {
        let of = |configuration: Variables, queue: Variables| {
            let mut job = with("/queue/region", queue);
            job["configuration"] = configuration;
            job.to_string()
        };
        for (configuration, queue, region) in [
            (Variables::Null, json!("eu-west-1"), "eu-west-1"),
            (json!({}), json!("eu-west-1"), "eu-west-1"),
            (json!({"region": null}), json!("eu-west-1"), "eu-west-1"),
            (
                json!({"region": "eu-west-2"}),
                json!("eu-west-1"),
                "eu-west-2",
            ),
            (json!({"region": "eu-west-2"}), Variables::Null, "eu-west-2"),
        ] {
            let scope = sent(&of(configuration, queue)).scope;
            assert_eq!(scope, format!("AKID/19700101/{region}"));
        }
        assert_eq!(
            problems(&of(json!({"region": ""}), json!("eu-west-1"))),
            ["configuration.region must not be blank"]
        );
        assert_eq!(
            problems(&of(Variables::Null, json!(" "))),
            ["queue.region must not be blank"]
        );
        assert_eq!(
            problems(&of(json!({}), Variables::Null)),
            ["configuration.region is required"]
        );
    }

    #[test]
    fn an_endpoint_takes_the_request_unless_it_is_blank() {
        for (endpoint, server) in [
            (json!("http://localhost:4566"), "http://localhost:4566/"),
            (json!(""), "https://sqs.example/"),
            (json!("   "), "https://sqs.example/"),
            (Variables::Null, "https://sqs.example/"),
        ] {
            let sent = sent(&with("/configuration/endpoint", endpoint).to_string());
            assert_eq!(sent.server, server);
            assert_eq!(sent.form["QueueUrl"], "https://sqs.example/1/orders");
        }
    }

    #[test]
    fn a_string_is_sent_as_it_is_and_anything_else_as_compact_json() {
        for (json, wanted) in [
            (r#""I am a string value!""#, "I am a string value!"),
            (r#"" {\"a\" : 1} \u00e9""#, " {\"a\" : 1} é"),
            (
                r#" { "b" : 1.10, "a" : [ 1e10, null ] } "#,
                r#"{"b":1.10,"a":[1e10,null]}"#,
            ),
            (r#"["a"]"#, r#"["a"]"#),
            ("12345678901234567890.5", "12345678901234567890.5"),
            ("true", "true"),
            ("[]", "[]"),
        ] {
            assert_eq!(body(json), wanted);
        }
    }

    #[test]
    fn attributes_are_read_in_both_spellings_and_in_their_order() {
        let attributes = json!({
            "z": {"StringValue": "High", "DataType": "String"},
            "a": {"stringValue": 1.5, "dataType": "Number.float", "other": {}},
            "flag": {"StringValue": true, "DataType": "String.bool", "BinaryValue": null},
            "bytes": {"BinaryValue": "AAEC", "DataType": "Binary.png", "StringValue": "ignored"},
            "ignored": {"StringValue": "x", "DataType": "String", "BinaryValue": {}, "binaryValue": []},
        });
        let form = sent(&with("/queue/messageAttributes", attributes).to_string()).form;
        for (index, name, data_type, kind, value) in [
            (1, "z", "String", "String", "High"),
            (2, "a", "Number.float", "String", "1.5"),
            (3, "flag", "String.bool", "String", "true"),
            (4, "bytes", "Binary.png", "Binary", "AAEC"),
            (5, "ignored", "String", "String", "x"),
        ] {
            let key = format!("MessageAttribute.{index}");
            assert_eq!(form[&format!("{key}.Name")], name);
            assert_eq!(form[&format!("{key}.Value.DataType")], data_type);
            assert_eq!(form[&format!("{key}.Value.{kind}Value")], value);
        }
        for none in [json!({}), Variables::Null] {
            let form = sent(&with("/queue/messageAttributes", none).to_string()).form;
            assert!(!form.keys().any(|key| key.starts_with("MessageAttribute")));
        }
    }

    #[test]
    fn a_fifo_queue_gets_its_ids_and_a_standard_one_may_have_a_group() {
        let mut job = job();
        job["queue"]["type"] = json!("FIFO");
        job["queue"]["url"] = json!("https://sqs.example/1/orders.fifo");
        job["queue"]["messageGroupId"] = json!("messageGroupId");
        job["queue"]["messageDeduplicationId"] = json!("messageDeduplicationId");
        let form = sent(&job.to_string()).form;
        assert_eq!(form["MessageGroupId"], "messageGroupId");
        assert_eq!(form["MessageDeduplicationId"], "messageDeduplicationId");
        let Ok(read) = Job::from_json(&job.to_string(), vectors::terms()) else {
            panic!("refused")
        };
        assert!(read.is_deduplicated);

        let fair = with("/queue/messageGroupId", json!("tenant-1"));
        assert_eq!(sent(&fair.to_string()).form["MessageGroupId"], "tenant-1");
        for name in ["messageGroupId", "messageDeduplicationId"] {
            let empty = with(&format!("/queue/{name}"), json!(""));
            assert!(
                !sent(&empty.to_string())
                    .form
                    .keys()
                    .any(|key| key.starts_with("MessageG") || key.starts_with("MessageD"))
            );
        }
        let unused = with("/queue/messageDeduplicationId", json!("d"));
        assert_eq!(
            sent(&unused.to_string()).form["MessageDeduplicationId"],
            "d"
        );
        // The name of a queue alone does not make it one.
        let mut named = with("/queue/type", json!("fifo"));
        named["queue"]["messageGroupId"] = json!("g");
        assert_eq!(sent(&named.to_string()).form["MessageGroupId"], "g");
    }

    #[test]
    fn what_goes_beyond_camunda_s_connector_is_asked_for_by_name() {
        let mut job = job();
        job["queue"]["delaySeconds"] = json!("900");
        job["queue"]["awsTraceHeader"] = json!("Root=1-5759e988-bd862e3fe1be46a994272793");
        job["queue"]["extendedResponse"] = json!(true);
        let form = sent(&job.to_string()).form;
        assert_eq!(form["DelaySeconds"], "900");
        assert_eq!(
            form["MessageSystemAttribute.1.Value.StringValue"],
            "Root=1-5759e988-bd862e3fe1be46a994272793"
        );
        for (value, wanted) in [
            (json!(true), true),
            (json!("true"), true),
            (json!("false"), false),
            (json!(""), false),
            (Variables::Null, false),
        ] {
            job["queue"]["extendedResponse"] = value;
            job["queue"]["delaySeconds"] = json!(0);
            let read = Job::from_json(&job.to_string(), vectors::terms());
            assert_eq!(read.map(|job| job.extended_response).ok(), Some(wanted));
        }
    }

    #[test]
    fn what_is_not_known_does_not_matter() {
        let mut job = job();
        for pointer in ["", "/authentication", "/configuration", "/queue"] {
            let object = job.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
            object.insert("nonce".to_owned(), json!([{"a": 1}]));
        }
        assert_eq!(sent(&job.to_string()).form.len(), 4);
    }

    #[test]
    fn what_is_missing_is_named() {
        for (job, wanted) in [
            (without("/authentication"), "authentication is required"),
            (
                without("/authentication/accessKey"),
                "authentication.accessKey is required",
            ),
            (
                without("/authentication/secretKey"),
                "authentication.secretKey is required",
            ),
            (
                without("/configuration"),
                "configuration.region is required",
            ),
            (without("/queue"), "queue is required"),
            (without("/queue/url"), "queue.url is required"),
            (
                without("/queue/messageBody"),
                "queue.messageBody is required",
            ),
            (
                with("/queue/messageBody", Variables::Null),
                "queue.messageBody is required",
            ),
            (
                with("/queue/url", json!("")),
                "queue.url must be an absolute http or https url: the 0 bytes given are not",
            ),
            (
                with("/authentication/accessKey", json!("")),
                "authentication.accessKey must not be empty",
            ),
        ] {
            assert_eq!(problems(&job.to_string()), [wanted]);
        }
    }

    #[test]
    #[allow(clippy::too_many_lines)]
    fn what_is_wrong_is_named() {
        let attribute = |value: Variables| with("/queue/messageAttributes", json!({"a": value}));
        for (job, wanted) in [
            (
                with("/authentication", json!("AKID")),
                "authentication must be an object: is a string",
            ),
            (
                with("/authentication/accessKey", json!({})),
                "authentication.accessKey must be a string: is an object",
            ),
            (
                with("/authentication/secretKey", json!(["a", "b"])),
                "authentication.secretKey must be a string: is an array",
            ),
            (
                with("/authentication/secretKey", json!("  ")),
                "authentication.secretKey must be ascii without white space or control characters: byte 0 of 2 is not",
            ),
            (
                with("/configuration", json!([])),
                "configuration must be an object: is an array",
            ),
            (
                with("/configuration/endpoint", json!("localhost")),
                "configuration.endpoint must be an absolute http or https url: the 9 bytes given are not",
            ),
            (
                with("/configuration/region", json!("eu west")),
                "configuration.region must be ascii letters, digits and '-': byte 2 of 7 is not",
            ),
            (
                with("/queue", json!(5)),
                "queue must be an object: is a number",
            ),
            (
                with("/queue/type", Variables::Null),
                "queue.type must be standard or fifo",
            ),
            (
                with("/queue/type", json!("topic")),
                "queue.type must be standard or fifo",
            ),
            (
                with("/queue/type", json!("fifo")),
                "queue.messageGroupId is required where queue.type is fifo",
            ),
            (
                fifo_with(json!({"messageDeduplicationId": "d"})),
                "queue.messageGroupId is required where queue.type is fifo",
            ),
            (
                fifo_with(json!({"messageGroupId": ""})),
                "queue.messageGroupId is required where queue.type is fifo",
            ),
            (
                fifo_with(json!({"messageGroupId": {}})),
                "queue.messageGroupId must be a string: is an object",
            ),
            (
                fifo_with(
                    json!({"type": null, "messageGroupId": "g", "messageDeduplicationId": "d"}),
                ),
                "queue.type must be standard or fifo",
            ),
            (
                with("/queue/url", json!("https://sqs.example/1/q.fifo")),
                "queue.messageGroupId is required on a fifo queue",
            ),
            (
                with("/queue/messageBody", json!("")),
                "queue.messageBody must not be empty",
            ),
            (
                with("/queue/messageBody", json!("a\u{0}")),
                "queue.messageBody must not contain U+0000: byte 1 of 2",
            ),
            (
                with("/queue/messageGroupId", json!("a b")),
                "queue.messageGroupId must be ascii letters, digits and punctuation: character 1 of 3 is not",
            ),
            (
                with("/queue/delaySeconds", json!(901)),
                "queue.delaySeconds must be at most 900: is 901",
            ),
            (
                with("/queue/delaySeconds", json!(-1)),
                "queue.delaySeconds must be a whole number of seconds from 0 to 900",
            ),
            (
                with("/queue/delaySeconds", json!(1.5)),
                "queue.delaySeconds must be a whole number of seconds from 0 to 900",
            ),
            (
                with("/queue/extendedResponse", json!("yes")),
                "queue.extendedResponse must be true or false",
            ),
            (
                with("/queue/messageAttributes", json!("a")),
                "queue.messageAttributes must be an object: is a string",
            ),
            (
                attribute(Variables::Null),
                "queue.messageAttributes.a must be an object: is null",
            ),
            (
                attribute(json!("x")),
                "queue.messageAttributes.a must be an object: is a string",
            ),
            (
                attribute(json!({"StringValue": "x"})),
                "queue.messageAttributes.a.DataType is required",
            ),
            (
                attribute(json!({"DataType": "String"})),
                "queue.messageAttributes.a.StringValue is required",
            ),
            (
                attribute(json!({"DataType": "Binary", "StringValue": "x"})),
                "queue.messageAttributes.a.BinaryValue is required",
            ),
            (
                attribute(json!({"DataType": "Binary", "BinaryValue": "AAE"})),
                "queue.messageAttributes.a.BinaryValue must be base64: the 3 bytes given are not",
            ),
            (
                attribute(json!({"DataType": "Binary", "BinaryValue": ""})),
                "queue.messageAttributes.a.BinaryValue must not be empty",
            ),
            (
                attribute(json!({"DataType": "Text", "StringValue": "x"})),
                "queue.messageAttributes.a.DataType must be String, Number or Binary, with an optional .label",
            ),
            (
                attribute(json!({"DataType": "String.", "StringValue": "x"})),
                "queue.messageAttributes.a.DataType must not be empty",
            ),
            (
                attribute(json!({"DataType": "Number", "StringValue": "abc"})),
                "queue.messageAttributes.a.StringValue must be a decimal number: the 3 bytes given are not",
            ),
            (
                attribute(json!({"DataType": "String", "StringValue": ""})),
                "queue.messageAttributes.a.StringValue must not be empty",
            ),
            (
                attribute(json!({"DataType": "String", "StringValue": {}})),
                "queue.messageAttributes.a.StringValue must be a string: is an object",
            ),
            (
                attribute(json!({"DataType": "String", "StringValue": "x", "stringValue": "y"})),
                "queue.messageAttributes.a.StringValue must not stand beside stringValue",
            ),
            (
                with(
                    "/queue/messageAttributes",
                    json!({"a b": {"DataType": "String", "StringValue": "x"}}),
                ),
                "queue.messageAttributes.a b must be letters, digits, '_', '-' and '.': byte 1 of 3 is not",
            ),
        ] {
            assert_eq!(problems(&job.to_string()), [wanted]);
        }
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let job = json!({
            "authentication": {"secretKey": 5},
            "configuration": {"region": ""},
            "queue": {
                "type": "fifo", "messageBody": "", "delaySeconds": "soon",
                "messageAttributes": {"a": {"DataType": "Number", "StringValue": "x"}, "AWS.b": {}}
            },
        });
        assert_eq!(
            problems(&job.to_string()),
            [
                "authentication.accessKey is required",
                "configuration.region must not be blank",
                "queue.messageAttributes.AWS.b.DataType is required",
                "queue.delaySeconds must be a whole number of seconds from 0 to 900",
                "queue.messageGroupId is required where queue.type is fifo",
                "queue.url is required",
                "queue.messageBody must not be empty",
                "queue.messageAttributes.a.StringValue must be a decimal number: the 1 bytes given are not",
                "queue.messageAttributes.AWS.b must not begin with 'AWS.' or 'Amazon.' in any case",
            ]
        );
    }

    #[test]
    fn of_too_many_attributes_the_first_ten_are_looked_at() {
        let attributes: Variables = (0..20_000)
            .map(|index| (format!("a{index}"), json!("wrong")))
            .collect();
        let problems = problems(&with("/queue/messageAttributes", attributes).to_string());
        assert_eq!(problems.len(), 11);
        assert_eq!(
            problems[10],
            "queue.messageAttributes must be at most 10: are 20000"
        );
    }

    #[test]
    fn what_is_no_object_is_refused_as_a_whole() {
        for (text, wanted) in [
            ("", " must be json: line 1, column 0 is not"),
            ("{\"queue\":", " must be json: line 1, column 9 is not"),
            ("[]", " must be an object: is an array"),
            ("null", " must be an object: is null"),
            (
                r#"{"\ud800": 1}"#,
                " must have names of text: half of a surrogate pair is not",
            ),
        ] {
            assert_eq!(problems(text), [wanted]);
        }
        let deep = "[".repeat(1_000_000);
        assert_eq!(problems(&deep).len(), 1);
    }

    #[test]
    fn a_variable_that_is_given_twice_is_refused() {
        let twice = job()
            .to_string()
            .replace("\"queue\":", "\"queue\":{},\"queue\":");
        assert!(problems(&twice).contains(&"queue must be given once".to_owned()));
        let twice = job()
            .to_string()
            .replace("\"secretKey\":", "\"secretKey\":\"a\",\"secretKey\":");
        assert_eq!(
            problems(&twice),
            ["authentication.secretKey must be given once"]
        );
    }

    #[test]
    fn half_of_a_surrogate_pair_is_refused_where_it_stands() {
        for (json, wanted) in [
            (
                r#""\ud800""#,
                "queue.messageBody must be text: half of a surrogate pair is not",
            ),
            (
                r#"{"a":"\udc00"}"#,
                "queue.messageBody must be text: half of a surrogate pair is not",
            ),
        ] {
            let job = job().to_string().replace(r#"{"data":"ok"}"#, json);
            assert_eq!(problems(&job), [wanted]);
        }
    }

    #[test]
    fn no_problem_shows_a_value() {
        let job = json!({
            "authentication": {"accessKey": "m4rk3r ", "secretKey": "m4rk3r\n", "sessionToken": ["m4rk3r", 1]},
            "configuration": {"region": "m4rk3r!", "endpoint": "m4rk3r"},
            "queue": {
                "url": "m4rk3r", "type": "m4rk3r", "messageBody": "m4rk3r\u{0}", "messageGroupId": "m4rk3r ",
                "messageDeduplicationId": " m4rk3r", "delaySeconds": "m4rk3r", "awsTraceHeader": "m4rk3r\u{1}",
                "extendedResponse": "m4rk3r",
                "messageAttributes": {"a": {"DataType": "m4rk3r", "StringValue": "m4rk3r"}, "b": "m4rk3r"}
            },
        });
        let problems = problems(&job.to_string());
        assert!(problems.len() >= 13, "{problems:?}");
        assert!(!problems.concat().contains("m4rk3r"), "{problems:?}");
    }

    proptest::proptest! {
        #[test]
        fn no_variables_make_it_panic(text in "[\\[\\]{}\":,0-9a-z\\\\ ]*", body in ".*") {
            let _ = Job::from_json(&text, vectors::terms());
            let _ = Job::from_json(&with("/queue/messageBody", json!(body)).to_string(), vectors::terms());
        }
    }
}
