//! Makes the estimator, where value at risk is limited, and its channel to the gate.

use std::io;

use fulmar_bus::record::InstrumentId;

use super::{Builder, rank};
use crate::actors::{Estimator, EstimatorPlan};
use crate::runtime::{Inboxes, Stage};
use crate::wiring::channels::{Channel, ChannelRole};

impl Builder<'_> {
    /// The account channel, and whoever reads it.
    pub(super) fn account(&mut self) -> io::Result<Channel> {
        let readers = self.estimator_count();
        let account = self.channels.make("account", ChannelRole::Order, self.sizes.small, readers)?;
        if readers > 0 {
            let estimator = self.estimator(&account)?;
            self.actors.push((rank::STRATEGY, Box::new(estimator)));
        }
        Ok(account)
    }

    /// Beside the strategies: it hears of positions as they do, and of nobody's on the account channel.
    fn estimator(&mut self, account: &Channel) -> io::Result<Estimator> {
        let mut inboxes = Inboxes::new();
        let books = self.tradable();
        for instrument_id in &books {
            inboxes.add(self.book_of(*instrument_id).reader());
        }
        for told in self.told.iter().chain([account]) {
            inboxes.add(told.gated());
        }
        let estimates = self.channels.make("estimates", ChannelRole::Order, self.sizes.small, 1)?;
        let mut limits = estimates.gated_outbox(&inboxes);
        self.stamp(&mut limits, Stage::Aside);
        self.ring_at(&mut limits, &["risk"]);
        self.estimates = Some(estimates);
        let plan = EstimatorPlan {
            treasury: &self.treasury,
            instrument_count: self.instruments.len(),
            books,
            strategies: self.traded.clone(),
        };
        Ok(Estimator::new(plan, inboxes, limits))
    }

    /// How many there are to be.
    pub(super) fn estimator_count(&self) -> usize {
        usize::from(Estimator::is_needed(&self.treasury))
    }

    /// The instruments that may be traded.
    pub(super) fn tradable(&self) -> Vec<InstrumentId> {
        let ids = (0..).map(InstrumentId).zip(&self.risk);
        ids.filter_map(|(id, settings)| settings.is_some().then_some(id)).collect()
    }
}
