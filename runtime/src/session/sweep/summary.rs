//! The statistics of a sweep: what is collected of each member, and the columns that are made of it.

use nde_compiler::algebra::{Expr, Node, Range, Symbol};
use nde_compiler::check::task::{self, StatisticKind, Task};
use nde_compiler::program::{Missing, Program};

use super::super::table;
use super::design::Varied;
use super::leaf::{Part, Wanted};
use crate::output::{Column, TaskError};
use crate::problem::{Ensemble, Place};
use crate::solve::ensemble::{Quantiles, Tree};

/// The distinct values that statistics are taken of, and the statistics.
pub struct Summary {
    pub values: Vec<(Vec<Range>, Expr)>,
    statistics: Vec<Taken>,
}

/// A statistic of one of the values.
struct Taken {
    symbol: Symbol,
    kind: StatisticKind,
    /// The first of its elements among those of all values, and how many there are.
    first: usize,
    len: usize,
}

impl Summary {
    /// # Errors
    /// The statistics cannot be taken over members, or columns read what differs from member to member.
    pub fn new(
        program: &Program,
        task: &Task,
        columns: &[&task::Column],
        varied: &[Varied],
    ) -> Result<Summary, TaskError> {
        let symbols: Vec<Symbol> = task.statistics.iter().map(|s| s.symbol).collect();
        let mut summary = Summary { values: Vec::new(), statistics: Vec::new() };
        let mut starts: Vec<usize> = Vec::new();
        let mut end = 0;
        for statistic in &task.statistics {
            if reads(program, statistic.value, &|s| symbols.contains(&s)).is_some() {
                let message = "a statistic of a statistic is not one over members";
                return Err(super::nonsense(message.into(), "take it of a value of the model"));
            }
            let len = statistic.axes.iter().map(|range| range.len() as usize).product::<usize>();
            let same = |(axes, e): &(Vec<Range>, Expr)| *axes == statistic.axes && *e == statistic.value;
            let known = summary.values.iter().position(same);
            let first = known.map_or(end, |k| starts[k]);
            if known.is_none() {
                summary.values.push((statistic.axes.clone(), statistic.value));
                starts.push(end);
                end += len;
            }
            summary.statistics.push(Taken { symbol: statistic.symbol, kind: statistic.kind, first, len });
        }
        for column in columns {
            let differs = |s: Symbol| {
                let system = program.system();
                system.is_unknown(s)
                    || system.discretes.find(s).is_some()
                    || varied.iter().any(|v| v.symbol == s)
            };
            if let Some(name) = reads(program, column.value, &differs) {
                let what = match column.name == name {
                    true => format!("`{name}`"),
                    false => format!("`{}` reads `{name}`, which", column.name),
                };
                let message = format!("{what} differs from member to member");
                return Err(super::nonsense(
                    message,
                    &format!("reduce it, as in `E({name})`, or ask for no statistics"),
                ));
            }
        }
        Ok(summary)
    }

    /// What is wanted of each element of the values.
    pub fn wanted(&self) -> Vec<Wanted> {
        let len = self.statistics.iter().map(|s| s.first + s.len).max().unwrap_or(0);
        let mut wanted = vec![Wanted::Moments; len];
        for statistic in self.statistics.iter().filter(|s| matches!(s.kind, StatisticKind::Quantile(_))) {
            wanted[statistic.first..statistic.first + statistic.len].fill(Wanted::Values);
        }
        wanted
    }

