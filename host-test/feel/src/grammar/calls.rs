//! Functions: their names, arguments and definitions.

use indexmap::IndexMap;
use std::sync::Arc;

use super::{Parsed, Parser};
use crate::error::ParseErrorKind;
use crate::lexer::{TokenKind, is_reserved};
use crate::syntax::{Arguments, Call, Kind, Lambda, Node, Step, Test};
use crate::value::Value;
use crate::{functions, temporal};

impl<'s> Parser<'s> {
    /// The name of a function, if the word begins one that a `(` follows; the `(` is then next.
    pub(super) fn function_name(&mut self, word: &'s str) -> Option<&'s str> {
        let start = self.token.start;
        let reserved = [
            "date and time",
            "years and months duration",
            "get or else",
            "and",
            "or",
        ];
        let end = match word {
            "date" | "years" | "get" | "and" | "or" => reserved
                .into_iter()
                .find_map(|name| self.lexer.exactly(start, name)),
            _ => None,
        };
        let several = end.or_else(|| {
            if is_reserved(word) {
                None
            } else {
                self.lexer.words(start)
            }
        });
        let one = (!is_reserved(word)).then_some(self.token.end);
        for end in several.into_iter().chain(one) {
            let next = self.lexer.token(end);
            if next.kind == TokenKind::Symbol("(") {
                self.token = next;
                return Some(&self.source[start..end]);
            }
        }
        None
    }

    /// `name(arguments)`, behind the name.
    pub(super) fn call(&mut self, name: &'s str, at: usize) -> Parsed<Node> {
        let mut arguments = self.arguments()?;
        if let Some(literal) = temporal_literal(name, &mut arguments) {
            return Ok(Node { kind: literal, at });
        }
        let name = self.used(name)?;
        let builtin = functions::find(&name, &arguments);
        Ok(Node {
            kind: Kind::Call(Box::new(Call {
                name,
                arguments,
                builtin,
            })),
            at,
        })
    }

    /// A variable with its path, or the call of a function that is an entry of a context.
    pub(super) fn variable(&mut self) -> Parsed<Node> {
        let at = self.token.start;
        let first = self.simple_name("a name")?;
        if self.at_symbol("(") {
            return self.call(first, at);
        }
        if first == "partial" {
            self.partial_used = true;
        }
        let mut base = Node {
            kind: Kind::Variable(self.used(first)?),
            at,
        };
        let mut steps = Vec::new();
        while self.at_symbol(".") {
            let dot = self.advance().start;
            let name = self.property_name()?;
            if self.at_symbol("(") {
                if !steps.is_empty() {
                    base = Node {
                        kind: Kind::Path(Box::new(base), steps),
                        at,
                    };
                }
                let call = Call {
                    name: self.name(name)?,
                    arguments: self.arguments()?,
                    builtin: None,
                };
                return Ok(Node {
                    kind: Kind::ContextCall(Box::new(base), Box::new(call)),
                    at: dot,
                });
            }
            steps.push(Step::Property(self.name(name)?, dot));
        }
        if steps.is_empty() {
            Ok(base)
        } else {
            Ok(Node {
                kind: Kind::Path(Box::new(base), steps),
                at,
            })
        }
    }

    pub(super) fn arguments(&mut self) -> Parsed<Arguments> {
        self.need_symbol("(", "'('")?;
        if self.eat_symbol(")") {
            return Ok(Arguments::Positional(Vec::new()));
        }
        let arguments = if self.parameter_end().is_some_and(|end| self.is_colon(end)) {
            let mut named = IndexMap::new();
            loop {
                let name = self.parameter()?;
                let name = self.name(name)?;
                self.need_symbol(":", "':'")?;
                // As with the keys of a context, the last of the same name counts.
                named.insert(name, self.argument()?);
                self.not_too_many("arguments with names", named.len())?;
                if !self.eat_symbol(",") {
                    break Arguments::Named(named);
                }
            }
        } else {
            let mut positional = Vec::new();
            loop {
                positional.push(self.argument()?);
                if !self.eat_symbol(",") {
                    break Arguments::Positional(positional);
                }
            }
        };
        self.need_symbol(")", "',' or ')'")?;
        Ok(arguments)
    }

    /// An expression, or a range, which is a value only here.
    pub(super) fn argument(&mut self) -> Parsed<Node> {
        let node = self.expression()?;
        Ok(match node.kind {
            Kind::Test(test) => match *test {
                Test::Interval(interval) => Node {
                    kind: Kind::Range(Box::new(interval)),
                    at: node.at,
                },
                test => Node {
                    kind: Kind::Test(Box::new(test)),
                    at: node.at,
                },
            },
            _ => node,
        })
    }

    /// Where the name of a parameter ends that begins here, which may have spaces in it.
    pub(super) fn parameter_end(&self) -> Option<usize> {
        match self.token.kind {
            TokenKind::Name(name) => {
                let several = self.lexer.words(self.token.start);
                several.or_else(|| (!is_reserved(name)).then_some(self.token.end))
            }
            TokenKind::Quoted(_) => Some(self.token.end),
            _ => None,
        }
    }

    pub(super) fn is_colon(&self, position: usize) -> bool {
        self.lexer.token(position).kind == TokenKind::Symbol(":")
    }

    pub(super) fn parameter(&mut self) -> Parsed<&'s str> {
        if let TokenKind::Quoted(_) = self.token.kind {
            return self.simple_name("the name of a parameter");
        }
        let end = self
            .parameter_end()
            .ok_or_else(|| self.unexpected("the name of a parameter"))?;
        let name = &self.source[self.token.start..end];
        self.go_to(end);
        Ok(name)
    }

    pub(super) fn function(&mut self) -> Parsed<Node> {
        let at = self.advance().start;
        self.need_symbol("(", "'('")?;
        let mut parameters = Vec::new();
        while !self.at_symbol(")") {
            let parameter = self.parameter()?;
            parameters.push(self.name(parameter)?);
            self.not_too_many("parameters", parameters.len())?;
            if !self.eat_symbol(",") {
                break;
            }
        }
        self.need_symbol(")", "',' or ')'")?;
        let next = self.lexer.token(self.token.end).kind;
        if self.at_word("external") && next == TokenKind::Symbol("{") {
            return Err(self.error(
                ParseErrorKind::Unsupported("an external function"),
                self.token.start,
            ));
        }
        let outer = std::mem::take(&mut self.names);
        let body = self.expression()?;
        let names = Vec::from_iter(std::mem::replace(&mut self.names, outer));
        self.names.extend(names.iter().cloned());
        Ok(Node {
            kind: Kind::Function(Arc::new(Lambda {
                parameters,
                body,
                names,
            })),
            at,
        })
    }
}

/// The value of `date("...")` and the like, which is known as soon as it is read.
fn temporal_literal(name: &str, arguments: &mut Arguments) -> Option<Kind> {
    let Arguments::Positional(positional) = arguments else {
        return None;
    };
    let [
        Node {
            kind: Kind::Constant(Value::String(text)),
            ..
        },
    ] = positional.as_slice()
    else {
        return None;
    };
    let (name, value) = match name {
        "date" => ("date", temporal::parse_date(text).map(Value::Date)),
        "time" => ("time", temporal::parse_time(text).map(Value::from)),
        "date and time" => (
            "date and time",
            temporal::parse_date_time(text).map(Value::from),
        ),
        "duration" => (
            "duration",
            temporal::parse_literal_duration(text).map(Value::from),
        ),
        _ => return None,
    };
    Some(value.map_or(Kind::InvalidLiteral(name), Kind::Constant))
}
