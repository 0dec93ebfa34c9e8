//! Functions about lists.

use std::cmp::Ordering;

use super::{Builtin, Failure, Outcome, function, variadic};
use crate::evaluation::{Evaluated, Evaluator};
use crate::number::Number;
use crate::value::{Function, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("list contains", &["list", "element"], list_contains),
    function("count", &["list"], count),
    variadic("min", &["list"], min),
    variadic("max", &["list"], max),
    variadic("sum", &["list"], sum),
    variadic("product", &["list"], product),
    variadic("mean", &["list"], mean),
    variadic("median", &["list"], median),
    variadic("stddev", &["list"], stddev),
    variadic("mode", &["list"], mode),
    variadic("all", &["list"], all),
    variadic("and", &["list"], all),
    variadic("any", &["list"], any),
    variadic("or", &["list"], any),
    function("sublist", &["list", "start"], sublist),
    function("sublist", &["list", "start position"], sublist),
    function("sublist", &["list", "start", "length"], sublist),
    function("sublist", &["list", "start position", "length"], sublist),
    variadic("append", &["list", "items"], append),
    variadic("concatenate", &["lists"], concatenate),
    function(
        "insert before",
        &["list", "position", "newItem"],
        insert_before,
    ),
    function("remove", &["list", "position"], remove),
    function("reverse", &["list"], reverse),
    function("index of", &["list", "match"], index_of),
    variadic("union", &["lists"], union),
    function("distinct values", &["list"], distinct_values),
    function("duplicate values", &["list"], duplicate_values),
    function("flatten", &["list"], flatten),
    function("sort", &["list", "precedes"], sort),
    function("string join", &["list"], string_join),
    function("string join", &["list", "delimiter"], string_join),
    function(
        "string join",
        &["list", "delimiter", "prefix", "suffix"],
        string_join,
    ),
    function("is empty", &["list"], is_empty),
    function("partition", &["list", "size"], partition),
];

fn list_contains(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::List(list), element] = arguments else {
        return Failure::illegal(arguments);
    };
    Ok(contains(evaluator, list.items(), element)?.into())
}

fn contains(evaluator: &mut Evaluator<'_>, items: &[Value], element: &Value) -> Evaluated<bool> {
    for item in items {
        evaluator.step(1)?;
        if evaluator.equal(item, element)? == Some(true) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn count(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::List(list)] = arguments else {
        return Failure::illegal(arguments);
    };
    Ok(Number::from_count(list.items().len()).into())
}

fn is_empty(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::List(list)] = arguments else {
        return Failure::illegal(arguments);
    };
    Ok(list.items().is_empty().into())
}

fn min(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    extreme(evaluator, arguments, Ordering::Less)
}

fn max(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    extreme(evaluator, arguments, Ordering::Greater)
}

/// The first of the items that no other item is beyond. A single item need not be compared with any.
fn extreme(evaluator: &mut Evaluator<'_>, arguments: &[Value], beyond: Ordering) -> Outcome {
    let [Value::List(list)] = arguments else {
        return Failure::illegal(arguments);
    };
    let Some((first, others)) = list.items().split_first() else {
        return Ok(Value::Null);
    };
    if !comparable(evaluator, first)? {
        return Err(Failure::null("the items have no order"));
    }
    let mut extreme = first;
    for item in others {
        evaluator.step(1)?;
        let ordering = evaluator.order(item, extreme)?;
        let ordering = ordering.ok_or_else(|| Failure::null("the items cannot be compared"))?;
        if ordering == beyond {
            extreme = item;
        }
    }
    Ok(extreme.clone())
}

/// Whether a value has an order; a list has if its items do.
fn comparable(evaluator: &mut Evaluator<'_>, value: &Value) -> Evaluated<bool> {
    let Value::List(list) = value else {
        return Ok(evaluator.order(value, value)?.is_some());
    };
    evaluator.step(list.items().len())?;
    match list.items().first() {
        Some(first) if comparable(evaluator, first)? => Ok(list
            .items()
            .iter()
            .all(|item| item.type_name() == first.type_name())),
        _ => Ok(false),
    }
}

