//! Operators with numbers, and the paths that are their operands.

use super::{Parsed, Parser};
use crate::lexer::TokenKind;
use crate::syntax::{ArithmeticOperator, Kind, Node, Step};

impl<'s> Parser<'s> {
    /// Operators from this precedence on. A range ends where it ends: it is no operand.
    pub(super) fn arithmetic(&mut self, precedence: usize) -> Parsed<Node> {
        let operand = |parser: &mut Self| match precedence {
            POWER => parser.negation(),
            weaker => parser.arithmetic(weaker + 1),
        };
        let first = operand(self)?;
        let at = self.token.start;
        let mut rest = Vec::new();
        while let TokenKind::Symbol(symbol) = self.token.kind
            && let Some((known, operator)) = arithmetic_operator(symbol)
            && known == precedence
            && !matches!(first.kind, Kind::Range(_))
        {
            self.advance();
            let next = operand(self)?;
            rest.push((operator, self.not_a_range(next)?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok(Node {
            kind: Kind::Arithmetic(Box::new(first), rest),
            at,
        })
    }

    pub(super) fn additive(&mut self) -> Parsed<Node> {
        self.arithmetic(0)
    }

    pub(super) fn negation(&mut self) -> Parsed<Node> {
        let at = self.token.start;
        if !self.eat_symbol("-") {
            return self.path();
        }
        // The sign of a number: `--1` is 1.
        let sign = self.token;
        let negative = sign.kind == TokenKind::Symbol("-") && {
            let number = self.lexer.token(sign.end);
            number.start == sign.end && matches!(number.kind, TokenKind::Number(_))
        };
        if negative {
            self.advance();
        }
        let value = self.path()?;
        let value = self.not_a_range(value)?;
        let value = if negative {
            Node {
                at: sign.start,
                kind: Kind::Negate(Box::new(value)),
            }
        } else {
            value
        };
        Ok(Node {
            kind: Kind::Negate(Box::new(value)),
            at,
        })
    }

    pub(super) fn path(&mut self) -> Parsed<Node> {
        let base = self.primary()?;
        let mut steps = Vec::new();
        if !matches!(base.kind, Kind::Range(_)) {
            loop {
                let at = self.token.start;
                if self.eat_symbol(".") {
                    let name = self.property_name()?;
                    steps.push(Step::Property(self.name(name)?, at));
                } else if self.at_symbol("[") && !ends_value(self.lexer.token(self.token.end).kind)
                {
                    self.advance();
                    let filter = self.expression()?;
                    self.need_symbol("]", "']'")?;
                    steps.push(Step::Filter(filter));
                } else {
                    break;
                }
            }
        }
        if steps.is_empty() {
            return Ok(base);
        }
        let at = base.at;
        Ok(Node {
            kind: Kind::Path(Box::new(base), steps),
            at,
        })
    }

    pub(super) fn property_name(&mut self) -> Parsed<&'s str> {
        if let Some(end) = self.lexer.exactly(self.token.start, "time offset") {
            self.go_to(end);
            return Ok("time offset");
        }
        self.simple_name("the name of a property")
    }
}

/// The precedence of the strongest operator.
const POWER: usize = 2;

fn arithmetic_operator(symbol: &str) -> Option<(usize, ArithmeticOperator)> {
    match symbol {
        "+" => Some((0, ArithmeticOperator::Add)),
        "-" => Some((0, ArithmeticOperator::Subtract)),
        "*" => Some((1, ArithmeticOperator::Multiply)),
        "/" => Some((1, ArithmeticOperator::Divide)),
        "**" => Some((POWER, ArithmeticOperator::Exponentiate)),
        _ => None,
    }
}

/// Whether the `[` before this token is the end of a range that leaves its end out (`[1..5[`), and no filter.
fn ends_value(kind: TokenKind<'_>) -> bool {
    match kind {
        TokenKind::End => true,
        TokenKind::Name(word) => matches!(
            word,
            "and" | "or" | "then" | "else" | "return" | "satisfies"
        ),
        TokenKind::Symbol(symbol) => matches!(symbol, ")" | "," | "}"),
        _ => false,
    }
}
