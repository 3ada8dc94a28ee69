//! Polylines with as many points as a figure can show: first, lowest, highest and last of each half pixel.

/// Columns of points are this wide, in pixels.
const BUCKET: f64 = 0.5;

pub type Point = (f64, f64);

/// The points in drawing order, cut into pieces at the gaps (`None`).
///
/// Points of one column and piece become at most four, so what is drawn does not change.
pub fn pieces(points: impl Iterator<Item = Option<Point>>) -> Vec<Vec<Point>> {
    let mut pieces = Vec::new();
    let mut piece = Vec::new();
    let mut bucket: Option<Bucket> = None;
    for point in points {
        match (point, &mut bucket) {
            (Some(point), Some(current)) if current.column == column(point) => current.add(point),
            (Some(point), _) => {
                flush(bucket.take(), &mut piece);
                bucket = Some(Bucket::starting(point));
            }
            (None, _) => {
                flush(bucket.take(), &mut piece);
                finish(&mut piece, &mut pieces);
            }
        }
    }
    flush(bucket, &mut piece);
    finish(&mut piece, &mut pieces);
    pieces
}

fn column(point: Point) -> i64 {
    (point.0 / BUCKET).floor() as i64
}

fn flush(bucket: Option<Bucket>, piece: &mut Vec<Point>) {
    if let Some(bucket) = bucket {
        bucket.emit(piece);
    }
}

fn finish(piece: &mut Vec<Point>, pieces: &mut Vec<Vec<Point>>) {
    if !piece.is_empty() {
        pieces.push(std::mem::take(piece));
    }
}

/// The extremes of one column, each with its place in the sequence.
struct Bucket {
    column: i64,
    count: usize,
    first: (usize, Point),
    low: (usize, Point),
    high: (usize, Point),
    last: (usize, Point),
}

impl Bucket {
    fn starting(point: Point) -> Self {
        let entry = (0, point);
        Bucket { column: column(point), count: 1, first: entry, low: entry, high: entry, last: entry }
    }

    fn add(&mut self, point: Point) {
        let entry = (self.count, point);
        self.count += 1;
        self.last = entry;
        if point.1 < self.low.1.1 {
            self.low = entry;
        }
        if point.1 > self.high.1.1 {
            self.high = entry;
        }
    }

    fn emit(self, piece: &mut Vec<Point>) {
        let mut entries = [self.first, self.low, self.high, self.last];
        entries.sort_by_key(|(place, _)| *place);
        let mut previous = None;
        for (place, point) in entries {
            if previous != Some(place) {
                piece.push(point);
            }
            previous = Some(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_cut_and_extremes_stay() {
        let wave = (0..100_000).map(|i| {
            let x = f64::from(i) * 1e-3;
            (i != 50_000).then(|| (x, if i == 777 { 9.0 } else { (x * 40.0).sin() }))
        });
        let pieces = pieces(wave);
        assert_eq!(pieces.len(), 2);
        let points: usize = pieces.iter().map(Vec::len).sum();
        assert!(points <= 4 * 202, "{points}");
        assert!(pieces[0].iter().any(|p| p.1 == 9.0));
        assert!(pieces.iter().flatten().is_sorted_by(|a, b| a.0 <= b.0));
    }

    #[test]
    fn few_points_stay_as_they_are() {
        let points = [(0.0, 1.0), (0.0, 2.0), (3.0, 1.0)];
        assert_eq!(pieces(points.iter().copied().map(Some)), vec![points.to_vec()]);
        assert_eq!(pieces([None, None].into_iter()), Vec::<Vec<Point>>::new());
    }
}
