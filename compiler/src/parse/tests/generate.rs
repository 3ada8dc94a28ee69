//! Random programs: every form of the grammar, with names that are soft words elsewhere.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::Union;

use crate::diagnostics::{FileId, Span};
use crate::parse::ast::*;

const NOWHERE: Span = Span { file: FileId(0), start: 0, end: 0 };

fn name() -> impl Strategy<Value = Name> {
    prop::sample::select(vec![
        "x", "y₁", "α", "rate", "at", "over", "on", "from", "then_", "corr_", "E", "W2", "mirror",
    ])
    .prop_map(|text| Name { text: text.into(), span: NOWHERE })
}

fn number() -> impl Strategy<Value = Number> {
    prop::sample::select(vec!["0", "1", "2.5", "1e-8", "30", "0.1"])
        .prop_map(|text| Number { value: text.parse().unwrap(), text: text.into() })
}

fn unit() -> impl Strategy<Value = Unit> {
    let base = prop_oneof![name().prop_map(UnitBase::Name), number().prop_map(UnitBase::Number)];
    let leaf = vec((any::<bool>(), base, exponent()), 1..3).prop_map(factors);
    leaf.prop_recursive(2, 6, 3, |inner| {
        let base = prop_oneof![name().prop_map(UnitBase::Name), inner.prop_map(UnitBase::Group)];
        vec((any::<bool>(), base, exponent()), 1..3).prop_map(factors)
    })
}

fn exponent() -> impl Strategy<Value = Number> {
    prop::sample::select(vec!["1", "2", "-1", "0.5"])
        .prop_map(|text| Number { value: text.parse().unwrap(), text: text.into() })
}

fn factors(parts: Vec<(bool, UnitBase, Number)>) -> Unit {
    let factor = |(at, (per, base, exponent)): (usize, (bool, UnitBase, Number))| {
        let operator = if per && at > 0 { UnitOperator::Per } else { UnitOperator::Times };
        let one = Number { value: 1.0, text: "1".into() };
        let exponent = if matches!(base, UnitBase::Number(_)) { one } else { exponent };
        UnitFactor { operator, base, exponent, span: NOWHERE }
    };
    Unit { factors: parts.into_iter().enumerate().map(factor).collect(), span: NOWHERE }
}

fn node(kind: ExprKind) -> Expr {
    Expr { kind, span: NOWHERE, grouped: false, depth: 1 }
}

pub fn expr() -> BoxedStrategy<Expr> {
    let leaf = prop_oneof![
        4 => name().prop_map(|name| node(ExprKind::Name(name.text))),
        3 => number().prop_map(|number| node(ExprKind::Number(number))),
        1 => (number(), unit()).prop_map(|(number, unit)| node(ExprKind::Quantity(number, unit))),
        1 => any::<bool>().prop_map(|value| node(ExprKind::Bool(value))),
        1 => Just(node(ExprKind::Text(Arc::from("a file.csv")))),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let each = inner.clone();
        let boxed = move || each.clone().prop_map(Box::new);
        prop_oneof![
            vec(inner.clone(), 1..3).prop_map(|list| node(ExprKind::List(list))),
            boxed().prop_map(|base| node(ExprKind::Prime(base))),
            (boxed(), vec(inner.clone(), 1..3)).prop_map(|(base, list)| node(ExprKind::Index(base, list))),
            (boxed(), vec(argument(inner.clone()), 0..3))
                .prop_map(|(base, list)| node(ExprKind::Call(base, list))),
            (boxed(), name()).prop_map(|(base, name)| node(ExprKind::Field(base, name))),
            boxed().prop_map(|operand| node(ExprKind::Negate(operand))),
            boxed().prop_map(|operand| node(ExprKind::Not(operand))),
            (boxed(), boxed()).prop_map(|(base, exponent)| node(ExprKind::Power(base, exponent))),
            (chain_operators(), boxed(), vec(inner.clone(), 1..4)).prop_map(chain),
            (comparison(), boxed(), boxed())
                .prop_map(|(sign, left, right)| node(ExprKind::Compare(sign, left, right))),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(condition, yes, no)| {
                node(ExprKind::If(Box::new(Conditional { condition, yes, no })))
            }),
        ]
    })
    .boxed()
}

fn chain_operators() -> impl Strategy<Value = Vec<Operator>> {
    use Operator::*;
    prop::sample::select(vec![
        vec![Add, Subtract, Add],
        vec![Subtract, Subtract, Add],
        vec![Multiply, Divide, MatrixMultiply],
        vec![MatrixMultiply, Multiply, Multiply],
        vec![And, And, And],
        vec![Or, Or, Or],
    ])
}

fn chain((operators, first, operands): (Vec<Operator>, Box<Expr>, Vec<Expr>)) -> Expr {
    let links = operators.into_iter().zip(operands).map(|(operator, operand)| Link {
        operator,
        operand,
        span: NOWHERE,
    });
    node(ExprKind::Chain(first, links.collect()))
}

