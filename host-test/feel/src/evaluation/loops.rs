//! `for`, `some` and `every`.

use std::sync::Arc;

use super::{Evaluated, Evaluator};
use crate::limits::{Limit, MAX_VALUE_DEPTH};
use crate::number::Number;
use crate::scope::Scope;
use crate::syntax::{Domain, For, Iterator as IteratorNode, Name, Node, Quantifier};
use crate::value::{List, Value};

impl Evaluator<'_> {
    pub(super) fn conditional(
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

    pub(super) fn iteration(&mut self, iteration: &For, scope: &Scope<'_>) -> Evaluated {
        let Some(mut product) = self.product(&iteration.iterators, scope)? else {
            return Ok(Value::Null);
        };
        let mut results = Arc::new(List::default());
        while let Some(values) = product.current() {
            self.step(values.len())?;
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

    pub(super) fn quantified(
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
            self.step(values.len())?;
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
