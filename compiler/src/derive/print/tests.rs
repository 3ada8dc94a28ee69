//! What is derived from a scalar model, from a stencil and from a network, as it is shown.

use crate::algebra::print::Notation;
use crate::check::print::model;
use crate::derive::system::System;
use crate::diagnostics::{Diagnostics, FileId, Look, Sources};
use crate::{check, parse};

const LOTKA_VOLTERRA: &str = "
/// Predators and prey.
model LotkaVolterra {
    param α = 1.5 in [0, 5] ~ lognormal(0, 0.5), β = 1, γ = 3, δ = 1
    state x = 1, y = 1
    x' =  α*x - β*x*y
    y' = -γ*y + δ*x*y
}";

const HEAT: &str = "
model Heat(N = 64) {
    index i in 1..N periodic
    const dx = 1/N
    param κ = 0.1
    state u[i] = sin(2*pi*i*dx)
    let flux[i] = if t > 1 then κ*(u[i+1] - u[i])/dx else 0
    u'[i] = (flux[i] - flux[i-1])/dx - u[i]^3
}";

const NETWORK: &str = "
model Network {
    net f: 2 -> 2 = dense(16, tanh) >> dense(2)
    state u[2] = [2, 0]
    u' = f(u^3)
}";

const ROBER: &str = "
model Rober {
    param k1 = 0.04, k2 = 3e7, k3 = 1e4
    state y1 = 1, y2 = 0
    alg   y3 = 0
    y1' = -k1*y1 + k3*y2*y3
    y2' =  k1*y1 - k3*y2*y3 - k2*y2^2
    0   =  y1 + y2 + y3 - 1
}";

const PAIR: &str = "
model Pair {
    use Tank() as a
    state z = 0
    z'' = a.level - 4*z
    init z' = 1
}
model Tank {
    param k = 1
    input q = 0
    state level = 1
    level' = q - k*sqrt(level)/level
}";

fn checked(text: &str) -> check::Model {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::new();
    let file = sources.add("main.nde", text);
    let ast = parse::parse(text, file, &mut diagnostics);
    let mut nothing = |path: &str| -> Result<(FileId, String), String> { Err(format!("no file {path}")) };
    let module = check::load(ast, check::Paths::Inside, &mut nothing, &mut diagnostics);
    let name = module.model_names(0).next().expect("a model").to_owned();
    let model = check::model(&module, &name, &[], &mut diagnostics);
    model.unwrap_or_else(|| panic!("{}", diagnostics.render(&sources, Look::Plain, 100)))
}

pub fn system(text: &str) -> System {
    System::new(checked(text))
}

