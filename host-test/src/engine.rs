//! The engine that sandboxes run on.

use std::thread;
use std::time::Duration;

use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Result,
};

use crate::limits::{Limits, MAX_INSTANCES, MAX_MEMORIES, MAX_TABLE_ELEMENTS, MAX_TABLES};

/// How often a sandbox that computes lets others run, and has its deadline looked at.
const TICK: Duration = Duration::from_millis(10);

/// How much of a sandbox's memory is wiped when the sandbox is closed, and kept for the next one, in bytes; what was
/// used beyond goes back to the system. A message of 1 KiB uses 200 KiB.
const KEPT_MEMORY: usize = 2 << 20;
/// The same of a stack on which a sandbox runs, and of a table of functions.
const KEPT_STACK: usize = 128 << 10;
const KEPT_TABLE: usize = 64 << 10;

/// An engine whose epoch moves on for as long as the engine lives.
///
/// The room for sandboxes is laid out once, so that to open and to close one takes no more than to wipe what was used.
/// A system that does not give away so much address space, some gigabytes for each sandbox, makes room for each anew.
pub(crate) fn new(limits: Limits) -> Result<Engine> {
    let mut config = Config::new();
    config.epoch_interruption(true);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits.sandboxes)));
    let engine = Engine::new(&config).or_else(|error| {
        tracing::warn!("no pool of sandboxes, each call makes its own: {error}");
        config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
        Engine::new(&config)
    })?;
    let weak = engine.weak();
    thread::Builder::new()
        .name("connector-host-epoch".into())
        .spawn(move || {
            while let Some(engine) = weak.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(TICK);
            }
        })?;
    Ok(engine)
}

fn pool(sandboxes: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    // A component that is made of more is refused when it is loaded.
    pool.max_core_instances_per_component(MAX_INSTANCES)
        .max_memories_per_component(MAX_MEMORIES)
        .max_tables_per_component(MAX_TABLES)
        .table_elements(MAX_TABLE_ELEMENTS)
        .total_component_instances(sandboxes)
        .total_core_instances(sandboxes.saturating_mul(MAX_INSTANCES))
        .total_memories(sandboxes.saturating_mul(MAX_MEMORIES))
        .total_tables(sandboxes.saturating_mul(MAX_TABLES))
        .total_stacks(sandboxes)
        .linear_memory_keep_resident(KEPT_MEMORY)
        .async_stack_keep_resident(KEPT_STACK)
        .table_keep_resident(KEPT_TABLE)
        // What was used, Linux can tell from 6.7 on.
        .pagemap_scan(Enabled::Auto);
    pool
}
