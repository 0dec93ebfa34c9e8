//! Sandboxes: what one call has for itself, and how a call that goes too far is ended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::egress::AllowList;
use crate::error::{StopReason, Stopped};
use crate::limits::{Limits, MemoryExceeded, MemoryLimit};
use crate::outgoing::{Hooks, Outgoing};

/// What the sandboxes of a connector share.
pub(crate) struct Sandboxes {
    pub(crate) engine: Engine,
    pub(crate) outgoing: Arc<Outgoing>,
    pub(crate) allowed: Arc<AllowList>,
    pub(crate) limits: Limits,
    pub(crate) free: Arc<Semaphore>,
}

/// What one call has for itself, gone when the call ends.
pub(crate) struct Sandbox {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: Hooks,
    memory: MemoryLimit,
    /// When the call must have ended. None: a deadline beyond the end of the clock never comes.
    end: Option<Instant>,
}

impl Sandboxes {
    /// A new sandbox, as soon as there is place for one. The place is to be given back after the sandbox.
    pub(crate) async fn open(&self) -> (Place, Store<Sandbox>) {
        // The semaphore is never closed.
        let place = Place(Arc::clone(&self.free).acquire_owned().await.ok());
        let sandbox = Sandbox {
            table: ResourceTable::new(),
            wasi: WasiCtx::default(),
            http: WasiHttpCtx::new(),
            hooks: Hooks::new(Arc::clone(&self.outgoing), Arc::clone(&self.allowed)),
            memory: MemoryLimit::new(self.limits.memory),
            end: None,
        };
        let mut store = Store::new(&self.engine, sandbox);
        store.limiter(|sandbox| &mut sandbox.memory);
        // A guest that waits is ended by a timer. One that computes may keep timers from running, so it is
        // looked at here, at every tick.
        store.epoch_deadline_callback(|store| {
            if store.data().end.is_some_and(|end| Instant::now() >= end) {
                return Err(wasmtime::Error::new(DeadlinePassed));
            }
            Ok(UpdateDeadline::Yield(1))
        });
        (place, store)
    }
}

/// One of so many places for sandboxes.
pub(crate) struct Place(
    #[expect(dead_code, reason = "held for its drop")] Option<OwnedSemaphorePermit>,
);

/// Begins a call in a sandbox. A guest that computes in it is ended at the deadline.
pub(crate) fn begin(store: &mut Store<Sandbox>, deadline: Duration) {
    store.set_epoch_deadline(1);
    let sandbox = store.data_mut();
    sandbox.end = Instant::now().checked_add(deadline);
    sandbox.hooks.request_left = false;
}

/// The result of a call, unless it is stopped.
pub(crate) async fn within<T>(
    deadline: Duration,
    call: impl Future<Output = wasmtime::Result<T>>,
) -> Result<T, StopReason> {
    match tokio::time::timeout(deadline, call).await {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(error)) if !error.is::<DeadlinePassed>() => Err(stop_reason(&error)),
        _ => Err(StopReason::Deadline(deadline)),
    }
}

/// What is known of a call that was stopped.
pub(crate) fn stopped(store: &Store<Sandbox>, reason: StopReason) -> Stopped {
    Stopped {
        reason,
        request_left: store.data().hooks.request_left,
    }
}

/// A guest that computes was met after its deadline.
#[derive(Debug, thiserror::Error)]
#[error("the deadline has passed")]
struct DeadlinePassed;

fn stop_reason(error: &wasmtime::Error) -> StopReason {
    if let Some(exceeded) = error.downcast_ref::<MemoryExceeded>() {
        return StopReason::Memory(*exceeded);
    }
    StopReason::Trap(match error.downcast_ref::<wasmtime::Trap>() {
        Some(trap) => trap.to_string(),
        None => error.root_cause().to_string(),
    })
}

impl WasiView for Sandbox {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for Sandbox {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.hooks,
        }
    }
}
