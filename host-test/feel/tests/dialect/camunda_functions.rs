//! Each built-in function as Camunda documents it, with data of our own.

use crate::support::{NOW, feel};

#[track_caller]
fn all(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(expression, value)| feel(expression) != *value)
        .map(|(expression, value)| {
            format!(
                "{expression}\n  expected {value}\n  found    {}",
                feel(expression)
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn boolean_functions() {
    all(&[
        ("not(false)", "true"),
        ("not(null)", "null"),
        ("not(1)", "null"),
        ("is defined(0)", "true"),
        ("is defined(null)", "false"),
        ("is defined(missing)", "false"),
        ("is defined(missing.too)", "false"),
        ("get or else(\"given\", \"default\")", "\"given\""),
        ("get or else(null, \"default\")", "\"default\""),
        ("get or else(null, null)", "null"),
        ("assert(4, 4 >= 0)", "4"),
        (
            "assert(missing, missing != null)",
            "error: assertion failed: the condition is not fulfilled",
        ),
        (
            "assert(-1, -1 >= 0, \"must be positive\")",
            "error: assertion failed: must be positive",
        ),
        (
            "{a: [assert(1, false)]}",
            "error: assertion failed: the condition is not fulfilled",
        ),
        ("fromAi(7)", "7"),
        ("fromAi(7, \"a number\")", "7"),
        ("fromAi(value: 7, type: \"number\")", "7"),
        ("fromAi(7, null, \"number\", {minimum: 1})", "7"),
        ("fromAi(value: 7, options: {required: false})", "7"),
    ]);
}

#[test]
fn context_functions() {
    all(&[
        ("get value({city: \"Łódź\"}, \"city\")", "\"Łódź\""),
        ("get value({city: 1}, \"town\")", "null"),
        ("get value(m: {city: 1}, key: \"city\")", "1"),
        ("get value({a: 1, b: {c: 0}}, [\"b\", \"c\"])", "0"),
        ("get value({a: {b: {c: 0}}}, [\"a\", \"b\"])", "{c:0}"),
        ("get value({a: {b: 3}}, [\"b\"])", "null"),
        ("get value({a: {b: 3}}, [])", "null"),
        ("get value(context: {a: {b: 3}}, keys: [\"a\", \"b\"])", "3"),
        ("get entries({id: 7})", "[{key:\"id\", value:7}]"),
        ("get entries({c: 1, a: 2}).key", "[\"c\", \"a\"]"),
        ("get entries(m: {id: 7})", "[{key:\"id\", value:7}]"),
        ("context put({a: 1}, \"b\", 2)", "{a:1, b:2}"),
        ("context put({a: 1, b: 2}, \"a\", 3)", "{a:3, b:2}"),
        ("context put({a: 1}, [\"b\"], 2)", "{a:1, b:2}"),
        (
            "context put({a: 1, b: {c: 0, d: 1}}, [\"b\", \"c\"], 2)",
            "{a:1, b:{c:2, d:1}}",
        ),
        ("context put({a: 1}, [\"b\", \"c\"], 2)", "{a:1, b:{c:2}}"),
        ("context put({a: 1}, [\"a\", \"c\"], 2)", "{a:{c:2}}"),
        ("context put({a: 1}, [], 2)", "null"),
        ("context put({a: 1}, null, 2)", "null"),
        ("context put({a: 1}, [1], 2)", "null"),
        ("context put({}, \"a\", missing)", "{a:null}"),
        ("put({a: 1}, \"b\", 2)", "{a:1, b:2}"),
        ("context merge([{a: 1}, {b: 2}])", "{a:1, b:2}"),
        (
            "context merge({a: 1, b: 0}, {b: 2, c: 3})",
            "{a:1, b:2, c:3}",
        ),
        ("context merge({a: 1})", "{a:1}"),
        ("context merge({}, 1)", "null"),
        ("context merge(contexts: [{a: 1}, {b: 2}])", "{a:1, b:2}"),
        ("put all({a: 1}, {b: 2})", "{a:1, b:2}"),
        (
            "context([{\"key\": \"b\", \"value\": 1}, {\"key\": \"a\", \"value\": 2}])",
            "{b:1, a:2}",
        ),
        ("context([{key: \"a\"}])", "null"),
        ("context([1])", "null"),
    ]);
}

#[test]
fn conversion_functions() {
    all(&[
        ("string(1.1)", "\"1.1\""),
        ("string(date(\"2026-11-22\"))", "\"2026-11-22\""),
        ("string(null)", "null"),
        ("string(\"a\")", "\"a\""),
        (
            "string([\"a\", null, {b: \"c\"}])",
            "\"[\"a\", null, {b:\"c\"}]\"",
        ),
        ("string(@\"-PT2M30S\")", "\"-PT2M30S\""),
        ("string(@\"PT0H\")", "\"P0D\""),
        ("string(@\"P0M\")", "\"P0Y\""),
        ("string(0.0000001)", "\"1E-7\""),
        ("number(\"1500.5\")", "1500.5"),
        ("number(\"1e3\")", "1E+3"),
        ("number(\"x\")", "null"),
        ("number(\"\")", "null"),
        ("number(null)", "null"),
        ("number(\"1,500\", \",\")", "1500"),
        ("number(\"1 500,5\", \" \", \",\")", "1500.5"),
        ("number(\"1500,5\", null, \",\")", "1500.5"),
        ("number(\"1.500\", \".\", null)", "1500"),
        ("number(\"1x500\", \"x\")", "null"),
        ("number(\"1.500\", \".\", \".\")", "null"),
    ]);
}

#[test]
fn conversion_functions_of_dates_and_times() {
    all(&[
        ("date(\"2026-\" + \"11-22\")", "2026-11-22"),
        ("date(date and time(\"2026-11-22T11:00:00\"))", "2026-11-22"),
        ("date(2026, 11, 22)", "2026-11-22"),
        ("date(2026, 6, 31)", "null"),
        ("date(99999, 1, 1)", "null"),
        ("time(\"12:00:00\")", "12:00:00"),
        ("time(\"12:00Z\")", "null"),
        ("time(\"24:00:00\")", "00:00:00"),
        (
            "time(\"12:00\" + \":30@Europe/Paris\")",
            "12:00:30@Europe/Paris",
        ),
        ("time(date and time(\"2026-11-22T11:00:00\"))", "11:00:00"),
        (
            "time(date and time(\"2026-11-22T11:00:00+01:00\"))",
            "11:00:00+01:00",
        ),
        ("time(date(\"2026-11-22\"))", "00:00:00Z"),
        ("time(23, 59, 0)", "23:59:00"),
        ("time(23, 59, 1.5)", "23:59:01.5"),
        ("time(24, 0, 0)", "null"),
        ("time(14, 30, 0, duration(\"PT1H\"))", "14:30:00+01:00"),
        ("time(14, 30, 0, null)", "14:30:00"),
        ("time(14, 30, 0, duration(\"PT20H\"))", "null"),
        (
            "date and time(\"2026-04-29T\" + \"09:30:00\")",
            "2026-04-29T09:30:00",
        ),
        (
            "date and time(\"2026-04-29T\" + \"09:30:00+02:00\")",
            "2026-04-29T09:30:00+02:00",
        ),
        (
            "date and time(\"2026-04-29T09:30:00@Europe/Berlin\")",
            "2026-04-29T09:30:00@Europe/Berlin",
        ),
        (
            "date and time(\"2026-04-29T09:30:00+02:00[Europe/Berlin]\")",
            "2026-04-29T09:30:00@Europe/Berlin",
        ),
        ("date and time(\"2026-06-31T10:00:00\")", "null"),
        (
            "date and time(date(\"2026-12-24\"), time(\"T23:59:00\"))",
            "2026-12-24T23:59:00",
        ),
        (
            "date and time(date(\"2026-12-24\"), time(\"23:59:00+01:00\"))",
            "2026-12-24T23:59:00+01:00",
        ),
        (
            "date and time(date(\"2026-07-24\"), time(\"23:59:00@Europe/Paris\"))",
            "2026-07-24T23:59:00@Europe/Paris",
        ),
        (
            "date and time(date and time(\"2026-12-25T11:00:00Z\"), time(\"23:59:00\"))",
            "2026-12-25T23:59:00",
        ),
        (
            "date and time(@\"2026-07-31T14:27:30@Europe/Berlin\", \"America/Los_Angeles\")",
            "2026-07-31T05:27:30@America/Los_Angeles",
        ),
        (
            "date and time(@\"2026-07-31T14:27:30@Europe/Berlin\", \"Z\")",
            "2026-07-31T12:27:30Z",
        ),
        (
            "date and time(@\"2026-07-31T14:27:30\", \"Z\")",
            "2026-07-31T14:27:30Z",
        ),
        (
            "date and time(@\"2026-07-31T14:27:30\", \"Nowhere\")",
            "null",
        ),
        ("duration(\"P5\" + \"D\")", "P5D"),
        ("duration(\"P32\" + \"Y\")", "P32Y"),
        ("duration(\"pt1h\")", "PT1H"),
        ("duration(\"pt1\" + \"h\")", "null"),
        ("string(duration(\"PT1,5S\") - @\"PT0.5S\")", "\"PT1S\""),
        (
            "years and months duration(date(\"2011-12-22\"), date(\"2013-08-24\"))",
            "P1Y8M",
        ),
        (
            "years and months duration(date(\"2013-08-24\"), date(\"2011-12-22\"))",
            "-P1Y8M",
        ),
        (
            "years and months duration(date(\"2026-01-31\"), date(\"2026-02-28\"))",
            "P0Y",
        ),
        (
            "years and months duration(date(\"2026-01-01\"), @\"2026-03-01T00:00:00Z\")",
            "P2M",
        ),
    ]);
}

#[test]
fn conversion_functions_of_json() {
    all(&[
        (
            "from json(\"{\\\"b\\\": \\\"x\\\", \\\"a\\\": [true, null]}\")",
            "{b:\"x\", a:[true, null]}",
        ),
        ("from json(\"{\\\"a\\\": 1}\").a = 1", "true"),
        ("string(from json(\"1\"))", "\"1.0\""),
        ("from json(\"\\\"2026-06-14\\\"\")", "\"2026-06-14\""),
        ("from json(\"invalid\")", "null"),
        ("from json(\"[1] 2\")", "null"),
        ("from json(null)", "null"),
        (
            "to json({a: 1, b: [2.5, null, \"c\"]})",
            "\"{\"a\":1,\"b\":[2.5,null,\"c\"]}\"",
        ),
        ("to json(@\"2026-06-14\")", "\"\"2026-06-14\"\""),
        (
            "to json(@\"2026-11-24T10:00:00@Europe/Berlin\")",
            "\"\"2026-11-24T10:00:00+01:00[Europe/Berlin]\"\"",
        ),
        (
            "to json(@\"10:00:00@Europe/Berlin\")",
            "\"\"10:00:00+01:00[Europe/Berlin]\"\"",
        ),
        ("to json(@\"P3Y\")", "\"\"P3Y\"\""),
        ("to json(@\"P1DT2H\")", "\"\"PT26H\"\""),
    ]);
}

#[test]
fn list_functions() {
    all(&[
        ("list contains([4, 5], 5)", "true"),
        ("list contains([4, null], null)", "true"),
        ("list contains([4, {a: [1]}], {a: [1.0]})", "true"),
        ("count([4, 5, 6])", "3"),
        ("count(null)", "null"),
        ("min([4, 2, 6])", "2"),
        ("min(4, 2, 6)", "2"),
        ("min([])", "null"),
        ("min([\"b\", \"a\"])", "\"a\""),
        ("min([@\"2026-02-01\", @\"2026-01-01\"])", "2026-01-01"),
        ("min([1, \"a\"])", "null"),
        ("min([true])", "null"),
        ("min()", "null"),
        ("max([4, 2, 6])", "6"),
        ("max(4, 2, 6)", "6"),
        ("sum([4, 2, 6])", "12"),
        ("sum(0.1, 0.2)", "0.3"),
        ("sum([])", "null"),
        ("sum([1, \"a\"])", "null"),
        ("product(2, 3, 4)", "24"),
        ("product([])", "null"),
        ("mean([1, 2])", "1.5"),
        ("mean([])", "null"),
        ("median(8, 2, 5, 3, 4)", "4"),
        ("median([6, 1, 2, 3])", "2.5"),
        ("median([])", "null"),
        ("stddev(2, 4, 7, 5)", "2.0816659994661326"),
        ("stddev([2])", "null"),
        ("mode(6, 3, 9, 6, 6)", "[6]"),
        ("mode([6, 1, 9, 6, 1])", "[1, 6]"),
        ("mode([])", "[]"),
        ("all([true, false])", "false"),
        ("all(false, null, true)", "false"),
        ("all(true, null)", "null"),
        ("all([])", "true"),
        ("all(0)", "null"),
        ("and(true, true)", "true"),
        ("any([false, true])", "true"),
        ("any(false, null, true)", "true"),
        ("any(false, null)", "null"),
        ("any([])", "false"),
        ("or([false, false])", "false"),
        ("sublist([4, 5, 6], 2)", "[5, 6]"),
        ("sublist([4, 5, 6], -2)", "[5, 6]"),
        ("sublist([4, 5, 6], 1, 2)", "[4, 5]"),
        (
            "sublist(list: [4, 5, 6], start position: 2, length: 1)",
            "[5]",
        ),
        ("sublist([4, 5, 6], 9)", "[]"),
        ("sublist([4, 5, 6], 0)", "null"),
        ("insert before([4, 6], 0, 5)", "null"),
        ("remove([4, 5, 6], 0)", "null"),
        ("string join([\"a\"], \",\", \"[\", null)", "null"),
        ("append([4], 5, 6)", "[4, 5, 6]"),
        ("append([4], [5])", "[4, [5]]"),
        ("append([], [1])[1][1]", "1"),
        ("concatenate([4, 5], [6])", "[4, 5, 6]"),
        ("concatenate([4], 5)", "[4, 5]"),
        ("insert before([4, 6], 1, 5)", "[5, 4, 6]"),
        ("insert before([4, 6], -1, 5)", "[4, 5, 6]"),
        ("remove([4, 5, 6], 2)", "[4, 6]"),
        ("remove([4, 5, 6], -1)", "[4, 5]"),
        ("reverse([4, 5, 6])", "[6, 5, 4]"),
        ("index of([4, 5, 6, 5], 5)", "[2, 4]"),
        ("index of([4], 5)", "[]"),
        ("union([4, 5], [5, 6])", "[4, 5, 6]"),
        ("distinct values([4, 5, 4.0, null, null])", "[4, 5, null]"),
        ("duplicate values([4, 5, 6, 5, 4])", "[4, 5]"),
        ("flatten([[4, 5], [[6]], 7])", "[4, 5, 6, 7]"),
        (
            "sort(list: [3, 1, 4, 5, 2], precedes: function(x, y) x < y)",
            "[1, 2, 3, 4, 5]",
        ),
        (
            "sort([{n: 1, k: 1}, {n: 2, k: 1}, {n: 3, k: 0}], function(x, y) x.k < y.k).n",
            "[3, 1, 2]",
        ),
        ("sort([1, 2], function(x) true)", "null"),
        ("sort([1, 2], function(x, y) 1)", "null"),
        ("count(sort([1, 2, 3, 4, 5], function(x, y) true))", "5"),
        ("string join([\"a\", \"b\", null])", "\"ab\""),
        ("string join([\"a\", \"b\"], \", \")", "\"a, b\""),
        ("string join([\"a\", \"b\"], null)", "\"ab\""),
        (
            "string join([\"a\", \"b\"], \", \", \"[\", \"]\")",
            "\"[a, b]\"",
        ),
        ("string join([\"a\", 1])", "null"),
        ("string join([], \",\")", "\"\""),
        ("is empty([])", "true"),
        ("is empty([null])", "false"),
        ("partition([1, 2, 3, 4, 5], 2)", "[[1, 2], [3, 4], [5]]"),
        ("partition([], 2)", "[]"),
        ("partition([1], 0)", "null"),
    ]);
}

#[test]
fn number_functions() {
    all(&[
        ("decimal(1 / 3, 2)", "0.33"),
        ("decimal(1.5, 0)", "2"),
        ("decimal(2.5, 0)", "2"),
        ("decimal(2.5, 0, \"half_up\")", "3"),
        ("decimal(2.5, 0, \"UNNECESSARY\")", "null"),
        ("decimal(2.0, 0, \"UNNECESSARY\")", "2"),
        ("decimal(2.5, 0, \"sideways\")", "null"),
        ("decimal(1234, -2)", "1.2E+3"),
        ("decimal(1, 3)", "1.000"),
        ("decimal(1, 99999999)", "null"),
        ("floor(1.5)", "1"),
        ("floor(-1.56, 1)", "-1.6"),
        ("ceiling(1.5)", "2"),
        ("ceiling(-1.56, 1)", "-1.5"),
        ("round up(5.5, 0)", "6"),
        ("round up(5.5)", "6"),
        ("round up(-1.126, 2)", "-1.13"),
        ("round down(5.5, 0)", "5"),
        ("round down(-1.126, 2)", "-1.12"),
        ("round half up(5.5, 0)", "6"),
        ("round half up(-1.126, 2)", "-1.13"),
        ("round half down(5.5, 0)", "5"),
        ("round half down(-1.126, 2)", "-1.13"),
        ("abs(-10)", "10"),
        ("abs(number: -10)", "10"),
        ("abs(n: @\"-PT5H\")", "PT5H"),
        ("abs(@\"-P2M\")", "P2M"),
        ("abs(\"a\")", "null"),
        ("modulo(12, 5)", "2"),
        ("modulo(-12, 5)", "3"),
        ("modulo(12, -5)", "-3"),
        ("modulo(1, 0)", "null"),
        ("sqrt(16)", "4.0"),
        ("sqrt(-1)", "null"),
        ("log(10)", "2.302585092994046"),
        ("log(0)", "null"),
        ("exp(5)", "148.4131591025766"),
        ("exp(1000)", "null"),
        ("odd(5)", "true"),
        ("odd(-5)", "true"),
        ("odd(2)", "false"),
        ("even(2)", "true"),
        ("even(2.5)", "false"),
        ("random number() >= 0 and random number() < 1", "true"),
    ]);
}

#[test]
fn range_functions() {
    all(&[
        ("before(1, 10)", "true"),
        ("before([1..5], 10)", "true"),
        ("before(1, [2..5])", "true"),
        ("before(1, (1..5])", "true"),
        ("before([1..5), [5..10])", "true"),
        ("before([1..5], [5..10])", "false"),
        (
            "before(@\"2026-01-01\", [@\"2026-02-01\"..@\"2026-03-01\"])",
            "true",
        ),
        ("before(1, \"a\")", "null"),
        ("before(point: 11, range: [5..10])", "false"),
        ("before(range: [5..10], point: 11)", "false"),
        ("after(point: 11, range: [5..10])", "true"),
        ("after(range: [5..10], point: 1)", "false"),
        ("finished by(range: [1..10], point: 10)", "true"),
        ("after(12, [2..5])", "true"),
        ("after([5..10], [1..5))", "true"),
        ("after([1..5], 10)", "false"),
        ("meets([1..3], [3..5])", "true"),
        ("meets([1..3], (3..5])", "false"),
        ("met by([3..5], [1..3])", "true"),
        ("met by([5..10], [1..5))", "false"),
        ("overlaps((3..7], [1..4])", "true"),
        ("overlaps([1..3], (3..6])", "false"),
        ("overlaps before([1..5], [4..10])", "true"),
        ("overlaps before([1..5), (3..8])", "true"),
        ("overlaps before([1..5), [5..10])", "false"),
        ("overlaps after([4..10], [1..5))", "true"),
        ("overlaps after([3..5], [1..3))", "false"),
        ("finishes(5, [1..5])", "true"),
        ("finishes(10, [1..7])", "false"),
        ("finishes([3..5], [1..5])", "true"),
        ("finishes((1..5], [1..5))", "false"),
        ("finished by([5..10], 10)", "true"),
        ("finished by([1..5], [3..5])", "true"),
        ("finished by([5..10], (1..10))", "false"),
        ("includes([5..10], 6)", "true"),
        ("includes([1..10], [1..5))", "true"),
        ("includes((5..8], [1..5))", "false"),
        ("during(5, [1..10])", "true"),
        ("during(1, (1..10])", "false"),
        ("during((1..5], (1..10])", "true"),
        ("starts(1, [1..5])", "true"),
        ("starts(1, (1..8])", "false"),
        ("starts((1..5), (1..10))", "true"),
        ("starts([1..10], [1..5])", "false"),
        ("started by([1..10], 1)", "true"),
        ("started by((1..10], [1..5))", "false"),
        ("coincides(5, 5)", "true"),
        ("coincides([1..5], [1..5])", "true"),
        ("coincides((1..5], [1..5))", "false"),
        ("coincides(5, [5..5])", "null"),
        ("coincides([5..5], 5)", "null"),
        ("meets(1, [1..2])", "null"),
        ("met by([1..2], 1)", "null"),
        ("overlaps(5, [1..10])", "null"),
        ("overlaps before(5, [1..10])", "null"),
        ("overlaps after(5, 5)", "null"),
        ("includes(5, [1..10])", "null"),
        ("during([1..10], 5)", "null"),
        ("starts([1..10], 1)", "null"),
        ("started by(1, [1..10])", "null"),
        ("finishes([1..10], 10)", "null"),
        ("finished by(10, [1..10])", "null"),
    ]);
}

#[test]
fn string_functions() {
    all(&[
        ("substring(\"foobar\", 3)", "\"obar\""),
        ("substring(\"foobar\", -2)", "\"ar\""),
        ("substring(\"foobar\", 3, 3)", "\"oba\""),
        ("substring(\"foobar\", -3, 2)", "\"ba\""),
        ("substring(\"foobar\", 3, 10)", "\"obar\""),
        ("substring(\"foobar\", 0)", "\"\""),
        ("substring(\"foobar\", 9)", "null"),
        ("substring(\"Łódź\", 2, 2)", "\"ód\""),
        ("substring(\"a😀b\", 4)", "\"b\""),
        ("substring(\"a😀b\", 3, 1)", "\"\u{fffd}\""),
        ("string length(\"Łódź\")", "4"),
        ("upper case(\"straße4\")", "\"STRASSE4\""),
        ("lower case(\"aBc4\")", "\"abc4\""),
        ("substring before(\"foobar\", \"bar\")", "\"foo\""),
        ("substring before(\"foobar\", \"x\")", "\"\""),
        ("substring after(\"foobar\", \"ob\")", "\"ar\""),
        ("substring after(\"foobar\", \"\")", "\"foobar\""),
        ("contains(\"foobar\", \"of\")", "false"),
        ("contains(\"foobar\", \"ob\")", "true"),
        ("starts with(\"foobar\", \"fo\")", "true"),
        ("ends with(\"foobar\", \"r\")", "true"),
        ("matches(\"foobar\", \"^fo*bar\")", "true"),
        ("matches(\"foobar\", \"o\")", "true"),
        ("matches(\"FooBar\", \"foo\", \"i\")", "true"),
        ("matches(\"a\nb\", \"^b$\", \"m\")", "true"),
        ("matches(\"a\nb\", \"a.b\", \"s\")", "true"),
        ("matches(\"ab\", \"a b # comment\", \"x\")", "true"),
        ("matches(\"a\", \"(\")", "null"),
        ("matches(\"a+b\", \"\\Qa+b\\E\")", "true"),
        ("split(\"a|b\", \"\\Q|\\E\")", "[\"a\", \"b\"]"),
        ("matches(\"a\rb\", \"a.b\")", "false"),
        ("matches(\"٣\", \"\\d\")", "false"),
        ("matches(\"a1\", \"[\\d]$\")", "true"),
        (
            "matches(\"aa\", \"(a)\\1\")",
            "error: a reference to a group in a regular expression is not supported",
        ),
        (
            "matches(\"ab\", \"a(?=b)\")",
            "error: looking ahead or behind in a regular expression is not supported",
        ),
        (
            "replace(\"abcd\", \"(ab)|(a)\", \"[1=$1][2=$2]\")",
            "\"[1=ab][2=]cd\"",
        ),
        (
            "replace(\"0123456789\", \"(\\d{3})(\\d{3})(\\d{4})\", \"($1) $2-$3\")",
            "\"(012) 345-6789\"",
        ),
        (
            "replace(\"How do you feel?\", \"Feel\", \"FEEL\", \"i\")",
            "\"How do you FEEL?\"",
        ),
        ("replace(\"ab\", \"(a)\", \"$10\")", "\"a0b\""),
        ("replace(\"ab\", \"(?<x>a)\", \"${x}${x}\")", "\"aab\""),
        ("replace(\"ab\", \"a\", \"\\\\$1\")", "\"$1b\""),
        ("replace(\"ab\", \"a\", \"$1\")", "null"),
        ("replace(\"ab\", \"x*\", \"-\")", "\"-a-b-\""),
        ("split(\"John Doe\", \"\\s\")", "[\"John\", \"Doe\"]"),
        (
            "split(\"a;b;c;;\", \";\")",
            "[\"a\", \"b\", \"c\", \"\", \"\"]",
        ),
        ("split(\"abc\", \"\")", "[\"a\", \"b\", \"c\", \"\"]"),
        ("split(\"abc\", \"x\")", "[\"abc\"]"),
        (
            "extract(\"orders 1234, 1256, 1378\", \"12[0-9]*\")",
            "[\"1234\", \"1256\"]",
        ),
        (
            "extract(input: \"a1b2\", pattern: \"[0-9]\")",
            "[\"1\", \"2\"]",
        ),
        ("extract(\"abc\", \"x\")", "[]"),
        ("trim(\"  hello   world  \")", "\"hello   world\""),
        ("is blank(\"\")", "true"),
        ("is blank(\" \t\")", "true"),
        ("is blank(\"a\")", "false"),
        ("to base64(\"FEEL é\")", "\"RkVFTCDDqQ==\""),
        ("from base64(\"Q2Fmw6k=\")", "\"Café\""),
        ("from base64(value: \"\")", "\"\""),
        ("from base64(\"!!!\")", "null"),
        ("from base64(\"/w==\")", "null"),
        ("from base64(1)", "null"),
        ("uuid()", "\"00010203-0405-4607-8809-0a0b0c0d0e0f\""),
    ]);
}

#[test]
fn patterns_find_what_java_finds() {
    all(&[
        ("replace(\"abc\", \".*\", \"x\")", "\"xx\""),
        ("replace(\"aab\", \"a*\", \"x\")", "\"xxbx\""),
        ("replace(\"abc\", \"a.c|\", \"<$0>\")", "\"<abc><>\""),
        (
            "extract(\"foo bar\", \"[a-z]*\")",
            "[\"foo\", \"\", \"bar\", \"\"]",
        ),
        ("split(\"aab\", \"a*\")", "[\"\", \"\", \"b\", \"\"]"),
        ("split(\"a\\r\\nb\", \"\\R\")", "[\"a\", \"b\"]"),
        ("replace(\"a b\", \"\\s\", \"-\", \"x\")", "\"a-b\""),
        ("replace(\"a-$+b\", \"\\p{Punct}\", \"\")", "\"ab\""),
        ("replace(\"aé_1\", \"[\\P{Alnum}_]\", \"-\")", "\"a--1\""),
        ("matches(\"é\", \"\\p{Lower}\")", "false"),
        ("matches(\"é\", \"\\p{Ll}\")", "true"),
    ]);
}

#[test]
fn temporal_functions() {
    assert!(NOW.starts_with("2026-11-22T14:26:52"));
    all(&[
        ("now()", "2026-11-22T14:26:52.263667932@Etc/UTC"),
        ("today()", "2026-11-22"),
        ("day of week(date(\"2026-11-22\"))", "\"Sunday\""),
        (
            "day of week(date and time(\"2026-11-23T12:00:00\"))",
            "\"Monday\"",
        ),
        ("day of year(date(\"2026-11-22\"))", "326"),
        ("week of year(date(\"2027-01-01\"))", "53"),
        (
            "week of year(date and time(\"2026-11-22T12:00:00Z\"))",
            "47",
        ),
        ("month of year(date(\"2026-11-22\"))", "\"November\""),
        ("last day of month(date(\"2028-02-01\"))", "2028-02-29"),
        (
            "last day of month(date and time(\"2026-10-16T12:00:00\"))",
            "2026-10-31",
        ),
        ("day of week(\"2026-11-22\")", "null"),
    ]);
}
