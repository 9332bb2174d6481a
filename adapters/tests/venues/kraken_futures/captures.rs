//! Recorded frames of Kraken Futures, through the session, against what an independent program made of them.

use fulmar_bus::record::ContractKind;

use crate::player::check_capture;

#[test]
fn ten_products_on_one_connection() {
    let (bch, eth, xbt, xrp, ltc) = ((1, 0, 0), (2, 0, 0), (1, 0, 0), (4, 0, 0), (2, 0, 0));
    let scales = [bch, bch, eth, eth, xbt, xbt, xrp, eth, ltc, xrp];
    let name = "kraken-futures_10_products_2021-07-22";
    let Some(keeper) = check_capture("kraken-futures", name, &scales) else { return };
    let contracts = keeper.instruments.values().map(|kept| kept.definition.expect("defined").contract);
    let perpetual = contracts.filter(|contract| *contract == ContractKind::InversePerpetual).count();
    assert_eq!(perpetual, 3, "and seven with an end");
    let trades: u64 = keeper.instruments.values().map(|kept| kept.trade_count).sum();
    assert_eq!(trades, 3, "those that were told on subscription are not counted");
}
