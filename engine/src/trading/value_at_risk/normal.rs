//! The normal law's quantile, by plain arithmetic: a series and a root, in an order of operations that is the same on
//! every machine. The library's `exp` and `ln` are not.

use std::f64::consts::PI;

/// Terms of a series: at the largest confidence about a hundred of them count beside the sum of the others.
const TERMS: u32 = 160;

/// Steps to the root, at most; about ten are taken.
const STEPS_MAX: u32 = 100;

/// More than the root can be short of.
const SHORT_OF: f64 = 1e-9;

/// The number of standard deviations that a normal variable does not exceed with this confidence, rounded up.
///
/// # Panics
/// Where the confidence is not above a half and below a whole, in parts per million.
pub(super) fn quantile(confidence_ppm: u32) -> f64 {
    assert!((500_001..1_000_000).contains(&confidence_ppm), "{confidence_ppm} ppm is no confidence");
    let above_half = (f64::from(confidence_ppm) - 500_000.0) / 1_000_000.0;
    let mut root = 0.0;
    // From below, where the law bends away: each step by the tangent stays below the root.
    for _ in 0..STEPS_MAX {
        let step = (above_half - half_law(root)) / density(root);
        root += step;
        // So small a step has left next to nothing to go.
        if step <= SHORT_OF {
            break;
        }
    }
    root + SHORT_OF
}

/// The law between zero and `x`: `density(x) * (x + x^3 / 3 + x^5 / (3 * 5) + ...)`, all of whose terms are above zero.
fn half_law(x: f64) -> f64 {
    density(x) * series(x, |count| x * x / (2.0 * count + 1.0))
}

/// The density at `x`.
fn density(x: f64) -> f64 {
    1.0 / ((2.0 * PI).sqrt() * exponential(x * x / 2.0))
}

/// `e^y` for a `y` that is not below zero.
fn exponential(y: f64) -> f64 {
    series(1.0, |count| y / count)
}

/// The sum of a series, by its first term and by what each later one is of the one before it, counted from one.
fn series(first: f64, ratio: impl Fn(f64) -> f64) -> f64 {
    let (mut term, mut sum) = (first, first);
    for count in 1..TERMS {
        term *= ratio(f64::from(count));
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables_and_never_below() {
        // `statistics.NormalDist().inv_cdf(c)` of Python 3.
        let table = [
            (500_001, 2.506_628_274_633_632e-6),
            (900_000, 1.281_551_565_544_600_4),
            (950_000, 1.644_853_626_951_472_2),
            (975_000, 1.959_963_984_540_053_4),
            (990_000, 2.326_347_874_040_840_3),
            (999_000, 3.090_232_306_167_813_5),
            (999_999, 4.753_424_308_822_899),
        ];
        for (confidence_ppm, expected) in table {
            let short = quantile(confidence_ppm) - expected;
            assert!((0.0..2.0 * SHORT_OF).contains(&short), "{confidence_ppm}: {short:e} above");
        }
    }
}
