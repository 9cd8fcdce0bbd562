//! From text to a checked filter in one pass: the grammar of RFC 7644 section 3.4.2.2, names by the registry.
//!
//! The grammar is our own because `scim_v2`'s, which the tests hold beside it, refuses filters that
//! connectors send (`not(`, `emails[..].value eq`, `$ref`, blanks before `primary`) and could only be used
//! behind a rewriting of the text. Reading in place costs a fraction of that, and faults name the character
//! that the client wrote.
//!
//! Every fault is an `invalidFilter` that says what was expected where, never what the value was. Pieces of
//! text are [`super::lexer`]'s, names [`super::names`]', values [`super::literal`]'s; evaluates nothing, that
//! is [`super::eval`].

use super::comparison::Op;
use super::lexer::Lexer;
use super::literal::Literal;
use super::names::Scope;
use super::node::Node;
use crate::limits;
use crate::scim::error::ScimError;
use crate::scim::kind::ResourceKind;
use crate::scim::registry::Attribute;

/// Reads a filter over resources.
pub(super) fn filter(kind: ResourceKind, text: &str) -> Result<Node, ScimError> {
    Parser::new(Scope::Resource(kind), Lexer::new(text, "filter")).whole(text)
}

/// Reads a filter that resources of every type are held to, for those of one type.
pub(super) fn filter_anywhere(kind: ResourceKind, text: &str) -> Result<Node, ScimError> {
    Parser::new(Scope::Anywhere(kind), Lexer::new(text, "filter")).whole(text)
}

/// Reads what stands between the brackets of a path on `attribute`.
pub(super) fn element(attribute: &'static Attribute, text: &str) -> Result<Node, ScimError> {
    Parser::new(Scope::Element(attribute), Lexer::new(text, "text between the brackets")).whole(text)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    scope: Scope,
    /// Open parentheses and brackets.
    depth: usize,
    conditions: usize,
    /// A condition behind brackets was moved between them, which may have made the filter deeper than its
    /// text.
    moved: bool,
}

impl<'a> Parser<'a> {
    fn new(scope: Scope, lexer: Lexer<'a>) -> Self {
        Self { lexer, scope, depth: 0, conditions: 0, moved: false }
    }

    fn whole(mut self, text: &str) -> Result<Node, ScimError> {
        if text.len() > limits::FILTER_BYTES {
            return Err(ScimError::invalid_filter(format!(
                "The filter is longer than {} bytes; ask for fewer values at a time.",
                limits::FILTER_BYTES
            )));
        }
        self.lexer.blanks();
        if self.lexer.at_end() {
            return Err(ScimError::invalid_filter("The filter is empty; leave it out instead."));
        }
        let node = self.alternatives()?;
        if !self.lexer.at_end() {
            return self.fault("expected \"and\", \"or\" or the end");
        }
        if self.moved && node.nesting() > limits::FILTER_DEPTH {
            return Err(self.too_deep(self.lexer.at()));
        }
        Ok(node)
    }

    /// `or` binds least, then `and`, then `not` (RFC 7644 section 3.4.2.2).
    fn alternatives(&mut self) -> Result<Node, ScimError> {
        let first = self.conjunction()?;
        if !self.logical("or")? {
            return Ok(first);
        }
        let mut nodes = Vec::new();
        Node::push_or(&mut nodes, first);
        loop {
            Node::push_or(&mut nodes, self.conjunction()?);
            if !self.logical("or")? {
                return Ok(Node::Or(nodes));
            }
        }
    }

    fn conjunction(&mut self) -> Result<Node, ScimError> {
        let first = self.term()?;
        if !self.logical("and")? {
            return Ok(first);
        }
        let mut nodes = Vec::new();
        Node::push_and(&mut nodes, first);
        loop {
            Node::push_and(&mut nodes, self.term()?);
            if !self.logical("and")? {
                return Ok(Node::And(nodes));
            }
        }
    }

    /// Passes over a logical word with the blanks around it, if it is next.
    fn logical(&mut self, word: &str) -> Result<bool, ScimError> {
        self.lexer.blanks();
        let (at, apart) = (self.lexer.at(), self.lexer.after_blank());
        if !self.lexer.word(word) {
            return Ok(false);
        }
        if !apart {
            return Err(self.lexer.fault(at, format!("expected a blank before \"{word}\"")));
        }
        self.blank_after(word)?;
        Ok(true)
    }

