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

mod arithmetic;
mod calls;
mod conditions;
mod control;
mod values;

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexSet;

use crate::error::{ParseError, ParseErrorKind, Place};
use crate::lexer::{Lexer, Token, TokenKind, is_reserved};
use crate::limits::{MAX_LENGTH, MAX_NAME, MAX_NESTING, MAX_PARTS};
use crate::syntax::{Name, Node, Quantifier};

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
            TokenKind::Unclosed('*') => {
                return self.error(ParseErrorKind::Unclosed("a comment"), self.token.start);
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

    fn name(&self, text: &str) -> Parsed<Name> {
        if text.len() > MAX_NAME {
            let kind = ParseErrorKind::NameTooLong { limit: MAX_NAME };
            return Err(self.error(kind, self.token.start));
        }
        Ok(Arc::from(text))
    }

    /// No more parts than there may be.
    fn not_too_many(&self, what: &'static str, count: usize) -> Parsed<()> {
        if count > MAX_PARTS {
            let kind = ParseErrorKind::TooMany {
                what,
                limit: MAX_PARTS,
            };
            return Err(self.error(kind, self.token.start));
        }
        Ok(())
    }

    /// A name as it is used for a value: remembered for the function that it stands in.
    fn used(&mut self, text: &str) -> Parsed<Name> {
        if let Some(known) = self.names.get(text) {
            return Ok(Arc::clone(known));
        }
        let name = self.name(text)?;
        self.names.insert(Arc::clone(&name));
        Ok(name)
    }

    fn expression(&mut self) -> Parsed<Node> {
        self.nested(Self::unlimited_expression)
    }

    /// One level deeper, if there may be one.
    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Parsed<Node>) -> Parsed<Node> {
        if self.nesting == MAX_NESTING {
            return Err(self.error(
                ParseErrorKind::TooDeep { limit: MAX_NESTING },
                self.token.start,
            ));
        }
        self.nesting += 1;
        let node = read(self);
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
            "if" if self.at_conditional() => self.conditional(),
            "for" if before_name => self.iteration(),
            "some" if before_name => self.quantified(Quantifier::Some),
            "every" if before_name => self.quantified(Quantifier::Every),
            _ => self.disjunction(),
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
}
