//! Capped Kelly: the share of an equity that an edge is worth, less than in full, and never above a cap.
//!
//! The full share makes a known edge grow fastest, and ruins whoever overestimated it by half. So a fraction of it is
//! asked for, and a cap that holds however good the edge seems.

use fulmar_bus::record::{Price, Quantity};

use super::{NoSize, Sizer, WHOLE_PPM, above_zero, share_of};
use crate::trading::account::Amount;

/// What is expected of a trade, and by which rule the share follows from it: see [`Kelly`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// A return and how far it spreads, over one period: the share is return by variance, of what is *invested*, so it
    /// may be above a whole.
    Returns {
        /// Expected return over the period, in parts per million.
        mean_ppm: i64,
        /// Its standard deviation over the same period, in parts per million; the variance is the square of this.
        volatility_ppm: u32,
    },
    /// A bet that is won or lost at a stop: the share is `win - (1 - win) / payoff`, of what is *lost* if the stop is
    /// met.
    Bets {
        /// How often it is won, in parts per million.
        win_ppm: u32,
        /// What is won for each unit that is lost, in parts per million of it: 2,000,000 where it is twice as much.
        payoff_ppm: u32,
        /// Where it is given up.
        stop: Price,
    },
}

/// Sizing by an edge, for [`Sizer::by_kelly`].
///
/// ```
/// use fulmar_bus::record::{ContractKind, InstrumentDefinition, Price, Quantity};
/// use fulmar_engine::trading::account::Amount;
/// use fulmar_engine::trading::sizing::{Edge, Kelly, NoSize, Sizer};
/// let sizer = Sizer::new(&InstrumentDefinition::inferred(("a", "B"), ContractKind::Spot, (2, 3)))?;
/// // 0.05 % a day at two percent: the full share is 0.0005 / 0.0004 = 1.25. Of a quarter of that, 0.3125 of 1,000
/// // are 312.50, which is 0.625 at 500.00.
/// let edge = Edge::Returns { mean_ppm: 500, volatility_ppm: 20_000 };
/// let equity = Amount::floor(1_000, 0).expect("it fits");
/// let kelly = Kelly { equity, edge, fraction_ppm: 250_000, cap_ppm: 500_000, price: Price(50_000) };
/// assert_eq!((kelly.share_ppm(), sizer.by_kelly(&kelly)), (Ok(312_500), Ok(Quantity(625))));
///
/// let lost = Kelly { edge: Edge::Returns { mean_ppm: -1, volatility_ppm: 20_000 }, ..kelly };
/// assert_eq!(sizer.by_kelly(&lost), Err(NoSize::NoEdge));
/// # Ok::<(), NoSize>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kelly {
    /// What there is.
    pub equity: Amount,
    /// What is expected.
    pub edge: Edge,
    /// How much of the full share is wanted, in parts per million; at most a whole.
    pub fraction_ppm: u32,
    /// The largest share of the equity, in parts per million, whatever the edge says.
    pub cap_ppm: u32,
    /// What the position is opened at.
    pub price: Price,
}

impl Kelly {
    /// The share of the equity, in parts per million, rounded down: invested for [`Edge::Returns`], lost at the stop
    /// for [`Edge::Bets`].
    ///
    /// # Errors
    /// [`NoSize::BadShare`] where fraction, cap or win rate is none; [`NoSize::NoVolatility`]; [`NoSize::NoEdge`].
    pub fn share_ppm(&self) -> Result<u32, NoSize> {
        let is_share = |ppm| (1..=WHOLE_PPM).contains(&ppm);
        if !is_share(self.fraction_ppm) || self.cap_ppm == 0 {
            return Err(NoSize::BadShare);
        }
        let whole = i128::from(WHOLE_PPM);
        // Numerator and denominator of the full share in parts per million.
        let (number, divisor) = match self.edge {
            Edge::Returns { volatility_ppm: 0, .. } => return Err(NoSize::NoVolatility),
            Edge::Returns { mean_ppm, volatility_ppm } => {
                (i128::from(mean_ppm) * whole * whole, i128::from(volatility_ppm).pow(2))
            }
            Edge::Bets { win_ppm, .. } if !is_share(win_ppm) => return Err(NoSize::BadShare),
            Edge::Bets { payoff_ppm: 0, .. } => return Err(NoSize::NoEdge),
            Edge::Bets { win_ppm, payoff_ppm, .. } => {
                let (win, payoff) = (i128::from(win_ppm), i128::from(payoff_ppm));
                (win * payoff - (whole - win) * whole, payoff)
            }
        };
        if number <= 0 {
            return Err(NoSize::NoEdge);
        }
        let share = number * i128::from(self.fraction_ppm) / (divisor * whole);
        Ok(u32::try_from(share).map_or(self.cap_ppm, |share| share.min(self.cap_ppm)))
    }
}

impl Sizer {
    /// The most that stakes no more than its share of the equity, or loses no more than it at the stop.
    ///
    /// # Errors
    /// As [`Kelly::share_ppm`], [`Sizer::by_stake`] and [`Sizer::by_risk`]; [`NoSize::BelowMinimum`] where the share is
    /// less than a millionth.
    pub fn by_kelly(&self, kelly: &Kelly) -> Result<Quantity, NoSize> {
        let share_ppm = match kelly.share_ppm()? {
            0 => return Err(NoSize::BelowMinimum),
            share_ppm => share_ppm,
        };
        let stake = share_of(kelly.equity, share_ppm)?;
        match kelly.edge {
            Edge::Returns { .. } => self.for_stake(stake, above_zero(kelly.price)?),
            Edge::Bets { stop, .. } => self.for_loss(stake, kelly.price, stop),
        }
    }
}
