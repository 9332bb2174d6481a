//! Statistics over prices, in integers, so that they are the same on every machine. They decide nothing.

use fulmar_bus::record::Price;

/// Binary digits that an average keeps behind the point of a price.
const FRACTION_BITS: u32 = 32;

/// An exponential moving average of a length: each sample moves it by `2 / (length + 1)` of the difference.
///
/// ```
/// use fulmar_bus::record::Price;
/// use fulmar_strategies::indicators::Ema;
/// let mut average = Ema::new(3);
/// for price in [100, 104, 104] {
///     average.add(Price(price));
/// }
/// assert!(average.is_ready());
/// assert_eq!(average.price(), Price(103));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Ema {
    length: u32,
    sample_count: u32,
    /// A price with [`FRACTION_BITS`] more binary digits.
    value: i128,
}

impl Ema {
    /// An average of this length; of one sample at least.
    pub const fn new(length: u32) -> Self {
        Ema { length: if length == 0 { 1 } else { length }, sample_count: 0, value: 0 }
    }

    /// Takes in a sample. The first is the average.
    pub fn add(&mut self, price: Price) {
        let sample = i128::from(price.0) << FRACTION_BITS;
        if self.sample_count == 0 {
            self.value = sample;
        } else {
            self.value += (sample - self.value) * 2 / (i128::from(self.length) + 1);
        }
        self.sample_count = self.sample_count.saturating_add(1);
    }

    /// True once it has taken in as many samples as it is long.
    pub const fn is_ready(&self) -> bool {
        self.sample_count >= self.length
    }

    /// The average with all its digits, for comparing two.
    pub const fn value(&self) -> i128 {
        self.value
    }

    /// The average as a price, rounded down.
    pub fn price(&self) -> Price {
        let price = i64::try_from(self.value >> FRACTION_BITS);
        Price(price.expect("an average lies between its samples, which are prices"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_sample_is_the_average_and_a_constant_stays() {
        let mut average = Ema::new(10);
        for count in 1..=20 {
            average.add(Price(-77));
            assert_eq!(average.price(), Price(-77));
            assert_eq!(average.is_ready(), count >= 10);
        }
    }

    proptest! {
        #![proptest_config(crate::seeded(200))]

        #[test]
        fn an_average_lies_between_its_samples(
            length in 0_u32..100,
            prices in prop::collection::vec(any::<i64>(), 1..50),
        ) {
            let mut average = Ema::new(length);
            for price in &prices {
                average.add(Price(*price));
            }
            let price = average.price().0;
            prop_assert!(prices.iter().min().is_some_and(|least| *least <= price));
            prop_assert!(prices.iter().max().is_some_and(|most| price <= *most));
        }
    }
}
