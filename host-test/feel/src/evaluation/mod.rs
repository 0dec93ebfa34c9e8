//! A tree to a value. What has no value becomes `null` with a warning, as in feel-scala; what must not be
//! overlooked stops the evaluation.

mod calls;
mod conditions;
mod loops;
mod paths;

use std::sync::Arc;

use crate::engine::Engine;
use crate::error::{EvaluationError, EvaluationErrorKind, Place};
use crate::expression::Expression;
use crate::limits::{Limit, Limits, MAX_VALUE_DEPTH};
use crate::number::Number;
use crate::pattern::Patterns;
use crate::scope::Scope;
use crate::syntax::{ArithmeticOperator, Interval, Kind, Name, Node, Quantifier};
use crate::value::{Context, List, Range, Value};
use crate::warning::{WarningKind, Warnings};

/// What ends an evaluation. Boxed, since nearly every function here returns it.
pub(crate) type Stop = Box<EvaluationError>;

pub(crate) type Evaluated<T = Value> = Result<T, Stop>;

/// What the parts of values take in memory, with what an allocator adds.
const ITEM_SIZE: usize = size_of::<Value>();
const ENTRY_SIZE: usize = ITEM_SIZE + 72;
const DECIMAL_SIZE: usize = 128;
const LIST_SIZE: usize = 72;
const CONTEXT_SIZE: usize = 224;
const STRING_SIZE: usize = 40;

/// What one evaluation has at hand and what it has used up.
pub(crate) struct Evaluator<'e> {
    pub(crate) engine: &'e Engine,
    expression: &'e Expression,
    limits: Limits,
    steps: u64,
    memory: usize,
    depth: usize,
    /// Where the part stands that is being evaluated.
    at: usize,
    pub(crate) warnings: Warnings,
    pub(crate) patterns: Patterns,
}

impl<'e> Evaluator<'e> {
    pub(crate) fn new(engine: &'e Engine, expression: &'e Expression) -> Self {
        Self {
            engine,
            expression,
            limits: engine.limits,
            steps: 0,
            memory: 0,
            depth: 0,
            at: 0,
            warnings: Warnings::default(),
            patterns: Patterns::default(),
        }
    }

    #[allow(clippy::unnecessary_box_returns)]
    pub(crate) fn stop(&self, kind: EvaluationErrorKind) -> Stop {
        Box::new(EvaluationError {
            kind,
            place: Place::new(self.expression.source(), self.at),
        })
    }

    #[allow(clippy::unnecessary_box_returns)]
    pub(crate) fn limit(&self, limit: Limit) -> Stop {
        self.stop(EvaluationErrorKind::Limit(limit))
    }

    /// Notes why there is a null.
    pub(crate) fn warn(&mut self, kind: WarningKind, message: impl FnOnce() -> String) {
        self.warnings.add(kind, self.at, message);
    }

    /// Null, and a note of why.
    pub(crate) fn null(&mut self, kind: WarningKind, message: impl FnOnce() -> String) -> Value {
        self.warn(kind, message);
        Value::Null
    }

    /// Uses up steps.
    pub(crate) fn step(&mut self, steps: usize) -> Evaluated<()> {
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps > self.limits.steps {
            Err(self.limit(Limit::Steps(self.limits.steps)))
        } else {
            Ok(())
        }
    }

    /// Uses up memory for a string of so many bytes, before it is made.
    pub(crate) fn allocate(&mut self, bytes: usize) -> Evaluated<()> {
        self.grow(bytes, bytes.saturating_add(STRING_SIZE))
    }

    /// Uses up memory for a value that gets larger by so many bytes.
    pub(crate) fn grow(&mut self, size: usize, by: usize) -> Evaluated<()> {
        if size > self.limits.value_size {
            return Err(self.limit(Limit::ValueSize(self.limits.value_size)));
        }
        self.memory = self.memory.saturating_add(by);
        if self.memory > self.limits.memory {
            return Err(self.limit(Limit::Memory(self.limits.memory)));
        }
        Ok(())
    }

    pub(crate) fn memory_left(&self) -> usize {
        self.limits.memory.saturating_sub(self.memory)
    }

