//! Comparisons, unary tests, and logic in three values.

use super::{Evaluated, Evaluator};
use crate::scope::Scope;
use crate::syntax::{ComparisonOperator, Name, Node, Quantifier, Test};
use crate::value::Value;
use crate::warning::WarningKind;

impl Evaluator<'_> {
    pub(super) fn comparison(
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
            ComparisonOperator::Less => self.order(left, right)?.map(std::cmp::Ordering::is_lt),
            ComparisonOperator::LessOrEqual => {
                self.order(left, right)?.map(std::cmp::Ordering::is_le)
            }
            ComparisonOperator::Greater => self.order(left, right)?.map(std::cmp::Ordering::is_gt),
            ComparisonOperator::GreaterOrEqual => {
                self.order(left, right)?.map(std::cmp::Ordering::is_ge)
            }
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

    pub(super) fn between(&mut self, operands: &[Node; 3], scope: &Scope<'_>) -> Evaluated {
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

    pub(super) fn is_in(&mut self, value: &Node, tests: &[Test], scope: &Scope<'_>) -> Evaluated {
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

    pub(super) fn instance_of(
        &mut self,
        value: &Node,
        name: &Name,
        scope: &Scope<'_>,
    ) -> Evaluated {
        let value = self.evaluate(value, scope)?;
        Ok(is_instance(&value, name).into())
    }

    /// A test that names no value is about the variable `cellInput`, as in a cell of a decision table.
    pub(super) fn root_test(&mut self, test: &Test, scope: &Scope<'_>) -> Evaluated {
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
                let (from_start, from_end) = (self.order(value, &start)?, self.order(value, &end)?);
                let (Some(from_start), Some(from_end)) = (from_start, from_end) else {
                    let other = if from_start.is_none() { start } else { end };
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
                self.step(1)?;
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
    pub(super) fn fold(
        &mut self,
        quantifier: Quantifier,
        operands: &[Node],
        scope: &Scope<'_>,
    ) -> Evaluated {
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
    pub(super) fn combine(&mut self, quantifier: Quantifier, result: &Value, next: Value) -> Value {
        let decisive = quantifier == Quantifier::Some;
        match (result, &next) {
            (_, Value::Boolean(boolean)) if *boolean == decisive => next,
            (Value::Null, _) => Value::Null,
            (_, Value::Boolean(_)) => next,
            _ => self.expected("boolean", &next),
        }
    }
}

fn is_instance(value: &Value, name: &str) -> bool {
    let of = value.type_name();
    match name {
        "Any" => of != "null",
        "date time" => of == "date and time",
        name => of == name,
    }
}
