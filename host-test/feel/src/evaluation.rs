//! A tree to a value. What has no value becomes `null` with a warning, as in feel-scala; what must not be
//! overlooked stops the evaluation.

use std::sync::Arc;

use crate::engine::Engine;
use crate::error::{EvaluationError, EvaluationErrorKind, Place};
use crate::expression::Expression;
use crate::functions::{self, Failure};
use crate::limits::{Limit, Limits, MAX_VALUE_DEPTH};
use crate::number::Number;
use crate::operators::order;
use crate::pattern::Patterns;
use crate::scope::Scope;
use crate::syntax::{
    Arguments, ArithmeticOperator, Call, ComparisonOperator, Domain, For, Interval,
    Iterator as IteratorNode, Kind, Lambda, Name, Node, Quantifier, Step, Test,
};
use crate::value::{Context, Function, List, Range, Value};
use crate::warning::{Warning, WarningKind, Warnings};

/// What ends an evaluation. Boxed, since nearly every function here returns it.
pub(crate) type Stop = Box<EvaluationError>;

pub(crate) type Evaluated<T = Value> = Result<T, Stop>;

/// What an entry of a context takes, with its share of the index.
const ENTRY_SIZE: usize = size_of::<Value>() + 64;

/// What a decimal number takes beyond the value that points to it.
const DECIMAL_SIZE: usize = 96;

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
        let (source, at) = (self.expression.source(), self.at);
        self.warnings.add(|| Warning {
            kind,
            message: message(),
            place: Place::new(source, at),
        });
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

    /// Uses up memory for a value of so many bytes, before it is made.
    pub(crate) fn allocate(&mut self, bytes: usize) -> Evaluated<()> {
        self.grow(bytes, bytes)
    }

    /// Uses up memory for a value that gets larger by so many bytes.
    pub(crate) fn grow(&mut self, size: usize, by: usize) -> Evaluated<()> {
        if size > self.limits.value_size {
            return Err(self.limit(Limit::ValueSize(self.limits.value_size)));
        }
        self.memory = self.memory.saturating_add(by);
        if self.memory > self.limits.memory {
            Err(self.limit(Limit::Memory(self.limits.memory)))
        } else {
            Ok(())
        }
    }

    /// Uses up memory for a list that one item is added to, which makes it so long.
    pub(crate) fn grow_list(&mut self, length: usize) -> Evaluated<()> {
        self.grow(
            length.saturating_mul(size_of::<Value>()),
            size_of::<Value>(),
        )
    }

    pub(crate) fn memory_left(&self) -> usize {
        self.limits.memory.saturating_sub(self.memory)
    }

    /// Uses up memory for a list of so many items.
    pub(crate) fn allocate_list(&mut self, items: usize) -> Evaluated<()> {
        self.allocate(items.saturating_mul(size_of::<Value>()))
    }

    /// Uses up memory for a context of so many entries.
    pub(crate) fn allocate_context(&mut self, entries: usize) -> Evaluated<()> {
        self.allocate(entries.saturating_mul(ENTRY_SIZE))
    }

    /// A value that is not nested too deeply, so that nothing that goes through it goes too deep.
    pub(crate) fn shallow(&self, value: Value) -> Evaluated {
        if value.depth() > MAX_VALUE_DEPTH {
            Err(self.limit(Limit::ValueDepth(MAX_VALUE_DEPTH)))
        } else {
            Ok(value)
        }
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

    fn instance_of(&mut self, value: &Node, name: &Name, scope: &Scope<'_>) -> Evaluated {
        let value = self.evaluate(value, scope)?;
        Ok(is_instance(&value, name).into())
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
        let mut list = List::default();
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
        if text || order(&start, &end).is_none() {
            let (start, end) = (start.type_name(), end.type_name());
            return Ok(self.null(WarningKind::InvalidType, || {
                format!("there is no range from a {start} to a {end}")
            }));
        }
        self.allocate(size_of::<Range>())?;
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

    // Paths and filters.

    fn path(&mut self, base: &Node, steps: &[Step], scope: &Scope<'_>) -> Evaluated {
        let mut value = self.evaluate(base, scope)?;
        for step in steps {
            self.step(1)?;
            value = match step {
                Step::Property(name, at) => {
                    self.at = *at;
                    self.property(&value, name)?
                }
                Step::Filter(filter) => {
                    self.at = filter.at;
                    self.filter(&value, filter, scope)?
                }
            };
        }
        Ok(value)
    }

    /// A property of a value; of a list, the properties of its items.
    fn property(&mut self, value: &Value, name: &Name) -> Evaluated {
        Ok(match value {
            Value::Context(context) => match context.get(name) {
                Some(value) => value.clone(),
                None => self.null(WarningKind::NoContextEntryFound, || {
                    missing_entry(context, name)
                }),
            },
            Value::List(list) => {
                self.step(list.items().len())?;
                let mut properties = Vec::with_capacity(list.items().len());
                self.allocate_list(list.items().len())?;
                for item in list.items() {
                    properties.push(self.property(item, name)?);
                }
                properties.into()
            }
            Value::Null => self.null(WarningKind::NoContextEntryFound, || {
                format!("there is no entry '{}': the context is null", shown(name))
            }),
            value => value.property(name).unwrap_or_else(|| {
                let of = value.type_name();
                self.null(WarningKind::NoPropertyFound, || {
                    format!("a {of} has no property '{}'", shown(name))
                })
            }),
        })
    }

    fn filter(&mut self, value: &Value, filter: &Node, scope: &Scope<'_>) -> Evaluated {
        let Value::List(list) = value else {
            return Ok(self.expected("list", value));
        };
        let items = list.items();
        match &filter.kind {
            Kind::Constant(Value::Number(index)) => return Ok(at_index(items, index)),
            Kind::Comparison(_, operator) if *operator != ComparisonOperator::NotEqual => {}
            Kind::Call(_) | Kind::ContextCall(..) => {}
            _ => {
                // A number that does not depend on an item is a position. Whether it is one, only its value
                // tells; what it warns of is told again for the items.
                let warnings = self.warnings.len();
                if let Value::Number(index) = self.evaluate(filter, scope)? {
                    return Ok(at_index(items, &index));
                }
                self.warnings.truncate(warnings);
            }
        }
        let mut kept = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let item_scope = scope.with_value("item", item);
            let result = match item {
                Value::Context(context) => {
                    self.evaluate(filter, &item_scope.with_context(context))?
                }
                _ => self.evaluate(filter, &item_scope)?,
            };
            match result {
                Value::Boolean(true) => {
                    self.grow_list(kept.len() + 1)?;
                    kept.push(item.clone());
                }
                Value::Number(position) if index == 0 => return Ok(at_index(items, &position)),
                _ => {}
            }
        }
        self.shallow(kept.into())
    }

    // Comparisons, tests and logic.

    fn comparison(
        &mut self,
        operands: &[Node; 2],
        operator: ComparisonOperator,
        scope: &Scope<'_>,
    ) -> Evaluated {
        let left = self.evaluate(&operands[0], scope)?;
        let right = self.evaluate(&operands[1], scope)?;
        self.compare(operator, &left, &right)
    }

    fn compare(&mut self, operator: ComparisonOperator, left: &Value, right: &Value) -> Evaluated {
        let result = match operator {
            ComparisonOperator::Equal => self.equal(left, right)?,
            ComparisonOperator::NotEqual => self.equal(left, right)?.map(|equal| !equal),
            ComparisonOperator::Less => order(left, right).map(std::cmp::Ordering::is_lt),
            ComparisonOperator::LessOrEqual => order(left, right).map(std::cmp::Ordering::is_le),
            ComparisonOperator::Greater => order(left, right).map(std::cmp::Ordering::is_gt),
            ComparisonOperator::GreaterOrEqual => order(left, right).map(std::cmp::Ordering::is_ge),
        };
        Ok(match result {
            Some(result) => result.into(),
            None => self.not_comparable(left, right),
        })
    }

    fn not_comparable(&mut self, left: &Value, right: &Value) -> Value {
        let (left, right) = (left.type_name(), right.type_name());
        self.null(WarningKind::NotComparable, || {
            format!("a {left} cannot be compared with a {right}")
        })
    }

    fn between(&mut self, operands: &[Node; 3], scope: &Scope<'_>) -> Evaluated {
        let value = self.evaluate(&operands[0], scope)?;
        let mut result = Value::from(true);
        for (bound, operator) in [
            (&operands[1], ComparisonOperator::GreaterOrEqual),
            (&operands[2], ComparisonOperator::LessOrEqual),
        ] {
            if let Value::Boolean(false) = result {
                break;
            }
            let bound = self.evaluate(bound, scope)?;
            let next = self.compare(operator, &value, &bound)?;
            result = self.combine(Quantifier::Every, &result, next);
        }
        Ok(result)
    }

    fn is_in(&mut self, value: &Node, tests: &[Test], scope: &Scope<'_>) -> Evaluated {
        let value = self.evaluate(value, scope)?;
        if let [test] = tests {
            return self.test(&value, test, scope);
        }
        let mut result = Value::from(false);
        for test in tests {
            if let Value::Boolean(true) = result {
                break;
            }
            let next = self.test(&value, test, scope)?;
            result = self.combine(Quantifier::Some, &result, next);
        }
        Ok(result)
    }

    /// A test that names no value is about the variable `cellInput`, as in a cell of a decision table.
    fn root_test(&mut self, test: &Test, scope: &Scope<'_>) -> Evaluated {
        let value = match scope.implicit_input() {
            Some(value) => value.clone(),
            None => self.null(WarningKind::NoVariableFound, || {
                "there is no value to test".to_owned()
            }),
        };
        self.test(&value, test, scope)
    }

    fn test(&mut self, value: &Value, test: &Test, scope: &Scope<'_>) -> Evaluated {
        match test {
            Test::Compare(operator, operand) => {
                let operand = self.evaluate(operand, &scope.with_input(value, false))?;
                self.compare(*operator, value, &operand)
            }
            Test::Boolean(boolean) => {
                self.compare(ComparisonOperator::Equal, value, &(*boolean).into())
            }
            Test::Interval(interval) => {
                let scope = scope.with_input(value, false);
                let start = self.evaluate(&interval.start, &scope)?;
                let end = self.evaluate(&interval.end, &scope)?;
                let (Some(from_start), Some(from_end)) = (order(value, &start), order(value, &end))
                else {
                    let other = if order(value, &start).is_none() {
                        start
                    } else {
                        end
                    };
                    return Ok(self.not_comparable(value, &other));
                };
                let after = from_start.is_gt() || from_start.is_eq() && interval.start_included;
                let before = from_end.is_lt() || from_end.is_eq() && interval.end_included;
                Ok((after && before).into())
            }
            Test::Expression {
                node,
                has_input: true,
            } => match self.evaluate(node, &scope.with_input(value, true))? {
                result @ Value::Boolean(_) => Ok(result),
                other => Ok(self.expected("boolean", &other)),
            },
            Test::Expression {
                node,
                has_input: false,
            } => {
                let result = self.evaluate(node, &scope.with_input(value, false))?;
                self.matches(value, &result)
            }
        }
    }

    /// Whether a value is what a test says: `true`, the value itself, or a list with the value in it.
    fn matches(&mut self, value: &Value, result: &Value) -> Evaluated {
        if let Value::Boolean(true) = result {
            return Ok(true.into());
        }
        if let Value::List(list) = result {
            for item in list.items() {
                if self.equal(value, item)? == Some(true) {
                    return Ok(true.into());
                }
            }
        }
        match (self.equal(value, result)?, result) {
            (Some(true), _) => Ok(true.into()),
            (_, Value::Boolean(false) | Value::List(_)) | (Some(false), _) => Ok(false.into()),
            (None, _) => Ok(self.not_comparable(value, result)),
        }
    }

    /// `and` and `or` in three values: the decisive value wins, whatever else is null or no boolean.
    fn fold(&mut self, quantifier: Quantifier, operands: &[Node], scope: &Scope<'_>) -> Evaluated {
        let decisive = quantifier == Quantifier::Some;
        let mut result = Value::from(!decisive);
        for operand in operands {
            let next = self.evaluate(operand, scope)?;
            result = self.combine(quantifier, &result, next);
            if matches!(result, Value::Boolean(boolean) if boolean == decisive) {
                break;
            }
        }
        Ok(result)
    }

    /// The result so far, which is not the decisive one, and what comes next.
    fn combine(&mut self, quantifier: Quantifier, result: &Value, next: Value) -> Value {
        let decisive = quantifier == Quantifier::Some;
        match (result, &next) {
            (_, Value::Boolean(boolean)) if *boolean == decisive => next,
            (Value::Null, _) => Value::Null,
            (_, Value::Boolean(_)) => next,
            _ => self.expected("boolean", &next),
        }
    }

    // Control.

    fn conditional(
        &mut self,
        branches: &[(Node, Node)],
        otherwise: &Node,
        scope: &Scope<'_>,
    ) -> Evaluated {
        for (condition, branch) in branches {
            match self.evaluate(condition, scope)? {
                Value::Boolean(true) => return self.evaluate(branch, scope),
                Value::Boolean(false) => {}
                other => drop(self.expected("boolean", &other)),
            }
        }
        self.evaluate(otherwise, scope)
    }

    fn iteration(&mut self, iteration: &For, scope: &Scope<'_>) -> Evaluated {
        let Some(mut product) = self.product(&iteration.iterators, scope)? else {
            return Ok(Value::Null);
        };
        let mut results = Arc::new(List::default());
        while let Some(values) = product.current() {
            self.step(1)?;
            let scope = scope.with_values(values);
            let result = if iteration.uses_partial {
                let partial = Value::List(Arc::clone(&results));
                self.evaluate(&iteration.body, &scope.with_value("partial", &partial))?
            } else {
                self.evaluate(&iteration.body, &scope)?
            };
            // A body that keeps the results so far has them copied.
            let length = results.items().len() + 1;
            if Arc::strong_count(&results) > 1 {
                self.allocate_list(length)?;
            }
            self.grow_list(length)?;
            Arc::make_mut(&mut results).push(result);
            if results.depth() > MAX_VALUE_DEPTH {
                return Err(self.limit(Limit::ValueDepth(MAX_VALUE_DEPTH)));
            }
            product.advance();
        }
        self.shallow(Value::List(results))
    }

    fn quantified(
        &mut self,
        quantifier: Quantifier,
        iterators: &[IteratorNode],
        condition: &Node,
        scope: &Scope<'_>,
    ) -> Evaluated {
        let Some(mut product) = self.product(iterators, scope)? else {
            return Ok(Value::Null);
        };
        let decisive = quantifier == Quantifier::Some;
        let mut result = Value::from(!decisive);
        while let Some(values) = product.current() {
            self.step(1)?;
            let next = self.evaluate(condition, &scope.with_values(values))?;
            result = self.combine(quantifier, &result, next);
            if matches!(result, Value::Boolean(boolean) if boolean == decisive) {
                break;
            }
            product.advance();
        }
        Ok(result)
    }

    /// All combinations of what the iterators go through; `None` if one does not go through anything.
    fn product(
        &mut self,
        iterators: &[IteratorNode],
        scope: &Scope<'_>,
    ) -> Evaluated<Option<Product>> {
        let mut series = Vec::with_capacity(iterators.len());
        let mut complete = true;
        for iterator in iterators {
            match &iterator.domain {
                Domain::List(list) => match self.evaluate(list, scope)? {
                    Value::List(list) => {
                        series.push((Arc::clone(&iterator.name), Series::Items(list)));
                    }
                    other => {
                        self.expected("list", &other);
                        complete = false;
                    }
                },
                Domain::Numbers(start, end) => {
                    match (self.evaluate(start, scope)?, self.evaluate(end, scope)?) {
                        (Value::Number(start), Value::Number(end)) => {
                            series.push((Arc::clone(&iterator.name), Series::numbers(start, &end)));
                        }
                        (Value::Number(_), other) | (other, _) => {
                            self.expected("number", &other);
                            complete = false;
                        }
                    }
                }
            }
        }
        Ok(complete.then(|| Product::new(series)))
    }

    // Functions.

    fn function(&mut self, lambda: &Arc<Lambda>, scope: &Scope<'_>) -> Evaluated {
        self.step(lambda.names.len())?;
        let captured = scope.capture(&lambda.names);
        self.allocate(size_of::<Function>())?;
        self.allocate_context(captured.len() + captured.functions().len())?;
        let function = Function {
            lambda: Arc::clone(lambda),
            captured,
            input: scope.input().cloned(),
        };
        self.shallow(Value::Function(Arc::new(function)))
    }

    /// Calls a function of the expression.
    pub(crate) fn invoke(&mut self, function: &Function, arguments: Vec<Value>) -> Evaluated {
        let parameters = function.lambda.parameters.iter().cloned();
        let values: Vec<(Name, Value)> = parameters.zip(arguments).collect();
        let root = Scope::root(&function.captured);
        match &function.input {
            Some(input) => self.evaluate(
                &function.lambda.body,
                &root.with_input(input, true).with_values(&values),
            ),
            None => self.evaluate(&function.lambda.body, &root.with_values(&values)),
        }
    }

    fn call(&mut self, call: &Call, scope: &Scope<'_>) -> Evaluated {
        self.step(call.arguments.len())?;
        let failure = if let Some(function) = scope.function(&call.name, &call.arguments) {
            let arguments =
                self.arguments(&call.arguments, &function.lambda.parameters, false, scope)?;
            return self.invoke(function, arguments);
        } else if let Some(builtin) = call.builtin {
            let arguments =
                self.arguments(&call.arguments, builtin.parameters, builtin.variadic, scope)?;
            (builtin.call)(self, &arguments)
        } else if let Some(function) = self.engine.function(&call.name, &call.arguments) {
            let arguments = self.arguments(&call.arguments, &function.parameters, false, scope)?;
            match (function.call)(&arguments) {
                Ok(value) => self.shallow(value).map_err(Failure::Stop),
                Err(message) => Err(Failure::Null(message)),
            }
        } else {
            return self.unknown_function(call, scope);
        };
        match failure {
            Ok(value) => Ok(value),
            Err(Failure::Stop(stop)) => Err(stop),
            Err(Failure::Null(message)) => {
                let name = &call.name;
                Ok(self.null(WarningKind::FunctionInvocationFailure, || {
                    format!("{name}(): {message}")
                }))
            }
        }
    }

    /// A name that stands for a function somewhere gives null where it cannot be called; one that stands
    /// for nothing is an error.
    fn unknown_function(&mut self, call: &Call, scope: &Scope<'_>) -> Evaluated {
        let name = &call.name;
        let other_parameters = functions::exists(name)
            || self.engine.has_function(name)
            || scope.functions(name).next().is_some();
        if other_parameters
            || self.expression.keys().contains(name)
            || scope.variable(name).is_some()
        {
            let count = call.arguments.len();
            return Ok(
                self.null(WarningKind::NoFunctionFound, || match &call.arguments {
                    _ if !other_parameters => {
                        format!("'{}' is no function that can be called here", shown(name))
                    }
                    Arguments::Positional(_) => {
                        format!("no function '{name}' has {count} parameters")
                    }
                    Arguments::Named(arguments) => {
                        let names: Vec<&str> =
                            arguments.keys().take(10).map(|name| shown(name)).collect();
                        format!(
                            "no function '{name}' has the parameters {}",
                            names.join(", ")
                        )
                    }
                }),
            );
        }
        let suggestion = functions::similar(name, self.engine.function_names());
        Err(self.stop(EvaluationErrorKind::UnknownFunction {
            name: shown(name).to_owned(),
            suggestion,
        }))
    }

    fn context_call(&mut self, context: &Node, call: &Call, scope: &Scope<'_>) -> Evaluated {
        let value = self.evaluate(context, scope)?;
        self.step(call.arguments.len())?;
        let found = match &value {
            Value::Context(context) => Scope::root(context)
                .function(&call.name, &call.arguments)
                .cloned(),
            _ => None,
        };
        let Some(function) = found else {
            let name = shown(&call.name).to_owned();
            return Err(self.stop(EvaluationErrorKind::UnknownFunction {
                name,
                suggestion: None,
            }));
        };
        let arguments =
            self.arguments(&call.arguments, &function.lambda.parameters, false, scope)?;
        self.invoke(&function, arguments)
    }

    /// One value for each parameter. What is not named is null; what a variadic function gets beyond its
    /// parameters is the list that the last stands for.
    fn arguments<T: AsRef<str>>(
        &mut self,
        arguments: &Arguments,
        parameters: &[T],
        variadic: bool,
        scope: &Scope<'_>,
    ) -> Evaluated<Vec<Value>> {
        let mut values = Vec::with_capacity(parameters.len());
        match arguments {
            Arguments::Named(named) => {
                for parameter in parameters {
                    values.push(match named.get(parameter.as_ref()) {
                        Some(argument) => self.evaluate(argument, scope)?,
                        None => Value::Null,
                    });
                }
            }
            Arguments::Positional(positional) => {
                for argument in positional {
                    values.push(self.evaluate(argument, scope)?);
                }
                if variadic {
                    let rest = values.split_off(parameters.len() - 1);
                    values.push(match rest.as_slice() {
                        [list @ Value::List(_)] if parameters.len() == 1 => list.clone(),
                        _ => self.list(rest)?,
                    });
                }
            }
        }
        Ok(values)
    }
}