    /// Uses up memory for a list of so many items.
    pub(crate) fn allocate_list(&mut self, items: usize) -> Evaluated<()> {
        let size = items.saturating_mul(ITEM_SIZE);
        self.grow(size, size.saturating_add(LIST_SIZE))
    }

    /// Uses up memory for a list that one item is added to, which makes it so long.
    pub(crate) fn grow_list(&mut self, length: usize) -> Evaluated<()> {
        let header = if length == 1 {
            LIST_SIZE + 4 * ITEM_SIZE
        } else {
            0
        };
        self.grow(length.saturating_mul(ITEM_SIZE), ITEM_SIZE + header)
    }

    /// Uses up memory for a context of so many entries.
    pub(crate) fn allocate_context(&mut self, entries: usize) -> Evaluated<()> {
        let size = entries.saturating_mul(ENTRY_SIZE);
        self.grow(size, size.saturating_add(CONTEXT_SIZE))
    }

    /// Uses up memory for a value that came from elsewhere, and steps for going through it.
    pub(crate) fn allocate_value(&mut self, value: &Value) -> Evaluated<()> {
        self.step(1)?;
        match value {
            Value::String(text) => self.allocate(text.len()),
            Value::Number(number) if number.is_decimal() => self.allocate(DECIMAL_SIZE),
            Value::List(list) => {
                self.allocate_list(list.items().len())?;
                list.items()
                    .iter()
                    .try_for_each(|item| self.allocate_value(item))
            }
            Value::Context(context) => {
                self.allocate_context(context.len())?;
                context.entries().try_for_each(|(name, value)| {
                    self.allocate(name.len())?;
                    self.allocate_value(value)
                })
            }
            _ => Ok(()),
        }
    }

    /// A value that is not nested too deeply, so that nothing that goes through it goes too deep.
    pub(crate) fn shallow(&self, value: Value) -> Evaluated {
        if value.depth() > MAX_VALUE_DEPTH {
            Err(self.limit(Limit::ValueDepth(MAX_VALUE_DEPTH)))
        } else {
            Ok(value)
        }
    }

    /// Variables that are not nested too deeply either.
    pub(crate) fn check_depth(&self, variables: &Context) -> Evaluated<()> {
        if variables.depth() >= MAX_VALUE_DEPTH {
            return Err(self.limit(Limit::ValueDepth(MAX_VALUE_DEPTH)));
        }
        Ok(())
    }

    pub(crate) fn string(&mut self, text: String) -> Evaluated {
        self.allocate(text.len())?;
        Ok(text.into())
    }

    pub(crate) fn list(&mut self, items: Vec<Value>) -> Evaluated {
        self.allocate_list(items.len())?;
        self.shallow(items.into())
    }

    pub(crate) fn number(&mut self, number: Option<Number>) -> Evaluated {
        match number {
            Some(number) => {
                if number.is_decimal() {
                    self.allocate(DECIMAL_SIZE)?;
                }
                Ok(number.into())
            }
            None => Ok(self.null(WarningKind::InvalidType, || {
                "there is no such number".to_owned()
            })),
        }
    }

    pub(crate) fn evaluate(&mut self, node: &Node, scope: &Scope<'_>) -> Evaluated {
        let outer = std::mem::replace(&mut self.at, node.at);
        self.step(1)?;
        if self.depth == self.limits.depth {
            return Err(self.limit(Limit::Depth(self.limits.depth)));
        }
        self.depth += 1;
        let value = self.evaluate_kind(node, scope)?;
        self.depth -= 1;
        self.at = outer;
        Ok(value)
    }

