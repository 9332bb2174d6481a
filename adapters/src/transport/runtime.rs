//! The thread that does the IO: one thread, one single-threaded runtime, any number of links.

use std::io;
use std::sync::mpsc::sync_channel;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use tokio::runtime::{self, Handle};
use tokio::sync::oneshot;

/// A thread that runs links. Dropping it lets it go on until the process ends; [`IoThread::stop`] ends it.
#[derive(Debug)]
pub struct IoThread {
    handle: Handle,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

/// Starts an IO thread. `before_start` runs on it first, to pin it to a core or to raise its priority.
///
/// ```
/// use fulmar_adapters::transport::spawn_io_thread;
/// let io = spawn_io_thread("io-0", || ())?;
/// let task = io.handle().spawn(async { 6 * 7 });
/// let watcher = tokio::runtime::Builder::new_current_thread().build()?;
/// assert_eq!(watcher.block_on(task)?, 42);
/// io.stop();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Where the machine gives no thread or no event queue.
pub fn spawn_io_thread(name: &str, before_start: impl FnOnce() + Send + 'static) -> io::Result<IoThread> {
    let (stop, stopped) = oneshot::channel::<()>();
    let (ready, is_ready) = sync_channel(1);
    let thread = Builder::new().name(name.to_owned()).spawn(move || {
        before_start();
        let runtime = runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            // A core that rings for its orders comes in through the outer queue: look there before every task.
            .global_queue_interval(1)
            .build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => return drop(ready.send(Err(error))),
        };
        drop(ready.send(Ok(runtime.handle().clone())));
        // An error means that the thread's owner let go of it: then it runs on for as long as the process does.
        if runtime.block_on(stopped).is_err() {
            runtime.block_on(std::future::pending::<()>());
        }
        runtime.shutdown_timeout(BLOCKING_TIMEOUT);
    })?;
    let handle = is_ready.recv().map_err(|_| io::Error::other("the thread ended before it started"))??;
    Ok(IoThread { handle, stop, thread })
}

/// How long a name lookup under way may hold up the end of the thread.
const BLOCKING_TIMEOUT: Duration = Duration::from_millis(100);

impl IoThread {
    /// Where links are spawned on this thread.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Ends the thread, and with it every task that still runs there: stop the links before.
    ///
    /// # Panics
    /// Where the thread did, which is a bug of the transport.
    pub fn stop(self) {
        // An error means that the thread is gone already, which the next line tells.
        let _ = self.stop.send(());
        self.thread.join().expect("the IO thread catches the panics of its tasks");
    }
}
