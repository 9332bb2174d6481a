//! Held orders from one boot to the next: the files that the gate of each boot keeps them in, read at the start of the
//! next one. Each boot has a file of its own, and what several files say of one order is settled by the newest. A file
//! is removed once nothing of use stands in it, nor in those before it. Nothing is written into one here.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use fulmar_bus::record::{ClientOrderId, HeldOrder};
use fulmar_engine::journal::{recover_ahead, ring_path};
use fulmar_engine::trading::held::living;
use fulmar_engine::wiring::KeptOrders;
use serde::{Deserialize, Serialize};
use zerocopy::{IntoBytes, TryFromBytes};

use super::launch::{Route, order_venues};
use crate::configuration::{Configuration, Environment, InstrumentName, Venue};

/// The channel that held orders are kept on.
const CHANNEL: &str = "held";

/// What a launch says of held orders.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Held {
    /// Those of an earlier boot, each as its record, in hexadecimal.
    restored: Vec<String>,
    /// Where this boot keeps them. A replay keeps none.
    #[serde(skip)]
    folder: Option<PathBuf>,
}

impl Held {
    /// Those that the last boots of the configuration's engine left, and where this one is to keep its own. What was
    /// held on paper is never held at a venue, nor at another one.
    ///
    /// # Errors
    /// Where a file there was changed, or what it holds is of no strategy or instrument of the configuration: an order
    /// that guards something is not given up silently.
    pub fn of(configuration: &Configuration, route: Route, epoch: u32) -> anyhow::Result<Self> {
        let name = |venue: &Venue| match venue.environment {
            Environment::Testnet => format!("{}-testnet", venue.name),
            Environment::Production => venue.name.clone(),
        };
        let accounts = match route {
            Route::Venue => order_venues(configuration).into_iter().map(name).collect(),
            Route::None | Route::Paper => vec!["paper".to_owned()],
        };
        let all = configuration.engine.state_directory.join("held");
        let folder = &all.join(accounts.join("+"));
        let (orders, folders) = read(folder)?;
        for other in beside(&all, &accounts)? {
            let left = read(&other)?.0;
            ensure!(
                left.is_empty(),
                "{} was held when the engine was killed, by a run that traded at other venues too, or at fewer; run \
                 those again, or remove {} to give up what was held",
                text(&left[0]),
                other.display()
            );
        }
        for order in &orders {
            ensure!(
                is_known(order, configuration),
                "{} was held when the engine was killed, and the configuration does not trade that there; state it \
                 again, or remove {} to give up what was held",
                text(order),
                folder.display()
            );
            tracing::warn!("{} was held when the engine was killed, and is held again", text(order));
        }
        remove(&folders)?;
        let own = folder.join(format!("boot-{epoch:06}"));
        let file = ring_path(&own, CHANNEL);
        let parent = file.parent().expect("a ring lies in a folder");
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        Ok(Held { restored: orders.iter().map(|order| hex(order.as_bytes())).collect(), folder: Some(own) })
    }

    /// What the engine is told of them.
    ///
    /// # Errors
    /// Where they were written by a build that knew other records.
    pub(super) fn orders(&self) -> anyhow::Result<KeptOrders> {
        let restored = self.restored.iter().map(|text| order_of(text)).collect::<anyhow::Result<_>>()?;
        Ok(KeptOrders { restored, file: self.folder.as_deref().map(|folder| ring_path(folder, CHANNEL)) })
    }

    /// The run came to its end, at which all that was held ended: where it did, no file is needed any more.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn tidy_up(&self) -> anyhow::Result<()> {
        match self.folder.as_deref().and_then(Path::parent) {
            Some(folder) => read(folder).and_then(|(_, folders)| remove(&folders)),
            None => Ok(()),
        }
    }
}

/// The folders of runs that traded for one of these accounts, but not for exactly these.
fn beside(all: &Path, accounts: &[String]) -> anyhow::Result<Vec<PathBuf>> {
    let own = accounts.join("+");
    let shares = |name: &str| name != own && name.split('+').any(|of| accounts.iter().any(|own| own == of));
    let names = match fs::read_dir(all) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        names => names
            .and_then(|names| names.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>())
            .with_context(|| format!("cannot list {}", all.display()))?,
    };
    let names: Vec<PathBuf> = names;
    let is_one = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()).is_some_and(shares);
    Ok(names.into_iter().filter(is_one).collect())
}

