//! Expressions, units and argument lists as documents, with the parentheses that precedence needs and the user wrote.

use super::ast::*;
use super::pretty::{Doc, group, many, nest, text};

/// How tightly an expression binds; an operand that binds less than its place asks for goes in parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Whole,
    Or,
    And,
    Not,
    Compare,
    Sum,
    Product,
    Unary,
    Power,
    Atom,
    Postfix,
}

/// Writes nodes; comments of the text are put where lines may be broken, the others are left to the caller.
pub struct Writer<'a> {
    comments: &'a [Comment],
    /// The first comment that is not written yet.
    pub next: usize,
}

/// Columns that a continued line is moved to the right.
pub const STEP: usize = 4;

impl<'a> Writer<'a> {
    pub fn new(comments: &'a [Comment]) -> Writer<'a> {
        Writer { comments, next: 0 }
    }

    /// The next comment, if it stands before an offset.
    pub fn take(&mut self, before: u32) -> Option<&'a Comment> {
        let comment = self.comments.get(self.next).filter(|comment| comment.span.start < before)?;
        self.next += 1;
        Some(comment)
    }

    /// Comments before an offset, each ending its line; else the break that would stand there.
    pub fn break_before(&mut self, offset: u32, otherwise: Doc) -> Doc {
        let mut docs = Vec::new();
        while let Some(comment) = self.take(offset) {
            if comment.place == CommentPlace::OwnLine || !docs.is_empty() {
                docs.push(Doc::Hard);
            }
            docs.push(Doc::Comment(comment.text.to_string()));
        }
        if docs.is_empty() {
            return otherwise;
        }
        docs.push(Doc::Hard);
        Doc::Many(docs)
    }

    pub fn expr(&mut self, expr: &Expr, at_least: Level) -> Doc {
        if expr.grouped || level(expr) < at_least {
            return parenthesised(self.bare(expr));
        }
        self.bare(expr)
    }

    /// The left of an equation or likelihood: no statement begins with a sign.
    pub fn leading(&mut self, expr: &Expr, at_least: Level) -> Doc {
        let doc = self.expr(expr, at_least);
        if level(expr) >= at_least && begins_with_sign(expr) { parenthesised(doc) } else { doc }
    }

    fn bare(&mut self, expr: &Expr) -> Doc {
        match &expr.kind {
            ExprKind::Number(number) => text(&*number.text),
            ExprKind::Quantity(number, unit) => text(format!("{} [{}]", number.text, unit_text(unit))),
            ExprKind::Text(content) => text(format!("\"{content}\"")),
            ExprKind::Bool(value) => text(value.to_string()),
            ExprKind::Name(name) => text(&**name),
            ExprKind::List(elements) => self.bracketed("[", elements, "]"),
            ExprKind::Prime(base) => many([self.expr(base, Level::Postfix), text("'")]),
            ExprKind::Field(base, name) => {
                many([self.expr(base, Level::Postfix), text(format!(".{}", name.text))])
            }
            ExprKind::Index(base, subscripts) => {
                let base = self.expr(base, Level::Postfix);
                let subscripts: Vec<Doc> = subscripts.iter().map(|one| self.tight(one)).collect();
                many([base, text("["), separated(subscripts, ","), text("]")])
            }
            ExprKind::Call(base, arguments) => {
                let base = self.expr(base, Level::Postfix);
                many([base, self.arguments(arguments)])
            }
            ExprKind::Negate(operand) => many([text("-"), self.expr(operand, Level::Unary)]),
            ExprKind::Not(operand) => many([text("not "), self.expr(operand, Level::Not)]),
            ExprKind::Power(base, exponent) => {
                many([self.expr(base, Level::Atom), text("^"), self.expr(exponent, Level::Unary)])
            }
            ExprKind::Compare(comparison, left, right) => many([
                self.expr(left, Level::Sum),
                text(format!(" {} ", comparison.symbol())),
                self.expr(right, Level::Sum),
            ]),
            ExprKind::Chain(first, links) => self.chain(first, links),
            ExprKind::If(parts) => self.conditional(parts),
            ExprKind::Hole => text(""),
        }
    }

