//! The functions that read a column of data: which there are, and what they are called.
//!
//! They have no code of the compiler: a run supplies them under their names, with the data.

use super::expr::{Algebra, Expr, Function, FunctionInfo, Meaning, Node};

/// A function of a column of data over the data's times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFunction {
    /// `d.c`, as the user writes it.
    pub column: String,
    pub form: Form,
    /// How often it is differentiated.
    pub derivative: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// f(x): finds the piece that x lies in.
    Searched,
    /// f(x, k): the formula of piece k, whatever x is.
    Held,
    /// The number of the piece that x lies in: that of the times that are not after x.
    Piece,
}

const FORMS: [(Form, &str); 3] =
    [(Form::Searched, "interp("), (Form::Held, "interp_piece("), (Form::Piece, "piece_of(")];

impl TableFunction {
    /// The name in the algebra; no user's function has a parenthesis in its name.
    pub fn name(&self) -> String {
        let (_, start) = FORMS[self.form as usize];
        format!("{start}{}){}", self.column, "'".repeat(self.derivative))
    }

    /// The function of a name, where it is one of these.
    pub fn named(name: &str) -> Option<TableFunction> {
        let (form, rest) = FORMS.iter().find_map(|(form, start)| Some((*form, name.strip_prefix(start)?)))?;
        let (column, marks) = rest.rsplit_once(')')?;
        Some(TableFunction { column: column.to_owned(), form, derivative: marks.len() })
    }

    pub fn arity(&self) -> usize {
        match self.form {
            Form::Searched | Form::Piece => 1,
            Form::Held => 2,
        }
    }

    /// A call as the user writes it: `interp(d.c, t)`; its derivatives `interp'(d.c, t)`.
    pub fn written(&self, arguments: &str) -> String {
        let (_, start) = FORMS[self.form as usize];
        let marks = "'".repeat(self.derivative);
        format!("{}{marks}({}, {arguments})", start.trim_end_matches('('), self.column)
    }
}

/// Whether an expression is a call of one of these functions.
pub fn is_read(algebra: &Algebra, e: Expr) -> bool {
    matches!(algebra.node(e), Node::Call(f, _) if TableFunction::named(&algebra.function(f).name).is_some())
}

impl Algebra {
    /// The function of a column that is a polynomial of this degree in each of its pieces.
    pub fn table_function(&mut self, column: &str, form: Form, degree: usize) -> Function {
        let function = |derivative: usize| TableFunction { column: column.to_owned(), form, derivative };
        let zero = self.zero();
        let mut last = None;
        for k in (0..if form == Form::Piece { 1 } else { degree + 1 }).rev() {
            let name = function(k).name();
            last = Some(self.find_function(&name).unwrap_or_else(|| {
                let arity = function(k).arity();
                let arguments: Vec<_> = (0..arity as u32).map(|k| self.intern(Node::Argument(k))).collect();
                let slope = last.map_or(zero, |next| self.call(next, &arguments));
                let mut derivative = vec![Some(zero); arity];
                derivative[0] = Some(slope);
                self.declare_function(FunctionInfo { name, arity, meaning: Meaning::Extern, derivative })
            }));
        }
        last.expect("there is at least the function itself")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for form in [Form::Searched, Form::Held, Form::Piece] {
            for derivative in 0..4 {
                let function = TableFunction { column: "sky.light[2]".into(), form, derivative };
                assert_eq!(TableFunction::named(&function.name()), Some(function));
            }
        }
        assert_eq!(TableFunction::named("interp"), None);
        assert_eq!(TableFunction::named("sin"), None);
    }

    #[test]
    fn a_call_reads_as_it_was_written() {
        let function = TableFunction { column: "d.c".into(), form: Form::Searched, derivative: 1 };
        assert_eq!(function.written("t - lag"), "interp'(d.c, t - lag)");
    }
}
