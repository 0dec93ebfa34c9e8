//! Literals, lists, ranges, contexts and names.

use std::sync::Arc;

use super::{Parsed, Parser};
use crate::error::ParseErrorKind;
use crate::lexer::{Token, TokenKind, is_reserved, unescape};
use crate::number::Number;
use crate::syntax::{Interval, Kind, Node};
use crate::temporal;
use crate::value::Value;

impl<'s> Parser<'s> {
    pub(super) fn primary(&mut self) -> Parsed<Node> {
        let Token {
            kind, start: at, ..
        } = self.token;
        let node = |kind| Ok(Node { kind, at });
        match kind {
            TokenKind::Number(text) => {
                self.advance();
                let number = Number::parse(text)
                    .ok_or_else(|| self.error(ParseErrorKind::NumberTooLarge, at))?;
                node(Kind::Constant(number.into()))
            }
            TokenKind::String(raw) => {
                self.advance();
                node(Kind::Constant(unescape(raw).into()))
            }
            TokenKind::Symbol("?") => {
                self.advance();
                self.has_input = true;
                node(Kind::Input)
            }
            TokenKind::Symbol("@") => {
                self.advance();
                let TokenKind::String(raw) = self.token.kind else {
                    return Err(self.unexpected("a date, time or duration in quotation marks"));
                };
                self.advance();
                node(
                    temporal::parse_any(raw).map_or(Kind::InvalidLiteral("@"), |value| {
                        Kind::Constant(value.into())
                    }),
                )
            }
            TokenKind::Symbol("(") => self.bracket(),
            TokenKind::Symbol("[") => self.list(),
            TokenKind::Symbol("]") => {
                self.advance();
                let start = self.nested(Self::additive)?;
                self.interval(start, false, at)
            }
            TokenKind::Symbol("{") => self.context(),
            TokenKind::Name(word) => self.word(word),
            TokenKind::Quoted(_) => self.variable(),
            _ => Err(self.unexpected("an expression")),
        }
    }

    /// `(expression)` or a range that begins with `(`.
    pub(super) fn bracket(&mut self) -> Parsed<Node> {
        let at = self.advance().start;
        let node = self.expression()?;
        if self.at_symbol("..") {
            return self.interval(node, false, at);
        }
        self.need_symbol(")", "')'")?;
        Ok(node)
    }

    /// A list or a range that begins with `[`.
    pub(super) fn list(&mut self) -> Parsed<Node> {
        let at = self.advance().start;
        let mut items = Vec::new();
        if self.eat_symbol("]") {
            return Ok(Node {
                kind: Kind::List(items),
                at,
            });
        }
        loop {
            let item = self.expression()?;
            if items.is_empty() && self.at_symbol("..") {
                return self.interval(item, true, at);
            }
            items.push(item);
            if !self.eat_symbol(",") {
                break;
            }
        }
        self.need_symbol("]", "',' or ']'")?;
        Ok(Node {
            kind: Kind::List(items),
            at,
        })
    }

    /// What follows the start of a range.
    pub(super) fn interval(
        &mut self,
        start: Node,
        start_included: bool,
        at: usize,
    ) -> Parsed<Node> {
        let weaker_than_addition = matches!(
            start.kind,
            Kind::And(_)
                | Kind::Or(_)
                | Kind::Test(_)
                | Kind::Comparison(..)
                | Kind::Between(_)
                | Kind::In(..)
                | Kind::InstanceOf(..)
                | Kind::If(..)
                | Kind::For(_)
                | Kind::Quantified(..)
                | Kind::Range(_)
        );
        if weaker_than_addition || !self.eat_symbol("..") {
            return Err(self.unexpected("an operator or a bracket"));
        }
        let end = self.operand()?;
        let end_included = match self.token.kind {
            TokenKind::Symbol("]") => true,
            TokenKind::Symbol(")" | "[") => false,
            _ => return Err(self.unexpected("']' or ')'")),
        };
        self.advance();
        let interval = Interval {
            start,
            start_included,
            end,
            end_included,
        };
        Ok(Node {
            kind: Kind::Range(Box::new(interval)),
            at,
        })
    }

    pub(super) fn context(&mut self) -> Parsed<Node> {
        let Token { start: at, end, .. } = self.advance();
        let mut entries = Vec::new();
        if self.eat_symbol("}") {
            return Ok(Node {
                kind: Kind::Context(entries),
                at,
            });
        }
        let mut position = end;
        loop {
            self.go_to(position);
            let key = match self.token.kind {
                TokenKind::String(key) | TokenKind::Quoted(key) => {
                    self.advance();
                    key
                }
                _ => {
                    let (key, end) = self
                        .lexer
                        .key(position)
                        .ok_or_else(|| self.unexpected("a key"))?;
                    self.go_to(end);
                    key
                }
            };
            self.need_symbol(":", "':'")?;
            let key = self.name(key)?;
            self.keys.insert(Arc::clone(&key));
            entries.push((key, self.expression()?));
            position = self.token.end;
            if !self.eat_symbol(",") {
                break;
            }
        }
        self.need_symbol("}", "',' or '}'")?;
        Ok(Node {
            kind: Kind::Context(entries),
            at,
        })
    }

    pub(super) fn word(&mut self, word: &'s str) -> Parsed<Node> {
        let at = self.token.start;
        if let Some(name) = self.function_name(word) {
            return self.call(name, at);
        }
        let constant = match word {
            "null" => Value::Null,
            "true" => true.into(),
            "false" => false.into(),
            "function" => return self.function(),
            word if is_reserved(word) => return Err(self.unexpected("an expression")),
            _ => return self.variable(),
        };
        self.advance();
        Ok(Node {
            kind: Kind::Constant(constant),
            at,
        })
    }
}
