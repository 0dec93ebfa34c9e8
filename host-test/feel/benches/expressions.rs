//! What expressions take, and what the same take in feelin, the JavaScript engine of FEEL, in the same run:
//! `make bench`. Without the environment variable `FEELIN`, the folder that feelin is installed in, it is left out.

use std::hint::black_box;
use std::io::Write as _;
use std::process::{Command, Stdio};

use criterion::Criterion;
use feel::jiff::Zoned;
use feel::{Context, Engine, Expression};
use serde_json::{Value as Json, json};

const VARIABLES: &str = r#"{
  "response": {"messageId": "219f8380-5770-4cc2-8c3e-5c715e145f5e"},
  "order": {"id": 42, "customer": "Zoë", "items": [
    {"sku": "A", "qty": 1, "price": 2.5}, {"sku": "B", "qty": 3, "price": 10}, {"sku": "C", "qty": 2, "price": 19.9}
  ]},
  "error": {"code": "404", "message": "no queue"}
}"#;

const ATTRIBUTES: &str = r#"{
  "timestamp":{
    "StringValue":today(),
    "DataType":"String"
  },
  "messageSubmittedBy":{
    "StringValue":"user12345",
    "DataType":"String"
  }
}"#;

const RESULT: &str = r#"{
  "createdMessageID": response.messageId
}"#;

const EXPRESSIONS: [(&str, &str); 5] = [
    ("message attributes", ATTRIBUTES),
    ("result expression", RESULT),
    (
        "error expression",
        r#"if error.code = "404" then {code: "QUEUE_MISSING", text: error.message} else null"#,
    ),
    (
        "filter and sum",
        "sum(for i in order.items[qty > 1] return i.qty * i.price)",
    ),
    ("a loop of 1000", "count(for i in 1..1000 return i * i)"),
];

fn main() {
    let mut criterion = Criterion::default().without_plots().configure_from_args();
    let now: Zoned = "2026-11-22T10:00:00[Etc/UTC]".parse().unwrap();
    let engine = Engine::new(move || now.clone());
    let variables = Context::from_json(VARIABLES).unwrap();
    for (name, source) in EXPRESSIONS {
        let expression = Expression::parse(source).unwrap();
        let mut group = criterion.benchmark_group(name);
        group.bench_function("parse", |bencher| {
            bencher.iter(|| Expression::parse(black_box(source)).unwrap());
        });
        group.bench_function("evaluate", |bencher| {
            bencher.iter(|| engine.evaluate(black_box(&expression), &variables).unwrap());
        });
        group.finish();
    }
    criterion.final_summary();
    // Only a whole run has all the figures.
    if std::env::args().any(|argument| argument == "--bench") {
        print_table(feelin().as_deref());
    }
}

/// The nanoseconds that criterion found.
fn nanoseconds(name: &str, what: &str) -> Option<f64> {
    let folder = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "../../target".into());
    let file = std::path::Path::new(&folder)
        .join("criterion")
        .join(name)
        .join(what)
        .join("new/estimates.json");
    let estimates: Json = serde_json::from_str(&std::fs::read_to_string(file).ok()?).ok()?;
    estimates["median"]["point_estimate"].as_f64()
}

/// The nanoseconds that feelin takes to read and evaluate each expression, which it does in one.
fn feelin() -> Option<Vec<f64>> {
    let folder = std::env::var_os("FEELIN")?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/feelin.mjs");
    let mut node = Command::new("node")
        .arg(script)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs");
    let variables: Json = serde_json::from_str(VARIABLES).unwrap();
    let request =
        json!({"variables": variables, "expressions": EXPRESSIONS.map(|(_, source)| source)});
    node.stdin
        .take()
        .unwrap()
        .write_all(request.to_string().as_bytes())
        .unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "feelin failed");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn print_table(feelin: Option<&[f64]>) {
    println!(
        "\n| expression | parse | evaluate | both | feelin, both | ratio |\n|---|--:|--:|--:|--:|--:|"
    );
    let mut seed = 0.0;
    for (index, (name, _)) in EXPRESSIONS.iter().enumerate() {
        let (Some(parse), Some(evaluate)) =
            (nanoseconds(name, "parse"), nanoseconds(name, "evaluate"))
        else {
            println!("| {name} | not measured |");
            continue;
        };
        let both = parse + evaluate;
        if index < 2 {
            seed += both;
        }
        let other = feelin.map(|feelin| feelin[index]);
        let (other, ratio) = other.map_or(("-".to_owned(), "-".to_owned()), |other| {
            (microseconds(other), format!("{:.0}", other / both))
        });
        let [parse, evaluate, both] = [parse, evaluate, both].map(microseconds);
        println!("| {name} | {parse} | {evaluate} | {both} | {other} | {ratio} |");
    }
    println!("\nThe first two together: {}", microseconds(seed));
}

fn microseconds(nanoseconds: f64) -> String {
    format!("{:.2} µs", nanoseconds / 1_000.0)
}
