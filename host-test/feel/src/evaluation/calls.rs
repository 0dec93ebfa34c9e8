//! Functions: made, found and called.

use std::sync::Arc;

use super::{Evaluated, Evaluator, Stop, shown};
use crate::engine::FunctionError;
use crate::error::EvaluationErrorKind;
use crate::functions::{self, Failure};
use crate::scope::Scope;
use crate::syntax::{Arguments, Call, Lambda, Name, Node};
use crate::value::{Function, Value};
use crate::warning::WarningKind;

impl Evaluator<'_> {
    pub(super) fn function(&mut self, lambda: &Arc<Lambda>, scope: &Scope<'_>) -> Evaluated {
        self.step(lambda.names.len())?;
        let captured = scope.capture(&lambda.names);
        self.grow(0, size_of::<Function>())?;
        let functions = captured.function_count();
        self.step(functions)?;
        self.allocate_context(captured.len() + functions)?;
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

    pub(super) fn call(&mut self, call: &Call, scope: &Scope<'_>) -> Evaluated {
        self.step(call.arguments.len())?;
        self.step(scope.functions(&call.name).count())?;
        let failure = if let Some(function) = scope.function(&call.name, &call.arguments) {
            let arguments =
                self.arguments(&call.arguments, &function.lambda.parameters, false, scope)?;
            return self.invoke(function, arguments);
        } else if let Some(builtin) = call.builtin {
            let arguments =
                self.arguments(&call.arguments, builtin.parameters, builtin.variadic, scope)?;
            self.read(&arguments)?;
            (builtin.call)(self, &arguments)
        } else if let Some(function) = self.engine.function(&call.name, &call.arguments) {
            let arguments = self.arguments(&call.arguments, &function.parameters, false, scope)?;
            self.read(&arguments)?;
            match (function.call)(&arguments) {
                Ok(value) => {
                    let value = self.shallow(value)?;
                    self.allocate_value(&value)?;
                    return Ok(value);
                }
                Err(FunctionError::Null(message)) => Err(Failure::Null(message)),
                Err(FunctionError::Fail(message)) => {
                    let name = call.name.to_string();
                    return Err(self.stop(EvaluationErrorKind::Function { name, message }));
                }
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

    /// Uses up the steps for functions that go through their arguments once.
    fn read(&mut self, arguments: &[Value]) -> Evaluated<()> {
        for argument in arguments {
            if let Value::String(text) = argument {
                self.step(text.len() / 64)?;
            }
        }
        Ok(())
    }

    /// A name that stands for a function somewhere gives null where it cannot be called; one that stands
    /// for nothing is an error.
    fn unknown_function(&mut self, call: &Call, scope: &Scope<'_>) -> Evaluated {
        let name = &call.name;
        let overloaded = functions::exists(name)
            || self.engine.has_function(name)
            || scope.functions(name).next().is_some();
        let known =
            overloaded || self.expression.keys().contains(name) || scope.variable(name).is_some();
        if !known && !self.engine.unknown_functions_are_null {
            let suggestion = functions::similar(name, self.engine.function_names());
            return Err(self.no_function(name, suggestion));
        }
        Ok(self.null(WarningKind::NoFunctionFound, || {
            let shown_name = shown(name);
            match &call.arguments {
                _ if !known => format!("there is no function '{shown_name}'"),
                _ if !overloaded => {
                    format!("'{shown_name}' is no function that can be called here")
                }
                Arguments::Positional(arguments) => {
                    format!(
                        "no function '{shown_name}' has {} parameters",
                        arguments.len()
                    )
                }
                Arguments::Named(arguments) => {
                    let names: Vec<&str> =
                        arguments.keys().take(10).map(|name| shown(name)).collect();
                    format!(
                        "no function '{shown_name}' has the parameters {}",
                        names.join(", ")
                    )
                }
            }
        }))
    }

    #[allow(clippy::unnecessary_box_returns)]
    fn no_function(&self, name: &str, suggestion: Option<String>) -> Stop {
        let name = shown(name).to_owned();
        self.stop(EvaluationErrorKind::UnknownFunction { name, suggestion })
    }

    pub(super) fn context_call(
        &mut self,
        context: &Node,
        call: &Call,
        scope: &Scope<'_>,
    ) -> Evaluated {
        let value = self.evaluate(context, scope)?;
        self.step(call.arguments.len())?;
        let found = match &value {
            Value::Context(context) => Scope::root(context)
                .function(&call.name, &call.arguments)
                .cloned(),
            _ => None,
        };
        let Some(function) = found else {
            if self.engine.unknown_functions_are_null {
                return Ok(self.null(WarningKind::NoFunctionFound, || {
                    format!("there is no function '{}'", shown(&call.name))
                }));
            }
            return Err(self.no_function(&call.name, None));
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