    /// A subscript: sums stand without blanks, `u[i-1,j]`.
    fn tight(&mut self, expr: &Expr) -> Doc {
        match &expr.kind {
            ExprKind::Chain(first, links) if !expr.grouped && links[0].operator.level() == Level::Sum => {
                let mut docs = vec![self.expr(first, Level::Product)];
                for link in links {
                    docs.push(text(link.operator.symbol()));
                    docs.push(self.expr(&link.operand, Level::Product));
                }
                Doc::Many(docs)
            }
            _ => self.expr(expr, Level::Whole),
        }
    }

    fn chain(&mut self, first: &Expr, links: &[Link]) -> Doc {
        let operand = links.first().map_or(Level::Whole, |link| link.operator.level().above());
        let first = self.expr(first, operand);
        let mut rest = Vec::with_capacity(3 * links.len());
        for link in links {
            let tight = matches!(link.operator, Operator::Multiply | Operator::Divide);
            rest.push(self.break_before(link.span.start, if tight { Doc::Soft } else { Doc::Line }));
            rest.push(text(link.operator.symbol()));
            rest.push(text(if tight { "" } else { " " }));
            rest.push(self.expr(&link.operand, operand));
        }
        group(many([first, nest(STEP, Doc::Many(rest))]))
    }

    fn conditional(&mut self, parts: &Conditional) -> Doc {
        let condition = self.expr(&parts.condition, Level::Whole);
        let before_then = self.break_before(parts.yes.span.start, Doc::Line);
        let yes = self.expr(&parts.yes, Level::Whole);
        let before_else = self.break_before(parts.no.span.start, Doc::Line);
        let no = self.expr(&parts.no, Level::Whole);
        let rest = many([before_then, text("then "), yes, before_else, text("else "), no]);
        group(many([text("if "), condition, nest(STEP, rest)]))
    }

    pub fn arguments(&mut self, arguments: &[Argument]) -> Doc {
        let mut inside = Vec::new();
        for (at, argument) in arguments.iter().enumerate() {
            if at > 0 {
                inside.push(text(","));
            }
            inside.push(self.break_before(argument.start(), if at > 0 { Doc::Line } else { Doc::Soft }));
            inside.push(self.argument(argument));
        }
        if inside.is_empty() {
            return text("()");
        }
        group(many([text("("), nest(STEP, Doc::Many(inside)), Doc::Soft, text(")")]))
    }

    fn argument(&mut self, argument: &Argument) -> Doc {
        match argument {
            Argument::Value(value) => self.expr(value, Level::Whole),
            Argument::Named { target, value } => {
                many([self.expr(target, Level::Postfix), text(" = "), self.expr(value, Level::Whole)])
            }
            Argument::Pipeline(layers) => self.pipeline(layers, Level::Whole),
            Argument::Comprehension { body, binders } => {
                let mut docs = vec![self.expr(body, Level::Whole)];
                for binder in binders {
                    docs.extend([Doc::Line, text("for "), self.binder(binder)]);
                }
                group(nest(STEP, Doc::Many(docs)))
            }
        }
    }

    /// `layer >> layer`; all but the first are postfix expressions by the grammar.
    pub fn pipeline(&mut self, layers: &[Expr], first: Level) -> Doc {
        let mut docs = Vec::new();
        for (at, layer) in layers.iter().enumerate() {
            if at > 0 {
                docs.push(self.break_before(layer.span.start, Doc::Line));
                docs.push(text(">> "));
            }
            docs.push(self.expr(layer, if at == 0 { first } else { Level::Postfix }));
        }
        group(nest(STEP, Doc::Many(docs)))
    }

    pub fn binder(&mut self, binder: &Binder) -> Doc {
        match &binder.range {
            None => text(&*binder.name.text),
            Some(range) => many([text(format!("{} in ", binder.name.text)), self.range(range)]),
        }
    }

    pub fn range(&mut self, range: &Range) -> Doc {
        many([self.expr(&range.from, Level::Sum), text(".."), self.expr(&range.to, Level::Sum)])
    }