/// The combinations of several series, of which the last goes fastest.
struct Product {
    series: Vec<Series>,
    positions: Vec<usize>,
    /// The values of the current combination; empty once there are no more.
    values: Vec<(Name, Value)>,
}

impl Product {
    fn new(series: Vec<(Name, Series)>) -> Self {
        let firsts: Option<Vec<_>> = series
            .iter()
            .map(|(name, series)| Some((Arc::clone(name), series.get(0)?)))
            .collect();
        Self {
            positions: vec![0; series.len()],
            series: series.into_iter().map(|(_, series)| series).collect(),
            values: firsts.unwrap_or_default(),
        }
    }

    fn current(&self) -> Option<&[(Name, Value)]> {
        if self.values.is_empty() {
            None
        } else {
            Some(&self.values)
        }
    }

    fn advance(&mut self) {
        for index in (0..self.series.len()).rev() {
            let series = &self.series[index];
            let (position, more) = match series.get(self.positions[index] + 1) {
                Some(value) => (self.positions[index] + 1, Some(value)),
                None => (0, None),
            };
            self.positions[index] = position;
            if let Some(value) = more {
                self.values[index].1 = value;
                return;
            }
            if let Some(first) = series.get(0) {
                self.values[index].1 = first;
            }
        }
        self.values.clear();
    }
}

