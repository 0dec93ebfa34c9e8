//! What a component asks for and offers.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

/// What a component asks for and offers, without running any of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Surface {
    /// What it asks of its host, in the component's own order.
    pub imports: Vec<Interface>,
    /// What it offers.
    pub exports: Vec<Interface>,
    /// The size of the component, in bytes.
    pub size: usize,
    /// Its size as `gzip -9` would make it, in bytes.
    pub gzipped_size: usize,
}

/// An interface, or a single item, by its name with package and version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Interface {
    /// The name: `wasi:io/poll@0.2.0`.
    pub name: String,
    /// The functions, in order.
    pub functions: Vec<String>,
}

impl Surface {
    pub(crate) fn of(component: &Component, engine: &Engine, wasm: &[u8]) -> Self {
        let component = component.component_type();
        Self {
            imports: component
                .imports(engine)
                .map(|(name, item)| interface(name, &item.ty, engine))
                .collect(),
            exports: component
                .exports(engine)
                .map(|(name, item)| interface(name, &item.ty, engine))
                .collect(),
            size: wasm.len(),
            gzipped_size: gzipped_size(wasm),
        }
    }
}

fn gzipped_size(bytes: &[u8]) -> usize {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    // Memory takes whatever is written to it.
    let gzipped = gzip.write_all(bytes).and_then(|()| gzip.finish());
    gzipped.map_or(bytes.len(), |gzipped| gzipped.len())
}

fn interface(name: &str, item: &ComponentItem, engine: &Engine) -> Interface {
    let functions = match item {
        ComponentItem::ComponentInstance(instance) => instance
            .exports(engine)
            .filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)))
            .map(|(name, _)| name.to_owned())
            .collect(),
        _ => Vec::new(),
    };
    Interface {
        name: name.to_owned(),
        functions,
    }
}
