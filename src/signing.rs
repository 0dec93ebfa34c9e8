//! AWS Signature Version 4, by AWS's own crate.
//!
//! Signed are the content type, the host, the date, the session token where there is one, and the
//! body, as AWS's SDKs for the Query protocol did. The clock is an argument.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::time::SystemTime;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use http::header::CONTENT_TYPE;

use crate::credentials::Credentials;
use crate::error::Violation;

/// The name that SQS goes by in a signature.
const SERVICE: &str = "sqs";

/// Signs a request, for a region, as of a moment.
///
/// The headers that carry the signature replace those of an earlier attempt.
///
/// # Errors
/// The argument that cannot be signed with. None is known that passes validation.
pub fn sign_request(
    request: &mut http::Request<Vec<u8>>,
    credentials: &Credentials,
    region: &str,
    time: SystemTime,
) -> Result<(), Violation> {
    let identity = aws_credential_types::Credentials::new(
        credentials.access_key_id.as_str(),
        credentials.secret_access_key.as_str(),
        credentials.session_token.clone(),
        None,
        "call",
    )
    .into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(SERVICE)
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| Violation::new("credentials", "cannot be used to sign"))?
        .into();
    let content_type = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(|value| ("content-type", value));
    let uri = request.uri().to_string();
    let signable = SignableRequest::new(
        request.method().as_str(),
        uri,
        content_type.into_iter(),
        SignableBody::Bytes(request.body()),
    )
    .map_err(|_| Violation::new("queue", "has an address that cannot be signed"))?;
    let (instructions, _) = sign(signable, &params)
        .map_err(|_| Violation::new("credentials", "cannot be used to sign"))?
        .into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{query, vectors};

    /// The value of a header, as text.
    fn header<'a>(request: &'a http::Request<Vec<u8>>, name: &str) -> &'a str {
        request
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    #[test]
    fn signatures_equal_those_of_aws_own_sdk() {
        for golden in vectors::requests() {
            let mut request = http::Request::post(&golden.url)
                .header(CONTENT_TYPE, query::CONTENT_TYPE)
                .header("user-agent", "not signed")
                .body(golden.form.clone().into_bytes())
                .unwrap();
            sign_request(
                &mut request,
                &golden.credentials,
                vectors::REGION,
                vectors::time(),
            )
            .unwrap();
            assert_eq!(
                header(&request, "authorization"),
                format!(
                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/sqs/aws4_request, \
                     SignedHeaders={}, Signature={}",
                    golden.signed_headers, golden.signature
                ),
                "{}",
                golden.name
            );
            assert_eq!(header(&request, "x-amz-date"), "20260102T030405Z");
            let token = golden.credentials.session_token.as_deref();
            assert_eq!(
                header(&request, "x-amz-security-token"),
                token.unwrap_or("")
            );
        }
    }

    #[test]
    fn signing_again_replaces_the_first_signature() {
        let golden = &vectors::requests()[0];
        let mut request = http::Request::post(&golden.url)
            .header(CONTENT_TYPE, query::CONTENT_TYPE)
            .body(golden.form.clone().into_bytes())
            .unwrap();
        let mut sign_at = |time| {
            sign_request(&mut request, &golden.credentials, vectors::REGION, time).unwrap();
            assert_eq!(request.headers().get_all("authorization").iter().count(), 1);
            header(&request, "authorization").to_owned()
        };
        let earlier = sign_at(vectors::time() - std::time::Duration::from_mins(1));
        let golden_signature = sign_at(vectors::time());
        assert_ne!(earlier, golden_signature);
        assert!(golden_signature.ends_with(&golden.signature));
    }
}