    fn blank_after(&mut self, word: &str) -> Result<(), ScimError> {
        let at = self.lexer.at();
        self.lexer.blanks();
        // At the end something else is missing than a blank.
        if self.lexer.after_blank() || self.lexer.at_end() {
            return Ok(());
        }
        Err(self.lexer.fault(at, format!("expected a blank after \"{word}\"")))
    }

    fn term(&mut self) -> Result<Node, ScimError> {
        self.lexer.blanks();
        let start = self.lexer.at();
        if self.lexer.take(b'(') {
            return self.group(start);
        }
        let name = self.lexer.name();
        if name.is_empty() {
            return self.fault("expected an attribute name, \"not\" or an opening parenthesis");
        }
        self.lexer.blanks();
        let next = self.lexer.at();
        if name.eq_ignore_ascii_case("not") && self.lexer.take(b'(') {
            return self.group(next).map(|inner| Node::Not(Box::new(inner)));
        }
        if self.lexer.take(b'[') {
            return self.value_path(name, start, next);
        }
        self.condition(name, start)
    }

    fn group(&mut self, at: usize) -> Result<Node, ScimError> {
        self.enter(at)?;
        let inner = self.alternatives()?;
        self.close(b')', "expected \"and\", \"or\" or a closing parenthesis")?;
        Ok(inner)
    }

    fn enter(&mut self, at: usize) -> Result<(), ScimError> {
        self.depth += 1;
        if self.depth > limits::FILTER_DEPTH { Err(self.too_deep(at)) } else { Ok(()) }
    }

    fn close(&mut self, sign: u8, wanted: &str) -> Result<(), ScimError> {
        self.depth -= 1;
        self.lexer.blanks();
        if self.lexer.take(sign) { Ok(()) } else { self.fault(wanted) }
    }

    /// `attr[inner]`, and what connectors put behind it: `attr[inner].sub op value` means that one element
    /// fulfils both (docs/connectors.md C2.2).
    fn value_path(&mut self, name: &str, start: usize, bracket: usize) -> Result<Node, ScimError> {
        let (operand, attribute) = self.scope.parent(name).map_err(|why| self.lexer.fault(start, why))?;
        let outer = self.scope;
        self.scope = Scope::Element(attribute);
        self.enter(bracket)?;
        let mut inner = self.alternatives()?;
        self.close(b']', "expected \"and\", \"or\" or a closing bracket")?;
        if self.lexer.take(b'.') {
            let at = self.lexer.at();
            let sub = self.lexer.name();
            if sub.is_empty() {
                return self.fault("expected a sub-attribute");
            }
            self.lexer.blanks();
            let mut both = Vec::new();
            Node::push_and(&mut both, inner);
            both.push(self.condition(sub, at)?);
            inner = Node::And(both);
            self.moved = true;
        }
        self.scope = outer;
        Ok(Node::Element(operand, Box::new(inner)))
    }

    /// `attr op value` or `attr pr`, the name already read.
    fn condition(&mut self, name: &str, start: usize) -> Result<Node, ScimError> {
        self.conditions += 1;
        if self.conditions > limits::FILTER_CONDITIONS {
            let most = limits::FILTER_CONDITIONS;
            return Err(self.lexer.fault(start, format!("there are more than {most} conditions")));
        }
        let at = self.lexer.at();
        let word = self.lexer.name();
        if word.eq_ignore_ascii_case("pr") {
            return self.scope.operand(name).map(Node::Present).map_err(|why| self.lexer.fault(start, why));
        }
        let Some(op) = Op::read(word) else {
            const WANTED: &str = "expected an operator: eq, ne, co, sw, ew, gt, ge, lt, le or pr";
            return Err(self.lexer.fault(at, WANTED));
        };
        self.blank_after(op.as_str())?;
        let at = self.lexer.at();
        let written = self.lexer.value()?;
        // Null is compared with a complex attribute itself, everything else with its `value`.
        let operand = match written {
            super::lexer::Written::Null => self.scope.operand(name),
            _ => self.scope.compared(name),
        };
        let operand = operand.map_err(|why| self.lexer.fault(start, why))?;
        let literal = Literal::read(&operand, op, written).map_err(|why| self.lexer.fault(at, why))?;
        Ok(Node::Compare(operand, op, literal))
    }

    fn fault<T>(&self, wanted: &str) -> Result<T, ScimError> {
        Err(self.lexer.fault(self.lexer.at(), wanted))
    }

    fn too_deep(&self, at: usize) -> ScimError {
        self.lexer.fault(at, format!("it is nested deeper than {} levels", limits::FILTER_DEPTH))
    }
}