/// What is of use in the files of `folder`, and the boots' folders that are not needed for it: the oldest ones, up to
/// the first that is.
fn read(folder: &Path) -> anyhow::Result<(Vec<HeldOrder>, Vec<PathBuf>)> {
    let mut boots = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        boots => boots
            .and_then(|boots| boots.map(|boot| boot.map(|boot| boot.path())).collect::<io::Result<Vec<_>>>())
            .with_context(|| format!("cannot list {}", folder.display()))?,
    };
    boots.sort();
    let mut last = BTreeMap::<ClientOrderId, (usize, HeldOrder)>::new();
    for (place, boot) in boots.iter().enumerate() {
        for ahead in recover_ahead(boot, |_| 0)? {
            for record in &ahead.records {
                let Ok(order) = record.read::<HeldOrder>().copied() else {
                    bail!("{} holds what is no held order", ring_path(boot, CHANNEL).display());
                };
                last.insert(order.intent.client_order_id, (place, order));
            }
        }
    }
    let orders = living(last.values().map(|(_, order)| *order).collect());
    let needed = orders.iter().map(|order| last[&order.intent.client_order_id].0).min();
    boots.truncate(needed.unwrap_or(boots.len()));
    Ok((orders, boots))
}

/// The oldest first: what a newer one says of an order is needed as long as an older one speaks of it.
fn remove(folders: &[PathBuf]) -> anyhow::Result<()> {
    folders.iter().try_for_each(|folder| {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))
    })
}

fn is_known(order: &HeldOrder, configuration: &Configuration) -> bool {
    let is_it = |name: &InstrumentName| name.to_string() == order.instrument.as_str();
    let strategy = configuration.strategies.iter().find(|strategy| strategy.name == order.strategy.as_str());
    strategy.is_some_and(|strategy| strategy.entry.is_trading && strategy.instruments.iter().any(is_it))
}

