//! The book against the plainest one that can be, under random updates.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// The plainest book that can be: what the real one must always agree with.
struct Model {
    sides: [BTreeMap<i64, i64>; 2],
    levels_max: usize,
    dropped_count: u64,
}

impl Model {
    fn new(levels_max: usize) -> Self {
        Model { sides: [BTreeMap::new(), BTreeMap::new()], levels_max, dropped_count: 0 }
    }

    fn apply(&mut self, side: Side, price: i64, quantity: i64) -> Change {
        let levels = &mut self.sides[index(side)];
        if quantity == 0 {
            return levels.remove(&price).map_or(Change::Unchanged, |_| Change::Deleted);
        }
        match levels.insert(price, quantity) {
            Some(old) if old == quantity => return Change::Unchanged,
            Some(_) => return Change::Updated,
            None if levels.len() <= self.levels_max => return Change::Inserted,
            None => {}
        }
        self.dropped_count += 1;
        if self.drop_farthest(side) == price { Change::Unchanged } else { Change::Inserted }
    }

    fn drop_farthest(&mut self, side: Side) -> i64 {
        let levels = &mut self.sides[index(side)];
        let farthest = if side == Side::Buy { levels.pop_first() } else { levels.pop_last() };
        farthest.expect("a full side has levels").0
    }

    fn truncate(&mut self, side: Side, depth: usize) {
        while self.sides[index(side)].len() > depth {
            self.drop_farthest(side);
        }
    }

    fn rescale(&mut self, price_factor: i64, quantity_factor: i64) {
        for levels in &mut self.sides {
            let scaled =
                levels.iter().map(|(price, quantity)| (price * price_factor, quantity * quantity_factor));
            *levels = scaled.collect();
        }
    }

