//! A map as a page: one file that fetches nothing.
//!
//! Knows: how the parts are put together, and that the browser runs no other script and takes no other style than these. Does not
//! know: what the page does (`page/page.js`).

use std::io;

use camino::Utf8Path;

use super::{json, label, svg};
use crate::lint::Map;

const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// What the Content Security Policy knows style and script by: made from the files beside, and held to them by a test.
const STYLE_HASH: &str = include_str!("page/style.sha256");
const SCRIPT_HASH: &str = include_str!("page/script.sha256");

/// The style and the script of the page, as they stand in it.
#[must_use]
pub fn map_page_parts() -> [String; 2] {
    [format!("\n{}{STYLE}", svg::STYLE), format!("\n{SCRIPT}")]
}

/// Prints the page.
pub(super) fn render(map: &Map, from: &Utf8Path, out: &mut dyn io::Write) -> io::Result<()> {
    let [style, script] = map_page_parts();
    let (style_hash, script_hash) = (STYLE_HASH.trim(), SCRIPT_HASH.trim());
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style_hash}'; script-src 'sha256-{script_hash}'; base-uri 'none'; form-action 'none'"
    );
    writeln!(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    writeln!(out, "<meta name=\"referrer\" content=\"no-referrer\">")?;
    writeln!(out, "<title>Temporal map</title>\n<style>{style}</style>\n</head>\n<body>")?;
    let picture = svg::picture(map, from, false);
    let mut size = format!("{} nodes, {} edges", map.nodes.len(), map.edges.len());
    if let Some(note) = picture.note {
        size.push_str(". ");
        size.push_str(&note);
    }
    writeln!(out, "{}", BODY.replace("{size}", &size))?;
    writeln!(out, "<main id=\"stage\" tabindex=\"0\" aria-label=\"The map. Arrow keys go from box to box.\">")?;
    writeln!(out, "{}", picture.text)?;
    writeln!(out, "</main>")?;
    writeln!(out, "<script type=\"application/json\" id=\"data\">{}</script>", data(map, from)?)?;
    writeln!(out, "<script>{script}</script>\n</body>\n</html>")
}

/// The map for the script. No text in it ends the element or begins anything.
fn data(map: &Map, from: &Utf8Path) -> io::Result<String> {
    let whole = json::line(map, from)?;
    let mut text = String::with_capacity(whole.len());
    for char in whole.chars() {
        match char {
            '<' | '>' | '&' | '#' | '\u{2028}' | '\u{2029}' => text.push_str(&format!("\\u{:04x}", u32::from(char))),
            char if label::steers(char) => text.push('\u{fffd}'),
            other => text.push(other),
        }
    }
    Ok(text)
}

const BODY: &str = r#"<header>
<h1>Temporal map</h1>
<p id="size">{size}</p>
<div class="zoom" role="group" aria-label="Zoom">
<button type="button" id="out" aria-label="Zoom out">&minus;</button>
<button type="button" id="fit">Fit</button>
<button type="button" id="in" aria-label="Zoom in">+</button>
</div>
</header>
<nav aria-label="Find">
<label for="search">Search <kbd>/</kbd></label>
<input id="search" type="search" autocomplete="off" spellcheck="false" placeholder="name, file, finding">
<fieldset id="kinds"><legend>Kinds</legend></fieldset>
<fieldset id="states"><legend>Only</legend></fieldset>
<p id="count" role="status"></p>
<ul id="list" aria-label="Nodes"></ul>
</nav>
<aside id="details" aria-label="Details" hidden></aside>
<noscript><p>Without scripts the map can be looked at, but not searched.</p></noscript>"#;
