//! How the map of a project looks.
//!
//! Knows: the formats, and how each writes text that comes from source code, so that none of it is taken for anything else. Does
//! not know: how a map is made.

mod dot;
mod html;
mod json;
mod label;
mod layout;
mod mermaid;
mod svg;

use std::io;

use camino::Utf8Path;

use super::Defence;
use crate::lint::Map;

pub use html::map_page_parts;
pub use json::{VERSION as MAP_VERSION, map_schema};

/// How a map is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum MapFormat {
    /// A diagram that GitHub, GitLab and many editors show
    #[default]
    Mermaid,
    /// What Graphviz reads
    Dot,
    /// All that is known, for programs: docs/schemas/map.schema.json
    Json,
    /// A picture
    Svg,
    /// A page to look around in, in one file, which fetches nothing
    Html,
}

impl MapFormat {
    /// The format of files that end so.
    #[must_use]
    pub fn of_ending(ending: &str) -> Option<Self> {
        Some(match ending.to_ascii_lowercase().as_str() {
            "mmd" | "mermaid" => Self::Mermaid,
            "dot" | "gv" => Self::Dot,
            "json" => Self::Json,
            "svg" => Self::Svg,
            "html" | "htm" => Self::Html,
            _ => return None,
        })
    }

    /// How text of this format is kept from being taken for commands.
    #[must_use]
    pub fn defence(self) -> Defence {
        match self {
            Self::Json => Defence::Json,
            Self::Mermaid | Self::Dot => Defence::Text,
            Self::Svg | Self::Html => Defence::Xml,
        }
    }
}

/// Prints a map. Paths are told from a folder.
///
/// # Errors
///
/// Those of `out`.
pub fn render_map(format: MapFormat, map: &Map, from: &Utf8Path, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        MapFormat::Mermaid => mermaid::render(map, from, out),
        MapFormat::Dot => dot::render(map, from, out),
        MapFormat::Json => json::render(map, from, out),
        MapFormat::Svg => svg::render(map, from, out),
        MapFormat::Html => html::render(map, from, out),
    }
}