/// The numbers of a list; nothing if there are none.
fn numbers(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
) -> Result<Option<Vec<Number>>, Failure> {
    let [Value::List(list)] = arguments else {
        return Failure::illegal(arguments);
    };
    // What is done with each number: sums, products, comparisons.
    evaluator.step(list.items().len().saturating_mul(10))?;
    evaluator.allocate_list(list.items().len())?;
    let numbers: Option<Vec<Number>> = list
        .items()
        .iter()
        .map(|item| match item {
            Value::Number(number) => Some(number.clone()),
            _ => None,
        })
        .collect();
    let numbers = numbers.ok_or_else(|| Failure::null("the items must be numbers"))?;
    Ok(Some(numbers).filter(|numbers| !numbers.is_empty()))
}

fn total(numbers: &[Number]) -> Option<Number> {
    numbers
        .iter()
        .try_fold(Number::from(0), |sum, number| sum.add(number))
}

fn average(numbers: &[Number]) -> Option<Number> {
    total(numbers)?.divide(&Number::from_count(numbers.len()))
}

/// A function of the numbers of a list; null if there are none.
fn calculate(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
    calculation: impl FnOnce(Vec<Number>) -> Option<Number>,
) -> Outcome {
    match numbers(evaluator, arguments)? {
        Some(numbers) => Ok(evaluator.number(calculation(numbers))?),
        None => Ok(Value::Null),
    }
}

fn sum(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    calculate(evaluator, arguments, |numbers| total(&numbers))
}

fn product(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    calculate(evaluator, arguments, |numbers| {
        numbers
            .iter()
            .try_fold(Number::from(1), |product, number| product.multiply(number))
    })
}

fn mean(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    calculate(evaluator, arguments, |numbers| average(&numbers))
}

fn median(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    if let [Value::List(list)] = arguments {
        evaluator.step(list.items().len().saturating_mul(60))?;
    }
    calculate(evaluator, arguments, |mut numbers| {
        numbers.sort();
        let middle = numbers.len() / 2;
        if numbers.len() % 2 == 1 {
            numbers.get(middle).cloned()
        } else {
            average(&numbers[middle - 1..=middle])
        }
    })
}

/// The standard deviation of a sample, in floating point at the end.
fn stddev(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    calculate(evaluator, arguments, |numbers| {
        let mean = average(&numbers)?;
        let squares = numbers.iter().map(|number| {
            let deviation = number.subtract(&mean)?;
            deviation.multiply(&deviation)
        });
        let squares: Vec<Number> = squares.collect::<Option<_>>()?;
        let variance = total(&squares)?.divide(&Number::from_count(numbers.len() - 1))?;
        Number::from_f64(variance.to_f64().sqrt())
    })
}

fn mode(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let mut numbers = numbers(evaluator, arguments)?.unwrap_or_default();
    evaluator.step(numbers.len().saturating_mul(60))?;
    numbers.sort();
    let groups: Vec<&[Number]> = numbers.chunk_by(|a, b| a == b).collect();
    let most = groups.iter().map(|group| group.len()).max();
    let modes = groups
        .into_iter()
        .filter(|group| Some(group.len()) == most)
        .map(|group| Value::from(group[0].clone()));
    let modes = modes.collect();
    Ok(evaluator.list(modes)?)
}

fn all(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    logic(evaluator, arguments, false)
}

fn any(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    logic(evaluator, arguments, true)
}

/// The decisive boolean if it is in the list, null if there is anything but booleans, else the other.
fn logic(evaluator: &mut Evaluator<'_>, arguments: &[Value], decisive: bool) -> Outcome {
    let [Value::List(list)] = arguments else {
        return Failure::illegal(arguments);
    };
    evaluator.step(list.items().len())?;
    let mut booleans = true;
    for item in list.items() {
        match item {
            Value::Boolean(boolean) if *boolean == decisive => return Ok(decisive.into()),
            Value::Boolean(_) => {}
            _ => booleans = false,
        }
    }
    if booleans {
        Ok((!decisive).into())
    } else {
        Err(Failure::null("an item is no boolean"))
    }
}

/// A position that is one.
fn position(position: &Number) -> Result<&Number, Failure> {
    if position.is_zero() {
        Err(Failure::null("a position must not be 0"))
    } else {
        Ok(position)
    }
}

/// Where a position counted from 1, or from -1 for the last, is in a list, from 0. It may be outside.
fn index(length: usize, position: &Number) -> i64 {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let position = position.to_i64().unwrap_or(if position.is_negative() {
        i64::MIN
    } else {
        i64::MAX
    });
    if position > 0 {
        position - 1
    } else {
        length.saturating_add(position)
    }
}

