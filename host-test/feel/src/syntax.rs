//! What an expression is once it is read: a tree that evaluation walks. It knows nothing of variables.
//!
//! A chain of operators or paths is one node, however long it is, so that only brackets make a tree deep.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::functions::Builtin;
use crate::value::Value;

/// The name of a variable, property, parameter or function.
pub(crate) type Name = Arc<str>;

/// A part of an expression and where it stands in the text, in bytes.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) at: usize,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Constant(Value),
    /// `date("...")` and the like, around something else.
    InvalidLiteral(&'static str),
    Variable(Name),
    /// `?`, the value that a unary test is about.
    Input,
    List(Vec<Node>),
    Context(Vec<(Name, Node)>),
    /// A range as a value: the argument of a function.
    Range(Box<Interval>),
    /// `a.b[1].c`
    Path(Box<Node>, Vec<Step>),
    Negate(Box<Node>),
    /// Operators of one precedence, from left to right.
    Arithmetic(Box<Node>, Vec<(ArithmeticOperator, Node)>),
    Comparison(Box<[Node; 2]>, ComparisonOperator),
    /// Value, lower bound, upper bound.
    Between(Box<[Node; 3]>),
    InstanceOf(Box<Node>, Name),
    In(Box<Node>, Vec<Test>),
    /// A unary test where a value is expected, about the implicit input.
    Test(Box<Test>),
    And(Vec<Node>),
    Or(Vec<Node>),
    /// Conditions with what holds then, in order, and what holds else.
    If(Vec<(Node, Node)>, Box<Node>),
    For(Box<For>),
    Quantified(Quantifier, Vec<Iterator>, Box<Node>),
    Call(Box<Call>),
    /// A function that is an entry of a context: `a.b.f(x)`.
    ContextCall(Box<Node>, Box<Call>),
    Function(Arc<Lambda>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArithmeticOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Exponentiate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ComparisonOperator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// One step of a path, and where it stands.
#[derive(Debug)]
pub(crate) enum Step {
    Property(Name, usize),
    Filter(Node),
}

/// A test of a value that is not named.
#[derive(Debug)]
pub(crate) enum Test {
    /// `< 5`
    Compare(ComparisonOperator, Node),
    /// `[1..5]`
    Interval(Interval),
    /// `true` at the end of an expression.
    Boolean(bool),
    /// Any expression, with `?` in it or not.
    Expression { node: Node, has_input: bool },
}

/// `[a..b]`, `(a..b)`, and the mixed forms.
#[derive(Debug)]
pub(crate) struct Interval {
    pub(crate) start: Node,
    pub(crate) start_included: bool,
    pub(crate) end: Node,
    pub(crate) end_included: bool,
}

#[derive(Debug)]
pub(crate) struct For {
    pub(crate) iterators: Vec<Iterator>,
    pub(crate) body: Node,
    /// Whether the body mentions `partial`, the results so far.
    pub(crate) uses_partial: bool,
}

/// `name in domain`
#[derive(Debug)]
pub(crate) struct Iterator {
    pub(crate) name: Name,
    pub(crate) domain: Domain,
}

#[derive(Debug)]
pub(crate) enum Domain {
    List(Node),
    /// `1..n`, either way.
    Numbers(Node, Node),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantifier {
    Some,
    Every,
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: Name,
    pub(crate) arguments: Arguments,
    /// The built-in function that the name and the arguments fit, if there is one.
    pub(crate) builtin: Option<&'static Builtin>,
}

#[derive(Debug)]
pub(crate) enum Arguments {
    Positional(Vec<Node>),
    Named(IndexMap<Name, Node>),
}

impl Arguments {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Positional(arguments) => arguments.len(),
            Self::Named(arguments) => arguments.len(),
        }
    }

    /// Whether a function with these parameters can be called so: with one argument for each, or with
    /// names of some of them. The last parameter of a variadic one takes any further arguments.
    pub(crate) fn fit<T: AsRef<str>>(&self, parameters: &[T], variadic: bool) -> bool {
        match self {
            Self::Positional(arguments) => {
                arguments.len() == parameters.len()
                    || variadic && arguments.len() > parameters.len()
            }
            Self::Named(arguments) => arguments
                .keys()
                .all(|name| parameters.iter().any(|known| known.as_ref() == &**name)),
        }
    }
}

/// `function(a, b) a + b`
#[derive(Debug)]
pub(crate) struct Lambda {
    pub(crate) parameters: Vec<Name>,
    pub(crate) body: Node,
    /// Every name in the body: what a function keeps of where it was made.
    pub(crate) names: Vec<Name>,
}
