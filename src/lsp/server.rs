//! The server's loop: messages in, answers and findings out.
//!
//! Knows: the order of the protocol, and when to look again: once nothing was typed for a moment, one look at a time, on a
//! thread of its own, so that questions are answered meanwhile. Does not know: what is found.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use super::actions::{Asked, actions};
use super::calls;
use super::documents::Documents;
use super::findings::{SOURCE, places, shown};
use super::look::{Look, Request, look};
use super::place::Encoding;
use super::transport::{Incoming, read, write};
use super::uri;
use crate::source::{TextRange, TextSize};

/// How long nothing has to be typed before a look.
const PAUSE: Duration = Duration::from_millis(150);

/// How many messages may wait. A client that sends faster than they are read waits for its turn.
const MOST_WAITING: usize = 256;

const PARSE_ERROR: i64 = -32700;
const METHOD_NOT_FOUND: i64 = -32601;
const NOT_INITIALIZED: i64 = -32002;
const INVALID_REQUEST: i64 = -32600;

/// How a session came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// As the protocol has it: `shutdown`, then `exit`.
    Orderly,
    /// Without `shutdown`.
    Early,
}

/// What happens.
enum Event {
    Incoming(Incoming),
    Looked(Box<Look>),
}

/// Serves one client until it goes.
///
/// # Errors
///
/// Where `output` takes nothing.
pub fn serve(
    mut input: impl BufRead + Send + 'static,
    output: &mut dyn Write,
    home: Option<Utf8PathBuf>,
) -> io::Result<Ended> {
    let (sender, events) = sync_channel(MOST_WAITING);
    let reading = sender.clone();
    let (looked, looks) = channel::<Look>();
    thread::Builder::new().name("reader".to_owned()).spawn(move || {
        loop {
            let incoming = read(&mut input).unwrap_or(Incoming::End);
            let is_end = incoming == Incoming::End;
            if reading.send(Event::Incoming(incoming)).is_err() || is_end {
                return;
            }
        }
    })?;
    thread::Builder::new().name("looks".to_owned()).spawn(move || {
        for look in looks {
            if sender.send(Event::Looked(Box::new(look))).is_err() {
                return;
            }
        }
    })?;
    Server::new(output, home, looked).run(&events)
}

struct Server<'o> {
    output: &'o mut dyn Write,
    home: Option<Utf8PathBuf>,
    /// Where looks go when they are done.
    looked: Sender<Look>,
    encoding: Encoding,
    state: State,
    roots: Vec<Utf8PathBuf>,
    watches: bool,
    /// The client asks for lenses anew when it is told to.
    refreshes_lenses: bool,
    documents: Documents,
    /// When to look next.
    due: Option<Instant>,
    is_looking: bool,
    latest: Look,
    /// What the client shows of each file.
    published: BTreeMap<Utf8PathBuf, Value>,
    told: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Running,
    ShutDown,
}

impl<'o> Server<'o> {
    fn new(output: &'o mut dyn Write, home: Option<Utf8PathBuf>, looked: Sender<Look>) -> Self {
        Self {
            output,
            home,
            looked,
            encoding: Encoding::default(),
            state: State::New,
            roots: Vec::new(),
            watches: false,
            refreshes_lenses: false,
            documents: Documents::default(),
            due: None,
            is_looking: false,
            latest: Look::default(),
            published: BTreeMap::new(),
            told: Vec::new(),
        }
    }