/// The part of a list between two indices, of which only as much counts as lies in the list.
fn slice(items: &[Value], from: i64, to: i64) -> &[Value] {
    let inside = |index: i64| {
        usize::try_from(index.max(0))
            .unwrap_or(usize::MAX)
            .min(items.len())
    };
    let (from, to) = (inside(from), inside(to));
    if from < to { &items[from..to] } else { &[] }
}

fn sublist(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let (items, start, length) = match arguments {
        [Value::List(list), Value::Number(start)] => (list.items(), start, i64::MAX),
        [
            Value::List(list),
            Value::Number(start),
            Value::Number(length),
        ] => (list.items(), start, length.to_i64().unwrap_or(i64::MAX)),
        _ => return Failure::illegal(arguments),
    };
    let start = index(items.len(), position(start)?);
    join(
        evaluator,
        &[slice(items, start, start.saturating_add(length))],
    )
}

fn append(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::List(list), Value::List(items)] = arguments else {
        return Failure::illegal(arguments);
    };
    join(evaluator, &[list.items(), items.items()])
}

fn insert_before(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::List(list), Value::Number(at), item] = arguments else {
        return Failure::illegal(arguments);
    };
    let (items, at) = (list.items(), index(list.items().len(), position(at)?));
    join(
        evaluator,
        &[
            slice(items, 0, at),
            std::slice::from_ref(item),
            slice(items, at, i64::MAX),
        ],
    )
}

fn remove(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::List(list), Value::Number(at)] = arguments else {
        return Failure::illegal(arguments);
    };
    let items = list.items();
    let at = position(at)?;
    let next = at
        .add(&Number::from(1))
        .ok_or_else(|| Failure::null("there is no such position"))?;
    let (at, behind) = (index(items.len(), at), index(items.len(), &next));
    join(
        evaluator,
        &[slice(items, 0, at), slice(items, behind, i64::MAX)],
    )
}

fn join(evaluator: &mut Evaluator<'_>, parts: &[&[Value]]) -> Outcome {
    evaluator.step(parts.iter().map(|part| part.len()).sum())?;
    evaluator.allocate_list(parts.iter().map(|part| part.len()).sum())?;
    Ok(evaluator.shallow(parts.concat().into())?)
}

fn reverse(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::List(list)] = arguments else {
        return Failure::illegal(arguments);
    };
    evaluator.step(list.items().len())?;
    let reversed = list.items().iter().rev().cloned().collect();
    Ok(evaluator.list(reversed)?)
}

fn index_of(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::List(list), element] = arguments else {
        return Failure::illegal(arguments);
    };
    let mut positions = Vec::new();
    for (index, item) in list.items().iter().enumerate() {
        evaluator.step(1)?;
        if evaluator.equal(item, element)? == Some(true) {
            evaluator.grow_list(positions.len() + 1)?;
            positions.push(Number::from_count(index + 1).into());
        }
    }
    Ok(positions.into())
}

/// The items of lists, and what is no list.
fn spread(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Vec<Value>, Failure> {
    let [Value::List(lists)] = arguments else {
        return Failure::illegal(arguments);
    };
    let mut items = Vec::new();
    for list in lists.items() {
        let part = match list {
            Value::List(list) => list.items(),
            item => std::slice::from_ref(item),
        };
        evaluator.step(part.len() + 1)?;
        evaluator.allocate_list(part.len())?;
        items.extend_from_slice(part);
    }
    Ok(items)
}

fn concatenate(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let items = spread(evaluator, arguments)?;
    Ok(evaluator.list(items)?)
}

fn union(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let items = spread(evaluator, arguments)?;
    let distinct = distinct(evaluator, &items)?;
    Ok(distinct.into())
}

fn distinct_values(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::List(list)] = arguments else {
        return Failure::illegal(arguments);
    };
    let distinct = distinct(evaluator, list.items())?;
    Ok(distinct.into())
}

fn distinct(evaluator: &mut Evaluator<'_>, items: &[Value]) -> Evaluated<Vec<Value>> {
    let mut distinct = Vec::new();
    for item in items {
        if !contains(evaluator, &distinct, item)? {
            evaluator.grow_list(distinct.len() + 1)?;
            distinct.push(item.clone());
        }
    }
    Ok(distinct)
}

