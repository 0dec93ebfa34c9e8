//! What a name means where it stands. Scopes lie on the stack, one within the other; a function that
//! outlives its scope takes along what its body names.

use std::sync::Arc;

use crate::syntax::{Arguments, Name};
use crate::value::{Context, Function, Value};

/// The name under which a tested value is a variable.
const INPUT: &str = "cellInput";

#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    outer: Option<&'a Scope<'a>>,
    frame: Frame<'a>,
}

#[derive(Clone, Copy)]
enum Frame<'a> {
    Context(&'a Context),
    Value(&'a str, &'a Value),
    Values(&'a [(Name, Value)]),
    /// The value of a unary test; whether `?` stands for it.
    Input(&'a Value, bool),
}

impl<'a> Scope<'a> {
    pub(crate) fn root(variables: &'a Context) -> Self {
        Self {
            outer: None,
            frame: Frame::Context(variables),
        }
    }

    pub(crate) fn with_context(&'a self, context: &'a Context) -> Self {
        Self {
            outer: Some(self),
            frame: Frame::Context(context),
        }
    }

    pub(crate) fn with_value(&'a self, name: &'a str, value: &'a Value) -> Self {
        Self {
            outer: Some(self),
            frame: Frame::Value(name, value),
        }
    }

    pub(crate) fn with_values(&'a self, values: &'a [(Name, Value)]) -> Self {
        Self {
            outer: Some(self),
            frame: Frame::Values(values),
        }
    }

    pub(crate) fn with_input(&'a self, value: &'a Value, named: bool) -> Self {
        Self {
            outer: Some(self),
            frame: Frame::Input(value, named),
        }
    }

    fn frames(&self) -> impl Iterator<Item = Frame<'_>> {
        std::iter::successors(Some(self), |scope| scope.outer).map(|scope| scope.frame)
    }

    pub(crate) fn variable(&self, name: &str) -> Option<&Value> {
        self.frames().find_map(|frame| match frame {
            Frame::Context(context) => context.get(name),
            Frame::Value(known, value) => (known == name).then_some(value),
            Frame::Values(values) => values
                .iter()
                .find(|(known, _)| &**known == name)
                .map(|(_, value)| value),
            Frame::Input(value, _) => (name == INPUT).then_some(value),
        })
    }

    /// The value that a unary test is about, though it does not name it.
    pub(crate) fn implicit_input(&self) -> Option<&Value> {
        self.variable(INPUT)
    }

    /// The value that `?` stands for.
    pub(crate) fn input(&self) -> Option<&Value> {
        self.frames().find_map(|frame| match frame {
            Frame::Input(value, true) => Some(value),
            _ => None,
        })
    }

    /// The functions with a name, the innermost first; of one context in the order of its entries.
    pub(crate) fn functions(&self, name: &str) -> impl Iterator<Item = &Arc<Function>> {
        self.frames().flat_map(move |frame| match frame {
            Frame::Context(context) => context.functions(name),
            _ => &[],
        })
    }

    pub(crate) fn function(&self, name: &str, arguments: &Arguments) -> Option<&Arc<Function>> {
        self.functions(name)
            .find(|function| arguments.fit(&function.lambda.parameters, false))
    }

    /// What these names mean here, for a function to keep.
    pub(crate) fn capture(&self, names: &[Name]) -> Context {
        let mut captured = Context::new();
        for name in names {
            if let Some(value) = self.variable(name) {
                captured.insert_value(Arc::clone(name), value.clone());
            }
            for function in self.functions(name) {
                captured.insert(Arc::clone(name), Value::Function(Arc::clone(function)));
            }
        }
        captured
    }
}