    /// The columns at the save points; and by how much the ranks of quantiles may be wrong.
    ///
    /// # Errors
    /// A host function that a column calls is missing.
    pub fn columns(
        &self,
        ensemble: &Ensemble,
        asked: &[&task::Column],
        times: &[f64],
        totals: &Totals,
    ) -> Result<(Vec<Column>, f64), Missing> {
        let program = ensemble.program();
        let expressions: Vec<_> = asked.iter().map(|c| (c.axes.clone(), c.value)).collect();
        let symbols: Vec<Symbol> = self.statistics.iter().map(|s| s.symbol).collect();
        let kernel = program.summarise(&expressions, &symbols)?;
        let mut columns: Vec<Column> =
            asked.iter().flat_map(|c| table::empty_columns(&program.system(), c)).collect();
        let mut p = ensemble.base().p.clone();
        // What differs from member to member has no value here; nothing reads it.
        ensemble
            .design()
            .places()
            .filter(|(place, _)| *place == Place::Parameters)
            .for_each(|(_, k)| p[k] = f64::NAN);
        let v = ensemble.base();
        let u = vec![f64::NAN; v.u0.len()];
        let modes = vec![0.0; kernel.kernel().inputs[4].len as usize];
        let mut scratch = vec![0.0; kernel.kernel().scratch as usize];
        let mut row = vec![0.0; columns.len()];
        let mut error = 0.0_f64;
        for (r, &t) in times.iter().enumerate() {
            let statistics = self.statistics_at(totals, r, &mut error);
            let inputs: [&[f64]; 8] =
                [&[t], &u, &p, &v.discrete, &modes, &v.constants, &v.inputs, &statistics];
            kernel.call(&inputs, &mut [&mut row], &mut scratch, 1);
            columns.iter_mut().zip(&row).for_each(|(column, &value)| column.values.push(value));
        }
        Ok((columns, error))
    }

    /// The values of the statistics at a save point, one after the other.
    fn statistics_at(&self, totals: &Totals, row: usize, error: &mut f64) -> Vec<f64> {
        let mut values = Vec::new();
        for statistic in &self.statistics {
            for element in statistic.first..statistic.first + statistic.len {
                let place = row * totals.width + element;
                let moments = totals.trees[place].total();
                values.push(match statistic.kind {
                    StatisticKind::Expectation => moments.expectation(),
                    StatisticKind::Variance => moments.variance(),
                    StatisticKind::Quantile(q) => {
                        totals.quantiles[place].as_ref().map_or(f64::NAN, |quantiles| {
                            let ordered = quantiles.ordered();
                            *error = error.max(ordered.error);
                            ordered.quantile(q)
                        })
                    }
                    // Reductions over rows of data, and of weights: the checker gives them to fits.
                    _ => f64::NAN,
                });
            }
        }
        values
    }
}

/// The name of a symbol that an expression reads and for which `is` holds, definitions filled in.
pub fn reads(program: &Program, e: Expr, is: &dyn Fn(Symbol) -> bool) -> Option<String> {
    let (symbols, names): (Vec<Symbol>, Vec<String>) = {
        let mut system = program.system();
        let e = system.expand_observed(e);
        let algebra = &system.model.algebra;
        let reads = algebra.reachable(e, true).into_iter().filter_map(|n| match algebra.node(n) {
            Node::Read(symbol, _) => Some((symbol, algebra.symbol(symbol).name.to_string())),
            _ => None,
        });
        reads.unzip()
    };
    symbols.iter().position(|&s| is(s)).map(|k| names[k].clone())
}

/// What is known of all members so far, for each save point and each value.
pub struct Totals {
    width: usize,
    trees: Vec<Tree>,
    quantiles: Vec<Option<Quantiles>>,
}

impl Totals {
    pub fn new(wanted: &[Wanted], rows: usize, members: u64) -> Totals {
        let quantiles = |wanted: &Wanted| (*wanted == Wanted::Values).then(|| Quantiles::new(members));
        Totals {
            width: wanted.len(),
            trees: vec![Tree::default(); rows * wanted.len()],
            quantiles: (0..rows).flat_map(|_| wanted.iter().map(quantiles)).collect(),
        }
    }

    /// Adds the next leaf.
    pub fn push(&mut self, parts: Vec<Part>) {
        for ((part, tree), quantiles) in parts.into_iter().zip(&mut self.trees).zip(&mut self.quantiles) {
            tree.push(part.moments);
            if let Some(quantiles) = quantiles {
                quantiles.extend(&part.values);
            }
        }
    }
}
