//! The language server, spoken to over its standard streams as an editor does.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::cli::Project;

/// More than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const FLOW: &str = "\
from helper import stamp
from temporalio import workflow


@workflow.defn
class Order:
    @workflow.run
    async def run(self) -> str:
        return stamp()
";
const HELPER: &str = "\
import random
from datetime import datetime


def stamp() -> str:
    return str(datetime.now())
";

/// A client of a server that runs in a project's folder.
struct Client {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    next: u64,
    root: String,
}

impl Client {
    fn silent(project: &Project) -> Self {
        let mut command = project.command(&["server"]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let input = child.stdin.take().expect("it is piped");
        let output = child.stdout.take().expect("it is piped");
        let (sender, messages) = channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = received(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let root = project.path().canonicalize().expect("it is there");
        Self { child, input, messages, next: 0, root: format!("file://{}", root.display()) }
    }

    fn new(project: &Project) -> Self {
        let mut client = Self::silent(project);
        let folders = json!([{ "uri": client.root, "name": "project" }]);
        let watching = json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } });
        let result = client.ask("initialize", &json!({ "capabilities": watching, "workspaceFolders": folders }));
        assert_eq!(result["capabilities"]["positionEncoding"], "utf-16");
        client.tell("initialized", &json!({}));
        assert_eq!(client.receive()["method"], "client/registerCapability");
        client
    }

    fn write(&mut self, bytes: &[u8]) {
        self.input.write_all(bytes).and_then(|()| self.input.flush()).expect("the server reads");
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.write(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    fn tell(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn receive(&self) -> Value {
        self.messages.recv_timeout(PATIENCE).expect("the server says something")
    }

    /// The answer to a question; what is said before it is passed over.
    fn answered(&mut self, method: &str, params: &Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.receive();
            if message["id"] == id {
                return message;
            }
        }
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        let answer = self.answered(method, params);
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }

    fn uri(&self, file: &str) -> String {
        format!("{}/{file}", self.root)
    }

    fn open(&mut self, file: &str, text: &str) {
        let document = json!({ "uri": self.uri(file), "languageId": "python", "version": 1, "text": text });
        self.tell("textDocument/didOpen", &json!({ "textDocument": document }));
    }

    fn change(&mut self, file: &str, version: i64, changes: &Value) {
        let document = json!({ "uri": self.uri(file), "version": version });
        self.tell("textDocument/didChange", &json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// What is next shown of a file.
    fn shown(&self, file: &str) -> Vec<Value> {
        loop {
            let message = self.receive();
            assert_ne!(message["method"], "window/showMessage", "{message}");
            if message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == self.uri(file) {
                return message["params"]["diagnostics"].as_array().expect("a list").clone();
            }
        }
    }

    fn actions(&mut self, file: &str, diagnostic: &Value) -> Vec<Value> {
        let params = json!({
            "textDocument": { "uri": self.uri(file) },
            "range": diagnostic["range"],
            "context": { "diagnostics": [diagnostic] },
        });
        self.ask("textDocument/codeAction", &params).as_array().expect("a list").clone()
    }

    fn leave(mut self) -> ExitStatus {
        assert_eq!(self.ask("shutdown", &Value::Null), Value::Null);
        self.tell("exit", &Value::Null);
        self.child.wait().expect("it ends")
    }
}

fn received(output: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().split_once(": ") {
            Some((_, number)) => length = number.parse().expect("a number"),
            None => break,
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("the server writes JSON"))
}

fn project() -> Project {
    Project::new(&[("flow.py", FLOW), ("helper.py", HELPER)])
}

/// A text with the edits that an action makes in one file.
fn edited(text: &str, action: &Value, uri: &str) -> String {
    let mut edits: Vec<(usize, usize, String)> = action["edit"]["changes"][uri]
        .as_array()
        .expect("edits")
        .iter()
        .map(|edit| {
            let at = |name: &str| {
                let number = |part: &str| edit["range"][name][part].as_u64().expect("a number") as usize;
                let start: usize = text.split_inclusive('\n').take(number("line")).map(str::len).sum();
                start + number("character")
            };
            (at("start"), at("end"), edit["newText"].as_str().expect("text").to_owned())
        })
        .collect();
    edits.sort();
    let mut edited = text.to_owned();
    for (start, end, new) in edits.into_iter().rev() {
        edited.replace_range(start..end, &new);
    }
    edited
}

#[test]
fn what_is_typed_is_looked_at_before_it_is_saved() {
    let project = project();
    let mut client = Client::new(&project);
    client.open("helper.py", HELPER);
    let found = client.shown("helper.py");
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0]["code"], &found[0]["severity"]), (&json!("TPY101"), &json!(1)));
    let at = json!({ "start": { "line": 5, "character": 15 }, "end": { "line": 5, "character": 29 } });
    assert_eq!(found[0]["range"], at);
    let way = &found[0]["relatedInformation"][0];
    assert_eq!(way["message"], "reached through `Order.run`");
    assert_eq!(
        (&way["location"]["uri"], &way["location"]["range"]["start"]["line"]),
        (&json!(client.uri("flow.py")), &json!(8))
    );

    let range = json!({ "start": { "line": 5, "character": 15 }, "end": { "line": 5, "character": 29 } });
    client.change("helper.py", 2, &json!([{ "range": range, "text": "random.random()" }]));
    let found = client.shown("helper.py");
    assert_eq!(found.iter().map(|found| &found["code"]).collect::<Vec<_>>(), ["TPY102"]);
    // The workflow that leads there is changed in another document, and not saved.
    client.open("flow.py", &FLOW.replace("return stamp()", "return \"\""));
    assert_eq!(client.shown("helper.py"), Vec::<Value>::new());
    client.tell("textDocument/didClose", &json!({ "textDocument": { "uri": client.uri("flow.py") } }));
    assert_eq!(client.shown("helper.py").len(), 1);
    assert_eq!(project.text("helper.py"), HELPER);
    assert!(client.leave().success());
}