fn comparison() -> impl Strategy<Value = Comparison> {
    use Comparison::*;
    prop::sample::select(vec![Less, LessEqual, Greater, GreaterEqual, Equal, NotEqual])
}

fn argument(inner: impl Strategy<Value = Expr> + Clone + 'static) -> BoxedStrategy<Argument> {
    let range = option::of((inner.clone(), inner.clone()).prop_map(|(from, to)| Range { from, to }));
    let binder = (name(), range).prop_map(|(name, range)| Binder { name, range });
    let target = name().prop_map(|name| node(ExprKind::Name(name.text)));
    prop_oneof![
        inner.clone().prop_map(Argument::Value),
        (inner.clone(), vec(binder, 1..3))
            .prop_map(|(body, binders)| Argument::Comprehension { body, binders }),
        (target, inner.clone()).prop_map(|(target, value)| Argument::Named { target, value }),
        vec(inner, 2..4).prop_map(Argument::Pipeline),
    ]
    .boxed()
}

fn range() -> impl Strategy<Value = Range> {
    (expr(), expr()).prop_map(|(from, to)| Range { from, to })
}

fn binders() -> impl Strategy<Value = Vec<Binder>> {
    vec((name(), option::of(range())).prop_map(|(name, range)| Binder { name, range }), 0..3)
}

fn dims() -> impl Strategy<Value = Vec<Expr>> {
    vec(expr(), 0..3)
}

fn variable() -> impl Strategy<Value = Variable> {
    (name(), dims(), option::of(unit()), option::of(expr())).prop_map(|(name, dims, unit, value)| Variable {
        docs: Vec::new(),
        name,
        dims,
        unit,
        value,
        span: NOWHERE,
    })
}

fn parameter() -> impl Strategy<Value = Parameter> {
    let bounds = (expr(), expr()).prop_map(|(low, high)| Bounds { low, high, span: NOWHERE });
    (variable(), option::of(bounds), option::of(expr())).prop_map(|(variable, bounds, prior)| Parameter {
        variable,
        bounds,
        prior,
    })
}

fn setting() -> impl Strategy<Value = Setting> {
    (name(), expr()).prop_map(|(name, value)| Setting { name, value })
}

fn target() -> impl Strategy<Value = Target> {
    (vec(name(), 1..3), vec(argument(expr()), 0..3)).prop_map(|(path, arguments)| Target {
        path,
        arguments,
        span: NOWHERE,
    })
}

fn definition() -> impl Strategy<Value = Let> {
    let one =
        (name(), dims(), option::of(unit())).prop_map(|(name, dims, unit)| Pattern::One { name, dims, unit });
    let pattern = prop_oneof![3 => one.boxed(), 1 => vec(name(), 2..4).prop_map(Pattern::Tuple).boxed()];
    (pattern, expr(), binders()).prop_map(|(pattern, value, binders)| Let { pattern, value, binders })
}

fn equation() -> impl Strategy<Value = Equation> {
    (expr(), expr(), binders()).prop_map(|(left, right, binders)| Equation { left, right, binders })
}

fn function() -> impl Strategy<Value = Function> {
    (name(), vec(name(), 1..3), expr(), option::of(expr()))
        .prop_map(|(name, arguments, body, derivative)| Function { name, arguments, body, derivative })
}

fn event() -> impl Strategy<Value = Event> {
    let trigger = prop_oneof![
        expr().prop_map(Trigger::When),
        expr().prop_map(Trigger::At),
        expr().prop_map(Trigger::Rate),
        (expr(), option::of(expr())).prop_map(|(period, from)| Trigger::Every { period, from }),
    ];
    let assign = (name(), expr()).prop_map(|(name, value)| ActionKind::Assign {
        target: node(ExprKind::Prime(Box::new(node(ExprKind::Name(name.text))))),
        value,
    });
    let action = prop_oneof![3 => assign.boxed(), 1 => Just(ActionKind::Stop).boxed()];
    let action = action.prop_map(|kind| Action { kind, span: NOWHERE });
    (name(), dims(), trigger, vec(action, 0..3)).prop_map(|(name, dims, trigger, actions)| Event {
        name,
        dims,
        trigger,
        actions,
    })
}

fn net() -> impl Strategy<Value = Net> {
    (name(), expr(), expr(), vec(expr(), 1..3), vec(setting(), 0..2))
        .prop_map(|(name, inputs, outputs, layers, options)| Net { name, inputs, outputs, layers, options })
}

fn docs() -> impl Strategy<Value = Vec<Doc>> {
    vec(Just(Doc::from("A line of it.")), 0..3)
}

