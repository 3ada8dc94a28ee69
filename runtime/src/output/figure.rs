//! What a figure shows before anybody draws it: panels, axes and the series in them.

use super::scale::{Kind, Range, Scale};
use super::{Column, TaskResult, Work};

/// More series than this cannot be told apart; the rest is counted in [`Figure::hidden`].
pub const MOST_SERIES: usize = 32;

/// Series whose largest magnitudes differ by more than this factor do not share an axis.
const COMPARABLE: f64 = 30.0;

/// Series over one independent variable, in one panel or in several below each other.
#[derive(Clone, Debug)]
pub struct Figure<'a> {
    pub title: Option<&'a str>,
    pub x: &'a Column,
    pub x_scale: Scale,
    pub panels: Vec<Panel<'a>>,
    pub mark: Mark,
    /// How many columns are not drawn.
    pub hidden: usize,
}

/// Series on one axis.
#[derive(Clone, Debug)]
pub struct Panel<'a> {
    pub series: Vec<Series<'a>>,
    pub scale: Scale,
}

/// One curve; `style` numbers its colour and glyph through all panels.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    pub column: &'a Column,
    pub style: usize,
}

/// How the points of a series are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mark {
    Line,
    /// For independent variables that go back and forth, such as a random sweep's.
    Points,
}

impl<'a> Figure<'a> {
    /// The figure of a task's `plot = […]`, else of its whole table; `None` where there are no columns to draw.
    pub fn of(task: &'a TaskResult, most_panels: usize) -> Option<Self> {
        let table = &task.table.columns;
        let across = independent(task);
        let series: Vec<&Column> = if task.plot.is_empty() {
            table.iter().skip(across + 1).collect()
        } else {
            task.plot.iter().collect()
        };
        let x = table.get(across)?;
        (!series.is_empty()).then(|| Figure::new(task.doc.as_deref(), x, &series, most_panels))
    }

    /// Arranges `series` over `x` in at most `most_panels` panels.
    pub fn new(title: Option<&'a str>, x: &'a Column, series: &[&'a Column], most_panels: usize) -> Self {
        let shown = series.len().min(MOST_SERIES);
        let curves = series[..shown].iter().enumerate().map(|(style, column)| Series { column, style });
        let x_kind = crowded_kind(&x.values);
        let panels = arrange(&curves.collect::<Vec<_>>(), most_panels).into_iter().map(Panel::new).collect();
        Figure {
            title: title.and_then(|text| text.lines().next()).filter(|line| !line.trim().is_empty()),
            x,
            x_scale: Scale::exact(x_kind, Range::of(&x.values, x_kind)),
            panels,
            mark: mark(&x.values),
            hidden: series.len() - shown,
        }
    }

    /// The same figure with logarithmic axes wherever all values are positive.
    pub fn logarithmic(self) -> Self {
        let is_positive = |values: &[f64]| values.iter().all(|y| !y.is_finite() || *y > 0.0);
        let mut figure = self;
        if is_positive(&figure.x.values) {
            figure.x_scale = Scale::exact(Kind::Log, Range::of(&figure.x.values, Kind::Log));
        }
        let positive = |panel: &&mut Panel| panel.series.iter().all(|s| is_positive(&s.column.values));
        figure.panels.iter_mut().filter(positive).for_each(|panel| {
            panel.scale = padded(Kind::Log, &panel.series);
        });
        figure
    }

    /// The points of one series as places 0..1 on both axes; `None` at gaps.
    pub fn points<'s>(
        &'s self,
        panel: &'s Panel,
        series: &'s Series,
    ) -> impl Iterator<Item = Option<(f64, f64)>> + 's {
        self.x.values.iter().zip(&series.column.values).map(|(x, y)| {
            let x = self.x_scale.position(*x)?;
            Some((x, panel.scale.position(*y)?))
        })
    }

    /// `12 of 64 columns drawn`, where some are not.
    pub fn remark(&self) -> Option<String> {
        let shown: usize = self.panels.iter().map(|panel| panel.series.len()).sum();
        (self.hidden > 0).then(|| format!("{shown} of {} columns drawn", shown + self.hidden))
    }
}

impl<'a> Panel<'a> {
    fn new(series: Vec<Series<'a>>) -> Self {
        let scale = padded(shared_kind(&series), &series);
        Panel { series, scale }
    }

    /// The label of the axis: a lone series' name and unit, else the unit that all share.
    pub fn label(&self) -> String {
        match self.series.as_slice() {
            [one] => one.column.label(),
            [first, rest @ ..] if rest.iter().all(|s| s.column.unit == first.column.unit) => {
                first.column.unit.as_ref().map(|unit| format!("[{unit}]")).unwrap_or_default()
            }
            _ => String::new(),
        }
    }

    /// A series' entry in the legend: units only where the axis does not tell them.
    pub fn entry(&self, series: &Series) -> String {
        if self.label().is_empty() { series.column.label() } else { series.column.name.clone() }
    }
}

/// The scale that all series fit into.
fn padded(kind: Kind, series: &[Series]) -> Scale {
    let range = series.iter().fold(Range::EMPTY, |range, s| range.union(Range::of(&s.column.values, kind)));
    Scale::padded(kind, range)
}

/// The column that runs along the horizontal axis: `t`, or in a sweep that is read at its end the first varied name.
fn independent(task: &TaskResult) -> usize {
    let columns = &task.table.columns;
    let constant = |column: &Column| column.values.windows(2).all(|pair| pair[0] == pair[1]);
    let varied = matches!(task.work, Work::Sweep(_)) && columns.len() > 2 && constant(&columns[0]);
    usize::from(varied)
}