#[test]
fn findings_are_fixed_ignored_and_explained() {
    let text = FLOW.replace("from helper import stamp\n", "import random\nfrom datetime import datetime\n\n");
    let text = text.replace("return stamp()", "return f\"{random.random()} {datetime.now()}\"  # shown");
    let project = Project::new(&[("flow.py", &text)]);
    let mut client = Client::new(&project);
    client.open("flow.py", &text);
    let found = client.shown("flow.py");
    assert_eq!(
        found.iter().map(|found| found["code"].as_str().expect("a code")).collect::<Vec<_>>(),
        ["TPY102", "TPY101"]
    );
    let uri = client.uri("flow.py");

    let actions = client.actions("flow.py", &found[0]);
    let titles: Vec<&str> = actions.iter().map(|action| action["title"].as_str().expect("a title")).collect();
    assert_eq!(titles, ["TPY102: write `workflow.random().random(…)`", "TPY102: ignore it here, with a reason"]);
    assert_eq!((&actions[0]["isPreferred"], &actions[0]["kind"]), (&json!(true), &json!("quickfix")));
    let fixed = edited(&text, &actions[0], &uri);
    assert_eq!(fixed, text.replace("{random.random()}", "{workflow.random().random()}"));
    let ignored = edited(&text, &actions[1], &uri);
    assert_eq!(
        ignored,
        text.replace("        return", "        # temporal-py-lint: ignore[TPY102] TODO: say why\n        return")
    );
    let unsafe_one = &client.actions("flow.py", &found[1])[0];
    assert_eq!(unsafe_one["isPreferred"], false);
    assert!(unsafe_one["title"].as_str().expect("a title").contains("time zone"), "{unsafe_one}");

    let all = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } });
    let params = json!({ "textDocument": { "uri": uri }, "range": all, "context": { "diagnostics": [], "only": ["source.fixAll"] } });
    let actions = client.ask("textDocument/codeAction", &params);
    assert_eq!(actions[0]["kind"], "source.fixAll.temporal-py-lint");
    assert_eq!(edited(&text, &actions[0], &uri), fixed);

    let params = json!({ "textDocument": { "uri": uri }, "position": found[1]["range"]["start"] });
    let hover = client.ask("textDocument/hover", &params);
    let said = hover["contents"]["value"].as_str().expect("text");
    assert!(said.starts_with("**TPY101 wall-clock-in-workflow**") && said.contains("NondeterminismError"), "{said}");
    assert_eq!(hover["range"], found[1]["range"]);
    let nowhere = json!({ "textDocument": { "uri": uri }, "position": { "line": 0, "character": 0 } });
    assert_eq!(client.ask("textDocument/hover", &nowhere), Value::Null);

    // Once a comment holds it back, the finding is gone; text that was not looked at yet has no actions.
    client.change("flow.py", 2, &json!([{ "text": ignored }]));
    assert_eq!(client.actions("flow.py", &found[0]), Vec::<Value>::new());
    assert_eq!(client.shown("flow.py").iter().map(|found| &found["code"]).collect::<Vec<_>>(), ["TPY101"]);
    client.change("flow.py", 3, &json!([{ "text": fixed }]));
    assert!(client.leave().success());
}

/// A helper that two workflows and an activity run, through another one.
const MANY: &str = "\
from helper import stamp
from temporalio import activity, workflow


def shared() -> str:
    return \"\u{1f600}\" + stamp()


@workflow.defn
class Order:
    @workflow.run
    async def run(self) -> str:
        return shared()


