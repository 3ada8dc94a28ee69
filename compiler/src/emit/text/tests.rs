//! Kernels as they are shown.

use crate::algebra::{Access, Affine, Algebra, Boundary, Range, Reduction, Subscript, Var};
use crate::emit::kernel::{Block, Buffer, Instruction, Nest, Role, Slot, Value, Write};
use crate::emit::loops::schedule;
use crate::emit::routine::{Assignment, Place, Routine};

/// `y[i] = a·u[i−1] + Σ_k w[i,k]·u[k]` for 12 elements, then `z += y[0]`.
fn routine() -> (Algebra, Routine) {
    let n = 12;
    let mut algebra = Algebra::new();
    let (a, u, w) = (algebra.declare("a", &[]), algebra.declare("u", &[n]), algebra.declare("w", &[n, n]));
    let (y, z) = (algebra.declare("y", &[n]), algebra.declare("z", &[]));
    let mut routine = Routine { name: "stencil".into(), ..Routine::default() };
    routine.inputs = vec![Slot::new(Role::State, n), Slot::shared(Role::Parameters, 1 + n * n)];
    routine.outputs = vec![Slot::new(Role::Result, n), Slot::new(Role::ErrorNorm, 1)];
    for (symbol, buffer, offset, dims) in [
        (u, Buffer::Input(0), 0, &[n][..]),
        (a, Buffer::Input(1), 0, &[]),
        (w, Buffer::Input(1), 1, &[n, n]),
        (y, Buffer::Output(0), 0, &[n]),
        (z, Buffer::Output(1), 0, &[]),
    ] {
        routine.places.insert(symbol, Place::new(buffer, offset, dims));
    }
    let i = Affine::var(Var::Axis(0));
    let range = Range::new(0, n as i64);
    let own: Access = [Subscript::inside(i.clone())].into_iter().collect();
    let left = Subscript::Affine { position: i.clone().shift(-1), boundary: Boundary::Periodic };
    let (a, left) = (algebra.scalar(a), algebra.read(u, [left].into_iter().collect()));
    let scaled = algebra.mul(a, left);
    let var = algebra.fresh();
    let k = Subscript::inside(Affine::var(var));
    let weight = algebra.read(w, [Subscript::inside(i), k.clone()].into_iter().collect());
    let input = algebra.read(u, [k].into_iter().collect());
    let product = algebra.mul(weight, input);
    let sum = algebra.reduce(Reduction::Sum, var, range, product);
    let value = algebra.add(scaled, sum);
    routine.body.push(Assignment { symbol: y, axes: vec![range], target: own, value, write: Write::Set });
    let first: Access = [Subscript::inside(Affine::constant(0))].into_iter().collect();
    let value = algebra.read(u, first);
    let target = Access::new();
    routine.body.push(Assignment { symbol: z, axes: Vec::new(), target, value, write: Write::Add });
    (algebra, routine)
}

#[test]
fn a_kernel_can_be_read() {
    let (mut algebra, routine) = routine();
    let kernel = schedule(&mut algebra, &routine);
    insta::assert_snapshot!(super::kernel(&kernel), @r#"
    kernel stencil
      reads   state[12]
      reads   parameters[145], shared by the lanes
      writes  result[12]
      writes  error_norm[1]
      scratch scratch[12]
      calls   product_of_rows

    nest 1 for i in 0..11, by product_of_rows
      v4 = sum for j in 0..11
        v2 = parameters[1 + 12*i + j]
        v3 = state[j]
        term v2 * v3
      scratch[i] = v4

    nest 2 for i in 0..11
      v0 = parameters[0]
      v1 = state[wrap(-1 + i, 12)*1]
      v4 = scratch[i]
      v5 = fma v0 v1 v4
      result[i] = v5

    nest 3
      v0 = state[0]
      error_norm[0] += v0
    "#);
}

/// The first instructions are printed, the others counted.
#[test]
fn a_large_kernel_is_cut() {
    let (mut algebra, routine) = routine();
    let mut kernel = schedule(&mut algebra, &routine);
    let number = |k: u32| (Value(k), Instruction::Number(f64::from(k).to_bits()));
    let block = Block { instructions: (0..1_000_000).map(number).collect() };
    kernel.nests.insert(0, Nest { loops: Vec::new(), block, product: None });
    let text = super::kernel(&kernel);
    assert!(text.lines().count() < 6_000);
    assert!(text.ends_with("… 995011 more instructions\n"), "{}", &text[text.len() - 100..]);
}
