//! What expressions are evaluated with: a clock, random bytes, functions of the host, limits.

use std::collections::HashMap;
use std::fmt;

use jiff::Zoned;

use crate::error::EvaluationError;
use crate::evaluation::Evaluator;
use crate::expression::Expression;
use crate::limits::Limits;
use crate::scope::Scope;
use crate::syntax::Arguments;
use crate::value::{Context, Value};
use crate::warning::Warning;

type Clock = dyn Fn() -> Zoned + Send + Sync;
type Random = dyn Fn(&mut [u8]) + Send + Sync;
type Call = dyn Fn(&[Value]) -> Result<Value, FunctionError> + Send + Sync;

/// Evaluates expressions. It has no clock and no source of random bytes but those it is given.
///
/// ```
/// use feel::{Context, Engine, Expression, Value};
///
/// let engine = Engine::new(|| "2026-11-22T10:00:00[Europe/Berlin]".parse().unwrap())
///     .with_function("greet", &["name"], |arguments| Ok(format!("Hello {}!", arguments[0]).into()));
///
/// let expression = Expression::parse("= {on: today(), text: greet(order.customer)}")?;
/// let variables = Context::from_json(r#"{"order": {"customer": "Zoë"}}"#)?;
/// let evaluation = engine.evaluate(&expression, &variables)?;
///
/// assert_eq!(evaluation.value.to_string(), r#"{on:2026-11-22, text:"Hello "Zoë"!"}"#);
/// assert!(evaluation.warnings.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Engine {
    pub(crate) clock: Box<Clock>,
    pub(crate) random: Option<Box<Random>>,
    functions: HashMap<String, Vec<HostFunction>>,
    pub(crate) limits: Limits,
    pub(crate) unknown_functions_are_null: bool,
}

pub(crate) struct HostFunction {
    pub(crate) parameters: Vec<String>,
    pub(crate) call: Box<Call>,
}

/// Why a function of the host has no result. The text should tell of names and types, not of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FunctionError {
    /// The call is null, and this becomes a warning.
    Null(String),
    /// The evaluation fails.
    Fail(String),
}

/// The result of an evaluation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Evaluation {
    /// The value.
    pub value: Value,
    /// Why parts of the expression are null, in the order in which they were met; the first 100 of them.
    pub warnings: Vec<Warning>,
}

impl Engine {
    /// An engine whose `now()` and `today()` are told by this clock, in the clock's time zone.
    #[must_use]
    pub fn new(clock: impl Fn() -> Zoned + Send + Sync + 'static) -> Self {
        Self {
            clock: Box::new(clock),
            random: None,
            functions: HashMap::new(),
            limits: Limits::default(),
            unknown_functions_are_null: false,
        }
    }

    /// Where `uuid()` and `random number()` take their random bytes from. Without it, they are errors.
    #[must_use]
    pub fn with_random(mut self, fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        self.random = Some(Box::new(fill));
        self
    }

    /// Adds a function that expressions can call, by position or by these names of parameters. Functions
    /// of one name are told apart by their parameters; a built-in function comes before one of the host's.
    ///
    /// It gets as many arguments as it has parameters, null for those that are not named.
    #[must_use]
    pub fn with_function(
        mut self,
        name: &str,
        parameters: &[&str],
        call: impl Fn(&[Value]) -> Result<Value, FunctionError> + Send + Sync + 'static,
    ) -> Self {
        let function = HostFunction {
            parameters: parameters.iter().map(|&name| name.to_owned()).collect(),
            call: Box::new(call),
        };
        self.functions
            .entry(name.to_owned())
            .or_default()
            .push(function);
        self
    }

    /// Sets what an evaluation may take.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Answers null, with a warning, for a call of a function that does not exist, as Camunda does. Without
    /// this it is an error, so that a mistyped name is found.
    #[must_use]
    pub fn with_unknown_functions_as_null(mut self) -> Self {
        self.unknown_functions_are_null = true;
        self
    }

    /// Evaluates an expression. The variables are its outermost scope.
    ///
    /// What has no value is null, with a warning. The evaluation fails if a limit is reached, a function
    /// does not exist, or an assertion does not hold: see
    /// [`EvaluationErrorKind`](crate::EvaluationErrorKind).
    pub fn evaluate(
        &self,
        expression: &Expression,
        variables: &Context,
    ) -> Result<Evaluation, EvaluationError> {
        let mut evaluator = Evaluator::new(self, expression);
        evaluator.check_depth(variables).map_err(|stop| *stop)?;
        let value = evaluator
            .evaluate(expression.root(), &Scope::root(variables))
            .map_err(|stop| *stop)?;
        Ok(Evaluation {
            value,
            warnings: evaluator.warnings.into_vec(expression.source()),
        })
    }

    pub(crate) fn function(&self, name: &str, arguments: &Arguments) -> Option<&HostFunction> {
        self.functions
            .get(name)?
            .iter()
            .find(|function| arguments.fit(&function.parameters, false))
    }

    pub(crate) fn has_function(&self, name: &str) -> bool {
        self.functions.contains_key(name)
    }

    pub(crate) fn function_names(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(String::as_str)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<&str> = self.function_names().collect();
        names.sort_unstable();
        f.debug_struct("Engine")
            .field("functions", &names)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
