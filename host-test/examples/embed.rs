//! A connector embedded in a program of one's own.

use connector_host::{AttributeValue, Credentials, Host, Message, Queue, Retries, Timeouts};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let host = Host::builder()
        .allow("https://sqs.eu-west-1.amazonaws.com".parse()?)
        .build()?;
    let connector = host.load_file("sqs_connector.wasm")?;

    let queue = Queue::new("https://sqs.eu-west-1.amazonaws.com/123456789012/orders");
    let credentials = Credentials::new(
        std::env::var("AWS_ACCESS_KEY_ID")?,
        std::env::var("AWS_SECRET_ACCESS_KEY")?,
    );
    let message = Message::new(r#"{"order": 1}"#)
        .with_attribute("priority", AttributeValue::String("high".into()));

    let receipt = connector
        .send_message(
            &queue,
            &credentials,
            &message,
            Timeouts::default(),
            Retries::default(),
        )
        .await?;
    println!("{}", receipt.message_id);
    Ok(())
}