fn duplicate_values(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::List(list)] = arguments else {
        return Failure::illegal(arguments);
    };
    let mut duplicates = Vec::new();
    for (index, item) in list.items().iter().enumerate() {
        let again = contains(evaluator, &list.items()[index + 1..], item)?;
        if again && !contains(evaluator, &duplicates, item)? {
            evaluator.grow_list(duplicates.len() + 1)?;
            duplicates.push(item.clone());
        }
    }
    Ok(duplicates.into())
}

fn flatten(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::List(list)] = arguments else {
        return Failure::illegal(arguments);
    };
    let mut flat = Vec::new();
    collect(evaluator, list.items(), &mut flat)?;
    Ok(flat.into())
}

fn collect(evaluator: &mut Evaluator<'_>, items: &[Value], flat: &mut Vec<Value>) -> Evaluated<()> {
    for item in items {
        evaluator.step(1)?;
        if let Value::List(list) = item {
            collect(evaluator, list.items(), flat)?;
        } else {
            evaluator.grow_list(flat.len() + 1)?;
            flat.push(item.clone());
        }
    }
    Ok(())
}

fn sort(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::List(list), Value::Function(precedes)] = arguments else {
        return Failure::illegal(arguments);
    };
    if precedes.parameters().len() != 2 {
        return Err(Failure::null("the function must have two parameters"));
    }
    evaluator.allocate_list(2 * list.items().len())?;
    let sorted = merge_sort(evaluator, list.items(), precedes)?;
    Ok(evaluator.list(sorted)?)
}

/// Items that neither precede each other keep their order. Whatever the function answers, this ends.
fn merge_sort(
    evaluator: &mut Evaluator<'_>,
    items: &[Value],
    precedes: &Function,
) -> Result<Vec<Value>, Failure> {
    if items.len() < 2 {
        return Ok(items.to_vec());
    }
    let (left, right) = items.split_at(items.len() / 2);
    let left = merge_sort(evaluator, left, precedes)?;
    let right = merge_sort(evaluator, right, precedes)?;
    let mut merged = Vec::with_capacity(items.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(first), Some(second)) = (left.peek(), right.peek()) {
        let Value::Boolean(swap) =
            evaluator.invoke(precedes, vec![second.clone(), first.clone()])?
        else {
            return Err(Failure::null("the function must yield a boolean"));
        };
        merged.extend(if swap { right.next() } else { left.next() });
    }
    merged.extend(left.chain(right));
    Ok(merged)
}

fn string_join(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let Some((Value::List(list), affixes)) = arguments.split_first() else {
        return Failure::illegal(arguments);
    };
    let affix = |index: usize| match affixes.get(index) {
        None | Some(Value::Null) => Some(""),
        Some(Value::String(text)) => Some(&**text),
        Some(_) => None,
    };
    if let [_, prefix, suffix] = affixes
        && prefix.type_name() != suffix.type_name()
    {
        return Failure::illegal(arguments);
    }
    let (Some(delimiter), Some(prefix), Some(suffix)) = (affix(0), affix(1), affix(2)) else {
        return Failure::illegal(arguments);
    };
    let mut texts = Vec::new();
    let mut length = prefix.len() + suffix.len();
    for item in list.items() {
        evaluator.step(1)?;
        match item {
            Value::String(text) => {
                length = length.saturating_add(text.len() + delimiter.len());
                evaluator.step(text.len() / 64)?;
                evaluator.grow_list(texts.len() + 1)?;
                texts.push(&**text);
            }
            Value::Null => {}
            _ => return Err(Failure::null("the items must be strings")),
        }
    }
    evaluator.allocate(length)?;
    Ok([prefix, &texts.join(delimiter), suffix].concat().into())
}

fn partition(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::List(list), Value::Number(size)] = arguments else {
        return Failure::illegal(arguments);
    };
    let size = size
        .to_i64()
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size > 0);
    let size = size.ok_or_else(|| Failure::null("the size must be greater than 0"))?;
    let mut parts = Vec::new();
    for part in list.items().chunks(size) {
        evaluator.grow_list(parts.len() + 1)?;
        parts.push(join(evaluator, &[part])?);
    }
    Ok(evaluator.shallow(parts.into())?)
}
