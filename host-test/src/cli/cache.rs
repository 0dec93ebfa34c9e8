//! Where compiled components are kept, as arguments.

// Doc comments here are the text of `--help`, which is not Markdown.
#![allow(clippy::doc_markdown)]

use std::path::PathBuf;

use connector_host::{CompiledCache, HostBuilder};

#[derive(clap::Args)]
#[command(next_help_heading = "Compiled components")]
pub(super) struct Cache {
    /// Keep compiled components in this folder, instead of connector-host in the user's cache
    /// ($XDG_CACHE_HOME, or else ~/.cache)
    #[arg(long, value_name = "FOLDER")]
    cache_dir: Option<PathBuf>,
    /// Compile the component each time, and keep nothing
    #[arg(long, conflicts_with = "cache_dir")]
    no_cache: bool,
}

impl Cache {
    /// The host with this cache.
    pub(super) fn of(&self, host: HostBuilder) -> HostBuilder {
        let cache = match &self.cache_dir {
            _ if self.no_cache => None,
            Some(folder) => Some(CompiledCache::in_folder(folder)),
            None => CompiledCache::of_user(),
        };
        match cache {
            Some(cache) => host.cache(cache),
            None => host,
        }
    }
}
