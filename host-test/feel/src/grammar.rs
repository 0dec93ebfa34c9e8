//! Tokens to a tree: the grammar of FEEL as feel-scala has it, read in one pass without going back.
//!
//! From weak to strong, each level one function:
//!
//! ```text
//! if  for  some  every  function      (as far to the right as they can)
//! or
//! and
//! = != < <= > >=  between  in  instance of      (at most one, they do not chain)
//! + -
//! * /
//! **
//! -
//! .name  [filter]
//! ```
//!
//! Which variables exist plays no part. Names with spaces are names of functions where a `(` follows, and
//! of parameters and keys where a `:` does; anywhere else they are in backticks.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use crate::error::{ParseError, ParseErrorKind, Place};
use crate::functions;
use crate::lexer::{Lexer, Token, TokenKind, is_reserved, unescape};
use crate::limits::{MAX_LENGTH, MAX_NESTING};
use crate::number::Number;
use crate::syntax::{
    Arguments, ArithmeticOperator, Call, ComparisonOperator, Domain, For, Interval, Iterator, Kind,
    Lambda, Name, Node, Quantifier, Step, Test,
};
use crate::temporal;
use crate::value::Value;

/// Boxed, since nearly every function here returns it.
type Parsed<T> = Result<T, Box<ParseError>>;

/// What was read: the tree, and the names that are keys of contexts in it.
pub(crate) struct Tree {
    pub(crate) root: Node,
    pub(crate) keys: HashSet<Name>,
}

/// Reads a whole expression. One `=` may stand before it, as the Modeler writes it.
pub(crate) fn parse(source: &str) -> Result<Tree, ParseError> {
    read(source).map_err(|error| *error)
}

fn read(source: &str) -> Parsed<Tree> {
    if source.len() > MAX_LENGTH {
        let kind = ParseErrorKind::TooLong {
            length: source.len(),
            limit: MAX_LENGTH,
        };
        return Err(Box::new(ParseError {
            kind,
            place: Place::new(source, 0),
        }));
    }
    let lexer = Lexer::new(source);
    let mut token = lexer.token(0);
    if token.kind == TokenKind::Symbol("=") {
        token = lexer.token(token.end);
    }
    let mut parser = Parser {
        source,
        lexer,
        token,
        nesting: 0,
        has_input: false,
        partial_used: false,
        names: IndexSet::new(),
        keys: HashSet::new(),
    };
    let root = parser.expression()?;
    if parser.token.kind != TokenKind::End {
        return Err(parser.trailing());
    }
    Ok(Tree {
        root,
        keys: parser.keys,
    })
}

struct Parser<'s> {
    source: &'s str,
    lexer: Lexer<'s>,
    /// The token that is not read yet.
    token: Token<'s>,
    nesting: usize,
    /// Whether the unary test being read has a `?` in it.
    has_input: bool,
    /// Whether the `for` being read mentions `partial`.
    partial_used: bool,
    /// The names in the function being read.
    names: IndexSet<Name>,
    keys: HashSet<Name>,
}