@workflow.defn
class Refund:
    @workflow.run
    async def run(self) -> str:
        return shared()


@activity.defn
def charge() -> str:
    return shared()


def unused() -> str:
    return stamp()
";

fn lenses(client: &mut Client, file: &str) -> Vec<(u64, String)> {
    let document = json!({ "textDocument": { "uri": client.uri(file) } });
    let found = client.ask("textDocument/codeLens", &document);
    let shown = |lens: &Value| {
        let title = lens["command"]["title"].as_str().expect("a title").to_owned();
        (lens["range"]["start"]["line"].as_u64().expect("a line"), title)
    };
    found.as_array().expect("a list").iter().map(shown).collect()
}

#[test]
fn functions_say_what_runs_them() {
    let project = Project::new(&[("flow.py", MANY), ("helper.py", HELPER)]);
    let mut client = Client::new(&project);
    client.open("helper.py", HELPER);
    assert_eq!(client.shown("helper.py").len(), 1);
    assert_eq!(lenses(&mut client, "helper.py"), [(4, "runs in Order.run (+2)".to_owned())]);
    assert_eq!(lenses(&mut client, "flow.py"), [], "nobody looks at it");
    // One workflow runs it no longer, in text that is not saved.
    client.open("flow.py", &MANY.replacen("return shared()", "return \"\"", 1));
    let shown = |client: &mut Client| {
        // The finding stays; what runs the code changes a moment later.
        for _ in 0..200 {
            let found = lenses(client, "helper.py");
            if found.iter().any(|(_, title)| title.contains("Refund")) {
                return found;
            }
            thread::sleep(Duration::from_millis(50));
        }
        Vec::new()
    };
    assert_eq!(shown(&mut client), [(4, "runs in Refund.run (+1)".to_owned())]);
    assert_eq!(lenses(&mut client, "flow.py"), [(4, "runs in Refund.run (+1)".to_owned())]);
    assert!(client.leave().success());
}

#[test]
fn calls_are_followed_up_to_what_temporal_calls_and_down_again() {
    let project = Project::new(&[("flow.py", MANY), ("helper.py", HELPER)]);
    let mut client = Client::new(&project);
    client.open("helper.py", HELPER);
    assert_eq!(client.shown("helper.py").len(), 1);
    // Anywhere in the function, such as at the finding.
    let place =
        json!({ "textDocument": { "uri": client.uri("helper.py") }, "position": { "line": 5, "character": 16 } });
    let stamp = client.ask("textDocument/prepareCallHierarchy", &place)[0].clone();
    assert_eq!((&stamp["name"], &stamp["detail"]), (&json!("stamp"), &json!("runs in Order.run (+2)")));
    let incoming = client.ask("callHierarchy/incomingCalls", &json!({ "item": stamp }));
    let [shared] = incoming.as_array().expect("a list").as_slice() else { panic!("{incoming}") };
    assert_eq!((&shared["from"]["name"], &shared["from"]["uri"]), (&json!("shared"), &json!(client.uri("flow.py"))));
    let site = json!([{ "start": { "line": 5, "character": 18 }, "end": { "line": 5, "character": 25 } }]);
    assert_eq!(shared["fromRanges"], site, "a character outside the first plane counts as two");
    let incoming = client.ask("callHierarchy/incomingCalls", &json!({ "item": shared["from"] }));
    let names: Vec<&str> =
        incoming.as_array().expect("a list").iter().filter_map(|call| call["from"]["name"].as_str()).collect();
    assert_eq!(names, ["Order.run", "Refund.run", "charge"]);
    assert_eq!(incoming[0]["from"]["detail"], "called by Temporal");
    let outgoing = client.ask("callHierarchy/outgoingCalls", &json!({ "item": incoming[0]["from"] }));
    assert_eq!((&outgoing[0]["to"]["name"], outgoing.as_array().map(Vec::len)), (&json!("shared"), Some(1)));
    let nowhere =
        json!({ "textDocument": { "uri": client.uri("helper.py") }, "position": { "line": 0, "character": 0 } });
    assert_eq!(client.ask("textDocument/prepareCallHierarchy", &nowhere), Value::Null);
    assert_eq!(
        client.ask("callHierarchy/incomingCalls", &json!({ "item": { "data": { "path": "/x" } } })),
        Value::Null
    );
    assert!(client.leave().success());
}