#[test]
fn the_model_of_two_equations() {
    insta::assert_snapshot!(model(&checked(LOTKA_VOLTERRA), Notation::Text), @r#"
    model LotkaVolterra
      Predators and prey.

    parameters
      α = 1.5 in [0, 5] ~ lognormal(0, 0.5)
      β = 1
      γ = 3
      δ = 1

    states, at the initial time
      x = 1
      y = 1

    equations
      x' = α*x - x*β*y
      y' = y*x*δ - y*γ
    "#);
}

#[test]
fn the_model_of_two_equations_in_latex() {
    insta::assert_snapshot!(model(&checked(LOTKA_VOLTERRA), Notation::Latex), @r#"
    \paragraph{model LotkaVolterra}
    Predators and prey.\\

    \paragraph{parameters}
    \begin{align*}
      \alpha &= 1.5 \in [0, 5] \sim \text{lognormal}(0, 0.5) \\
      \beta &= 1 \\
      \gamma &= 3 \\
      \delta &= 1 \\
    \end{align*}

    \paragraph{states, at the initial time}
    \begin{align*}
      x &= 1 \\
      y &= 1 \\
    \end{align*}

    \paragraph{equations}
    \begin{align*}
      \dot{x} &= \alpha\,x - x\,\beta\,y \\
      \dot{y} &= y\,x\,\delta - y\,\gamma \\
    \end{align*}
    "#);
}

#[test]
fn the_model_of_a_stencil() {
    insta::assert_snapshot!(model(&checked(HEAT), Notation::Text), @r#"
    model Heat

    constants
      N = 64
      dx = 0.015625

    parameters
      κ = 0.1

    states, at the initial time
      u[i] = sin(0.015625*6.283185307179586*i)   for i in 1..64

    definitions
      flux[i] = if 1 < t then 64*κ*(u[i+1 periodic] - u[i]) else 0   for i in 1..64

    equations
      u'[i] = 64*(flux[i] - flux[i-1 periodic]) - u[i]^3   for i in 1..64

    switches
      switch 1 = 1 < t
    "#);
}

#[test]
fn the_model_of_a_network() {
    insta::assert_snapshot!(model(&checked(NETWORK), Notation::Text), @r#"
    model Network

    weights of f
      f.1.W[1..16, 1..2] glorot_uniform(2, 16)
      f.1.b[1..16] zeros
      f.2.W[1..2, 1..16] glorot_uniform(16, 2)
      f.2.b[1..2] zeros

    states, at the initial time
      u[1] = 2
      u[2] = 0

    definitions
      f.0[i] = u[i]^3   for i in 1..2
      f.1[i] = tanh(f.1.b[i] + sum(f.0[j]*f.1.W[i,j] for j in 1..2))   for i in 1..16
      f.2[i] = f.2.b[i] + sum(f.1[j]*f.2.W[i,j] for j in 1..16)   for i in 1..2

    equations
      u'[i] = f.2[i]   for i in 1..2
    "#);
}

#[test]
fn the_system_of_two_equations() {
    insta::assert_snapshot!(super::system(&mut system(LOTKA_VOLTERRA), Notation::Text), @r#"
    system LotkaVolterra

    unknowns: 2 (2 differential, 0 algebraic)
      1            x
      2            y

    parameters: 4
      1            α
      2            β
      3            γ
      4            δ

    right-hand side
      x' = α*x - x*β*y
      y' = y*x*δ - y*γ

    mass matrix
      identity
    "#);
}

#[test]
fn the_system_of_an_algebraic_equation() {
    insta::assert_snapshot!(super::system(&mut system(ROBER), Notation::Text), @r#"
    system Rober

    unknowns: 3 (2 differential, 1 algebraic)
      1            y1
      2            y2
      3            y3

    parameters: 3
      1            k1
      2            k2
      3            k3

    right-hand side
      y1' = k3*y2*y3 - k1*y1
      y2' = k1*y1 - k3*y2*y3 - k2*y2^2
      residual1 = y3 + y1 + y2 - 1

    mass matrix
      identity in the rows of derivatives, zero in those of residuals
    "#);
}

#[test]
fn the_system_of_a_stencil() {
    insta::assert_snapshot!(super::system(&mut system(HEAT), Notation::Text), @r#"
    system Heat

    unknowns: 64 (64 differential, 0 algebraic)
      1..64        u[1..64]

    parameters: 1
      1            κ

    stored definitions
      flux[i] = if mode1 then 64*κ*(u[i+1 periodic] - u[i]) else 0   for i in 1..64

    right-hand side
      u'[i] = 64*(flux[i] - flux[i-1 periodic]) - u[i]^3   for i in 1..64

    mass matrix
      identity

    switches
      mode1 at exact times = 1 < t
        root = t - 1
    "#);
}

#[test]
fn the_jacobian_of_two_equations() {
    insta::assert_snapshot!(super::jacobian(&mut system(LOTKA_VOLTERRA), Notation::Text), @r#"
    jacobian of LotkaVolterra

    entries
      ∂x'/∂y = -x*β
      ∂x'/∂x = α - β*y
      ∂y'/∂y = x*δ - γ
      ∂y'/∂x = y*δ
    "#);
}

#[test]
fn the_jacobian_of_a_stencil() {
    insta::assert_snapshot!(super::jacobian(&mut system(HEAT), Notation::Text), @r#"
    jacobian of Heat

    stored definitions and their derivatives
      flux[i] = if mode1 then 64*κ*(u[i+1 periodic] - u[i]) else 0   for i in 1..64
      ∂₁flux[i] = -(if mode1 then 64*κ else 0)   for i in 1..64
      ∂₂flux[i] = if mode1 then 64*κ else 0   for i in 1..64

    entries
      ∂u'[i]/∂u[i-1 periodic] = -64*∂₁flux[i-1 periodic]   for i in 1..64
      ∂u'[i]/∂u[i periodic] = -64*∂₂flux[i-1 periodic]   for i in 1..64
      ∂u'[i]/∂u[i] = 64*∂₁flux[i] - 3*u[i]^2   for i in 1..64
      ∂u'[i]/∂u[i+1 periodic] = 64*∂₂flux[i]   for i in 1..64
    "#);
}

#[test]
fn the_jacobian_of_a_network_in_latex() {
    insta::assert_snapshot!(super::jacobian(&mut system(NETWORK), Notation::Latex), @r#"
    \paragraph{jacobian of Network}

    \paragraph{stored definitions and their derivatives}
    \begin{align*}
      \mathrm{f.0}_{i} &= u_{i}^{3} && i = 1, \dots, 2 \\
      \partial \mathrm{f.0}_{i} &= 3\,u_{i}^{2} && i = 1, \dots, 2 \\
      \mathrm{f.1.argument}_{i} &= \mathrm{f.1.b}_{i} + \sum_{j=1}^{2} \mathrm{f.0}_{j}\,\mathrm{f.1.W}_{i,j} && i = 1, \dots, 16 \\
      \partial \mathrm{f.1.argument}_{i,j} &= \mathrm{f.1.W}_{i,j}\,\partial \mathrm{f.0}_{j} && i = 1, \dots, 16,\; j = 1, \dots, 2 \\
      \mathrm{f.1}_{i} &= \tanh\left(\mathrm{f.1.argument}_{i}\right) && i = 1, \dots, 16 \\
      \partial \mathrm{f.1}_{i,j} &= \operatorname{sech2}\left(\mathrm{f.1.argument}_{i}\right)\,\partial \mathrm{f.1.argument}_{i,j} && i = 1, \dots, 16,\; j = 1, \dots, 2 \\
    \end{align*}

    \paragraph{entries}
    \begin{align*}
      \frac{\partial \dot{u}_{i}}{\partial u_{j}} &= \sum_{k=1}^{16} \mathrm{f.2.W}_{i,k}\,\partial \mathrm{f.1}_{k,j} && i = 1, \dots, 2,\; j = 1, \dots, 2 \\
    \end{align*}
    "#);
}

#[test]
fn the_adjoint_of_two_equations() {
    insta::assert_snapshot!(super::adjoint(&mut system(LOTKA_VOLTERRA), Notation::Text), @r#"
    adjoint of LotkaVolterra
      λ is the cotangent of the right-hand side; a bar marks the cotangent of what is under it

    cotangents
      ȳ += -x*β*λ_x
      β̄ += -x*y*λ_x
      x̄ += α*λ_x - β*y*λ_x
      ᾱ += x*λ_x
      δ̄ += x*y*λ_y
      γ̄ += -y*λ_y
      ȳ += x*δ*λ_y - γ*λ_y
      x̄ += δ*y*λ_y
    "#);
}

#[test]
fn the_adjoint_of_a_stencil() {
    insta::assert_snapshot!(super::adjoint(&mut system(HEAT), Notation::Text), @r#"
    adjoint of Heat
      λ is the cotangent of the right-hand side; a bar marks the cotangent of what is under it

    cotangents
      flux̄ = 0
      flux̄[i-1 periodic] += -64*λ_u[i]   for i in 1..64
      flux̄[i] += 64*λ_u[i]   for i in 1..64
      ū[i] += -3*u[i]^2*λ_u[i]   for i in 1..64
      ū[i] += -(if mode1 then 64*flux̄[i]*κ else 0)   for i in 1..64
      ū[i+1 periodic] += if mode1 then 64*flux̄[i]*κ else 0   for i in 1..64
      κ̄ += sum(if mode1 then 64*flux̄[i]*(u[i+1 periodic] - u[i]) else 0 for i in 1..64)
    "#);
}

#[test]
fn the_adjoint_of_a_network() {
    insta::assert_snapshot!(super::adjoint(&mut system(NETWORK), Notation::Text), @r#"
    adjoint of Network
      λ is the cotangent of the right-hand side; a bar marks the cotangent of what is under it

    stored definitions
      f.0[i] = u[i]^3   for i in 1..2
      f.1.argument[i] = f.1.b[i] + sum(f.0[j]*f.1.W[i,j] for j in 1..2)   for i in 1..16
      f.1[i] = tanh(f.1.argument[i])   for i in 1..16
      f.1.slope[i] = sech2(f.1.argument[i])   for i in 1..16

    cotangents
      f.0̄ = 0
      f.1.argument̄ = 0
      f.1̄ = 0
      f.2.W̄[i,j] += λ_u[i]*f.1[j]   for i in 1..2, j in 1..16
      f.1̄[i] += sum(λ_u[j]*f.2.W[j,i] for j in 1..2)   for i in 1..16
      f.2.b̄[i] += λ_u[i]   for i in 1..2
      f.1.argument̄[i] += f.1̄[i]*f.1.slope[i]   for i in 1..16
      f.1.W̄[i,j] += f.1.argument̄[i]*f.0[j]   for i in 1..16, j in 1..2
      f.0̄[i] += sum(f.1.argument̄[j]*f.1.W[j,i] for j in 1..16)   for i in 1..2
      f.1.b̄[i] += f.1.argument̄[i]   for i in 1..16
      ū[i] += 3*u[i]^2*f.0̄[i]   for i in 1..2
    "#);
}

#[test]
fn the_sparsity_of_an_algebraic_equation() {
    insta::assert_snapshot!(super::sparsity(&mut system(ROBER)), @r#"
    sparsity of Rober
      3 unknowns, 9 entries, 100.000 % of the matrix
      no entry farther than 2 from the diagonal

    blocks
      1        ∂y1'/∂y3
      1        ∂y1'/∂y2
      1        ∂y1'/∂y1
      1        ∂y2'/∂y3
      1        ∂y2'/∂y2
      1        ∂y2'/∂y1
      1        ∂residual1/∂y3
      1        ∂residual1/∂y2
      1        ∂residual1/∂y1

      ● ● ●
      ● ● ●
      ● ● ●
    "#);
}

#[test]
fn the_sparsity_of_a_stencil() {
    insta::assert_snapshot!(super::sparsity(&mut system(HEAT)), @r#"
    sparsity of Heat
      64 unknowns, 192 entries, 4.688 % of the matrix
      no entry farther than 63 from the diagonal

    blocks
      64       ∂u'[i]/∂u[i-1 periodic]   for i in 1..64
      64       ∂u'[i]/∂u[i periodic]   for i in 1..64
      64       ∂u'[i]/∂u[i]   for i in 1..64
      64       ∂u'[i]/∂u[i+1 periodic]   for i in 1..64

    each cell 2 × 2 places: ░ few … █ full
      █ ░ · · · · · · · · · · · · · · · · · · · · · · · · · · · · · ░
      ░ █ ░ · · · · · · · · · · · · · · · · · · · · · · · · · · · · ·
      · ░ █ ░ · · · · · · · · · · · · · · · · · · · · · · · · · · · ·
      · · ░ █ ░ · · · · · · · · · · · · · · · · · · · · · · · · · · ·
      · · · ░ █ ░ · · · · · · · · · · · · · · · · · · · · · · · · · ·
      · · · · ░ █ ░ · · · · · · · · · · · · · · · · · · · · · · · · ·
      · · · · · ░ █ ░ · · · · · · · · · · · · · · · · · · · · · · · ·
      · · · · · · ░ █ ░ · · · · · · · · · · · · · · · · · · · · · · ·
      · · · · · · · ░ █ ░ · · · · · · · · · · · · · · · · · · · · · ·
      · · · · · · · · ░ █ ░ · · · · · · · · · · · · · · · · · · · · ·
      · · · · · · · · · ░ █ ░ · · · · · · · · · · · · · · · · · · · ·
      · · · · · · · · · · ░ █ ░ · · · · · · · · · · · · · · · · · · ·
      · · · · · · · · · · · ░ █ ░ · · · · · · · · · · · · · · · · · ·
      · · · · · · · · · · · · ░ █ ░ · · · · · · · · · · · · · · · · ·
      · · · · · · · · · · · · · ░ █ ░ · · · · · · · · · · · · · · · ·
      · · · · · · · · · · · · · · ░ █ ░ · · · · · · · · · · · · · · ·
      · · · · · · · · · · · · · · · ░ █ ░ · · · · · · · · · · · · · ·
      · · · · · · · · · · · · · · · · ░ █ ░ · · · · · · · · · · · · ·
      · · · · · · · · · · · · · · · · · ░ █ ░ · · · · · · · · · · · ·
      · · · · · · · · · · · · · · · · · · ░ █ ░ · · · · · · · · · · ·
      · · · · · · · · · · · · · · · · · · · ░ █ ░ · · · · · · · · · ·
      · · · · · · · · · · · · · · · · · · · · ░ █ ░ · · · · · · · · ·
      · · · · · · · · · · · · · · · · · · · · · ░ █ ░ · · · · · · · ·
      · · · · · · · · · · · · · · · · · · · · · · ░ █ ░ · · · · · · ·
      · · · · · · · · · · · · · · · · · · · · · · · ░ █ ░ · · · · · ·
      · · · · · · · · · · · · · · · · · · · · · · · · ░ █ ░ · · · · ·
      · · · · · · · · · · · · · · · · · · · · · · · · · ░ █ ░ · · · ·
      · · · · · · · · · · · · · · · · · · · · · · · · · · ░ █ ░ · · ·
      · · · · · · · · · · · · · · · · · · · · · · · · · · · ░ █ ░ · ·
      · · · · · · · · · · · · · · · · · · · · · · · · · · · · ░ █ ░ ·
      · · · · · · · · · · · · · · · · · · · · · · · · · · · · · ░ █ ░
      ░ · · · · · · · · · · · · · · · · · · · · · · · · · · · · · ░ █
    "#);
}

/// Every stage of every model of the language's examples, in both notations.
#[test]
fn every_model_can_be_shown() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/models");
    let mut shown = 0;
    for entry in std::fs::read_dir(folder).expect("the models are there") {
        let path = entry.expect("the folder can be read").path();
        if path.extension().is_none_or(|extension| extension != "nde") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a model can be read");
        let mut diagnostics = Diagnostics::new();
        let ast = parse::parse(&text, FileId(0), &mut diagnostics);
        let mut valves = |_: &str| {
            Ok::<_, String>((FileId(0), include_str!("../../../../tests/models/lib/valves.nde").to_owned()))
        };
        let module = check::load(ast, check::Paths::Inside, &mut valves, &mut diagnostics);
        for name in module.model_names(0) {
            for notation in [Notation::Text, Notation::Latex] {
                let checked = check::model(&module, name, &[], &mut diagnostics).expect("the model is right");
                let mut all = model(&checked, notation);
                let mut system = System::new(checked);
                all += &super::system(&mut system, notation);
                all += &super::jacobian(&mut system, notation);
                all += &super::adjoint(&mut system, notation);
                all += &super::sparsity(&mut system);
                assert!(all.len() < 40_000, "{name}: {} bytes", all.len());
                shown += 1;
            }
        }
    }
    assert!(shown > 30, "{shown} pages");
}

/// The text does not grow with the index set, and a pattern that is too large is not drawn.
#[test]
fn a_large_index_set_costs_nothing() {
    let large = HEAT.replace("N = 64", "N = 2000000");
    let mut system = system(&large);
    let printed = super::jacobian(&mut system, Notation::Text) + &super::adjoint(&mut system, Notation::Text);
    assert!(printed.len() < 5_000, "{} bytes", printed.len());
    assert!(super::sparsity(&mut system).ends_with("too many entries for a picture\n"));
}

#[test]
fn the_adjoint_of_instances_in_latex() {
    insta::assert_snapshot!(super::adjoint(&mut system(PAIR), Notation::Latex), @r#"
    \paragraph{adjoint of Pair}
    λ is the cotangent of the right-hand side; a bar marks the cotangent of what is under it\\

    \paragraph{cotangents}
    \begin{align*}
      \bar{z} &\mathrel{+}= -4\,\lambda_{\dot{z}} \\
      \bar{\mathrm{a.level}} &\mathrel{+}= \lambda_{\dot{z}} \\
      \bar{\mathrm{a.k}} &\mathrel{+}= -\sqrt{\mathrm{a.level}}\,\frac{\lambda_{\mathrm{a.level}}}{\mathrm{a.level}} \\
      \bar{\mathrm{a.level}} &\mathrel{+}= \frac{\mathrm{a.k}\,\sqrt{\mathrm{a.level}}}{\mathrm{a.level}}\,\frac{\lambda_{\mathrm{a.level}}}{\mathrm{a.level}} - \frac{\mathrm{a.k}\,\frac{\lambda_{\mathrm{a.level}}}{\mathrm{a.level}}}{2\,\sqrt{\mathrm{a.level}}} \\
      \bar{\dot{z}} &\mathrel{+}= \lambda_{z} \\
    \end{align*}
    "#);
}
