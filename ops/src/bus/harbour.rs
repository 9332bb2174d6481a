//! The bus of a run, from its configuration to its server.

use std::path::{Path, PathBuf};

use fulmar_bus::attach::shield;
use fulmar_bus::segment::{Access, SegmentBuilder, SegmentError, SegmentOptions};
use fulmar_engine::wiring::Assembly;

use super::berth::{Berth, broadcast_rings};
use super::memory::SharedMemory;
use super::server::{BusError, BusPlan, BusServer};
use super::token::boot_id;
use crate::configuration::{Backend, Configuration, Lock, Pages};

/// Where processes will come to, before there is anything to share.
pub struct Harbour {
    socket: PathBuf,
    memory: SharedMemory,
}

/// The engine that processes come to.
#[derive(Clone, Copy, Debug)]
pub struct HarbouredEngine {
    /// Its boot, as order ids name it.
    pub epoch: u32,
    /// How many instruments it has.
    pub instrument_count: usize,
    /// Whether its cores may sleep.
    pub sleeps: bool,
    /// Whether it gives processes their turns one by one.
    pub is_in_step: bool,
}

impl Harbour {
    /// That of a configuration.
    ///
    /// # Errors
    /// [`BusError`] where the system gives no random bytes, or has no such memory.
    pub fn of(configuration: &Configuration) -> Result<Self, BusError> {
        let huge_pages = configuration.bus.pages == Pages::Huge;
        let options = SegmentOptions { huge_pages, lock: configuration.bus.lock == Lock::Yes };
        Harbour::at(socket_path(configuration), configuration.bus.backend, options)
    }

    /// One where processes come to `socket`, over memory of this kind.
    ///
    /// # Errors
    /// As [`Harbour::of`].
    pub fn at(socket: PathBuf, backend: Backend, options: SegmentOptions) -> Result<Self, BusError> {
        let boot_id = boot_id().map_err(|error| BusError::System("name this boot", error))?;
        Ok(Harbour { socket, memory: SharedMemory::begin(boot_id, backend, options)? })
    }

    /// Where they will come to.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The memory that market data is to lie in.
    ///
    /// # Errors
    /// [`SegmentError`] where there is none such.
    pub fn memory(&self) -> Result<SegmentBuilder, SegmentError> {
        self.memory.segment("market", Access::Read)
    }

    /// Lets processes come to the engine.
    ///
    /// # Errors
    /// [`BusError`] where it cannot be.
    ///
    /// # Panics
    /// Where the engine was not built in [`Harbour::memory`].
    pub fn open(
        self,
        assembly: &mut Assembly,
        engine: HarbouredEngine,
        berths: Vec<Berth>,
        before_start: impl FnOnce() + Send + 'static,
    ) -> Result<BusServer, BusError> {
        // Whoever could reach into this process would need no bus.
        shield().map_err(BusError::Attach)?;
        let rings = broadcast_rings(assembly);
        let Harbour { socket, memory } = self;
        let plan = BusPlan {
            socket,
            epoch: engine.epoch,
            memory,
            market: assembly.share()?.expect("the engine was built in memory that is shared"),
            rings,
            instrument_count: u32::try_from(engine.instrument_count).expect("instrument ids are 32 bits"),
            engine_sleeps: engine.sleeps,
            berths,
            is_in_step: engine.is_in_step,
        };
        tracing::info!("strategies may attach at {}", plan.socket.display());
        BusServer::start(plan, before_start)
    }
}

/// Where the bus of a configuration listens.
pub fn socket_path(configuration: &Configuration) -> PathBuf {
    configuration.engine.state_directory.join("bus").join("bus.sock")
}
