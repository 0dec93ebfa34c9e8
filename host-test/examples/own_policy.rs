//! A policy of your own over what leaves, beside the allow-list.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use connector_host::http::Method;
use connector_host::{EgressRequest, Host};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Somebody may want to stop all sending at once, without a restart.
    let is_open = Arc::new(AtomicBool::new(true));
    let switch = Arc::clone(&is_open);

    let host = Host::builder()
        .allow("aws:sqs:eu-west-1".parse()?)
        .policy(move |request: EgressRequest<'_>| {
            is_open.load(Ordering::Relaxed) && request.method == Method::POST
        })
        .build()?;
    let _connector = host.load_file("sqs_connector.wasm")?;

    // From here on, a message is refused as if its server were not allowed: unreachable, denied by the host.
    switch.store(false, Ordering::Relaxed);
    Ok(())
}