/// Logarithmic where a linear axis would crowd most points at its start, as save points by `logspace` do.
fn crowded_kind(values: &[f64]) -> Kind {
    let range = Range::of(values, Kind::Log);
    let positive = values.iter().all(|x| !x.is_finite() || *x >= 0.0);
    if values.len() < 8 || !positive || range.is_empty() || range.high / range.low < 1e3 {
        return Kind::Linear;
    }
    if median(values.iter().copied()) < 0.01 * range.high { Kind::Log } else { Kind::Linear }
}

/// Logarithmic where every value is positive and a linear axis would show most of every series as zero.
fn shared_kind(series: &[Series]) -> Kind {
    let values = || series.iter().flat_map(|s| &s.column.values).copied().filter(|y| y.is_finite());
    let range =
        series.iter().fold(Range::EMPTY, |range, s| range.union(Range::of(&s.column.values, Kind::Log)));
    if range.is_empty() || range.high / range.low < 1e5 || values().any(|y| y <= 0.0) {
        return Kind::Linear;
    }
    if median(values()) < 1e-3 * range.high { Kind::Log } else { Kind::Linear }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.filter(|x| x.is_finite()).collect();
    let middle = values.len() / 2;
    if values.is_empty() {
        return f64::NAN;
    }
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

fn mark(x: &[f64]) -> Mark {
    let finite = x.iter().filter(|x| x.is_finite());
    let rising = finite.clone().is_sorted_by(|a, b| a <= b);
    if rising || finite.is_sorted_by(|a, b| a >= b) { Mark::Line } else { Mark::Points }
}

/// By unit and magnitude; where that makes too many panels by unit, else all in one.
fn arrange<'a>(series: &[Series<'a>], most_panels: usize) -> Vec<Vec<Series<'a>>> {
    let extents: Vec<f64> =
        series.iter().map(|s| Range::of(&s.column.values, Kind::Linear).extent()).collect();
    let extent = |s: &Series| extents[s.style];
    let same_unit = |a: &Series, b: &Series| a.column.unit == b.column.unit;
    let comparable = |a: f64, b: f64| a == 0.0 || b == 0.0 || (a / b <= COMPARABLE && b / a <= COMPARABLE);
    let fine = group(series, |a, b| same_unit(a, b) && comparable(extent(a), extent(b)));
    let coarse = || group(series, same_unit);
    [fine, coarse()]
        .into_iter()
        .find(|panels| panels.len() <= most_panels)
        .unwrap_or_else(|| vec![series.to_vec()])
}

/// Each series joins the first group with all of whose members it goes.
fn group<'a>(series: &[Series<'a>], goes: impl Fn(&Series, &Series) -> bool) -> Vec<Vec<Series<'a>>> {
    let mut groups: Vec<Vec<Series>> = Vec::new();
    for one in series {
        match groups.iter_mut().find(|group| group.iter().all(|other| goes(one, other))) {
            Some(group) => group.push(*one),
            None => groups.push(vec![*one]),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, unit: Option<&str>, values: &[f64]) -> Column {
        Column { name: name.into(), unit: unit.map(Into::into), doc: None, values: values.to_vec() }
    }

    fn panels(columns: &[Column], most: usize) -> String {
        let t = column("t", None, &[0.0, 1.0, 2.0]);
        let series: Vec<&Column> = columns.iter().collect();
        let figure = Figure::new(None, &t, &series, most);
        let names = |p: &Panel| p.series.iter().map(|s| s.column.name.clone()).collect::<Vec<_>>().join(",");
        figure.panels.iter().map(names).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn units_and_magnitudes_part_panels() {
        let columns = [
            column("h", Some("m"), &[0.0, 1.0, 2.0]),
            column("v", Some("m/s"), &[0.0, 1.0, 2.0]),
            column("d", Some("m"), &[0.0, 1e-4, 2e-4]),
            column("zero", Some("m"), &[0.0, 0.0, 0.0]),
            column("nothing", Some("m"), &[f64::NAN; 3]),
        ];
        assert_eq!(panels(&columns, 4), "h,zero,nothing | v | d");
        assert_eq!(panels(&columns, 2), "h,d,zero,nothing | v");
        assert_eq!(panels(&columns, 1), "h,v,d,zero,nothing");
    }

    #[test]
    fn logarithmic_only_where_linear_shows_nothing() {
        let logspace: Vec<f64> = (0..50).map(|i| 10_f64.powf(f64::from(i) * 0.2 - 6.0)).collect();
        let linspace: Vec<f64> = (0..50).map(f64::from).collect();
        assert_eq!(crowded_kind(&logspace), Kind::Log);
        assert_eq!(crowded_kind(&linspace), Kind::Linear);
        let with_zero: Vec<f64> = [0.0].into_iter().chain(logspace.clone()).collect();
        assert_eq!(crowded_kind(&with_zero), Kind::Log);
        let decay = column("x", None, &logspace);
        assert_eq!(shared_kind(&[Series { column: &decay, style: 0 }]), Kind::Log);
        let signed = column("x", None, &with_zero);
        assert_eq!(shared_kind(&[Series { column: &signed, style: 0 }]), Kind::Linear);
    }

    #[test]
    fn a_random_sweep_is_points() {
        assert_eq!(mark(&[0.0, 2.0, 1.0]), Mark::Points);
        assert_eq!(mark(&[2.0, 1.0, f64::NAN, 0.0]), Mark::Line);
        assert_eq!(mark(&[]), Mark::Line);
    }
}
