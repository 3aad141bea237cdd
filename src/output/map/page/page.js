"use strict";
(() => {
  const by = (id) => document.getElementById(id);
  const map = JSON.parse(by("data").textContent);
  const stage = by("stage"), svg = stage.querySelector("svg"), details = by("details");
  const boxes = [...svg.querySelectorAll(".node")], lines = [...svg.querySelectorAll(".line")];
  const positions = new Map(map.nodes.map((node, at) => [node.id, at]));
  const edges = map.edges.map((edge) => ({ ...edge, from: positions.get(edge.from), to: positions.get(edge.to) }));
  const nouns = { "task-queue": "task queue", "nexus-service": "Nexus service" };
  const noun = (kind) => nouns[kind] || kind;
  const whole = svg.viewBox.baseVal;
  const size = { width: whole.width, height: whole.height };
  const marks = { unregistered: "no worker here registers it", unused: "nothing here starts or executes it", unserved: "no worker here polls it" };

  // Elements are made of text alone: nothing that comes from source code is ever read as markup.
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "on") element.addEventListener("click", value);
      else if (value !== undefined && value !== null) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };
  const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;
  const worst = (node) => node.findings.some((finding) => finding.severity === "error") ? "error"
    : node.findings.some((finding) => finding.severity === "warning") ? "warning" : "";

  // ---------------------------------------------------------------- what is looked at
  let view = { x: 0, y: 0, scale: 1 };
  const room = () => {
    const box = stage.getBoundingClientRect();
    return { width: Math.max(box.width, 1), height: Math.max(box.height, 1), left: box.left, top: box.top };
  };
  const show = () => {
    const { width, height } = room();
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${width / view.scale} ${height / view.scale}`);
  };
  const bounded = (scale) => Math.min(Math.max(scale, 0.02), 4);
  const fit = () => {
    const { width, height } = room();
    const scale = bounded(Math.min(width / size.width, height / size.height, 1.25));
    view = { scale, x: (size.width - width / scale) / 2, y: (size.height - height / scale) / 2 };
    show();
  };
  const zoom = (factor, at) => {
    const { width, height } = room();
    const point = at || { x: width / 2, y: height / 2 };
    const scale = bounded(view.scale * factor);
    view = { scale, x: view.x + point.x / view.scale - point.x / scale, y: view.y + point.y / view.scale - point.y / scale };
    show();
  };
  const frameOf = (at) => {
    const rect = boxes[at].querySelector("rect");
    const number = (name) => Number(rect.getAttribute(name));
    return { x: number("x"), y: number("y"), width: number("width"), height: number("height") };
  };
  const bring = (at) => {
    const { width, height } = room();
    const free = details.hidden ? width : width - details.getBoundingClientRect().width;
    const frame = frameOf(at);
    view.scale = Math.max(view.scale, 0.8);
    view.x = frame.x + frame.width / 2 - free / view.scale / 2;
    view.y = frame.y + frame.height / 2 - height / view.scale / 2;
    show();
  };
  const isSeen = (at) => {
    const { width, height } = room();
    const free = details.hidden ? width : width - details.getBoundingClientRect().width;
    const frame = frameOf(at);
    const left = (frame.x - view.x) * view.scale, top = (frame.y - view.y) * view.scale;
    return left >= 0 && top >= 0 && left + frame.width * view.scale <= free && top + frame.height * view.scale <= height && view.scale >= 0.5;
  };

  // ---------------------------------------------------------------- one node and what is near
  let chosen = null;
  const choose = (at, brings) => {
    chosen = at;
    svg.classList.toggle("chosen-one", at !== null);
    const near = new Set();
    lines.forEach((line) => {
      const from = Number(line.dataset.from), to = Number(line.dataset.to);
      const isNear = at !== null && (from === at || to === at);
      line.classList.toggle("near", isNear);
      if (isNear) near.add(from).add(to);
    });
    if (at !== null) near.add(at);
    boxes.forEach((box, position) => {
      box.classList.toggle("near", near.has(position));
      box.classList.toggle("chosen", position === at);
      box.setAttribute("aria-pressed", String(position === at));
      box.setAttribute("tabindex", position === (at ?? 0) ? "0" : "-1");
    });
    by("list").querySelectorAll("button").forEach((button) => button.setAttribute("aria-pressed", String(Number(button.dataset.node) === at)));
    describe();
    if (at !== null && brings && !isSeen(at)) bring(at);
  };
  const place = (place) => place && make("div", {}, make("div", { class: "place" }, `${place.file}:${place.line}:${place.column}`), place.text ? make("pre", {}, place.text) : null);
  const section = (title, items) => items.length === 0 ? null : make("section", {}, make("h3", {}, title), make("ul", {}, ...items));
  const link = (at) => make("button", { type: "button", class: "link", on: () => { choose(at, true); boxes[at].focus({ preventScroll: true }); } }, map.nodes[at].name);
  const verb = (edge) => `${edge.kind.replaceAll("-", " ")}${edge.member ? ` ${edge.member}` : ""}${edge.sure ? "" : " (not sure)"} `;
  const describe = () => {
    details.hidden = chosen === null;
    if (chosen === null) { details.replaceChildren(); return; }
    const node = map.nodes[chosen];
    const finding = (found) => make("li", {}, make("span", { class: found.severity === "error" ? "bad" : "warn" }, `${found.severity} ${found.code} ${found.name}`), make("div", {}, found.message), place(found.place));
    const member = (one) => make("li", {}, `${one.kind} ${one.name ?? "(any name)"}`, one.used ? null : make("span", { class: "soft" }, one.kind === "operation" ? " nothing here calls it" : " nothing here sends it"), place(one.place));
    const others = (edge, other) => make("li", {}, other === edge.to ? verb(edge) : "", link(other), other === edge.to ? "" : ` ${verb(edge)}`, ...edge.places.map(place));
    details.replaceChildren(...[
      make("button", { type: "button", class: "close", "aria-label": "Close details", on: () => { const last = chosen; choose(null); boxes[last].focus({ preventScroll: true }); } }, "×"),
      make("h2", {}, node.name),
      make("p", { class: "soft" }, `${noun(node.kind)}${node.dynamic ? ", for any name" : ""}${node.code_name && node.code_name !== node.name ? `, ${node.code_name}` : ""}`),
      node.resolved ? null : make("p", { class: "warn" }, "not resolved: nothing here is known to be meant"),
      ...node.marks.map((mark) => make("p", { class: "warn" }, `${mark}: ${marks[mark]}`)),
      place(node.place),
      ...node.also.map(place),
      node.default ? make("p", { class: "soft" }, `${node.default} by default`) : null,
      section("Findings", node.findings.map(finding)),
      section("Takes", node.members.map(member)),
      section("Leads to", edges.filter((edge) => edge.from === chosen).map((edge) => others(edge, edge.to))),
      section("Comes from", edges.filter((edge) => edge.to === chosen && edge.from !== chosen).map((edge) => others(edge, edge.from))),
    ].filter((part) => part));
    details.scrollTop = 0;
  };

  // ---------------------------------------------------------------- finding
  const kinds = [...new Set(map.nodes.map((node) => node.kind))];
  const off = new Set(), only = new Set();
  const states = [["findings", (node) => node.findings.length > 0], ["marked", (node) => node.marks.length > 0], ["unresolved", (node) => !node.resolved]];
  const words = map.nodes.map((node) => [node.name, node.code_name, node.default, node.place && node.place.file, noun(node.kind), ...node.marks,
    ...node.members.map((one) => one.name), ...node.findings.flatMap((found) => [found.code, found.name, found.message])].filter(Boolean).join("\n").toLowerCase());
  const isShown = (at) => !off.has(map.nodes[at].kind);
  const hits = () => {
    const wanted = by("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const tests = states.filter(([name]) => only.has(name)).map(([, test]) => test);
    return map.nodes.map((_, at) => at).filter((at) => isShown(at) && wanted.every((word) => words[at].includes(word)) && (tests.length === 0 || tests.some((test) => test(map.nodes[at]))));
  };
  // What has the name of another is told from it by its place.
  const shared = new Set(map.nodes.map((node) => node.name).filter((name, at, all) => all.indexOf(name) !== at));
  const called = (node) => shared.has(node.name) && node.place ? `${node.name} ${node.place.file.split("/").pop()}:${node.place.line}` : node.name;
  const refresh = () => {
    const found = hits(), set = new Set(found);
    const isSearching = by("search").value.trim() !== "" || only.size > 0;
    svg.classList.toggle("searching", isSearching);
    boxes.forEach((box, at) => {
      box.classList.toggle("gone", !isShown(at));
      box.classList.toggle("hit", isSearching && set.has(at));
    });
    lines.forEach((line) => line.classList.toggle("gone", !isShown(Number(line.dataset.from)) || !isShown(Number(line.dataset.to))));
    by("count").textContent = count(found.length, "node", "nodes") + (isSearching ? " found" : "");
    by("list").replaceChildren(...found.map((at) => {
      const node = map.nodes[at];
      const state = worst(node);
      const badge = state ? make("span", { class: state === "error" ? "badge bad" : "badge" }, count(node.findings.length, "finding", "findings"))
        : node.resolved ? (node.marks.length ? make("span", { class: "badge" }, node.marks[0]) : null) : make("span", { class: "badge" }, "unresolved");
      return make("li", {}, make("button", { type: "button", "data-node": at, "aria-pressed": String(at === chosen), title: `${noun(node.kind)} ${node.name}`, on: () => choose(at, true) },
        make("span", { class: `dot ${node.kind}`, "aria-hidden": "true" }), make("span", {}, called(node)), badge));
    }));
    if (chosen !== null && !isShown(chosen)) choose(null);
  };
  const box = (name, text, isOn, change, dot) => {
    const input = make("input", { type: "checkbox", value: name });
    input.checked = isOn;
    input.addEventListener("change", () => { change(input.checked); refresh(); });
    return make("label", {}, input, dot ? make("span", { class: `dot ${name}`, "aria-hidden": "true" }) : null, text);
  };
  kinds.forEach((kind) => {
    const number = map.nodes.filter((node) => node.kind === kind).length;
    by("kinds").append(box(kind, `${noun(kind)} ${number}`, true, (isOn) => isOn ? off.delete(kind) : off.add(kind), true));
  });
  states.forEach(([name, test]) => {
    const number = map.nodes.filter(test).length;
    if (number > 0) by("states").append(box(name, `${name} ${number}`, false, (isOn) => isOn ? only.add(name) : only.delete(name)));
  });
  if (!by("states").querySelector("input")) by("states").hidden = true;
  by("search").addEventListener("input", refresh);
  by("search").addEventListener("keydown", (event) => {
    const found = hits();
    if (event.key === "Enter" && found.length > 0) { choose(found[0], true); boxes[found[0]].focus({ preventScroll: true }); }
  });

  // ---------------------------------------------------------------- mouse, touch and keys
  const leads = (at) => {
    const node = map.nodes[at];
    const out = edges.filter((edge) => edge.from === at).length, into = edges.filter((edge) => edge.to === at).length;
    return `${boxes[at].querySelector("title").textContent}. Leads to ${out}, comes from ${into}${node.place ? `. ${node.place.file} line ${node.place.line}` : ""}`;
  };
  boxes.forEach((element, at) => {
    element.setAttribute("role", "button");
    element.setAttribute("aria-label", leads(at));
  });
  const next = (at, key) => {
    const from = frameOf(at), middle = (frame) => ({ x: frame.x + frame.width / 2, y: frame.y + frame.height / 2 });
    const start = middle(from);
    let best = null, least = Infinity;
    boxes.forEach((_, other) => {
      if (other === at || !isShown(other)) return;
      const end = middle(frameOf(other)), x = end.x - start.x, y = end.y - start.y;
      const [along, aside] = { ArrowRight: [x, y], ArrowLeft: [-x, y], ArrowDown: [y, x], ArrowUp: [-y, x] }[key];
      const far = along + 3 * Math.abs(aside);
      if (along > 1 && far < least) { least = far; best = other; }
    });
    return best;
  };
  svg.addEventListener("keydown", (event) => {
    const element = event.target.closest(".node");
    if (!element) return;
    const at = Number(element.dataset.node);
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(chosen === at ? null : at, true); }
    if (event.key.startsWith("Arrow")) {
      event.preventDefault();
      event.stopPropagation();
      const other = next(at, event.key);
      if (other === null) return;
      element.setAttribute("tabindex", "-1");
      boxes[other].setAttribute("tabindex", "0");
      boxes[other].focus({ preventScroll: true });
      if (!isSeen(other)) bring(other);
    }
  });
  stage.addEventListener("keydown", (event) => {
    if (event.target !== stage) return;
    const step = 80 / view.scale;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (moves) { event.preventDefault(); view.x += moves[0]; view.y += moves[1]; show(); }
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target === by("search");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { if (isTyping && by("search").value) { by("search").value = ""; refresh(); } else choose(null); return; }
    if (isTyping) return;
    if (event.key === "/") { event.preventDefault(); by("search").focus(); }
    if (event.key === "+" || event.key === "=") zoom(1.25);
    if (event.key === "-") zoom(0.8);
    if (event.key === "0") fit();
  });
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const { left, top } = room();
    zoom(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0015)), { x: event.clientX - left, y: event.clientY - top });
  }, { passive: false });
  const pointers = new Map();
  let moved = 0;
  stage.addEventListener("pointerdown", (event) => { pointers.set(event.pointerId, { x: event.clientX, y: event.clientY }); moved = 0; });
  window.addEventListener("pointermove", (event) => {
    const last = pointers.get(event.pointerId);
    if (!last) return;
    const others = [...pointers.entries()].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    const x = event.clientX - last.x, y = event.clientY - last.y;
    moved += Math.abs(x) + Math.abs(y);
    if (others.length > 0) {
      const apart = (point) => Math.hypot(point.x - others[0].x, point.y - others[0].y);
      const { left, top } = room();
      if (apart(last) > 0) zoom(apart({ x: event.clientX, y: event.clientY }) / apart(last), { x: others[0].x - left, y: others[0].y - top });
    } else if (moved > 4) {
      stage.classList.add("moving");
      view.x -= x / view.scale; view.y -= y / view.scale; show();
    }
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  const release = (event) => { pointers.delete(event.pointerId); stage.classList.remove("moving"); };
  window.addEventListener("pointerup", release);
  window.addEventListener("pointercancel", release);
  stage.addEventListener("click", (event) => {
    if (moved > 4) return;
    const element = event.target.closest(".node");
    choose(element ? Number(element.dataset.node) : null);
    if (element) element.focus({ preventScroll: true });
  });
  by("in").addEventListener("click", () => zoom(1.25));
  by("out").addEventListener("click", () => zoom(0.8));
  by("fit").addEventListener("click", fit);
  window.addEventListener("resize", show);

  svg.removeAttribute("width");
  svg.removeAttribute("height");
  svg.setAttribute("preserveAspectRatio", "xMinYMin meet");
  refresh();
  choose(null);
  fit();
  // What would be too small to read begins where most lines meet, as large as can be read.
  if (view.scale < 0.45) {
    const meet = map.nodes.map(() => 0);
    lines.filter((line) => !line.classList.contains("faint")).forEach((line) => { meet[line.dataset.from] += 1; meet[line.dataset.to] += 1; });
    const { width, height } = room(), at = frameOf(meet.indexOf(Math.max(...meet))), scale = 0.75;
    const within = (start, length, all) => Math.max(Math.min(start, all - length), Math.min(0, (all - length) / 2));
    view = { scale, x: within(at.x - width / scale / 3, width / scale, size.width), y: within(at.y - height / scale / 2, height / scale, size.height) };
    show();
  }
  const named = decodeURIComponent(location.hash.slice(1));
  if (positions.has(named)) choose(positions.get(named), true);
  document.documentElement.dataset.ready = "yes";
})();
