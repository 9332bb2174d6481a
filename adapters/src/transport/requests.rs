//! What the engine wants to go out, sealed as it leaves.

use fulmar_bus::record::{Malformed, Request};
use fulmar_engine::contract::Seal;
use fulmar_engine::runtime::{Doorbell, RequestReader};

use super::limits::SEALED_BYTES;

/// The requests of a session: as it wrote them where nobody seals, and else with the gaps filled.
pub struct Requests {
    reader: RequestReader,
    seal: Option<Box<dyn Seal>>,
    sealed: Vec<u8>,
}

/// A request, as it was written, and as it leaves.
type Sealed<'a> = (&'a Request, &'a [u8], &'a [u8]);

impl Requests {
    /// Requests that leave as they were written.
    pub fn plain(reader: RequestReader) -> Self {
        Self::new(reader, None)
    }

    /// Requests that `seal` fills the gaps of.
    pub fn new(reader: RequestReader, seal: Option<Box<dyn Seal>>) -> Self {
        let sealed = Vec::with_capacity(if seal.is_some() { SEALED_BYTES } else { 0 });
        Requests { reader, seal, sealed }
    }

    /// The next request and the bytes that are to leave, or `None` where there is none now.
    ///
    /// # Errors
    /// As [`RequestReader::poll`].
    pub fn poll(&mut self) -> Result<Option<(&Request, &[u8])>, Malformed> {
        Ok(self.poll_both()?.map(|(request, _, sealed)| (request, sealed)))
    }

    /// As [`Requests::poll`], with the bytes as they were written before those that leave.
    pub(super) fn poll_both(&mut self) -> Result<Option<Sealed<'_>>, Malformed> {
        let Some((request, bytes)) = self.reader.poll()? else { return Ok(None) };
        let Some(seal) = &mut self.seal else { return Ok(Some((request, bytes, bytes))) };
        self.sealed.clear();
        seal.seal(request.kind, bytes, &mut self.sealed);
        Ok(Some((request, bytes, &self.sealed)))
    }

    /// What each HTTP request says beside its path.
    pub fn http_header(&self) -> Option<(&'static str, &str)> {
        self.seal.as_ref()?.http_header()
    }

    /// True where what leaves may hold a key.
    pub(super) const fn is_sealed(&self) -> bool {
        self.seal.is_some()
    }

    /// The bell to wait at while there is nothing to take.
    pub(super) fn bell(&self) -> &Doorbell {
        self.reader.bell()
    }

    /// Requests that were overwritten before they were taken.
    pub(super) fn lost_count(&self) -> u64 {
        self.reader.lost_count()
    }
}

impl std::fmt::Debug for Requests {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What was sealed last holds a key.
        out.debug_struct("Requests").field("reader", &self.reader).finish_non_exhaustive()
    }
}
