//! What evaluations really take, beside what their limits say.

use feel::{Context, Engine, Expression, Limits, Value};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Expressions that make as much as they can of large variables: a text of `a`s, one of digits, one of letters
/// that grow, a list and a context.
const GREEDY: [&str; 60] = [
    "for i in 1..1000000 return text",
    "for i in 1..1000000 return {}",
    "for i in 1..1000000 return []",
    "for i in 1..1000000 return [1]",
    "for i in 1..1000000 return {a: 1}",
    "for i in 1..1000000 return [i]",
    "for i in 1..1000000 return i / 7",
    "for i in 1..1000000 return string(i)",
    "for i in 1..1000000 return now()",
    "for i in 1..1000000 return function(a) a + i",
    "for i in 1..1000000 return partial",
    "for i in 1..1000000 return [partial]",
    "for i in 1..1000000 return for j in 1..1000000 return j",
    "for i in 1..1000000 return upper case(text)",
    "for i in 1..1000000 return upper case(growing)",
    "for i in 1..1000000 return text + text",
    "for i in 1..1000000 return substring(text, 2)",
    "for i in 1..1000000 return replace(text, \"a\", \"bbbbbbbb\")",
    "for i in 1..1000000 return replace(text, \"a+\", replacement)",
    "for i in 1..1000000 return split(text, \"\")",
    "for i in 1..1000000 return extract(text, \"a\")",
    "for i in 1..1000000 return matches(\"a\", text)",
    "for i in 1..1000000 return matches(text, \"(a|aa)+$\")",
    "for i in 1..1000000 return matches(text, string(i))",
    "for i in 1..1000000 return matches(\"a\", classes, \"i\")",
    "for i in 1..1000000 return to base64(text)",
    "for i in 1..1000000 return to json([text, growing, list])",
    "for i in 1..1000000 return string([text, growing, list])",
    "for i in 1..1000000 return from json(nested)",
    "for i in 1..1000000 return from json(zeros)",
    "for i in 1..1000000 return get entries(context put({}, text, i))",
    "for i in 1..1000000 return context put(large, \"x\", i)",
    "for i in 1..1000000 return context put(large, [\"x\", \"y\", \"z\"], i)",
    "for i in 1..1000000 return context merge(large, {x: i})",
    "for i in 1..1000000 return get entries(large)",
    "for i in 1..1000000 return context(get entries(large))",
    "for i in 1..1000000 return context merge(list)",
    "for i in 1..1000000 return append(list, i)",
    "for i in 1..1000000 return concatenate(list, list)",
    "for i in 1..1000000 return reverse(list)",
    "for i in 1..1000000 return sublist(list, 2)",
    "for i in 1..1000000 return partition(list, 1)",
    "for i in 1..1000000 return flatten([list, [list]])",
    "for i in 1..1000000 return union(list, [i])",
    "for i in 1..1000000 return index of(list, 0)",
    "for i in 1..1000000 return list[item = 0]",
    "for i in 1..1000000 return [list.x, list.y]",
    "for i in 1..1000000 return sort(list, function(a, b) a < b)",
    "for i in 1..1000000 return string join([text, text, text])",
    "for i in 1..1000000 return string join([text], text, text, text)",
    "for i in 1..1000000 return mode(list)",
    "for i in 1..1000000 return number(digits)",
    "for i in 1..1000000 return duration(digits)",
    "for i in 1..1000000 return date and time(digits)",
    "for i in 1..1000000 return decimal(1 / 3, 120)",
    "for i in 1..1000000 return missing(text)",
    "for i in 1..1000000 return get value(large, text)",
    "for i in 1..1000000 return text < text",
    "for i in 1..1000000 return list = list",
    "for i in 1..1000000 return min([list])",
];

#[test]
fn an_evaluation_takes_no_more_than_twice_its_limit() {
    let limits = Limits::default()
        .with_steps(300_000)
        .with_memory(4 << 20)
        .with_value_size(1 << 20);
    let engine =
        Engine::new(|| "2026-11-22T10:00:00[Europe/Berlin]".parse().unwrap()).with_limits(limits);
    let large: Context = (0..2_000_i64)
        .map(|index| (index.to_string(), index))
        .collect();
    let variables = Context::from_iter([
        ("text", Value::from("a".repeat(500_000))),
        ("growing", "\u{390}".repeat(200_000).into()),
        ("digits", "9".repeat(500_000).into()),
        ("replacement", "$0".repeat(10_000).into()),
        ("classes", "\\pL".repeat(1_000).into()),
        ("nested", format!("[{}[]]", "[],".repeat(100_000)).into()),
        ("zeros", format!("[{}0]", "0,".repeat(200_000)).into()),
        ("list", vec![Value::from(0); 20_000].into()),
        ("large", large.into()),
    ]);
    for source in GREEDY {
        let expression = Expression::parse(source).unwrap_or_else(|error| panic!("{error:#}"));
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        drop(engine.evaluate(&expression, &variables));
        let peak = MEMORY.peak_usage().saturating_sub(before);
        assert!(peak < 8 << 20, "{source}: {peak} bytes");
        assert!(
            MEMORY.current_usage() < before + (1 << 20),
            "{source} keeps memory"
        );
    }
}
