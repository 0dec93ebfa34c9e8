//! The built-in functions, a file for each family.

// Every function has one form, whether it can fail or not.
#![allow(clippy::unnecessary_wraps)]

mod boolean;
mod context;
mod conversion;
mod list;
mod number;
mod range;
mod string;
mod temporal;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::evaluation::{Evaluator, Stop};
use crate::syntax::Arguments;
use crate::value::Value;

/// A function under one set of names for its parameters.
pub(crate) struct Builtin {
    pub(crate) name: &'static str,
    pub(crate) parameters: &'static [&'static str],
    /// Whether the last parameter is a list of any further arguments.
    pub(crate) variadic: bool,
    pub(crate) call: fn(&mut Evaluator<'_>, &[Value]) -> Outcome,
}

impl std::fmt::Debug for Builtin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({})", self.name, self.parameters.join(", "))
    }
}

/// What a function yields.
pub(crate) type Outcome = Result<Value, Failure>;

/// Why a function yields nothing.
pub(crate) enum Failure {
    /// The call is null, and this is why.
    Null(String),
    /// The evaluation ends.
    Stop(Stop),
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl Failure {
    /// The arguments are not of the types that the function takes.
    fn illegal<T>(arguments: &[Value]) -> Result<T, Self> {
        let types: Vec<&str> = arguments.iter().take(10).map(Value::type_name).collect();
        Err(Self::Null(format!(
            "the arguments may not be {}",
            types.join(", ")
        )))
    }

    pub(crate) fn null(message: &str) -> Self {
        Self::Null(message.to_owned())
    }
}

const fn function(
    name: &'static str,
    parameters: &'static [&'static str],
    call: fn(&mut Evaluator<'_>, &[Value]) -> Outcome,
) -> Builtin {
    Builtin {
        name,
        parameters,
        variadic: false,
        call,
    }
}

const fn variadic(
    name: &'static str,
    parameters: &'static [&'static str],
    call: fn(&mut Evaluator<'_>, &[Value]) -> Outcome,
) -> Builtin {
    Builtin {
        variadic: true,
        ..function(name, parameters, call)
    }
}

const FAMILIES: [&[Builtin]; 8] = [
    boolean::FUNCTIONS,
    context::FUNCTIONS,
    conversion::FUNCTIONS,
    list::FUNCTIONS,
    number::FUNCTIONS,
    range::FUNCTIONS,
    string::FUNCTIONS,
    temporal::FUNCTIONS,
];

static BY_NAME: LazyLock<HashMap<&str, Vec<&Builtin>>> = LazyLock::new(|| {
    let mut by_name: HashMap<&str, Vec<&Builtin>> = HashMap::new();
    for builtin in FAMILIES.into_iter().flatten() {
        by_name.entry(builtin.name).or_default().push(builtin);
    }
    by_name
});

/// The function that is called with this name and these arguments.
pub(crate) fn find(name: &str, arguments: &Arguments) -> Option<&'static Builtin> {
    let overloads = BY_NAME.get(name)?.iter();
    overloads
        .copied()
        .find(|builtin| arguments.fit(builtin.parameters, builtin.variadic))
}

/// Whether there is a function with this name, whatever its parameters.
pub(crate) fn exists(name: &str) -> bool {
    BY_NAME.contains_key(name)
}

/// The name of a function that is most like one that does not exist, if any is like it.
pub(crate) fn similar<'n>(name: &str, others: impl Iterator<Item = &'n str>) -> Option<String> {
    let squeezed = |name: &str| {
        name.chars()
            .filter(|c| *c != ' ')
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    let wanted = squeezed(name);
    if wanted.len() > 60 {
        return None;
    }
    let known = BY_NAME
        .keys()
        .copied()
        .map(str::to_owned)
        .chain(others.map(str::to_owned));
    let distances = known.map(|known| (distance(&wanted, &squeezed(&known)), known));
    let (distance, closest) = distances.min()?;
    (distance <= wanted.len() / 4).then_some(closest)
}

/// How many characters must be added, removed or changed to turn one text into the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, from) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, to) in to.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_mistyped_name_is_recognised() {
        let similar = |name| similar(name, ["bpmnError"].into_iter());
        assert_eq!(similar("listcontains").as_deref(), Some("list contains"));
        assert_eq!(similar("sting length").as_deref(), Some("string length"));
        assert_eq!(similar("bpmnerror").as_deref(), Some("bpmnError"));
        assert_eq!(similar("frobnicate"), None);
    }

    #[test]
    fn the_table_lists_every_function() {
        let table = include_str!("../../FUNCTIONS.md");
        let listed: BTreeSet<&str> = table
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
            .map(|(name, _)| name)
            .collect();
        let known: BTreeSet<String> = FAMILIES
            .into_iter()
            .flatten()
            .map(|builtin| {
                let more = if builtin.variadic { ", ..." } else { "" };
                format!("{}({}{more})", builtin.name, builtin.parameters.join(", "))
            })
            .collect();
        assert_eq!(listed, known.iter().map(String::as_str).collect());
    }
}
