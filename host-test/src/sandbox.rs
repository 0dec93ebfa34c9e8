//! Sandboxes: what one call has for itself, and how a call that goes too far is ended.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::egress::Egress;
use crate::error::{StopReason, Stopped};
use crate::limits::{Limits, MemoryExceeded, MemoryLimit};
use crate::meter::Meter;
use crate::outgoing::{Hooks, Outgoing};

/// The most resources that a sandbox may hold at a time: headers, requests, streams and such, which the host keeps for
/// it. Those of the largest kind take 128 KiB each; a connector has a handful.
const MAX_RESOURCES: usize = 1_000;

/// What the sandboxes of a connector share.
pub(crate) struct Sandboxes {
    pub(crate) engine: Engine,
    pub(crate) outgoing: Arc<Outgoing>,
    pub(crate) egress: Arc<Egress>,
    pub(crate) limits: Limits,
    pub(crate) free: Arc<Semaphore>,
    /// When calls that are under way are to end.
    pub(crate) interrupted: CancellationToken,
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
    pub(crate) async fn open(&self) -> Result<Open, Stopped> {
        let place = tokio::select! {
            biased;
            () = self.interrupted.cancelled() => None,
            // The semaphore is never closed.
            place = Arc::clone(&self.free).acquire_owned() => place.ok(),
        };
        let Some(place) = place else {
            return Err(Stopped {
                reason: StopReason::Interrupted,
                request_left: false,
            });
        };
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_RESOURCES);
        let sandbox = Sandbox {
            table,
            wasi: WasiCtx::default(),
            http: WasiHttpCtx::new(),
            hooks: Hooks::new(
                Arc::clone(&self.outgoing),
                Arc::clone(&self.egress),
                Arc::new(Meter::new(self.limits)),
            ),
            memory: MemoryLimit::new(self.limits.memory),
            end: None,
        };
        let mut store = Store::new(&self.engine, sandbox);
        store.limiter(|sandbox| &mut sandbox.memory);
        // A guest cannot hand over more than it can have.
        store.set_hostcall_fuel(self.limits.memory);
        // A guest that waits is ended by a timer. One that computes may keep timers from running, so it is
        // looked at here, at every tick.
        store.epoch_deadline_callback(|store| {
            if store.data().end.is_some_and(|end| Instant::now() >= end) {
                return Err(wasmtime::Error::new(DeadlinePassed));
            }
            Ok(UpdateDeadline::Yield(1))
        });
        Ok(Open {
            store,
            limits: self.limits,
            interrupted: self.interrupted.clone(),
            _place: place,
        })
    }
}

/// A sandbox that is open. The fields are dropped in this order: its place is free when it is gone.
pub(crate) struct Open {
    store: Store<Sandbox>,
    limits: Limits,
    interrupted: CancellationToken,
    _place: OwnedSemaphorePermit,
}

impl Open {
    /// The result of a call, unless it is stopped. Then the sandbox is of no more use.
    pub(crate) async fn call<T>(
        &mut self,
        deadline: Duration,
        call: impl AsyncFnOnce(&mut Store<Sandbox>) -> wasmtime::Result<T>,
    ) -> Result<T, Stopped> {
        let meter = Arc::new(Meter::new(self.limits));
        self.store.set_epoch_deadline(1);
        let sandbox = self.store.data_mut();
        sandbox.end = Instant::now().checked_add(deadline);
        sandbox.hooks.meter = Arc::clone(&meter);
        let call = metered(&meter, self.limits.computation, call(&mut self.store));
        let result = tokio::select! {
            biased;
            () = self.interrupted.cancelled() => Err(StopReason::Interrupted),
            result = tokio::time::timeout(deadline, call) => match result {
                Ok(Ok(Err(error))) if error.is::<DeadlinePassed>() => {
                    Err(StopReason::Deadline(deadline))
                }
                Ok(Ok(result)) => result.map_err(|error| stop_reason(&error)),
                Ok(Err(exceeded)) => Err(exceeded),
                Err(_) => Err(StopReason::Deadline(deadline)),
            },
        };
        result.map_err(|reason| Stopped {
            reason,
            request_left: meter.has_request_left(),
        })
    }
}

/// The result of a call, unless it uses too much of what is counted from outside of it. A guest that computes gives way
/// at every tick, so that this is noticed.
async fn metered<T>(
    meter: &Meter,
    computation: Duration,
    call: impl Future<Output = T>,
) -> Result<T, StopReason> {
    let mut call = pin!(call);
    let mut left = computation;
    poll_fn(|context| {
        let began = Instant::now();
        let polled = call.as_mut().poll(context);
        left = left.saturating_sub(began.elapsed());
        if let Some(exceeded) = meter.exceeded() {
            return Poll::Ready(Err(exceeded.clone()));
        }
        match polled {
            Poll::Ready(result) => Poll::Ready(Ok(result)),
            Poll::Pending if left.is_zero() => {
                Poll::Ready(Err(StopReason::Computation(computation)))
            }
            Poll::Pending => Poll::Pending,
        }
    })
    .await
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