fn statement() -> impl Strategy<Value = Statement> {
    use StatementKind::*;
    let boundary = option::of(prop::sample::select(Boundary::ALL.to_vec()));
    let kinds: Vec<BoxedStrategy<StatementKind>> = vec![
        (name(), dims(), expr()).prop_map(|(name, dims, value)| Const { name, dims, value }).boxed(),
        vec(parameter(), 1..3).prop_map(Param).boxed(),
        vec(variable(), 1..3).prop_map(State).boxed(),
        vec(variable(), 1..3).prop_map(Alg).boxed(),
        vec(variable(), 1..3).prop_map(Discrete).boxed(),
        vec(variable(), 1..3).prop_map(Input).boxed(),
        (vec(name(), 1..3), range(), boundary)
            .prop_map(|(names, range, boundary)| Index(crate::parse::ast::Index { names, range, boundary }))
            .boxed(),
        (name(), dims(), option::of(expr()))
            .prop_map(|(name, dims, correlation)| Noise { name, dims, correlation })
            .boxed(),
        net().prop_map(Net).boxed(),
        (name(), dims(), expr(), binders())
            .prop_map(|(name, dims, value, binders)| {
                History(crate::parse::ast::Let {
                    pattern: Pattern::One { name, dims, unit: None },
                    value,
                    binders,
                })
            })
            .boxed(),
        definition().prop_map(Let).boxed(),
        function().prop_map(Function).boxed(),
        (target(), name()).prop_map(|(target, name)| Use { target, name }).boxed(),
        event().prop_map(Event).boxed(),
        equation().prop_map(Equation).boxed(),
    ];
    (docs(), Union::new(kinds)).prop_map(|(docs, kind)| Statement { docs, kind, span: NOWHERE })
}

fn layer() -> impl Strategy<Value = Layer> {
    let argument = (name(), option::of(expr())).prop_map(|(name, default)| LayerArgument { name, default });
    let weight = (name(), dims(), option::of(expr()))
        .prop_map(|(name, dims, initial)| LayerStatementKind::Weight { name, dims, initial });
    let kind = prop_oneof![weight, definition().prop_map(LayerStatementKind::Let)];
    let statement = (docs(), kind).prop_map(|(docs, kind)| LayerStatement { docs, kind, span: NOWHERE });
    (name(), vec(argument, 0..3), name(), name(), vec(statement, 0..3))
        .prop_map(|(name, arguments, input, output, body)| Layer { name, arguments, input, output, body })
}

fn fit() -> impl Strategy<Value = Fit> {
    use FitStatementKind::*;
    let freed = name().prop_map(|name| node(ExprKind::Name(name.text)));
    let kind = prop_oneof![
        vec(freed, 1..3).prop_map(Free),
        vec(name().prop_map(|name| node(ExprKind::Name(name.text))), 1..3).prop_map(Using),
        (expr(), expr()).prop_map(|(observed, distribution)| Observe { observed, distribution }),
        setting().prop_map(Option),
    ];
    let statement = (docs(), kind).prop_map(|(docs, kind)| FitStatement { docs, kind, span: NOWHERE });
    (target(), vec(name(), 1..3), vec(statement, 0..4)).prop_map(|(target, data, body)| Fit {
        target,
        data,
        body,
    })
}

fn sweep() -> impl Strategy<Value = Sweep> {
    use SweepStatementKind::*;
    let varied = || name().prop_map(|name| node(ExprKind::Name(name.text)));
    let kind = prop_oneof![
        (varied(), expr()).prop_map(|(target, grid)| VaryGrid { target, grid }),
        (varied(), expr()).prop_map(|(target, distribution)| VaryRandom { target, distribution }),
        setting().prop_map(Option),
    ];
    let statement = (docs(), kind).prop_map(|(docs, kind)| SweepStatement { docs, kind, span: NOWHERE });
    (target(), range(), vec(statement, 0..4)).prop_map(|(target, over, body)| Sweep { target, over, body })
}

fn item() -> impl Strategy<Value = Item> {
    let path = Text { text: "lib/a.nde".into(), span: NOWHERE };
    let kinds: Vec<BoxedStrategy<ItemKind>> = vec![
        option::of(name())
            .prop_map(move |alias| ItemKind::Import(Import { path: path.clone(), alias }))
            .boxed(),
        function().prop_map(ItemKind::Function).boxed(),
        (name(), vec(name(), 1..3), option::of(expr()))
            .prop_map(|(name, arguments, derivative)| {
                ItemKind::ExternFunction(ExternFunction { name, arguments, derivative })
            })
            .boxed(),
        layer().prop_map(ItemKind::Layer).boxed(),
        (name(), expr()).prop_map(|(name, source)| ItemKind::Data(Data { name, source })).boxed(),
        (name(), vec(setting(), 0..3), vec(statement(), 0..4))
            .prop_map(|(name, arguments, body)| ItemKind::Model(Model { name, arguments, body }))
            .boxed(),
        (target(), range(), vec(setting(), 0..3))
            .prop_map(|(target, over, options)| ItemKind::Solve(Solve { target, over, options }))
            .boxed(),
        fit().prop_map(ItemKind::Fit).boxed(),
        sweep().prop_map(ItemKind::Sweep).boxed(),
    ];
    (docs(), Union::new(kinds)).prop_map(|(docs, kind)| Item { docs, kind, span: NOWHERE })
}

pub fn program() -> impl Strategy<Value = Ast> {
    vec(item(), 0..3).prop_map(|items| Ast { items, ..Ast::default() })
}
