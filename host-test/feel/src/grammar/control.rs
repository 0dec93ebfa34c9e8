//! `if`, `for`, `some` and `every`.

use super::{Parsed, Parser};
use crate::lexer::{TokenKind, is_reserved};
use crate::syntax::{Domain, For, Iterator, Kind, Node, Quantifier};

impl Parser<'_> {
    /// However many `else if` there are, they are one node.
    pub(super) fn conditional(&mut self) -> Parsed<Node> {
        let at = self.token.start;
        let mut branches = Vec::new();
        while self.at_conditional() {
            self.advance();
            let condition = self.expression()?;
            self.need_word("then", "'then'")?;
            branches.push((condition, self.expression()?));
            self.need_word("else", "'else'")?;
        }
        let otherwise = self.expression()?;
        Ok(Node {
            kind: Kind::If(branches, Box::new(otherwise)),
            at,
        })
    }

    /// Whether `if` is next, and no variable of that name.
    pub(super) fn at_conditional(&self) -> bool {
        self.at_word("if") && begins_value(self.lexer.token(self.token.end).kind)
    }

    pub(super) fn iteration(&mut self) -> Parsed<Node> {
        let at = self.advance().start;
        let iterators = self.iterators()?;
        self.need_word("return", "',' or 'return'")?;
        let outer = std::mem::replace(&mut self.partial_used, false);
        let body = self.expression()?;
        let uses_partial = std::mem::replace(&mut self.partial_used, outer);
        self.partial_used |= uses_partial;
        Ok(Node {
            kind: Kind::For(Box::new(For {
                iterators,
                body,
                uses_partial,
            })),
            at,
        })
    }

    pub(super) fn quantified(&mut self, quantifier: Quantifier) -> Parsed<Node> {
        let at = self.advance().start;
        let iterators = self.iterators()?;
        self.need_word("satisfies", "',' or 'satisfies'")?;
        let condition = self.expression()?;
        Ok(Node {
            kind: Kind::Quantified(quantifier, iterators, Box::new(condition)),
            at,
        })
    }

    pub(super) fn iterators(&mut self) -> Parsed<Vec<Iterator>> {
        let mut iterators = Vec::new();
        loop {
            let name = self.simple_name("the name of a variable")?;
            self.need_word("in", "'in'")?;
            let start = self.additive()?;
            let domain = if self.eat_symbol("..") {
                Domain::Numbers(start, self.additive()?)
            } else {
                Domain::List(self.not_a_range(start)?)
            };
            iterators.push(Iterator {
                name: self.name(name)?,
                domain,
            });
            self.not_too_many("iterators", iterators.len())?;
            if !self.eat_symbol(",") {
                return Ok(iterators);
            }
        }
    }
}

/// Whether a value may begin with this token, so that `if` before it is a keyword and no variable.
fn begins_value(kind: TokenKind<'_>) -> bool {
    match kind {
        TokenKind::Name(word) => {
            matches!(word, "null" | "true" | "false" | "function")
                || !is_reserved(word) && word != "instance" && word != "between"
        }
        TokenKind::Symbol(symbol) => matches!(symbol, "(" | "[" | "{" | "-" | "@" | "?"),
        TokenKind::Number(_) | TokenKind::String(_) | TokenKind::Quoted(_) => true,
        _ => false,
    }
}
