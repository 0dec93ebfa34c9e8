//! Reads any text as an expression and evaluates what can be read. It must not panic, take more than 64 MiB, or
//! hang; what it yields must become JSON in every style and a text that says where.

#![no_main]

use std::sync::LazyLock;

use feel::{Context, Engine, Expression, FunctionError, JsonStyle};
use libfuzzer_sys::fuzz_target;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    Engine::new(|| "2026-11-22T14:26:52.263667932[Europe/Berlin]".parse().unwrap())
        .with_random(|bytes| bytes.fill(7))
        .with_function("same", &["value"], |arguments| Ok(arguments[0].clone()))
        .with_function("fail", &[], |_| Err(FunctionError::Null("out of order".to_owned())))
});

static VARIABLES: LazyLock<Context> = LazyLock::new(|| {
    let text = r#"{
      "order": {"id": 42, "total": 19.9, "customer": {"name": "Zoë \"Q\""}, "tags": ["a", "b"], "with space": "ok"},
      "items": [{"sku": "A", "qty": 1, "price": 2.5}, {"sku": "B", "qty": 3, "price": 10}],
      "nums": [1, 2, 3, 4], "x": 5, "big": 12345678901234567890, "nothing": null, "flag": true, "s": "😀 text",
      "json": "{\"a\": [1, {\"b\": 2e300}]}", "when": "2026-11-22T10:00:00@Europe/Berlin"
    }"#;
    Context::from_json(text).unwrap()
});

fuzz_target!(|source: &str| {
    let (engine, variables) = (&*ENGINE, &*VARIABLES);
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let shown = match Expression::parse(source) {
        Ok(expression) => match engine.evaluate(&expression, variables) {
            Ok(evaluation) => {
                for style in [JsonStyle::Engine, JsonStyle::Connector, JsonStyle::Text] {
                    // Only a number that JSON has no form for is refused.
                    if let Ok(json) = serde_json::to_vec(&evaluation.value.json(style)) {
                        assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&json).is_ok());
                    }
                }
                evaluation.warnings.iter().map(|warning| format!("{warning:#}").len()).sum()
            }
            Err(error) => format!("{error:#}").len(),
        },
        Err(error) => format!("{error:#}").len(),
    };
    assert!(shown < 1 << 20);
    let peak = MEMORY.peak_usage().saturating_sub(before);
    assert!(peak < 64 << 20, "{peak} bytes");
});
