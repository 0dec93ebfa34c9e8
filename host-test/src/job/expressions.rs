//! Result and error expressions: FEEL with the functions of a connector runtime.

use feel::jiff::tz::TimeZone;
use feel::jiff::{Timestamp, Zoned};
use feel::{Context, Engine, Expression, JsonStyle, Warning, WarningKind};
use serde_json::{Map, Value};

use super::functions::with_connector_functions;
use crate::error::one_line;

/// Evaluates the expressions of task headers.
#[derive(Debug)]
pub struct Expressions {
    engine: Engine,
}

/// With the clock of the system, in UTC.
impl Default for Expressions {
    fn default() -> Self {
        // By its name, as engines show it.
        Self::in_time_zone(TimeZone::get("Etc/UTC").unwrap_or(TimeZone::UTC))
    }
}

impl Expressions {
    /// Expressions with this clock. As on Camunda, a function that does not exist is null.
    #[must_use]
    pub fn new(clock: impl Fn() -> Zoned + Send + Sync + 'static) -> Self {
        let engine = Engine::new(clock)
            .with_random(|bytes| bytes.fill_with(|| fastrand::u8(..)))
            .with_unknown_functions_as_null();
        Self {
            engine: with_connector_functions(engine),
        }
    }

    /// Expressions with the clock of the system, in this time zone: that is what `today()` and `now()` go by.
    #[must_use]
    pub fn in_time_zone(time_zone: TimeZone) -> Self {
        Self::new(move || Timestamp::now().to_zoned(time_zone.clone()))
    }

    /// The value of an expression of a task header, as the connector runtime stores it. What went wrong is told in
    /// one line, and names no value.
    pub(super) fn evaluate(
        &self,
        expression: &Expression,
        scope: &Map<String, Value>,
    ) -> Result<Value, String> {
        let scope = serde_json::to_string(scope).map_err(|error| error.to_string())?;
        let scope = Context::from_json(&scope).map_err(|error| error.to_string())?;
        let (value, warnings) = self.value_in(expression, &scope, JsonStyle::Connector)?;
        // Most of what is null is meant to be: no error, on success. A function that does not exist is not.
        for warning in warnings {
            if warning.kind == WarningKind::NoFunctionFound {
                let warning = one_line(&warning.to_string());
                tracing::warn!("expression of a header: {warning}");
            }
        }
        Ok(value)
    }

    /// The value of an expression, and why parts of it are null.
    pub(super) fn value_in(
        &self,
        expression: &Expression,
        scope: &Context,
        style: JsonStyle,
    ) -> Result<(Value, Vec<Warning>), String> {
        let evaluation = self
            .engine
            .evaluate(expression, scope)
            .map_err(|error| error.to_string())?;
        let value = serde_json::to_value(evaluation.value.json(style));
        let value = value.map_err(|error| error.to_string())?;
        Ok((value, evaluation.warnings))
    }
}
