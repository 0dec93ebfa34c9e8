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
    /// A new sandbox, as soon as there is place for one. A guest that computes in it is ended at a call's deadline.
    pub(crate) async fn open(&self) -> Open {
        // The semaphore is never closed.
        let place = Arc::clone(&self.free).acquire_owned().await.ok();
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
        Open {
            store,
            _place: place,
        }
    }
}

/// A sandbox that is open. The fields are dropped in this order: its place is free when it is gone.
pub(crate) struct Open {
    store: Store<Sandbox>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Open {
    /// The result of a call, unless it is stopped. Then the sandbox is of no more use.
    pub(crate) async fn call<T>(
        &mut self,
        deadline: Duration,
        call: impl AsyncFnOnce(&mut Store<Sandbox>) -> wasmtime::Result<T>,
    ) -> Result<T, Stopped> {
        self.store.set_epoch_deadline(1);
        let sandbox = self.store.data_mut();
        sandbox.end = Instant::now().checked_add(deadline);
        sandbox.hooks.request_left = false;
        let reason = match tokio::time::timeout(deadline, call(&mut self.store)).await {
            Ok(Ok(result)) => return Ok(result),
            Ok(Err(error)) if !error.is::<DeadlinePassed>() => stop_reason(&error),
            _ => StopReason::Deadline(deadline),
        };
        Err(Stopped {
            reason,
            request_left: self.store.data().hooks.request_left,
        })
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
