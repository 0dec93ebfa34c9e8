//! An expression that is read once and evaluated as often as needed.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use crate::error::ParseError;
use crate::grammar;
use crate::syntax::{Name, Node};

/// An expression, ready to be evaluated by an [`Engine`](crate::Engine) any number of times. A copy shares
/// the tree.
#[derive(Clone)]
pub struct Expression(Arc<Inner>);

struct Inner {
    source: String,
    root: Node,
    keys: HashSet<Name>,
}

impl Expression {
    /// Reads an expression. One `=` may stand before it, as it does in a diagram.
    ///
    /// Fails if the text is no expression, or longer or nested more deeply than one may be.
    pub fn parse(source: &str) -> Result<Self, ParseError> {
        let tree = grammar::parse(source)?;
        Ok(Self(Arc::new(Inner {
            source: source.to_owned(),
            root: tree.root,
            keys: tree.keys,
        })))
    }

    /// The text of the expression.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.source
    }

    pub(crate) fn root(&self) -> &Node {
        &self.0.root
    }

    /// The keys of the contexts in the expression, which may be names of functions.
    pub(crate) fn keys(&self) -> &HashSet<Name> {
        &self.0.keys
    }
}

/// Expressions are equal if their texts are.
impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source() == other.source()
    }
}

impl Eq for Expression {}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.source()).finish()
    }
}
