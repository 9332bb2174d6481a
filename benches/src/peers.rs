//! Channels of other crates as ends of a ping-pong: as many slots, and as many bytes in each, as our ring has.

use std::hint::black_box;

use crossbeam_channel::{Receiver, Sender};
use fulmar::bench::measure::{CROSSING_BATCH, End, Rig, wait_until};
use fulmar::bench::report::{Row, Samples};
use rtrb::{Consumer, Producer};

/// What a slot carries beside its stamp.
type Payload = [u64; 7];

const SLOT_COUNT: usize = 1 << 12;

/// A hop over each peer; nothing on one core.
pub fn rows(rig: &Rig) -> Vec<Row> {
    let mut limit = Samples::new(CROSSING_BATCH);
    let share = rig.share(4);
    let rtrb = rig.one_way("hop.one_way/rtrb", share, &mut limit, rtrb_ends());
    let crossbeam = rig.one_way("hop.one_way/crossbeam", share, &mut limit, crossbeam_ends());
    rtrb.into_iter().chain(crossbeam).collect()
}

struct Rtrb {
    outgoing: Producer<Payload>,
    incoming: Consumer<Payload>,
}

fn rtrb_ends() -> (Rtrb, Rtrb) {
    let ((there, from_there), (back, from_back)) =
        (rtrb::RingBuffer::new(SLOT_COUNT), rtrb::RingBuffer::new(SLOT_COUNT));
    (Rtrb { outgoing: there, incoming: from_back }, Rtrb { outgoing: back, incoming: from_there })
}

impl End for Rtrb {
    fn send(&mut self) {
        self.outgoing.push(black_box([1; 7])).expect("one message at a time never fills a ring");
    }

    fn receive(&mut self) {
        wait_until(|| self.incoming.pop().map(black_box).is_ok());
    }
}

struct Crossbeam {
    outgoing: Sender<Payload>,
    incoming: Receiver<Payload>,
}

fn crossbeam_ends() -> (Crossbeam, Crossbeam) {
    let ((there, from_there), (back, from_back)) =
        (crossbeam_channel::bounded(SLOT_COUNT), crossbeam_channel::bounded(SLOT_COUNT));
    let near = Crossbeam { outgoing: there, incoming: from_back };
    (near, Crossbeam { outgoing: back, incoming: from_there })
}

impl End for Crossbeam {
    fn send(&mut self) {
        self.outgoing.try_send(black_box([1; 7])).expect("one message at a time never fills a channel");
    }

    fn receive(&mut self) {
        wait_until(|| self.incoming.try_recv().map(black_box).is_ok());
    }
}
