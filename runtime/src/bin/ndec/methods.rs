//! `ndec methods`: every method that this version has.

use crate::Command;
use crate::shell::{self, Exit, Failure};
use clap::ArgMatches;
use nde::method::{Family, MethodInfo, Stability};
use serde_json::json;
use std::io::{self, Write};

pub const COMMAND: Command = Command { name: "methods", define, run };

fn define(command: clap::Command) -> clap::Command {
    command
        .about("List the methods that solve models")
        .after_help("Example:\n  ndec methods --format json")
        .arg(shell::format_argument(&["text", "json"]).help("How the list is printed"))
}

fn run(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    match shell::format(arguments) {
        "json" => write_json(&nde::method::methods().collect::<Vec<_>>(), &mut stdout)?,
        _ => write_text(&nde::method::methods().collect::<Vec<_>>(), &mut stdout)?,
    }
    stdout.flush()?;
    Ok(Exit::Done)
}

fn family(method: &MethodInfo) -> &'static str {
    match method.family {
        Family::ExplicitRungeKutta => "explicit Runge–Kutta",
        Family::Stabilised => "stabilised",
        Family::SecondOrder => "second order",
        Family::Adams => "Adams",
        Family::Rosenbrock => "Rosenbrock",
        Family::Esdirk => "ESDIRK",
        Family::Bdf => "differentiation formulas",
        Family::Switching => "switching",
    }
}

fn stability(method: &MethodInfo) -> &'static str {
    match method.stability {
        Stability::Bounded => "bounded",
        Stability::RealAxis => "negative real axis",
        Stability::Wedge => "A(α)-stable",
        Stability::LStable => "L-stable",
    }
}

fn write_json(methods: &[&MethodInfo], sink: &mut impl Write) -> io::Result<()> {
    let entry = |method: &MethodInfo| {
        json!({
            "name": method.name,
            "family": family(method),
            "order": method.order,
            "dense_order": method.dense_order,
            "stability": stability(method),
            "adaptive": method.adaptive,
            "mass_matrix": method.mass,
            "forward_gradient": method.has_push,
            "reverse_gradient": method.has_pull,
            "options": method.options,
            "summary": method.summary,
            "citation": method.citation,
        })
    };
    writeln!(sink, "{}", json!({ "methods": methods.iter().copied().map(entry).collect::<Vec<_>>() }))
}

fn write_text(methods: &[&MethodInfo], sink: &mut impl Write) -> io::Result<()> {
    let names = methods.iter().map(|method| method.name.chars().count()).fold("method".len(), usize::max);
    let families =
        methods.iter().map(|method| family(method).chars().count()).fold("family".len(), usize::max);
    writeln!(sink, "{:names$}  {:families$}  order  dense  use", "method", "family")?;
    for method in methods {
        let MethodInfo { name, order, dense_order, summary, .. } = method;
        let family = family(method);
        writeln!(sink, "{name:names$}  {family:families$}  {order:>5}  {dense_order:>5}  {summary}")?;
    }
    Ok(())
}
