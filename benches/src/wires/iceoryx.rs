//! iceoryx2: a service a direction, one publisher and one subscriber each, and room for all that is under way. Where
//! there is none a publisher waits, so that nothing is lost.

use std::hint::black_box;
use std::path::Path;

use anyhow::Context as _;
use fulmar::bench::far::{BURST, Far, Wire};
use fulmar::bench::measure::{End, wait_until};
use iceoryx2::port::publisher::Publisher;
use iceoryx2::port::subscriber::Subscriber;
use iceoryx2::prelude::*;

use super::{Laid, directions};

/// 64 bytes.
type Payload = [u64; 8];
type Service = ipc::Service;

/// One side.
pub struct Iceoryx {
    outgoing: Publisher<Service, Payload, ()>,
    incoming: Subscriber<Service, Payload, ()>,
    _node: Node<Service>,
}

impl Iceoryx {
    /// Whoever comes second finds the services of the first.
    fn between([outgoing, incoming]: [&Path; 2]) -> anyhow::Result<Self> {
        set_log_level(LogLevel::Error);
        let node = NodeBuilder::new().create::<Service>()?;
        let capacity = usize::try_from(2 * BURST)?;
        let service = |place: &Path| {
            let name = ServiceName::new(place.to_str().context("the place is no text")?)?;
            let service = node.service_builder(&name).publish_subscribe::<Payload>();
            let service = service.max_publishers(1).max_subscribers(1).history_size(0);
            let service = service.subscriber_max_buffer_size(capacity).enable_safe_overflow(false);
            anyhow::Ok(service.open_or_create()?)
        };
        let waits = BackpressureStrategy::RetryUntilDelivered;
        let outgoing = service(outgoing)?.publisher_builder().backpressure_strategy(waits).create()?;
        let incoming = service(incoming)?.subscriber_builder().create()?;
        Ok(Iceoryx { outgoing, incoming, _node: node })
    }
}

impl Laid for Iceoryx {
    fn near(place: &Path, start: impl FnOnce() -> anyhow::Result<Far>) -> anyhow::Result<(Self, Far)> {
        let [there, back] = directions(place);
        let near = Iceoryx::between([&there, &back])?;
        Ok((near, start()?))
    }

    fn far(place: &Path) -> anyhow::Result<Self> {
        let [there, back] = directions(place);
        Iceoryx::between([&back, &there])
    }
}

impl Wire for Iceoryx {
    fn send_numbered(&mut self, number: u64) {
        let sample = self.outgoing.loan_uninit().expect("there is memory for what is under way");
        let sent = sample.write_payload(black_box([number; 8])).send();
        assert_eq!(sent.expect("it can be sent"), 1, "the other side is there");
    }

    fn receive_numbered(&mut self) -> u64 {
        let mut number = None;
        wait_until(|| {
            let sample = self.incoming.receive().expect("it can be received");
            number = sample.map(|sample| black_box(*sample)[0]);
            number.is_some()
        });
        number.expect("it came")
    }
}

impl End for Iceoryx {
    fn send(&mut self) {
        self.send_numbered(0);
    }

    fn receive(&mut self) {
        self.receive_numbered();
    }
}