/// An order for people: whose it is, where and what.
fn text(order: &HeldOrder) -> String {
    let HeldOrder { intent, strategy, instrument, .. } = order;
    let quantity =
        fulmar_engine::market::decimal::format_scaled(intent.quantity.0.into(), order.quantity_scale);
    format!(
        "{:?} {:?} of {quantity} {instrument}, order {}, of strategy \"{strategy}\"",
        intent.order_type, intent.side, intent.client_order_id
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn order_of(hex: &str) -> anyhow::Result<HeldOrder> {
    let mut bytes = [0; size_of::<HeldOrder>()];
    if hex.len() != 2 * bytes.len() {
        bail!("a held order of the launch has {} digits, not {}", hex.len(), 2 * bytes.len());
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        let digits =
            hex.get(2 * index..2 * index + 2).context("a held order of the launch is no hexadecimal")?;
        *byte = u8::from_str_radix(digits, 16).context("a held order of the launch is no hexadecimal")?;
    }
    HeldOrder::try_read_from_bytes(&bytes)
        .map_err(|_| anyhow::anyhow!("a held order of the launch is none that this build knows"))
}

#[cfg(test)]
mod tests {
    use fulmar_bus::channel::{Region, RingShape, create_checked};
    use fulmar_bus::record::{
        ChannelId, Flags, Heading, HeldStage, InstrumentId, Intent, Price, Quantity, Record, RecordId, Side,
        StrategyId, Text, UnixNanos,
    };

    use super::*;
    use crate::configuration::{Source, Variables, load_sources};

    fn order(counter: u64, stage: HeldStage) -> HeldOrder {
        let id = ClientOrderId::new(1, StrategyId(0), counter);
        let intent = Intent::limit(id, Side::Sell, Price(90), Quantity(5));
        let mut order = HeldOrder::new(intent, UnixNanos(counter), stage);
        order.strategy = Text::new("guard").expect("five bytes fit");
        order.instrument = Text::new("binance-spot:BTCUSDT").expect("twenty bytes fit");
        order
    }

    /// What the boot of this number published before it was killed.
    fn boot(desk: &Path, epoch: u32, orders: &[HeldOrder]) -> PathBuf {
        boot_of("paper", desk, epoch, orders)
    }

    /// The same of a run that traded at these venues.
    fn boot_of(accounts: &str, desk: &Path, epoch: u32, orders: &[HeldOrder]) -> PathBuf {
        let path = ring_path(&desk.join(format!("state/held/{accounts}/boot-{epoch:06}")), CHANNEL);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let shape = RingShape { slot_count: 128, gate_count: 0 };
        let region = Region::map_file(&path, shape.checked_word_count()).expect("a mapping");
        let (mut writer, _) = create_checked(region, shape, ChannelId(9));
        let heading = Heading {
            instrument_id: InstrumentId(0),
            cause: RecordId::NONE,
            received_at: UnixNanos(1),
            flags: Flags::NONE,
        };
        for order in orders {
            let mut record = Record::new();
            record.write(heading, order);
            writer.publish(&mut record).expect("nobody is in the way");
        }
        path
    }

    /// What the boot after those holds again, in a configuration whose strategy trades these.
    fn held(desk: &Path, instruments: &str) -> Result<Vec<HeldOrder>, String> {
        held_by(Route::Paper, desk, instruments)
    }

    /// The same of a run whose orders go there.
    fn held_by(route: Route, desk: &Path, instruments: &str) -> Result<Vec<HeldOrder>, String> {
        let text = format!(
            "engine = {{ state_directory = '{}' }}
             venue = [{{ name = 'binance-spot', instruments = ['BTCUSDT', 'ETHUSDT'] }}, \
                      {{ name = 'binance-usdm', instruments = ['BTCUSDT'] }}]
             strategy = [{{ name = 'guard', kind = 'ema_cross', instruments = [{instruments}], \
                            parameters = {{ quantity = '0.01' }} }}]
             risk = {{ order_quantity_max = '1', order_notional_max = '1', position_max = '1' }}",
            desk.join("state").display()
        );
        let source = Source { file: desk.join("fulmar.toml"), text };
        let loaded = load_sources(&[source], &Variables::new(), &fulmar_strategies::Registry::default());
        let configuration = loaded.expect("it is valid").configuration;
        let held = Held::of(&configuration, route, 9).map_err(|error| format!("{error:#}"))?;
        let text = serde_json::to_string(&held).expect("a launch is written");
        let read: Held = serde_json::from_str(&text).expect("and read");
        let kept = read.orders().expect("by the build that wrote it");
        assert_eq!(kept.file, None, "who plays it keeps nothing");
        Ok(kept.restored)
    }

    const TRADED: &str = "'binance-spot:BTCUSDT'";

    #[test]
    fn the_newest_word_on_each_order_counts_and_files_go_once_nothing_of_use_is_in_them_and_before_them() {
        let desk = tempfile::tempdir().expect("a folder");
        let (waits, gone) = (HeldStage::Waiting, HeldStage::Gone);
        let mut moved = order(2, waits);
        moved.intent.price = Price(95);
        let first = boot(desk.path(), 1, &[order(1, waits)]);
        let second = boot(desk.path(), 2, &[order(2, waits), order(3, waits), order(1, gone)]);
        let third = boot(desk.path(), 3, &[moved]);
        assert_eq!(held(desk.path(), TRADED), Ok(vec![moved, order(3, waits)]));
        assert!(!first.exists() && second.exists() && third.exists(), "the second speaks of the third order");
        boot(desk.path(), 4, &[order(2, gone), order(3, gone)]);
        assert_eq!(held(desk.path(), TRADED), Ok(vec![]));
        let left = fs::read_dir(desk.path().join("state/held/paper")).expect("a folder");
        assert_eq!(left.count(), 1, "that of the boot itself");
    }

    #[test]
    fn a_file_that_was_changed_is_refused_by_its_name() {
        let desk = tempfile::tempdir().expect("a folder");
        let path = boot(desk.path(), 1, &[order(1, HeldStage::Waiting)]);
        let mut bytes = fs::read(&path).expect("a file");
        bytes[32 * 8 + 120] ^= 1;
        fs::write(&path, bytes).expect("a file");
        let refused = held(desk.path(), TRADED).expect_err("it was changed");
        assert!(refused.contains("held.ring") && refused.contains("record 1"), "{refused}");
    }

    #[test]
    fn an_order_that_nobody_trades_any_more_refuses_the_start_and_stays() {
        let desk = tempfile::tempdir().expect("a folder");
        let path = boot(desk.path(), 1, &[order(1, HeldStage::Waiting)]);
        let refused = held(desk.path(), "'binance-spot:ETHUSDT'").expect_err("it trades another instrument");
        assert!(refused.contains("remove") && refused.contains("Limit Sell of 5"), "{refused}");
        assert!(path.exists());
        assert_eq!(held(desk.path(), TRADED).map(|orders| orders.len()), Ok(1));
    }

    #[test]
    fn what_a_run_at_one_venue_held_is_not_given_up_by_one_at_two() {
        let desk = tempfile::tempdir().expect("a folder");
        let at_both = format!("{TRADED}, 'binance-usdm:BTCUSDT'");
        boot_of("binance-usdm", desk.path(), 1, &[order(1, HeldStage::Gone)]);
        boot_of("binance-spot-testnet", desk.path(), 1, &[order(1, HeldStage::Waiting)]);
        assert_eq!(
            held_by(Route::Venue, desk.path(), &at_both),
            Ok(vec![]),
            "nothing of use, and another account"
        );
        boot_of("binance-spot", desk.path(), 2, &[order(2, HeldStage::Waiting)]);
        let refused = held_by(Route::Venue, desk.path(), &at_both).expect_err("it is held there");
        assert!(refused.contains("other venues too, or at fewer") && refused.contains("held/binance-spot"));
        let restored = held_by(Route::Venue, desk.path(), TRADED).map(|orders| orders.len());
        assert_eq!(restored, Ok(1));
        boot_of("binance-spot+binance-usdm", desk.path(), 3, &[order(3, HeldStage::Waiting)]);
        assert!(held_by(Route::Venue, desk.path(), TRADED).is_err(), "nor by one at fewer");
        let restored = held_by(Route::Venue, desk.path(), &at_both);
        assert!(restored.is_err(), "what is held at one venue alone is there still");
    }
}