#[test]
fn columns_are_counted_in_bytes_for_those_who_want_it() {
    let text = FLOW
        .replace("return stamp()", "return \"\u{1f600}\" + stamp()")
        .replace("from helper import stamp", "from time import ctime as stamp");
    let project = Project::new(&[("flow.py", &text)]);
    for (offered, encoding, column) in [(json!(["utf-32", "utf-8"]), "utf-8", 24), (json!(["utf-16"]), "utf-16", 22)] {
        let mut client = Client::silent(&project);
        let capabilities = json!({ "general": { "positionEncodings": offered } });
        let params = json!({ "capabilities": capabilities, "rootUri": client.root });
        let result = client.ask("initialize", &params);
        assert_eq!(result["capabilities"]["positionEncoding"], encoding);
        client.open("flow.py", &text);
        assert_eq!(client.shown("flow.py")[0]["range"]["start"], json!({ "line": 8, "character": column }));
        assert!(client.leave().success());
    }
}

#[test]
fn what_is_no_message_ends_nothing() {
    let project = project();
    let mut client = Client::silent(&project);
    assert_eq!(client.answered("textDocument/hover", &json!({}))["error"]["code"], -32002);
    client.write(b"Content-Length: 5\r\n\r\n{no}!");
    assert_eq!(client.receive()["error"]["code"], -32700);
    client.write(b"what is this?\r\n\r\nContent-Length: much\r\n\r\n");
    client.write(b"Content-Length: 99999999\r\n\r\n");
    client.write(&vec![b' '; 99_999_999]);
    assert_eq!(client.receive()["error"]["code"], -32700);
    for message in
        [json!(null), json!([1]), json!({}), json!({ "method": 7, "id": {} }), json!({ "id": 9, "result": 1 })]
    {
        client.send(&message);
    }
    client
        .ask("initialize", &json!({ "capabilities": 3, "workspaceFolders": [{ "uri": 5 }, { "uri": "untitled:x" }] }));
    for method in [
        "textDocument/didOpen",
        "textDocument/didChange",
        "textDocument/didClose",
        "workspace/didChangeWorkspaceFolders",
        "$/other",
    ] {
        for params in
            [json!(null), json!("x"), json!({ "textDocument": { "uri": "file:///%zz" } }), json!({ "event": [] })]
        {
            client.tell(method, &params);
        }
    }
    for method in ["textDocument/hover", "textDocument/codeAction"] {
        for params in [json!(null), json!({ "textDocument": { "uri": "file:///nowhere.py" } })] {
            client.ask(method, &params);
        }
    }
    assert_eq!(client.answered("textDocument/rename", &json!({}))["error"]["code"], -32601);
    assert!(client.leave().success());
    // Half a message, and then nothing.
    let mut client = Client::silent(&project);
    client.write(b"Content-Length: 100\r\n\r\n{");
    drop(client.input);
    assert_eq!(client.child.wait().expect("it ends").code(), Some(1));
}

#[test]
fn deleted_files_and_broken_configuration_are_survived() {
    let project = project();
    let mut client = Client::new(&project);
    client.open("helper.py", HELPER);
    assert_eq!(client.shown("helper.py").len(), 1);
    let changed = json!({ "changes": [{ "uri": client.uri("flow.py"), "type": 3 }] });
    std::fs::remove_file(project.path().join("helper.py")).expect("it can be removed");
    std::fs::remove_file(project.path().join("flow.py")).expect("it can be removed");
    client.tell("workspace/didChangeWatchedFiles", &changed);
    assert_eq!(client.shown("helper.py"), Vec::<Value>::new());
    project.write("pyproject.toml", "[tool.temporal-py-lint]\nselect = 5\n");
    client.tell("workspace/didChangeWatchedFiles", &changed);
    let told = client.receive();
    assert_eq!(told["method"], "window/showMessage", "{told}");
    project.write("pyproject.toml", "");
    project.write("flow.py", FLOW);
    client.tell("workspace/didChangeWatchedFiles", &changed);
    assert_eq!(client.shown("helper.py").len(), 1);
    assert!(client.leave().success());
}

/// Resident memory of a process, in kB.
#[cfg(target_os = "linux")]
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[cfg(target_os = "linux")]
#[test]
fn many_edits_take_no_more_memory_than_few() {
    let project = project();
    let mut client = Client::new(&project);
    client.open("helper.py", HELPER);
    client.shown("helper.py");
    let mut version = 1;
    let mut type_some = |client: &mut Client, edits: i64| {
        for edit in 0..edits {
            version += 1;
            // Each is looked at: the finding is there, and is gone.
            let text = if edit % 2 == 0 { HELPER.replace("datetime.now()", "1") } else { HELPER.to_owned() };
            client.change("helper.py", version, &json!([{ "text": text }]));
            assert_eq!(client.shown("helper.py").len(), usize::from(edit % 2 == 1));
        }
    };
    type_some(&mut client, 20);
    let few = memory(client.child.id());
    type_some(&mut client, 60);
    let many = memory(client.child.id());
    assert!(many < few + 8 * 1024, "{few} kB after 20 edits, {many} kB after 80");
    assert!(client.leave().success());
}
