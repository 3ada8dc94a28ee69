//! Loops survive: the machine code of a model does not depend on the sizes of its index sets.

use nde_compiler::derive::adjoint::{Intermediates, Wanted};
use nde_compiler::derive::tangent::Direction;
use nde_compiler::program::Purpose;
use nde_tests::compile::{model_text, program};

/// Bytes of f, of its products and of the values of its Jacobian.
fn bytes(text: &str) -> Vec<usize> {
    let program = program(text).unwrap_or_else(|complaints| panic!("{complaints}"));
    let entries = program.jacobian().blocks.iter().map(|block| block.len()).sum();
    let purposes = [
        Purpose::Rhs,
        Purpose::TapedRhs,
        Purpose::SparseJacobian(entries),
        Purpose::Pushforward(Direction::State),
        Purpose::Pullback(Wanted::Both, Intermediates::Recompute),
        Purpose::Pullback(Wanted::Both, Intermediates::Tape),
    ];
    let size = |purpose| {
        let kernel = program.kernel(purpose).expect("nothing is missing");
        kernel.code_size().expect("machine code")
    };
    purposes.map(size).to_vec()
}

#[test]
fn a_stencil_has_the_same_code_on_every_grid() {
    let text = model_text("8_brusselator");
    let on = |n: u32| bytes(&text.replace("N = 32", &format!("N = {n}")));
    let expected = on(32);
    assert!(expected.iter().all(|&bytes| bytes > 0));
    for n in [16, 128, 1024] {
        assert_eq!(on(n), expected, "{n} points");
    }
}

/// Only the lengths of immediate operands differ, and whether sums have a rest after their eights.
#[test]
fn a_layer_has_about_the_same_code_at_every_width() {
    let wide = |hidden: u32| {
        bytes(&format!(
            "model Wide {{\n    net f: 12 -> 12 = dense({hidden}, tanh) >> dense(12)\n    state u[12] = 0.5\n    \
             u' = f(u)\n}}\n\nsolve Wide over 0..1\n"
        ))
    };
    for widths in [[50, 61, 1001], [48, 64, 1000]] {
        let expected = wide(widths[0]);
        for hidden in widths {
            for (found, expected) in wide(hidden).into_iter().zip(&expected) {
                let share = found.abs_diff(*expected) as f64 / *expected as f64;
                assert!(share <= 0.05, "{hidden} neurons: {found} bytes, not {expected}");
            }
        }
    }
}
