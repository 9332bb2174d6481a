//! Keeps the other processes of our user out of this one: what is sealed and private between an engine and its clients
//! would be neither, if any of them could reach into the engine's memory or take its descriptors.

use rustix::process::{DumpableBehavior, set_dumpable_behavior};

use super::{AttachError, socket::system};

/// From now on no process but a privileged one traces this one, reads or writes its memory, or takes its file
/// descriptors, although it runs as the same user. Nor does this process leave a core file, or a debugger attach to it.
///
/// # Errors
/// [`AttachError::System`] where the system refuses.
pub fn shield() -> Result<(), AttachError> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|error| system("keep other processes out of this one", error))
}