    fn run(&mut self, events: &Receiver<Event>) -> io::Result<Ended> {
        loop {
            let due = self.due.filter(|_| !self.is_looking);
            let event = match due {
                Some(due) => match events.recv_timeout(due.saturating_duration_since(Instant::now())) {
                    Ok(event) => event,
                    Err(RecvTimeoutError::Timeout) => {
                        self.start_look()?;
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => return Ok(Ended::Early),
                },
                None => match events.recv() {
                    Ok(event) => event,
                    Err(_) => return Ok(Ended::Early),
                },
            };
            match event {
                Event::Incoming(Incoming::End) => return Ok(self.ended()),
                Event::Incoming(Incoming::Malformed(why)) => self.refuse(&Value::Null, PARSE_ERROR, why)?,
                Event::Incoming(Incoming::Message(message)) => {
                    if message["method"] == "exit" {
                        return Ok(self.ended());
                    }
                    self.message(&message)?;
                }
                Event::Looked(look) => self.take(*look)?,
            }
        }
    }

    fn ended(&self) -> Ended {
        if self.state == State::ShutDown { Ended::Orderly } else { Ended::Early }
    }

    fn message(&mut self, message: &Value) -> io::Result<()> {
        let params = &message["params"];
        match (message["method"].as_str(), message.get("id").filter(|id| !id.is_null())) {
            (Some(method), Some(id)) => self.request(method, id, params),
            (Some(method), None) => self.notification(method, params),
            // An answer to a question of ours, none of which matters, or something else.
            (None, _) => Ok(()),
        }
    }

    fn request(&mut self, method: &str, id: &Value, params: &Value) -> io::Result<()> {
        match (method, self.state) {
            ("initialize", State::New) => {
                let result = self.initialize(params);
                self.answer(id, &result)
            }
            (_, State::New) => self.refuse(id, NOT_INITIALIZED, "the server is not initialized"),
            (_, State::ShutDown) | ("initialize", _) => self.refuse(id, INVALID_REQUEST, "not now"),
            ("shutdown", _) => {
                self.state = State::ShutDown;
                self.answer(id, &Value::Null)
            }
            ("textDocument/codeAction", _) => {
                let found = self.actions(params);
                self.answer(id, &found.into())
            }
            ("textDocument/hover", _) => {
                let found = self.hover(params).unwrap_or_default();
                self.answer(id, &found)
            }
            ("textDocument/codeLens", _) => {
                let path = params["textDocument"]["uri"].as_str().and_then(uri::path_of);
                let found = path.map(|path| calls::lenses(&self.latest, &path, self.encoding)).unwrap_or_default();
                self.answer(id, &found.into())
            }
            ("textDocument/prepareCallHierarchy", _) => {
                let found = self
                    .fresh(params)
                    .and_then(|(path, _)| calls::prepared(&self.latest, &path, &params["position"], self.encoding));
                self.answer(id, &found.unwrap_or_default())
            }
            ("callHierarchy/incomingCalls", _) => {
                let found = calls::incoming(&self.latest, &params["item"], self.encoding);
                self.answer(id, &found.unwrap_or_default())
            }
            ("callHierarchy/outgoingCalls", _) => {
                let found = calls::outgoing(&self.latest, &params["item"], self.encoding);
                self.answer(id, &found.unwrap_or_default())
            }
            _ => self.refuse(id, METHOD_NOT_FOUND, "no such method"),
        }
    }

    fn notification(&mut self, method: &str, params: &Value) -> io::Result<()> {
        if self.state != State::Running {
            return Ok(());
        }
        let is_changed = match method {
            "initialized" => return self.watch(),
            "textDocument/didOpen" => self.documents.open(params),
            "textDocument/didChange" => self.documents.change(params, self.encoding),
            "textDocument/didClose" => self.documents.close(params),
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => true,
            "workspace/didChangeWorkspaceFolders" => {
                let event = &params["event"];
                let gone = folders(&event["removed"]);
                self.roots.retain(|root| !gone.contains(root));
                self.roots.extend(folders(&event["added"]));
                true
            }
            _ => false,
        };
        if is_changed {
            self.due = Some(Instant::now() + PAUSE);
        }
        Ok(())
    }

    fn initialize(&mut self, params: &Value) -> Value {
        self.state = State::Running;
        self.encoding = Encoding::offered(&params["capabilities"]);
        self.watches = params.pointer("/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration")
            == Some(&Value::Bool(true));
        self.refreshes_lenses =
            params.pointer("/capabilities/workspace/codeLens/refreshSupport") == Some(&Value::Bool(true));
        self.roots = folders(&params["workspaceFolders"]);
        if self.roots.is_empty() {
            self.roots.extend(params["rootUri"].as_str().and_then(uri::path_of));
        }
        json!({
            "capabilities": {
                "positionEncoding": self.encoding.name(),
                "textDocumentSync": { "openClose": true, "change": 2, "save": true },
                "codeActionProvider": { "codeActionKinds": ["quickfix", format!("source.fixAll.{SOURCE}")] },
                "hoverProvider": true,
                "codeLensProvider": { "resolveProvider": false },
                "callHierarchyProvider": true,
                "workspace": { "workspaceFolders": { "supported": true, "changeNotifications": true } },
            },
            "serverInfo": { "name": SOURCE, "version": env!("CARGO_PKG_VERSION") },
        })
    }

    /// Asks to be told of files that change on disk.
    fn watch(&mut self) -> io::Result<()> {
        if !self.watches {
            return Ok(());
        }
        let watchers: Vec<Value> =
            ["**/*.py", "**/*.pyi", "**/*.{yaml,yml}", "**/pyproject.toml", "**/temporal-py-lint.toml"]
                .iter()
                .map(|pattern| json!({ "globPattern": pattern }))
                .collect();
        let registration = json!({
            "id": "files",
            "method": "workspace/didChangeWatchedFiles",
            "registerOptions": { "watchers": watchers },
        });
        let params = json!({ "registrations": [registration] });
        self.send(&json!({ "jsonrpc": "2.0", "id": "files", "method": "client/registerCapability", "params": params }))
    }

    fn start_look(&mut self) -> io::Result<()> {
        self.due = None;
        self.is_looking = true;
        let request =
            Request { roots: self.roots.clone(), documents: self.documents.all().clone(), home: self.home.clone() };
        let looked = self.looked.clone();
        thread::Builder::new().name("look".to_owned()).spawn(move || _ = looked.send(look(request)))?;
        Ok(())
    }

    /// Shows what was found. What is shown already of the same text is not sent again.
    fn take(&mut self, look: Look) -> io::Result<()> {
        self.is_looking = false;
        let mut wanted = shown(&look, self.encoding);
        let gone: Vec<Utf8PathBuf> =
            self.published.keys().filter(|path| !wanted.contains_key(*path)).cloned().collect();
        wanted.extend(gone.into_iter().map(|path| (path, Vec::new())));
        for (path, diagnostics) in wanted {
            let document = look.documents.get(&path);
            let address = document.map_or_else(|| uri::of_path(&path), |document| document.uri.clone());
            let mut params = json!({ "uri": address, "diagnostics": diagnostics });
            if let Some(document) = document {
                params["version"] = document.version.into();
            }
            // Of another version even the same is news: clients forget what was said of a text that has changed since.
            let is_known = self.published.get(&path).is_some_and(|known| *known == params);
            if !is_known {
                self.notify("textDocument/publishDiagnostics", &params)?;
            }
            match diagnostics_of(&params) {
                true => self.published.insert(path, params),
                false => self.published.remove(&path),
            };
        }
        for problem in look.problems.iter().filter(|problem| !self.told.contains(problem)) {
            let params = json!({ "type": 1, "message": format!("{SOURCE}: {problem}") });
            write(self.output, &json!({ "jsonrpc": "2.0", "method": "window/showMessage", "params": params }))?;
        }
        self.told.clone_from(&look.problems);
        let is_traced_anew = self.latest.traced != look.traced;
        self.latest = look;
        if is_traced_anew && self.refreshes_lenses {
            return self.send(&json!({ "jsonrpc": "2.0", "id": "lenses", "method": "workspace/codeLens/refresh" }));
        }
        Ok(())
    }

    /// The path of a document whose text is the one that was looked at.
    fn fresh(&self, params: &Value) -> Option<(Utf8PathBuf, String)> {
        let uri = params["textDocument"]["uri"].as_str()?;
        let path = uri::path_of(uri)?;
        let text = &self.documents.get(&path)?.text;
        (self.latest.documents.get(&path)?.text == *text).then(|| (path, uri.to_owned()))
    }

    fn range(&self, path: &Utf8Path, start: &Value, end: &Value) -> Option<TextRange> {
        let text = &self.documents.get(path)?.text;
        let at = |position: &Value| TextSize::try_from(self.encoding.offset(text, position)?).ok();
        let (start, end) = (at(start)?, at(end)?);
        Some(TextRange::new(start.min(end), end.max(start)))
    }

    fn actions(&self, params: &Value) -> Vec<Value> {
        let asked = || {
            let (path, uri) = self.fresh(params)?;
            let range = self.range(&path, &params["range"]["start"], &params["range"]["end"])?;
            Some((path, uri, range))
        };
        let Some((path, uri, range)) = asked() else { return Vec::new() };
        let only = params["context"]["only"].as_array();
        let only = only.map(|kinds| kinds.iter().filter_map(Value::as_str).collect());
        actions(&self.latest, &Asked { path: &path, uri: &uri, range, only, encoding: self.encoding })
    }

    fn hover(&self, params: &Value) -> Option<Value> {
        let (path, _) = self.fresh(params)?;
        let range = self.range(&path, &params["position"], &params["position"])?;
        let here: Vec<_> =
            places(&self.latest, Some(&path)).filter(|place| place.span.range.intersect(range).is_some()).collect();
        let first = here.first()?.range(self.encoding);
        let text: Vec<String> = here.iter().map(|place| place.explanation()).collect();
        Some(json!({ "contents": { "kind": "markdown", "value": text.join("\n---\n\n") }, "range": first }))
    }

    fn notify(&mut self, method: &str, params: &Value) -> io::Result<()> {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
    }

    fn answer(&mut self, id: &Value, result: &Value) -> io::Result<()> {
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": result }))
    }

    fn refuse(&mut self, id: &Value, code: i64, message: &str) -> io::Result<()> {
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } }))
    }

    fn send(&mut self, message: &Value) -> io::Result<()> {
        write(self.output, message)
    }
}

fn diagnostics_of(params: &Value) -> bool {
    params["diagnostics"].as_array().is_some_and(|diagnostics| !diagnostics.is_empty())
}

/// The paths of workspace folders.
fn folders(folders: &Value) -> Vec<Utf8PathBuf> {
    let folders = folders.as_array().into_iter().flatten();
    folders.filter_map(|folder| uri::path_of(folder["uri"].as_str()?)).collect()
}
