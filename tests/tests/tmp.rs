#![allow(warnings)]
use std::sync::Arc; use std::time::Instant;
use nde_compiler::{algebra::*, check::model::*, diagnostics::*, derive::system::System, program::*, emit::program::Executor};
use nde::problem::Compiled; use nde::solve::*; use nde::dynamics::*;
type A = Algebra;
fn sub(a: Affine) -> Subscript { Subscript::inside(a) }
fn per(a: Affine) -> Subscript { Subscript::Affine{position:a, boundary: Boundary::Periodic} }
fn blank(algebra: A, time: Symbol, name: &str) -> Model { Model { name: name.into(), doc: None, algebra, time, time_unit: None, constants: vec![], variables: vec![], definitions: vec![], equations: vec![], initial_constraints: vec![], switches: vec![], delays: vec![], histories: vec![], events: vec![], divisors: vec![], spans: Default::default(), features: vec![] } }
fn var(name: &str, symbol: Symbol, kind: Kind, dims: usize) -> Variable { Variable { name: name.into(), symbol, kind, lower: vec![1; dims], unit: None, doc: None, span: Span::default() } }
fn piece(axes: Vec<Range>, value: Expr) -> Piece { Piece { target: axes.iter().enumerate().map(|(k,r)| sub(Affine::var(Var::Axis(k as u32)).shift(-r.start))).collect(), axes, value, span: Span::default() } }
fn ax(k: u32) -> Affine { Affine::var(Var::Axis(k)) }
fn lv() -> Model {
  let mut a = A::new(); let t = a.declare("t", &[]);
  let [x,y,p,q,r,s] = ["x","y","a","b","c","d"].map(|n| a.declare(n, &[]));
  let [ex,ey,ea,eb,ec,ed] = [x,y,p,q,r,s].map(|n| a.scalar(n));
  let ax_ = a.mul(ea, ex); let bx = a.mul(eb, ex); let bxy = a.mul(bx, ey); let f1 = a.sub(ax_, bxy);
  let cy = a.mul(ec, ey); let dx = a.mul(ed, ex); let dxy = a.mul(dx, ey); let f2 = a.sub(dxy, cy);
  let vals: Vec<Expr> = [1.0, 1.0, 1.5, 1.0, 3.0, 1.0].iter().map(|v| a.number(*v)).collect();
  let mut m = blank(a, t, "lv");
  m.variables.push(var("x", x, Kind::State { initial: vec![piece(vec![], vals[0])], derivative_of: None }, 0));
  m.variables.push(var("y", y, Kind::State { initial: vec![piece(vec![], vals[1])], derivative_of: None }, 0));
  for (k,(n,s)) in [("a",p),("b",q),("c",r),("d",s)].into_iter().enumerate() { m.variables.push(var(n, s, Kind::Parameter { default: vec![piece(vec![], vals[2+k])], bounds: None, prior: None }, 0)); }
  m.equations.push(Equation { axes: vec![], form: Form::Explicit { state: x, target: Default::default(), value: f1 }, span: Span::default() });
  m.equations.push(Equation { axes: vec![], form: Form::Explicit { state: y, target: Default::default(), value: f2 }, span: Span::default() });
  m
}
fn bruss(n: u64) -> Model {
  let mut a = A::new(); let t = a.declare("t", &[]); let nn = n as i64; let r = Range::new(1, nn+1); let axes = vec![r, r];
  let u = a.declare("u", &[n,n]); let v = a.declare("v", &[n,n]); let pa = a.declare("a", &[]); let pb = a.declare("B", &[]);
  let lu = a.declare("Lu", &[n,n]); let lv = a.declare("Lv", &[n,n]);
  let dx = 1.0/(n as f64 - 1.0);
  let rd = |a: &mut A, s: Symbol, di: i64, dj: i64| { let i = ax(0).shift(-1+di); let j = ax(1).shift(-1+dj); let acc: Access = [if di != 0 { per(i) } else { sub(i) }, if dj != 0 { per(j) } else { sub(j) }].into_iter().collect(); a.read(s, acc) };
  let mut lap = |a: &mut A, s: Symbol| { let [w,e,so,no,c] = [(-1,0),(1,0),(0,-1),(0,1),(0,0)].map(|(i,j)| rd(a, s, i, j)); let x = a.add(w,e); let x = a.add(x,so); let x = a.add(x,no); let four = a.number(4.0); let c4 = a.mul(four,c); let x = a.sub(x,c4); let d2 = a.number(dx*dx); a.div(x,d2) };
  let blu = lap(&mut a, u); let blv = lap(&mut a, v);
  let (eu, ev, ea, eb) = (rd(&mut a, u,0,0), rd(&mut a, v,0,0), a.scalar(pa), a.scalar(pb)); let elu = rd(&mut a, lu,0,0); let elv = rd(&mut a, lv,0,0);
  let one = a.one(); let two = a.number(2.0); let u2 = a.pow(eu, two); let u2v = a.mul(u2, ev); let b1 = a.add(eb, one); let b1u = a.mul(b1, eu); let alu = a.mul(ea, elu);
  let f = a.add(one, u2v); let f = a.sub(f, b1u); let f = a.add(f, alu);
  // forcing
  let xi = a.index(ax(0).shift(-1)); let d = a.number(dx); let xx = a.mul(xi, d); let yj = a.index(ax(1).shift(-1)); let yy = a.mul(yj, d);
  let c3 = a.number(0.3); let c6 = a.number(0.6); let p1 = a.sub(xx,c3); let p1 = a.pow(p1,two); let p2 = a.sub(yy,c6); let p2 = a.pow(p2,two); let pp = a.add(p1,p2); let lim = a.number(0.01); let cond = a.compare(Binary::LessEqual, pp, lim);
  let et = a.scalar(t); let t11 = a.number(1.1); let ct = a.compare(Binary::LessEqual, t11, et); let both = a.and(cond, ct); let five = a.number(5.0); let zero = a.zero(); let force = a.select(both, five, zero); let f = a.add(f, force);
  let bu = a.mul(eb, eu); let g = a.sub(bu, u2v); let alv = a.mul(ea, elv); let g = a.add(g, alv);
  let y1 = a.sub(one, yy); let y1 = a.mul(yy,y1); let h15 = a.number(1.5); let y15 = a.pow(y1, h15); let c22 = a.number(22.0); let iu = a.mul(c22, y15);
  let x1 = a.sub(one, xx); let x1 = a.mul(xx,x1); let x15 = a.pow(x1, h15); let c27 = a.number(27.0); let iv = a.mul(c27, x15);
  let va = a.number(10.0); let vb = a.number(3.4);
  let mut m = blank(a, t, "bruss");
  m.variables.push(var("u", u, Kind::State { initial: vec![piece(axes.clone(), iu)], derivative_of: None }, 2));
  m.variables.push(var("v", v, Kind::State { initial: vec![piece(axes.clone(), iv)], derivative_of: None }, 2));
  m.variables.push(var("a", pa, Kind::Parameter { default: vec![piece(vec![], va)], bounds: None, prior: None }, 0));
  m.variables.push(var("B", pb, Kind::Parameter { default: vec![piece(vec![], vb)], bounds: None, prior: None }, 0));
  m.definitions.push(Definition { symbol: lu, pieces: vec![piece(axes.clone(), blu)] });
  m.definitions.push(Definition { symbol: lv, pieces: vec![piece(axes.clone(), blv)] });
  m.switches.push(Switch { variables: vec![], condition: ct, span: Span::default() });
  for (s, val) in [(u,f),(v,g)] { m.equations.push(Equation { axes: axes.clone(), form: Form::Explicit { state: s, target: piece(axes.clone(), val).target, value: val }, span: Span::default() }); }
  m
}
fn net(nin: u64, nh: u64, nout: u64) -> Model {
  let mut a = A::new(); let t = a.declare("t", &[]);
  let u = a.declare("u", &[nin]); let w1 = a.declare("W1", &[nh,nin]); let b1 = a.declare("b1", &[nh]); let w2 = a.declare("W2", &[nout,nh]); let b2 = a.declare("b2", &[nout]); let h = a.declare("h", &[nh]); let o = a.declare("o", &[nout]);
  let arg = a.intern(Node::Argument(0)); let one = a.one(); let two = a.number(2.0);
  let cosh = a.declare_function(FunctionInfo { name: "cosh".into(), arity: 1, meaning: Meaning::Native, derivative: vec![None] }); let ch = a.call(cosh, &[arg]); let ch2 = a.pow(ch, two); let dt = a.div(one, ch2);
  let tanh = a.declare_function(FunctionInfo { name: "tanh".into(), arity: 1, meaning: Meaning::Native, derivative: vec![Some(dt)] });
  let layer = |a: &mut A, w: Symbol, b: Symbol, x: &mut dyn FnMut(&mut A, Affine) -> Expr, n: u64| { let v = a.fresh(); let ww = a.read(w, [sub(ax(0).shift(-1)), sub(Affine::var(v).shift(-1))].into_iter().collect()); let xx = x(a, Affine::var(v).shift(-1)); let p = a.mul(ww, xx); let s = a.reduce(Reduction::Sum, v, Range::new(1, n as i64+1), p); let bb = a.read(b, [sub(ax(0).shift(-1))].into_iter().collect()); a.add(s, bb) };
  let three = a.number(3.0);
  let l1 = layer(&mut a, w1, b1, &mut |a, i| { let x = a.read(u, [sub(i)].into_iter().collect()); a.pow(x, three) }, nin); let hh = a.call(tanh, &[l1]);
  let oo = layer(&mut a, w2, b2, &mut |a, i| a.read(h, [sub(i)].into_iter().collect()), nh);
  let f = a.read(o, [sub(ax(0).shift(-1))].into_iter().collect());
  let i1 = Range::new(1, nin as i64+1); let ih = Range::new(1, nh as i64+1); let io = Range::new(1, nout as i64+1);
  let k = a.index(ax(0)); let half = a.number(0.37); let kk = a.mul(k, half); let k2 = a.index(ax(0).add(&ax(1).scale(3))); let sin = a.native("sin", 1); let wv = a.call(sin, &[k2]); 
  let mut m = blank(a, t, "net");
  m.variables.push(var("u", u, Kind::State { initial: vec![piece(vec![i1], kk)], derivative_of: None }, 1));
  for (n, s, d) in [("W1", w1, vec![ih,i1]), ("b1", b1, vec![ih]), ("W2", w2, vec![io,ih]), ("b2", b2, vec![io])] { let val = if d.len() == 2 { wv } else { kk }; m.variables.push(var(n, s, Kind::Parameter { default: vec![piece(d.clone(), val)], bounds: None, prior: None }, d.len())); }
  m.definitions.push(Definition { symbol: h, pieces: vec![piece(vec![ih], hh)] });
  m.definitions.push(Definition { symbol: o, pieces: vec![piece(vec![io], oo)] });
  m.equations.push(Equation { axes: vec![io], form: Form::Explicit { state: u, target: piece(vec![io], f).target, value: f }, span: Span::default() });
  m
}
fn bench(mut f: impl FnMut()) -> f64 { for _ in 0..10 { f(); } let mut best = f64::MAX; for _ in 0..30 { let mut n = 1u32; loop { let s = Instant::now(); for _ in 0..n { f(); } let e = s.elapsed().as_secs_f64(); if e > 2e-3 { best = best.min(e / n as f64); break; } n *= 2; } } best }
fn derivs(model: Model) {
  let name = model.name.clone();
  let s = Instant::now(); let system = System::new(model); let ts = s.elapsed();
  println!("== {name} n={} stored {} const {} switches {}", system.dim(), system.stored.len(), system.constant.len(), system.switches.len());
  let program = Arc::new(Program::new(system, Executor::Machine, Default::default()));
  let rhs = program.kernel(Purpose::Rhs).unwrap(); let size = rhs.code_size(); let tr = s.elapsed();
  println!("  system {ts:?} rhs compiled {tr:?} bytes {size:?} nests {} insts {}", rhs.kernel().nests.len(), rhs.kernel().size());
  let values = nde::problem::Values::new(&program, 0.0, &[], &[]).unwrap(); println!("  values {:?}", s.elapsed());
  let c = Compiled::new(program.clone(), values.clone()).unwrap(); let n = c.dim();
  let s = Instant::now(); let pat = c.pattern(); let mut jv = vec![0.0; pat.len()]; let modes = vec![0.0; 9]; let at = Interval { modes: &modes[..c.root_count()+c.timed_count()], ..Interval::plain(0.0, 0.1) };
  c.jacobian(&at, 0.5, &values.u0, &mut jv); println!("  jacobian {:?} entries {} code {:?}", s.elapsed(), jv.len(), if n <= 64 { program.kernel(Purpose::DenseJacobian).unwrap().code_size() } else { program.kernel(Purpose::SparseJacobian(jv.len() as u64)).unwrap().code_size() });
  let v: Vec<f64> = (0..n).map(|i| ((i*7+3) as f64).sin()).collect(); let l: Vec<f64> = (0..n).map(|i| ((i*5+1) as f64).cos()).collect();
  let mut a = vec![0.0; n]; c.jvp(&at, 0.5, &values.u0, &v, &mut a);
  let mut b = vec![0.0; n]; pat.each(|s, i, j| b[i] += jv[s]*v[j]);
  let eps = 1e-6; let up: Vec<f64> = values.u0.iter().zip(&v).map(|(u,v)| u+eps*v).collect(); let um: Vec<f64> = values.u0.iter().zip(&v).map(|(u,v)| u-eps*v).collect(); let (mut fp, mut fm) = (vec![0.0;n], vec![0.0;n]); c.rhs(&at, 0.5, &up, &mut fp); c.rhs(&at, 0.5, &um, &mut fm);
  let sc = a.iter().fold(0.0f64, |m,x| m.max(x.abs())); let e1 = (0..n).map(|i| (a[i]-b[i]).abs()/sc).fold(0.0, f64::max); let e2 = (0..n).map(|i| (a[i]-(fp[i]-fm[i])/(2.0*eps)).abs()/sc).fold(0.0, f64::max);
  let mut vj = vec![0.0; n]; c.vjp(&at, 0.5, &values.u0, &l, &mut vj); let mut vb = vec![0.0; n]; pat.each(|s,i,j| vb[j] += jv[s]*l[i]); let e3 = (0..n).map(|i| (vj[i]-vb[i]).abs()).fold(0.0, f64::max)/sc;
  let np = c.parameter_count(); let w: Vec<f64> = (0..np).map(|i| ((i*3+2) as f64).sin()).collect(); let mut dp = vec![0.0; n]; c.parameter_jvp(&at, 0.5, &values.u0, &w, &mut dp); let mut pb = vec![0.0; np]; c.parameter_pullback(&at, 0.5, &values.u0, &l, &mut pb);
  let lhs: f64 = dp.iter().zip(&l).map(|(a,b)| a*b).sum(); let rh: f64 = pb.iter().zip(&w).map(|(a,b)| a*b).sum();
  println!("  jvp-J {e1:.1e} jvp-fd {e2:.1e} vjp-J {e3:.1e} param transpose {:.1e} ({lhs})", (lhs-rh).abs()/lhs.abs());
  let mut du = vec![0.0; n]; println!("  rhs {:.4} us, jac {:.4} us jvp {:.4} us vjp {:.4} us pvjp {:.4} us", 1e6*bench(|| c.rhs(&at, 0.5, &values.u0, &mut du)), 1e6*bench(|| c.jacobian(&at, 0.5, &values.u0, &mut jv)), 1e6*bench(|| c.jvp(&at, 0.5, &values.u0, &v, &mut a)), 1e6*bench(|| c.vjp(&at, 0.5, &values.u0, &l, &mut vj)), 1e6*bench(|| c.parameter_pullback(&at, 0.5, &values.u0, &l, &mut pb)));
}
#[test] fn all() {
  derivs(lv()); derivs(lv()); derivs(bruss(32)); derivs(bruss(9)); derivs(bruss(128)); derivs(net(2,50,2)); derivs(net(64,1000,64)); 
  let program = Arc::new(Program::new(System::new(lv()), Executor::Machine, Default::default())); let values = nde::problem::Values::new(&program, 0.0, &[], &[]).unwrap(); let c = Compiled::new(program.clone(), values.clone()).unwrap();
  let m = nde::method::find("tsit5").unwrap(); let opts = Options { rtol: 1e-6, atol: Absolute::All(1e-8), ..Default::default() };
  let s = Instant::now(); let sol = solve(&c, m, &opts, 0.0, 10.0, &values.u0).unwrap(); println!("lv first {:?} {:?} {:?} {:?}", s.elapsed(), sol.status, sol.counters, sol.last());
  println!("lv 10: {} us", 1e6*bench(|| { solve(&c, m, &opts, 0.0, 10.0, &values.u0).unwrap(); }));
  println!("lv 1000: {} us", 1e6*bench(|| { solve(&c, m, &opts, 0.0, 1000.0, &values.u0).unwrap(); }));
}