    fn evaluate_kind(&mut self, node: &Node, scope: &Scope<'_>) -> Evaluated {
        match &node.kind {
            Kind::Constant(value) => Ok(value.clone()),
            Kind::InvalidLiteral(what) => Ok(self.invalid_literal(what)),
            Kind::Variable(name) => Ok(self.variable(name, scope)),
            Kind::Input => self.input(scope),
            Kind::List(items) => self.list_literal(items, scope),
            Kind::Context(entries) => self.context_literal(entries, scope),
            Kind::Range(interval) => self.range(interval, scope),
            Kind::Path(base, steps) => self.path(base, steps, scope),
            Kind::Negate(operand) => self.negation(operand, scope),
            Kind::Arithmetic(first, rest) => self.calculation(first, rest, scope),
            Kind::Comparison(operands, operator) => self.comparison(operands, *operator, scope),
            Kind::Between(operands) => self.between(operands, scope),
            Kind::InstanceOf(value, name) => self.instance_of(value, name, scope),
            Kind::In(value, tests) => self.is_in(value, tests, scope),
            Kind::Test(test) => self.root_test(test, scope),
            Kind::And(operands) => self.fold(Quantifier::Every, operands, scope),
            Kind::Or(operands) => self.fold(Quantifier::Some, operands, scope),
            Kind::If(branches, otherwise) => self.conditional(branches, otherwise, scope),
            Kind::For(iteration) => self.iteration(iteration, scope),
            Kind::Quantified(quantifier, iterators, condition) => {
                self.quantified(*quantifier, iterators, condition, scope)
            }
            Kind::Call(call) => self.call(call, scope),
            Kind::ContextCall(context, call) => self.context_call(context, call, scope),
            Kind::Function(lambda) => self.function(lambda, scope),
        }
    }

    fn invalid_literal(&mut self, what: &str) -> Value {
        self.null(WarningKind::FunctionInvocationFailure, || {
            format!("{what}: the text is not valid")
        })
    }

    fn input(&self, scope: &Scope<'_>) -> Evaluated {
        scope
            .input()
            .cloned()
            .ok_or_else(|| self.stop(EvaluationErrorKind::NoInput))
    }

    fn calculation(
        &mut self,
        first: &Node,
        rest: &[(ArithmeticOperator, Node)],
        scope: &Scope<'_>,
    ) -> Evaluated {
        let mut result = self.evaluate(first, scope)?;
        for (operator, operand) in rest {
            let operand = self.evaluate(operand, scope)?;
            result = self.arithmetic(*operator, &result, &operand)?;
        }
        Ok(result)
    }

    fn variable(&mut self, name: &Name, scope: &Scope<'_>) -> Value {
        match scope.variable(name) {
            Some(value) => value.clone(),
            None => self.null(WarningKind::NoVariableFound, || {
                format!("there is no variable '{}'", shown(name))
            }),
        }
    }

    fn list_literal(&mut self, items: &[Node], scope: &Scope<'_>) -> Evaluated {
        self.allocate_list(items.len())?;
        let mut list = List::with_capacity(items.len());
        for item in items {
            list.push(self.evaluate(item, scope)?);
        }
        self.shallow(list.into())
    }

    /// Each entry sees those before it; a function sees only those before itself.
    fn context_literal(&mut self, entries: &[(Name, Node)], scope: &Scope<'_>) -> Evaluated {
        self.allocate_context(entries.len())?;
        let mut context = Context::new();
        for (name, node) in entries {
            let value = self.evaluate(node, &scope.with_context(&context))?;
            context.insert(Arc::clone(name), value);
        }
        self.shallow(context.into())
    }

    fn range(&mut self, interval: &Interval, scope: &Scope<'_>) -> Evaluated {
        let start = self.evaluate(&interval.start, scope)?;
        let end = self.evaluate(&interval.end, scope)?;
        let text = matches!(start, Value::String(_));
        if text || self.order(&start, &end)?.is_none() {
            let (start, end) = (start.type_name(), end.type_name());
            return Ok(self.null(WarningKind::InvalidType, || {
                format!("there is no range from a {start} to a {end}")
            }));
        }
        self.grow(0, size_of::<Range>() + STRING_SIZE)?;
        let (start_included, end_included) = (interval.start_included, interval.end_included);
        Ok(Value::Range(Arc::new(Range {
            start,
            start_included,
            end,
            end_included,
        })))
    }

    fn negation(&mut self, operand: &Node, scope: &Scope<'_>) -> Evaluated {
        match self.evaluate(operand, scope)? {
            Value::Number(number) => self.number(Some(number.negate())),
            other => Ok(self.expected("number", &other)),
        }
    }

    /// Null, because a value is of another type than is needed.
    fn expected(&mut self, expected: &str, found: &Value) -> Value {
        let found = found.type_name();
        self.null(WarningKind::InvalidType, || {
            format!("expected a {expected} but found a {found}")
        })
    }
}

/// A name, or as much of it as a message may hold.
fn shown(name: &str) -> &str {
    &name[..name.floor_char_boundary(60)]
}
