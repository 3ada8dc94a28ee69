//! The complaints of this phase, by topic: what each says, and how `ndec explain` explains it.

mod equation;
mod model;
mod name;
mod network;
mod shape;
mod task;
mod units;

pub use equation::{
    IsState, assigned_twice, bad_init, bad_target, bare_state, bounds_reversed, default_outside,
    derivative_in_definition, equality_of_event, equation_of_known, gap, history_of, history_unused,
    index_too_high, no_correlation, no_equation, no_initial_derivative, no_initial_value, noise_misused,
    not_a_box, not_a_target, nothing_to_solve, past_arguments, place_text, prime_of, prime_of_expression,
    side_outside, structure_too_large, surplus_equation, too_many_pieces, twice, undetermined,
};
pub use model::{
    TOO_MANY_INSTANCES, import_cycle, import_escapes, import_unreadable, imports_too_deep, not_bindable,
    too_many_instances, unknown_binding, unnamed_binding,
};
pub use name::{
    arity, comprehension_outside, cycle, declared_twice, derivative_by, derivative_shape,
    derivative_through_table, differential, has_no_members, hides_library, model_recursion, named_argument,
    no_derivative, no_members, not_a_function, not_a_value, not_callable, pipeline_outside, predefined,
    reads_too_much, recursion, text_as_value, too_deep, too_large, unknown_argument, unknown_function,
    unknown_import, unknown_member, unknown_model, unknown_name,
};
pub use network::{
    derivative_count, layer_argument_missing, layer_form, layer_input, layer_output, layer_outside_net,
    layer_without_return, network_inputs, network_outputs, unknown_initializer, unknown_layer,
};
pub use shape::{
    bad_size, binder_unused, constant_needed, element_outside, elementwise_product, empty_range,
    equation_shapes, free_index, index_only_right, index_too_large, matrix_product, not_affine, not_whole,
    one_too_many, outside, ragged, range_not_constant, reduction_form, reduction_of_number, repeated_index,
    scalar_needed, shapes_differ, size_by_parameter, subscript_of_data, subscripts, table_not_whole,
    table_outside, table_too_large, too_many_elements, truth_needed, tuple_binders, tuple_length,
    unknown_index, value_shape,
};
pub use task::{
    bad_cell, column_unit, distribution_arguments, distribution_form, empty_over, fit_without_free,
    fit_without_loss, loss_of_rows, method_argument, missing_cell, network_needed, no_number, no_table,
    not_a_column, one_point, option_choice, option_dropped, option_value, point_outside, quoted_method,
    source_argument, sweep_without_vary, times_fall, tolerance_count, unknown_column, unknown_data,
    unknown_distribution, unknown_event, unknown_method, unknown_model_of_task, unknown_optimizer,
    unknown_option, unknown_source,
};
pub use units::{
    bad_unit, dimensionless_needed, exponent_not_rational, exponent_varies, model_without_units,
    time_default, time_unit, unit_changes, units_differ, wrong_unit,
};

use crate::diagnostics::CodeInfo;

/// The codes of this phase, topic after topic.
pub fn codes() -> impl Iterator<Item = &'static CodeInfo> {
    [name::CODES, shape::CODES, equation::CODES, units::CODES, task::CODES, network::CODES, model::CODES]
        .into_iter()
        .flatten()
}

const fn info(
    code: &'static str,
    title: &'static str,
    explanation: &'static str,
    example: &'static str,
) -> CodeInfo {
    CodeInfo { code, title, explanation, example }
}
