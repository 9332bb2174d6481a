//! The bus of a run, from its configuration to its server.

use std::path::PathBuf;

use fulmar_bus::attach::shield;
use fulmar_bus::segment::{Access, SegmentBuilder, SegmentError, SegmentOptions};
use fulmar_engine::wiring::Assembly;

use super::berth::{Berth, broadcast_rings};
use super::memory::SharedMemory;
use super::server::{BusError, BusPlan, BusServer, boot_id};
use crate::configuration::{Configuration, Lock, Pages};

/// Where processes will come to, before there is anything to share.
pub struct Harbour {
    socket: PathBuf,
    memory: SharedMemory,
}

impl Harbour {
    /// That of a configuration.
    ///
    /// # Errors
    /// [`BusError`] where the system gives no random bytes, or has no such memory.
    pub fn of(configuration: &Configuration) -> Result<Self, BusError> {
        let boot_id = boot_id().map_err(|error| BusError::System("name this boot", error))?;
        let huge_pages = configuration.bus.pages == Pages::Huge;
        let options = SegmentOptions { huge_pages, lock: configuration.bus.lock == Lock::Yes };
        let memory = SharedMemory::begin(boot_id, configuration.bus.backend, options)?;
        Ok(Harbour { socket: socket_path(configuration), memory })
    }

    /// The memory that market data is to lie in.
    ///
    /// # Errors
    /// [`SegmentError`] where there is none such.
    pub fn memory(&self) -> Result<SegmentBuilder, SegmentError> {
        self.memory.segment("market", Access::Read)
    }

    /// Lets processes come to the engine, of this boot and with so many instruments, whose cores may sleep or not.
    ///
    /// # Errors
    /// [`BusError`] where it cannot be.
    ///
    /// # Panics
    /// Where the engine was not built in [`Harbour::memory`].
    pub fn open(
        self,
        assembly: &mut Assembly,
        (epoch, instrument_count, engine_sleeps): (u32, usize, bool),
        berths: Vec<Berth>,
        before_start: impl FnOnce() + Send + 'static,
    ) -> Result<BusServer, BusError> {
        // Whoever could reach into this process would need no bus.
        shield().map_err(BusError::Attach)?;
        let rings = broadcast_rings(assembly);
        let Harbour { socket, memory } = self;
        let plan = BusPlan {
            socket,
            epoch,
            memory,
            market: assembly.share()?.expect("the engine was built in memory that is shared"),
            rings,
            instrument_count: u32::try_from(instrument_count).expect("instrument ids are 32 bits"),
            engine_sleeps,
            berths,
        };
        tracing::info!("strategies may attach at {}", plan.socket.display());
        BusServer::start(plan, before_start)
    }
}

/// Where the bus of a configuration listens.
pub fn socket_path(configuration: &Configuration) -> PathBuf {
    configuration.engine.state_directory.join("bus").join("bus.sock")
}