    fn levels(&self, side: Side) -> Vec<Level> {
        let level =
            |(price, quantity): (&i64, &i64)| Level { price: Price(*price), quantity: Quantity(*quantity) };
        let levels = &self.sides[index(side)];
        match side {
            Side::Buy => levels.iter().rev().map(level).collect(),
            Side::Sell => levels.iter().map(level).collect(),
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Apply { side: Side, offset: i64, quantity: i64 },
    Sweep { side: Side, count: usize },
    Jump(i64),
    Truncate { side: Side, depth: usize },
    Rescale,
    Clear,
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

/// Mostly levels around the touch, many of them the same again; now and then everything else that can happen.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let apply = (side(), -400_i64..400, prop_oneof![3 => 1_i64..4, 2 => Just(0)])
        .prop_map(|(side, offset, quantity)| Step::Apply { side, offset, quantity });
    let step = prop_oneof![
        400 => apply,
        4 => (side(), 0_usize..120).prop_map(|(side, count)| Step::Sweep { side, count }),
        2 => (-100_000_i64..100_000).prop_map(Step::Jump),
        2 => (side(), 0_usize..300).prop_map(|(side, depth)| Step::Truncate { side, depth }),
        1 => Just(Step::Rescale),
        1 => Just(Step::Clear),
    ];
    prop::collection::vec(step, 0..3_000)
}

fn assert_same(book: &Book, model: &Model) {
    for side in [Side::Buy, Side::Sell] {
        let expected = model.levels(side);
        assert_eq!(book.levels(side).collect::<Vec<_>>(), expected);
        assert_eq!(book.level_count(side), expected.len());
        let backwards = book.levels(side).rev().collect::<Vec<_>>();
        assert!(backwards.iter().rev().eq(&expected));
    }
    assert_eq!(book.best_bid(), model.levels(Side::Buy).first().copied());
    assert_eq!(book.best_ask(), model.levels(Side::Sell).first().copied());
    assert_eq!(book.dropped_count(), model.dropped_count);
}

/// Takes the best `count` levels away, one by one, as a large trade does.
fn sweep(book: &mut Book, model: &mut Model, side: Side, count: usize) {
    for level in model.levels(side).into_iter().take(count) {
        assert_eq!(book.apply(side, level.price, Quantity(0)), Change::Deleted);
        model.apply(side, level.price.0, 0);
    }
}

proptest! {
    #![proptest_config(crate::market::fixed_cases(96))]

    #[test]
    fn the_book_agrees_with_a_sorted_map_whatever_happens(steps in steps(), levels_max in 1_usize..700) {
        let mut book = Book::new(levels_max);
        let mut model = Model::new(levels_max);
        let mut touch = 0;
        for step in steps {
            match step {
                Step::Apply { side, offset, quantity } => {
                    let price = touch + offset;
                    let change = book.apply(side, Price(price), Quantity(quantity));
                    prop_assert_eq!(change, model.apply(side, price, quantity));
                    let stands = model.sides[index(side)].get(&price).copied().unwrap_or(0);
                    prop_assert_eq!(book.quantity_at(side, Price(price)), Quantity(stands));
                    continue;
                }
                Step::Sweep { side, count } => sweep(&mut book, &mut model, side, count),
                Step::Jump(offset) => touch += offset,
                Step::Truncate { side, depth } => {
                    book.truncate(side, depth);
                    model.truncate(side, depth);
                }
                Step::Rescale if touch.abs() < 1_000_000_000_000 => {
                    prop_assert_eq!(book.rescale(10, 1), Ok(()));
                    model.rescale(10, 1);
                    touch *= 10;
                }
                Step::Rescale => {}
                Step::Clear => {
                    book.clear();
                    model.sides.iter_mut().for_each(BTreeMap::clear);
                }
            }
            assert_same(&book, &model);
        }
        assert_same(&book, &model);
    }
}

/// Prices that are far apart, that all fall on one hint, or that lie closer than hints do.
fn strides() -> impl Strategy<Value = i64> {
    prop_oneof![Just(1), Just(3), Just(1_000_000), Just(1_i64 << 13), Just(1_i64 << 45)]
}

proptest! {
    #![proptest_config(crate::market::fixed_cases(64))]

    #[test]
    fn the_book_agrees_with_a_sorted_map_at_any_scale(
        spans in prop::collection::vec((strides(), side(), 0_i64..3_000, 0_usize..400), 1..12),
        seed in 1_i64..1_000_000,
    ) {
        let mut book = Book::new(10_000);
        let mut model = Model::new(10_000);
        let mut random = seed;
        for (stride, side, first, count) in spans {
            for _ in 0..count {
                random = (random * 48_271) % 2_147_483_647;
                let price = (first + random % 700 - 350) * stride;
                let quantity = random / 700 % 3;
                let change = book.apply(side, Price(price), Quantity(quantity));
                prop_assert_eq!(change, model.apply(side, price, quantity));
            }
            assert_same(&book, &model);
        }
    }
}

#[test]
fn a_large_sparse_book_is_built_and_taken_down_in_any_order_without_running_out_of_blocks() {
    const LEVELS: i64 = 20_000;
    let mut book = Book::new(20_000);
    let mut model = Model::new(20_000);
    // A stride without a common factor visits every price once, far apart from each other.
    for stride in [1, 7_919, LEVELS - 1] {
        for quantity in [5, 0] {
            for step in 0..LEVELS {
                let price = (step * stride % LEVELS) * 1_000_003;
                for side in [Side::Buy, Side::Sell] {
                    assert_eq!(
                        book.apply(side, Price(price), Quantity(quantity)),
                        model.apply(side, price, quantity)
                    );
                }
            }
            assert_same(&book, &model);
        }
    }
}

#[test]
fn thinning_a_full_side_to_every_nth_level_keeps_the_rest_and_fits_the_blocks() {
    for keep in [2, 33, 64, 65] {
        let mut book = Book::new(5_000);
        for round in 0..20 {
            let base = round * 100_000;
            (0..5_000).for_each(|price| {
                book.apply(Side::Sell, Price(base + price), Quantity(1));
            });
            (0..5_000).filter(|price| price % keep != 0).for_each(|price| {
                book.apply(Side::Sell, Price(base + price), Quantity(0));
            });
        }
        let prices = book.levels(Side::Sell).map(|level| level.price.0).collect::<Vec<_>>();
        assert!(prices.is_sorted());
        assert!(prices.len() > 1_000 / 65 && prices.iter().all(|price| price % 100_000 % keep == 0));
    }
}

#[test]
fn the_largest_and_the_smallest_price_stand_like_any_other() {
    let mut book = Book::new(10);
    for side in [Side::Buy, Side::Sell] {
        for price in [i64::MIN, i64::MAX, 0] {
            assert_eq!(book.apply(side, Price(price), Quantity(1)), Change::Inserted);
            assert_eq!(book.quantity_at(side, Price(price)), Quantity(1));
        }
        let mut prices = book.levels(side).map(|level| level.price.0).collect::<Vec<_>>();
        prices.sort_unstable();
        assert_eq!(prices, [i64::MIN, 0, i64::MAX]);
        assert_eq!(book.apply(side, Price(i64::MAX), Quantity(0)), Change::Deleted);
        assert_eq!(book.quantity_at(side, Price(i64::MAX)), Quantity(0));
    }
}

#[test]
fn a_full_side_drops_its_farthest_level_and_counts_it() {
    let mut book = Book::new(2);
    for price in [10, 11] {
        book.apply(Side::Buy, Price(price), Quantity(1));
    }
    assert_eq!(book.apply(Side::Buy, Price(9), Quantity(1)), Change::Unchanged);
    assert_eq!(book.apply(Side::Buy, Price(12), Quantity(1)), Change::Inserted);
    assert_eq!(book.levels(Side::Buy).map(|level| level.price.0).collect::<Vec<_>>(), [12, 11]);
    assert_eq!(book.dropped_count(), 2);
}

#[test]
fn a_book_is_crossed_where_the_bid_is_not_below_the_ask() {
    let mut book = Book::new(2);
    assert!(!book.is_crossed());
    book.apply(Side::Buy, Price(10), Quantity(1));
    book.apply(Side::Sell, Price(11), Quantity(1));
    assert!(!book.is_crossed());
    book.apply(Side::Buy, Price(11), Quantity(1));
    assert!(book.is_crossed());
}

#[test]
fn a_rescale_that_does_not_fit_changes_nothing() {
    let mut book = Book::new(2);
    book.apply(Side::Buy, Price(10), Quantity(1));
    book.apply(Side::Sell, Price(i64::MAX / 10), Quantity(1));
    let before = book.best_ask();
    assert_eq!(book.rescale(100, 1), Err(Overflow));
    assert_eq!(book.rescale(1, i64::MAX), Ok(()));
    assert_eq!(book.rescale(1, 2), Err(Overflow));
    assert_eq!(book.best_bid().map(|level| level.price), Some(Price(10)));
    assert_eq!(book.best_ask().map(|level| level.price), before.map(|level| level.price));
}

#[test]
fn depth_is_summed_and_taken_from_the_touch_outwards() {
    let mut book = Book::new(10);
    for (price, quantity) in [(100, 3), (99, 5), (98, 7)] {
        book.apply(Side::Buy, Price(price), Quantity(quantity));
    }
    assert_eq!(book.depth_quantity(Side::Buy, 2), 8);
    assert_eq!(book.depth_quantity(Side::Buy, 9), 15);
    assert_eq!(book.price_for_quantity(Side::Buy, Quantity(3)), Some(Price(100)));
    assert_eq!(book.price_for_quantity(Side::Buy, Quantity(4)), Some(Price(99)));
    assert_eq!(book.notional_for_quantity(Side::Buy, Quantity(9)), Some(Notional(300 + 495 + 98)));
    assert_eq!(book.price_for_quantity(Side::Buy, Quantity(16)), None);
    assert_eq!(book.price_for_quantity(Side::Sell, Quantity(1)), None);
}

#[test]
fn the_checksum_is_that_of_the_levels_as_a_person_would_write_them() {
    let mut book = Book::new(10);
    for (side, price, quantity) in [
        (Side::Buy, 6_160_201, 167_177),
        (Side::Buy, 6_160_000, 100_000),
        (Side::Buy, 5, 1),
        (Side::Sell, 6_160_202, 266_795),
    ] {
        book.apply(side, Price(price), Quantity(quantity));
    }
    let text = "61602.01:1.67177|61600:1#61602.02:2.66795";
    assert_eq!(book.top_crc32(2, 2, 5), crc32fast::hash(text.as_bytes()));
    assert_eq!(Book::new(1).top_crc32(20, 2, 5), crc32fast::hash(b"#"));
}