enum Series {
    Items(Arc<List>),
    /// From a number, up or down by one, so many times.
    Numbers {
        start: Number,
        down: bool,
        count: usize,
    },
}

impl Series {
    fn numbers(start: Number, end: &Number) -> Self {
        let down = start > *end;
        let distance = end
            .subtract(&start)
            .and_then(|distance| distance.abs().to_i64());
        let count = distance
            .and_then(|distance| usize::try_from(distance).ok())
            .map_or(usize::MAX, |d| d.saturating_add(1));
        Self::Numbers { start, down, count }
    }

    fn get(&self, index: usize) -> Option<Value> {
        match self {
            Self::Items(list) => list.items().get(index).cloned(),
            Self::Numbers { count, .. } if index >= *count => None,
            Self::Numbers { start, down, .. } => {
                let distance = Number::from_count(index);
                let number = if *down {
                    start.subtract(&distance)
                } else {
                    start.add(&distance)
                };
                number.map(Value::Number)
            }
        }
    }
}

/// The item at a position, counted from 1, or from -1 for the last.
fn at_index(items: &[Value], index: &Number) -> Value {
    // Positions are far below what a floating-point number holds exactly.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )]
    let position = {
        let (index, length) = (index.to_f64(), items.len() as f64);
        let position = if index > 0.0 {
            index - 1.0
        } else {
            length + index
        };
        if position < 0.0 || position >= length {
            None
        } else {
            Some(position as usize)
        }
    };
    position
        .and_then(|position| items.get(position))
        .cloned()
        .unwrap_or(Value::Null)
}

fn is_instance(value: &Value, name: &str) -> bool {
    let of = value.type_name();
    match name {
        "Any" => of != "null",
        "date time" => of == "date and time",
        name => of == name,
    }
}

fn missing_entry(context: &Context, name: &str) -> String {
    let keys: Vec<String> = context
        .entries()
        .take(10)
        .map(|(key, _)| format!("'{}'", shown(key)))
        .collect();
    let known = match (keys.len(), context.len()) {
        (0, _) => "the context is empty".to_owned(),
        (shown, all) if shown < all => format!("the first of {all} keys are {}", keys.join(", ")),
        _ => format!("the keys are {}", keys.join(", ")),
    };
    format!("there is no entry '{}': {known}", shown(name))
}

/// A name, or as much of it as a message may hold.
fn shown(name: &str) -> &str {
    &name[..name.floor_char_boundary(60)]
}
