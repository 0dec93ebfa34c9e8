//! Paths, projections and filters.

use super::{Evaluated, Evaluator, shown};
use crate::number::Number;
use crate::scope::Scope;
use crate::syntax::{ComparisonOperator, Kind, Name, Node, Step};
use crate::value::{Context, Value};
use crate::warning::WarningKind;

impl Evaluator<'_> {
    pub(super) fn path(&mut self, base: &Node, steps: &[Step], scope: &Scope<'_>) -> Evaluated {
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
                // tells; what there is to note is noted again for the items.
                self.warnings.pause();
                let position = self.evaluate(filter, scope)?;
                self.warnings.resume();
                if let Value::Number(index) = position {
                    return Ok(at_index(items, &index));
                }
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