impl<'s> Parser<'s> {
    fn advance(&mut self) -> Token<'s> {
        let token = self.token;
        self.token = self.lexer.token(token.end);
        token
    }

    fn go_to(&mut self, position: usize) {
        self.token = self.lexer.token(position);
    }

    fn at_symbol(&self, symbol: &str) -> bool {
        matches!(self.token.kind, TokenKind::Symbol(found) if found == symbol)
    }

    fn at_word(&self, word: &str) -> bool {
        self.token.kind == TokenKind::Name(word)
    }

    fn eat_symbol(&mut self, symbol: &str) -> bool {
        let found = self.at_symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.advance();
        }
        found
    }

    fn need_symbol(&mut self, symbol: &str, expected: &'static str) -> Parsed<()> {
        if self.eat_symbol(symbol) {
            Ok(())
        } else {
            Err(self.unexpected(expected))
        }
    }

    fn need_word(&mut self, word: &str, expected: &'static str) -> Parsed<()> {
        if self.eat_word(word) {
            Ok(())
        } else {
            Err(self.unexpected(expected))
        }
    }

    #[allow(clippy::unnecessary_box_returns)]
    fn error(&self, kind: ParseErrorKind, at: usize) -> Box<ParseError> {
        Box::new(ParseError {
            kind,
            place: Place::new(self.source, at),
        })
    }

    #[allow(clippy::unnecessary_box_returns)]
    fn unexpected(&self, expected: &'static str) -> Box<ParseError> {
        let found = match self.token.kind {
            TokenKind::End => "the end".to_owned(),
            TokenKind::Unclosed('"') => {
                return self.error(ParseErrorKind::Unclosed("a string"), self.token.start);
            }
            TokenKind::Unclosed(_) => {
                return self.error(
                    ParseErrorKind::Unclosed("a name in backticks"),
                    self.token.start,
                );
            }
            _ => {
                let text = &self.source[self.token.start..self.token.end];
                let shown: String = text.chars().take(30).collect();
                let more = if shown.len() < text.len() { "..." } else { "" };
                format!("'{shown}{more}'")
            }
        };
        self.error(
            ParseErrorKind::Unexpected { expected, found },
            self.token.start,
        )
    }

    /// The error for what stands behind a whole expression.
    #[allow(clippy::unnecessary_box_returns)]
    fn trailing(&self) -> Box<ParseError> {
        if let TokenKind::Name(word) = self.token.kind {
            let before = self.source[..self.token.start].trim_end_matches(' ');
            let start = before
                .rfind(|c: char| !c.is_alphanumeric() && c != '_')
                .map_or(0, |at| {
                    at + before[at..].chars().next().map_or(0, char::len_utf8)
                });
            let previous = &before[start..];
            if !is_reserved(word)
                && before.len() < self.token.start
                && previous.starts_with(char::is_alphabetic)
            {
                return self.error(ParseErrorKind::Spaces(format!("{previous} {word}")), start);
            }
        }
        self.unexpected("an operator or the end")
    }

    fn name(text: &str) -> Name {
        Arc::from(text)
    }

    /// A name as it is used for a value: remembered for the function that it stands in.
    fn used(&mut self, text: &str) -> Name {
        if let Some(known) = self.names.get(text) {
            return Arc::clone(known);
        }
        let name = Self::name(text);
        self.names.insert(Arc::clone(&name));
        name
    }

    fn expression(&mut self) -> Parsed<Node> {
        if self.nesting == MAX_NESTING {
            return Err(self.error(
                ParseErrorKind::TooDeep { limit: MAX_NESTING },
                self.token.start,
            ));
        }
        self.nesting += 1;
        let node = self.unlimited_expression();
        self.nesting -= 1;
        node
    }

    fn unlimited_expression(&mut self) -> Parsed<Node> {
        let TokenKind::Name(word) = self.token.kind else {
            return self.disjunction();
        };
        let next = self.lexer.token(self.token.end).kind;
        let before_name = matches!(next, TokenKind::Name(word) if !is_reserved(word) && word != "instance" && word != "between")
            || matches!(next, TokenKind::Quoted(_));
        match word {
            "if" if begins_value(next) => self.conditional(),
            "for" if before_name => self.iteration(),
            "some" if before_name => self.quantified(Quantifier::Some),
            "every" if before_name => self.quantified(Quantifier::Every),
            _ => self.disjunction(),
        }
    }

    /// However many `else if` there are, they are one node.
    fn conditional(&mut self) -> Parsed<Node> {
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
    fn at_conditional(&self) -> bool {
        self.at_word("if") && begins_value(self.lexer.token(self.token.end).kind)
    }

    fn iteration(&mut self) -> Parsed<Node> {
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

    fn quantified(&mut self, quantifier: Quantifier) -> Parsed<Node> {
        let at = self.advance().start;
        let iterators = self.iterators()?;
        self.need_word("satisfies", "',' or 'satisfies'")?;
        let condition = self.expression()?;
        Ok(Node {
            kind: Kind::Quantified(quantifier, iterators, Box::new(condition)),
            at,
        })
    }

    fn iterators(&mut self) -> Parsed<Vec<Iterator>> {
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
                name: Self::name(name),
                domain,
            });
            if !self.eat_symbol(",") {
                return Ok(iterators);
            }
        }
    }

    /// A name of one word, or one in backticks.
    fn simple_name(&mut self, expected: &'static str) -> Parsed<&'s str> {
        match self.token.kind {
            TokenKind::Name(name) if !is_reserved(name) => {
                self.advance();
                Ok(name)
            }
            TokenKind::Quoted(name) => {
                self.advance();
                Ok(name)
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    fn disjunction(&mut self) -> Parsed<Node> {
        let value = self.comparable()?;
        self.disjunction_from(value)
    }

    /// The rest of a disjunction that begins with this value.
    fn disjunction_from(&mut self, value: Node) -> Parsed<Node> {
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

    fn conjunction_from(&mut self, value: Node) -> Parsed<Node> {
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
    fn comparable(&mut self) -> Parsed<Node> {
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

    fn comparison_from(&mut self, value: Node) -> Parsed<Node> {
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
    fn operand(&mut self) -> Parsed<Node> {
        let node = self.additive()?;
        self.not_a_range(node)
    }

    fn not_a_range(&self, node: Node) -> Parsed<Node> {
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
    fn unary_operator(&mut self) -> Option<ComparisonOperator> {
        match self.token.kind {
            TokenKind::Symbol("=" | "!=") => None,
            _ => self.comparison_operator(),
        }
    }

    fn comparison_operator(&mut self) -> Option<ComparisonOperator> {
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

    fn type_name(&mut self) -> Parsed<Name> {
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
                return Ok(Self::name(name));
            }
        }
        let mut name = self.simple_name("the name of a type")?.to_owned();
        while self.eat_symbol(".") {
            name = name + "." + self.simple_name("the name of a type")?;
        }
        Ok(name.into())
    }

    /// What stands behind `in`: one test, or several in brackets.
    fn tests(&mut self) -> Parsed<Vec<Test>> {
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

    fn test(&mut self) -> Parsed<Test> {
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

    fn into_test(node: Node, has_input: bool) -> Test {
        match node.kind {
            Kind::Range(interval) => Test::Interval(*interval),
            Kind::Test(test) => *test,
            _ => Test::Expression { node, has_input },
        }
    }

    /// Operators from this precedence on. A range ends where it ends: it is no operand.
    fn arithmetic(&mut self, precedence: usize) -> Parsed<Node> {
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

    fn additive(&mut self) -> Parsed<Node> {
        self.arithmetic(0)
    }

    fn negation(&mut self) -> Parsed<Node> {
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

    fn path(&mut self) -> Parsed<Node> {
        let base = self.primary()?;
        let mut steps = Vec::new();
        if !matches!(base.kind, Kind::Range(_)) {
            loop {
                let at = self.token.start;
                if self.eat_symbol(".") {
                    let name = self.property_name()?;
                    steps.push(Step::Property(Self::name(name), at));
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

    fn property_name(&mut self) -> Parsed<&'s str> {
        if let Some(end) = self.lexer.exactly(self.token.start, "time offset") {
            self.go_to(end);
            return Ok("time offset");
        }
        self.simple_name("the name of a property")
    }

    fn primary(&mut self) -> Parsed<Node> {
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
                let start = self.additive()?;
                self.interval(start, false, at)
            }
            TokenKind::Symbol("{") => self.context(),
            TokenKind::Name(word) => self.word(word),
            TokenKind::Quoted(_) => self.variable(),
            _ => Err(self.unexpected("an expression")),
        }
    }

    /// `(expression)` or a range that begins with `(`.
    fn bracket(&mut self) -> Parsed<Node> {
        let at = self.advance().start;
        let node = self.expression()?;
        if self.at_symbol("..") {
            return self.interval(node, false, at);
        }
        self.need_symbol(")", "')'")?;
        Ok(node)
    }

    /// A list or a range that begins with `[`.
    fn list(&mut self) -> Parsed<Node> {
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
    fn interval(&mut self, start: Node, start_included: bool, at: usize) -> Parsed<Node> {
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

    fn context(&mut self) -> Parsed<Node> {
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
            let key = Self::name(key);
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

    fn word(&mut self, word: &'s str) -> Parsed<Node> {
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

    /// The name of a function, if the word begins one that a `(` follows; the `(` is then next.
    fn function_name(&mut self, word: &'s str) -> Option<&'s str> {
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
    fn call(&mut self, name: &'s str, at: usize) -> Parsed<Node> {
        let mut arguments = self.arguments()?;
        if let Some(literal) = temporal_literal(name, &mut arguments) {
            return Ok(Node { kind: literal, at });
        }
        let name = self.used(name);
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
    fn variable(&mut self) -> Parsed<Node> {
        let at = self.token.start;
        let first = self.simple_name("a name")?;
        if self.at_symbol("(") {
            return self.call(first, at);
        }
        if first == "partial" {
            self.partial_used = true;
        }
        let mut base = Node {
            kind: Kind::Variable(self.used(first)),
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
                    name: Self::name(name),
                    arguments: self.arguments()?,
                    builtin: None,
                };
                return Ok(Node {
                    kind: Kind::ContextCall(Box::new(base), Box::new(call)),
                    at: dot,
                });
            }
            steps.push(Step::Property(Self::name(name), dot));
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

    fn arguments(&mut self) -> Parsed<Arguments> {
        self.need_symbol("(", "'('")?;
        if self.eat_symbol(")") {
            return Ok(Arguments::Positional(Vec::new()));
        }
        let arguments = if self.parameter_end().is_some_and(|end| self.is_colon(end)) {
            let mut named = IndexMap::new();
            loop {
                let name = Self::name(self.parameter()?);
                self.need_symbol(":", "':'")?;
                // As with the keys of a context, the last of the same name counts.
                named.insert(name, self.argument()?);
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
    fn argument(&mut self) -> Parsed<Node> {
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
    fn parameter_end(&self) -> Option<usize> {
        match self.token.kind {
            TokenKind::Name(name) => {
                let several = self.lexer.words(self.token.start);
                several.or_else(|| (!is_reserved(name)).then_some(self.token.end))
            }
            TokenKind::Quoted(_) => Some(self.token.end),
            _ => None,
        }
    }

    fn is_colon(&self, position: usize) -> bool {
        self.lexer.token(position).kind == TokenKind::Symbol(":")
    }

    fn parameter(&mut self) -> Parsed<&'s str> {
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

    fn function(&mut self) -> Parsed<Node> {
        let at = self.advance().start;
        self.need_symbol("(", "'('")?;
        let mut parameters = Vec::new();
        while !self.at_symbol(")") {
            parameters.push(Self::name(self.parameter()?));
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
        "duration" => ("duration", temporal::parse_duration(text).map(Value::from)),
        _ => return None,
    };
    Some(value.map_or(Kind::InvalidLiteral(name), Kind::Constant))
}