    /// A list between brackets.
    pub fn bracketed(&mut self, open: &str, elements: &[Expr], close: &str) -> Doc {
        let mut inside = Vec::new();
        for (at, element) in elements.iter().enumerate() {
            if at > 0 {
                inside.push(text(","));
            }
            inside.push(self.break_before(element.span.start, if at > 0 { Doc::Line } else { Doc::Soft }));
            inside.push(self.expr(element, Level::Whole));
        }
        group(many([text(open), nest(STEP, Doc::Many(inside)), Doc::Soft, text(close)]))
    }

    /// `[n,m]` behind a name, or nothing.
    pub fn dims(&mut self, dims: &[Expr]) -> Doc {
        if dims.is_empty() {
            return text("");
        }
        let dims: Vec<Doc> = dims.iter().map(|one| self.tight(one)).collect();
        many([text("["), separated(dims, ","), text("]")])
    }
}

/// Documents with a separator between two.
pub fn separated(docs: Vec<Doc>, separator: &str) -> Doc {
    let mut out = Vec::with_capacity(2 * docs.len());
    for (at, doc) in docs.into_iter().enumerate() {
        if at > 0 {
            out.push(text(separator));
        }
        out.push(doc);
    }
    Doc::Many(out)
}

pub fn unit_text(unit: &Unit) -> String {
    let mut out = String::new();
    for (at, factor) in unit.factors.iter().enumerate() {
        if at > 0 {
            out.push(if factor.operator == UnitOperator::Per { '/' } else { '*' });
        }
        match &factor.base {
            UnitBase::Name(name) => out.push_str(&name.text),
            UnitBase::Number(number) => out.push_str(&number.text),
            UnitBase::Group(inner) => out.push_str(&format!("({})", unit_text(inner))),
        }
        if factor.exponent.value != 1.0 {
            out.push('^');
            out.push_str(&factor.exponent.text);
        }
    }
    out
}

fn level(expr: &Expr) -> Level {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::Quantity(..) | ExprKind::Text(_) | ExprKind::Bool(_) => Level::Atom,
        ExprKind::Name(_) | ExprKind::List(_) | ExprKind::Hole => Level::Postfix,
        ExprKind::Prime(_) | ExprKind::Index(..) | ExprKind::Call(..) | ExprKind::Field(..) => Level::Postfix,
        ExprKind::Negate(_) => Level::Unary,
        ExprKind::Not(_) => Level::Not,
        ExprKind::Power(..) => Level::Power,
        ExprKind::Chain(_, links) => links.first().map_or(Level::Whole, |link| link.operator.level()),
        ExprKind::Compare(..) => Level::Compare,
        ExprKind::If(_) => Level::Whole,
    }
}

fn parenthesised(inner: Doc) -> Doc {
    group(many([text("("), nest(STEP, many([Doc::Soft, inner])), Doc::Soft, text(")")]))
}

fn begins_with_sign(expr: &Expr) -> bool {
    match &expr.kind {
        _ if expr.grouped => false,
        ExprKind::Negate(_) => true,
        ExprKind::Chain(first, _) | ExprKind::Compare(_, first, _) => begins_with_sign(first),
        _ => false,
    }
}

impl Operator {
    fn level(self) -> Level {
        match self {
            Operator::Or => Level::Or,
            Operator::And => Level::And,
            Operator::Add | Operator::Subtract => Level::Sum,
            Operator::Multiply | Operator::Divide | Operator::MatrixMultiply => Level::Product,
        }
    }
}

impl Level {
    /// What the operands of a chain of this level must bind at least.
    fn above(self) -> Level {
        match self {
            Level::Or => Level::And,
            Level::And => Level::Not,
            Level::Sum => Level::Product,
            _ => Level::Unary,
        }
    }
}

impl Argument {
    /// Where it begins in the text.
    fn start(&self) -> u32 {
        match self {
            Argument::Value(value) => value.span.start,
            Argument::Comprehension { body, .. } => body.span.start,
            Argument::Named { target, .. } => target.span.start,
            Argument::Pipeline(layers) => layers[0].span.start,
        }
    }
}
