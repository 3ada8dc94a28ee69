//! The 2-D Brusselator as the comparisons solve it.

pub const BRUSSELATOR: &str = "model Brusselator(N = 32) {
    index i, j in 1..N periodic
    const dx = 1/(N - 1)
    param a = 10, B = 3.4
    let x[i] = (i - 1)*dx
    let y[j] = (j - 1)*dx
    state u[i,j] = 22*(y[j]*(1 - y[j]))^1.5,
          v[i,j] = 27*(x[i]*(1 - x[i]))^1.5
    let f[i,j]  = if (x[i] - 0.3)^2 + (y[j] - 0.6)^2 <= 0.01 and t >= 1.1 then 5 else 0
    let Lu[i,j] = (u[i-1,j] + u[i+1,j] + u[i,j-1] + u[i,j+1] - 4*u[i,j]) / dx^2
    let Lv[i,j] = (v[i-1,j] + v[i+1,j] + v[i,j-1] + v[i,j+1] - 4*v[i,j]) / dx^2
    u'[i,j] = 1 + u[i,j]^2*v[i,j] - (B + 1)*u[i,j] + a*Lu[i,j] + f[i,j]
    v'[i,j] = B*u[i,j] - u[i,j]^2*v[i,j]           + a*Lv[i,j]
}
";
