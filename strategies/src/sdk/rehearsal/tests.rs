//! Rehearsals of strategies that see more than the top.

use super::*;
use crate::sdk::{BookUpdate, Event, Funding, FundingRate, InstrumentStatus, Listing, MarkPrice};

/// Counts updates, and keeps what the best two bids hold.
#[derive(Default)]
struct Reader {
    update_count: u32,
    bid_quantity: i64,
}

impl Strategy for Reader {
    fn on_book(&mut self, context: &mut Context<'_>, update: Event<'_, BookUpdate<'_>>) {
        let book = context.instrument(update.instrument_id).and_then(|instrument| instrument.book());
        let book = book.expect("it is live when its changes are told");
        self.update_count += 1;
        self.bid_quantity = book.levels(Side::Buy).map(|level| level.quantity.0).sum();
    }
}

#[test]
fn a_strategy_that_asked_for_depth_is_rehearsed_with_a_book() {
    let mut rehearsal = Rehearsal::with_book(Reader::default(), BookDepth::Levels(2));
    rehearsal.snapshot(&[(100, 1), (99, 2), (98, 4)], &[(101, 1)]);
    let view = |rehearsal: &Rehearsal<Reader>| {
        let book = rehearsal.view().instrument(INSTRUMENT).and_then(|instrument| instrument.book());
        book.map(|book| (book.level_count(Side::Buy), book.price_for_quantity(Side::Buy, Quantity(4))))
    };
    assert_eq!(view(&rehearsal), Some((2, None)), "what is not shown cannot be taken");
    rehearsal.levels(&[(100, 0)], &[]);
    assert_eq!((rehearsal.strategy.update_count, rehearsal.strategy.bid_quantity), (1, 6));
    assert_eq!(view(&rehearsal), Some((2, Some(Price(98)))));
    rehearsal.desync();
    rehearsal.levels(&[(99, 0)], &[]);
    assert_eq!((view(&rehearsal), rehearsal.strategy.update_count), (None, 1));
}

/// Keeps what the venue told of a derivative, and what the view showed then.
#[derive(Default)]
struct Listener(Vec<String>);

impl Strategy for Listener {
    fn on_bar(&mut self, _: &mut Context<'_>, bar: Event<'_, Bar>) {
        self.0.push(format!("bar {}", bar.close.0));
    }

    fn on_venue_bar(&mut self, _: &mut Context<'_>, bar: Event<'_, Bar>) {
        self.0.push(format!("venue bar {}", bar.close.0));
    }

    fn on_funding(&mut self, context: &mut Context<'_>, funding: Event<'_, Funding>) {
        let seen = context.instrument(funding.instrument_id).and_then(|instrument| instrument.funding());
        assert_eq!(seen, Some(funding.payload));
        self.0.push(format!("funding {}", funding.rate.0));
    }

    fn on_mark_price(&mut self, context: &mut Context<'_>, told: Event<'_, MarkPrice>) {
        let seen = context.instrument(told.instrument_id).and_then(|instrument| instrument.mark_price());
        assert_eq!(seen, Some(told.payload));
        self.0.push(format!("mark {}", told.mark.0));
    }

    fn on_status(&mut self, context: &mut Context<'_>, status: Event<'_, InstrumentStatus>) {
        let seen = context.instrument(status.instrument_id).and_then(|instrument| instrument.status());
        assert_eq!(seen, Some(status.payload));
        self.0.push(format!("{:?} {}", status.listing, status.text));
    }
}

#[test]
fn what_a_venue_tells_of_a_derivative_is_rehearsed_too() {
    let mut rehearsal = Rehearsal::new(Listener::default());
    let venue_at = rehearsal.now();
    let (interval, next_at) = (Nanos::from_secs(3_600), venue_at);
    rehearsal.tell(&Funding { rate: FundingRate(-5), interval, next_at, venue_at });
    rehearsal.tell(&MarkPrice::new(Price(10_001), Price(10_002), venue_at, 4));
    rehearsal.bar(100);
    rehearsal.venue_bar(101);
    rehearsal.tell(&InstrumentStatus::new(Listing::Halted, "auction"));
    let told = ["funding -5", "mark 10001", "bar 100", "venue bar 101", "Halted auction"];
    assert_eq!(rehearsal.strategy.0, told);
}
