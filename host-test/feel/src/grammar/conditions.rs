//! `or`, `and`, comparisons and unary tests.

use super::{Parsed, Parser};
use crate::error::ParseErrorKind;
use crate::lexer::TokenKind;
use crate::syntax::{ComparisonOperator, Kind, Name, Node, Test};

impl Parser<'_> {
    pub(super) fn disjunction(&mut self) -> Parsed<Node> {
        let value = self.comparable()?;
        self.disjunction_from(value)
    }

    /// The rest of a disjunction that begins with this value.
    pub(super) fn disjunction_from(&mut self, value: Node) -> Parsed<Node> {
        let first = self.conjunction_from(value)?;
        if !self.at_word("or") {
            return Ok(first);
        }
        let at = self.token.start;
        let mut operands = vec![first];
        while self.eat_word("or") {
            let value = self.comparable()?;
            operands.push(self.conjunction_from(value)?);
        }
        Ok(Node {
            kind: Kind::Or(operands),
            at,
        })
    }

    pub(super) fn conjunction_from(&mut self, value: Node) -> Parsed<Node> {
        let first = self.comparison_from(value)?;
        if !self.at_word("and") {
            return Ok(first);
        }
        let at = self.token.start;
        let mut operands = vec![first];
        while self.eat_word("and") {
            let value = self.comparable()?;
            operands.push(self.comparison_from(value)?);
        }
        Ok(Node {
            kind: Kind::And(operands),
            at,
        })
    }

    /// A value that a comparison may follow, or a unary test, which none may.
    pub(super) fn comparable(&mut self) -> Parsed<Node> {
        let at = self.token.start;
        match self.unary_operator() {
            Some(operator) => {
                let test = Test::Compare(operator, self.operand()?);
                Ok(Node {
                    kind: Kind::Test(Box::new(test)),
                    at,
                })
            }
            None => self.additive(),
        }
    }

    pub(super) fn comparison_from(&mut self, value: Node) -> Parsed<Node> {
        let at = self.token.start;
        match value.kind {
            Kind::Test(_) => return Ok(value),
            Kind::Range(interval) => {
                return Ok(Node {
                    kind: Kind::Test(Box::new(Test::Interval(*interval))),
                    at: value.at,
                });
            }
            _ => {}
        }
        if let Some(operator) = self.comparison_operator() {
            let operand = self.operand()?;
            return Ok(Node {
                kind: Kind::Comparison(Box::new([value, operand]), operator),
                at,
            });
        }
        let kind = match self.token.kind {
            TokenKind::Name("between") => {
                self.advance();
                let low = self.operand()?;
                self.need_word("and", "'and'")?;
                Kind::Between(Box::new([value, low, self.operand()?]))
            }
            TokenKind::Name("in") => {
                self.advance();
                Kind::In(Box::new(value), self.tests()?)
            }
            TokenKind::Name("instance") => {
                self.advance();
                self.need_word("of", "'of'")?;
                Kind::InstanceOf(Box::new(value), self.type_name()?)
            }
            _ => return Ok(value),
        };
        Ok(Node { kind, at })
    }

    /// An operand of a comparison.
    pub(super) fn operand(&mut self) -> Parsed<Node> {
        let node = self.additive()?;
        self.not_a_range(node)
    }

    pub(super) fn not_a_range(&self, node: Node) -> Parsed<Node> {
        if let Kind::Range(_) = node.kind {
            let found = "a range".to_owned();
            return Err(self.error(
                ParseErrorKind::Unexpected {
                    expected: "a value",
                    found,
                },
                node.at,
            ));
        }
        Ok(node)
    }

    /// `<`, `<=`, `>` or `>=`, if one is next.
    pub(super) fn unary_operator(&mut self) -> Option<ComparisonOperator> {
        match self.token.kind {
            TokenKind::Symbol("=" | "!=") => None,
            _ => self.comparison_operator(),
        }
    }

    pub(super) fn comparison_operator(&mut self) -> Option<ComparisonOperator> {
        let TokenKind::Symbol(symbol) = self.token.kind else {
            return None;
        };
        let operator = match symbol {
            "=" => ComparisonOperator::Equal,
            "!=" => ComparisonOperator::NotEqual,
            "<" => ComparisonOperator::Less,
            "<=" => ComparisonOperator::LessOrEqual,
            ">" => ComparisonOperator::Greater,
            ">=" => ComparisonOperator::GreaterOrEqual,
            _ => return None,
        };
        self.advance();
        Some(operator)
    }

    pub(super) fn type_name(&mut self) -> Parsed<Name> {
        let start = self.token.start;
        let several = [
            "years and months duration",
            "days and time duration",
            "date and time",
            "function",
        ];
        for name in several {
            if let Some(end) = self.lexer.exactly(start, name) {
                self.go_to(end);
                return self.name(name);
            }
        }
        let mut name = self.simple_name("the name of a type")?.to_owned();
        while self.eat_symbol(".") {
            name = name + "." + self.simple_name("the name of a type")?;
        }
        Ok(name.into())
    }

    /// What stands behind `in`: one test, or several in brackets.
    pub(super) fn tests(&mut self) -> Parsed<Vec<Test>> {
        let at = self.token.start;
        if !self.eat_symbol("(") {
            return Ok(vec![self.test()?]);
        }
        let first = self.test()?;
        if self.at_symbol("..") {
            let Test::Expression { node, .. } = first else {
                return Err(self.unexpected("',' or ')'"));
            };
            let node = self.interval(node, false, at)?;
            return Ok(vec![Self::into_test(node, false)]);
        }
        let mut tests = vec![first];
        while self.eat_symbol(",") {
            tests.push(self.test()?);
        }
        self.need_symbol(")", "',' or ')'")?;
        Ok(tests)
    }

    pub(super) fn test(&mut self) -> Parsed<Test> {
        if let Some(operator) = self.unary_operator() {
            return Ok(Test::Compare(operator, self.operand()?));
        }
        let last = self.lexer.token(self.token.end).kind == TokenKind::End;
        if let TokenKind::Name(word @ ("true" | "false")) = self.token.kind
            && last
        {
            self.advance();
            return Ok(Test::Boolean(word == "true"));
        }
        let outer = std::mem::replace(&mut self.has_input, false);
        let node = if self.at_symbol("[") || self.at_symbol("(") || self.at_symbol("]") {
            // A range ends the test; anything else goes on as far as it can.
            let value = self.additive()?;
            if let Kind::Range(_) = value.kind {
                value
            } else {
                self.disjunction_from(value)?
            }
        } else {
            self.expression()?
        };
        let has_input = std::mem::replace(&mut self.has_input, outer);
        Ok(Self::into_test(node, has_input))
    }

    pub(super) fn into_test(node: Node, has_input: bool) -> Test {
        match node.kind {
            Kind::Range(interval) => Test::Interval(*interval),
            Kind::Test(test) => *test,
            _ => Test::Expression { node, has_input },
        }
    }
}
