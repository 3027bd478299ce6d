"use strict";
/* The page of a memory: shows it, adds to it, asks it. Whatever a document says is put in as text, never as markup. */

const UNDO_MS = 8000, PAGE = 20;
const $ = (id) => document.getElementById(id);
let asking = null, searching = 0;
const MOST_TURNS = 6; // of the conversation that goes with a question
const talks = { true: [], false: [] }; // what was asked and answered, from memory and by the model alone
let listed = { query: "", namespace: "", total: 0 }; // what the list shows, and how many the server has of it
const leaving = new Map(); // by their addresses, entries that are forgotten when nobody takes it back

function el(tag, about = {}, ...inside) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...inside.filter((part) => part !== null && part !== undefined));
  return node;
}

/** Takes work that begins when the work before it has ended. */
function queue() {
  let last = Promise.resolve();
  return (work) => (last = last.then(work).catch((error) => toast(error.message)));
}
const listInTurn = queue(); // what reads the list and what shortens it: else a total may be from before or after
const filesInTurn = queue();

// Talking with the server

function headers(more = {}) {
  const key = sessionStorage.getItem("key");
  return key ? { ...more, Authorization: `Bearer ${key}` } : more;
}

async function told(response) {
  try { return (await response.json()).detail || response.statusText; } catch { return response.statusText; }
}

async function call(method, path, body, options = {}) {
  const about = { method, headers: headers(body ? { "Content-Type": "application/json" } : {}), ...options };
  if (body) about.body = JSON.stringify(body);
  const response = await fetch(path, about);
  if (response.status === 401) {
    await askForKey();
    return call(method, path, body, options);
  }
  if (!response.ok) throw Object.assign(new Error(await told(response)), { status: response.status });
  return response;
}

const json = async (...request) => (await call(...request)).json();
/** Where an entry is, which also tells it from entries of other namespaces with its id. */
const address = ({ id, namespace }, part = "") =>
  `/memories/${encodeURIComponent(id)}${part}?namespace=${encodeURIComponent(namespace)}`;

let keyAsked = null;
function askForKey() {
  keyAsked ||= new Promise((done) => {
    const dialog = $("key-dialog");
    dialog.addEventListener("close", () => {
      sessionStorage.setItem("key", $("key").value.trim());
      keyAsked = null;
      done();
    }, { once: true });
    dialog.showModal();
  });
  return keyAsked;
}

async function* events(path, body, signal) {
  const response = await call("POST", path, body, { signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value;
    const parts = held.split("\n\n");
    held = parts.pop();
    for (const part of parts) {
      const [name, data] = part.split("\n");
      yield [name.replace("event: ", ""), JSON.parse(data.replace("data: ", ""))];
    }
  }
}

// Words for people

const namespace = () => $("namespace").value.trim() || undefined;
const seconds = (s) => (s < 1 ? `${Math.round(s * 1000)} ms` : `${s.toFixed(1)} s`);
const size = (n) => (n < 1000 ? `${n} B` : n < 1e6 ? `${(n / 1000).toFixed(1)} kB` : `${(n / 1e6).toFixed(1)} MB`);

function when(iso) {
  const past = (Date.now() - new Date(iso)) / 1000, word = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  for (const [unit, length] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (past >= length) return word.format(-Math.round(past / length), unit);
  }
  return "just now";
}

function toast(text, action, act) {
  const node = el("div", { class: "toast" }, text);
  if (action) node.append(el("button", { type: "button", onclick: () => { node.remove(); act(); } }, action));
  $("toasts").append(node);
  setTimeout(() => node.remove(), UNDO_MS);
  return node;
}

// What is remembered

function score(value) {
  const shown = Math.max(0, Math.min(1, value));
  return el("span", { class: "small" }, el("meter", { min: 0, max: 1, value: shown, "aria-label": "score" }), ` ${value.toFixed(2)}`);
}

/** The text behind the title, where it begins with it: a preview says more than the title. */
function preview(memory) {
  const text = memory.memory.trim(), title = memory.title.replace(/(…|\.\.\.)$/, "").trim();
  const rest = text.startsWith(title) ? text.slice(title.length).replace(/^[\s.:…]+/, "") : text;
  return rest.length > 2 ? el("p", { class: "excerpt" }, rest.slice(0, 400)) : null;
}

function entry(memory) {
  const about = [memory.not_recalled, memory.source, size(memory.bytes), when(memory.updated_at)].filter(Boolean).join(" · ");
  return el("li", { "data-address": address(memory), hidden: leaving.has(address(memory)) ? "" : null },
    el("div", { class: "head" },
      el("span", { class: "title" }, memory.title),
      el("span", { class: "actions" },
        el("button", { type: "button", "aria-label": `Edit ${memory.title}`, onclick: () => edit(memory) }, "Edit"),
        memory.version > 1 ? el("button", { type: "button", "aria-label": `History of ${memory.title}`, onclick: () => showHistory(memory) }, "History") : null,
        el("button", { type: "button", class: "forget", "aria-label": `Forget ${memory.title}`, onclick: () => forget(memory) }, "Forget"))),
    el("details", {}, el("summary", { class: "small", title: new Date(memory.updated_at).toLocaleString() }, about),
      el("p", { class: "whole" }, memory.memory)),
    preview(memory),
    memory.score === undefined ? null : score(memory.score));
}

const shown = () => [...$("entries").children];
const shownAs = (at) => shown().find((node) => node.dataset.address === at);

function show(more = false) {
  const own = ++searching, query = $("search").value.trim(), where = namespace();
  if (!more) $("more").hidden = true; // it would add to another list
  return listInTurn(async () => {
    if (own !== searching) return;
    const known = more ? shown().map((node) => node.dataset.address) : [];
    const found = await (query ? searched(query, where) : following(known, where));
    if (own !== searching) return;
    if (!more) $("entries").replaceChildren();
    $("entries").append(...found.results.map(entry));
    $("more").hidden = !found.more;
    listed = { query, namespace: found.namespace, total: found.total };
    tellCount();
  });
}

async function searched(query, where) {
  const { results } = await json("POST", "/search", { query, limit: PAGE, namespace: where });
  return { results, total: results.length, more: false };
}

/** The entries behind those that are shown. Pages are of the list as it is now: forgetting shortens it. */
async function following(addresses, where) {
  const known = new Set(addresses), of = where ? `&namespace=${encodeURIComponent(where)}` : "";
  const on = (page) => json("GET", `/memories?page=${page}&page_size=${PAGE}${of}`);
  let page = Math.max(1, Math.ceil(known.size / PAGE)), found = await on(page);
  while (page > 1 && !found.results.some((memory) => known.has(address(memory)))) found = await on(--page);
  const results = [];
  for (;;) {
    results.push(...found.results.filter((memory) => !known.has(address(memory))));
    const more = page * PAGE < found.total;
    if (!more || results.length >= PAGE) return { ...found, results, more };
    found = await on(++page);
  }
}

/** How many there are, without those that are leaving. */
function tellCount() {
  const count = listed.total - [...leaving.values()].filter(({ memory }) => isListed(memory)).length;
  $("count").textContent = count > 0 ? `${count}${listed.query ? " found" : ""}` : "";
  $("nothing").hidden = count > 0;
  $("nothing").textContent = listed.query ? "Nothing like that is remembered." : "Nothing is remembered yet.";
}

const isListed = (memory) => (listed.query ? Boolean(shownAs(address(memory))) : memory.namespace === listed.namespace);

async function showNamespaces() {
  try {
    const found = await json("GET", "/namespaces");
    $("namespace").placeholder = found.usual;
    $("namespaces").replaceChildren(...found.results.map((n) => el("option", { value: n.namespace }, `${n.entries} entries`)));
  } catch (error) { toast(error.message); }
}

function forget(memory) {
  const at = address(memory);
  const line = toast(`Forgot “${memory.title.slice(0, 60)}”`, "Undo", () => {
    (stays(at)?.querySelector(".forget") || $("search")).focus();
  });
  leaving.set(at, { memory, line, gone: setTimeout(() => really([at]), UNDO_MS) });
  shownAs(at).hidden = true;
  tellCount();
  line.querySelector("button").focus();
}

/** An entry that was leaving does not leave; the line that shows it, if there is one. */
function stays(at) {
  clearTimeout(leaving.get(at).gone);
  leaving.delete(at);
  const node = shownAs(at);
  if (node) node.hidden = false;
  tellCount();
  return node;
}

function really(addresses) {
  for (const at of addresses) {
    clearTimeout(leaving.get(at).gone);
    leaving.get(at).line.remove();
  }
  return listInTurn(async () => {
    await Promise.all(addresses.map(gone));
    showNamespaces();
  });
}

const deleted = (at) => call("DELETE", at, null, { keepalive: true });

async function gone(at) {
  if (!leaving.has(at)) return; // it has gone before
  try { await deleted(at); } catch (error) {
    if (error.status !== 404) { // else somebody else has forgotten it
      stays(at);
      toast(error.message);
      return;
    }
  }
  if (isListed(leaving.get(at).memory)) listed.total -= 1;
  leaving.delete(at);
  shownAs(at)?.remove();
  tellCount();
}

// Changing

let edited = null;
function edit(memory) {
  edited = memory;
  $("edit-text").value = memory.memory;
  $("edit-dialog").showModal();
}

async function save() {
  const text = $("edit-text").value.trim();
  if (!text || text === edited.memory.trim()) return;
  const line = progress(`Remembering the new text of “${edited.title.slice(0, 60)}” …`);
  try {
    await json("PUT", address(edited), { text });
    line.done("Changed.");
    show();
  } catch (error) {
    line.failed(error.message);
    line.end();
  }
}

async function showHistory(memory) {
  try {
    const versions = await json("GET", address(memory, "/history"));
    $("versions").replaceChildren(...versions.reverse().map((version) => el("li", {},
      el("p", { class: "small" }, `Version ${version.version}, ${new Date(version.created_at).toLocaleString()}`),
      version.new_memory ?? "This version's text was not kept.")));
    $("history-dialog").showModal();
  } catch (error) { toast(error.message); }
}

const forgetNow = async () => { if (leaving.size) await really([...leaving.keys()]); };

// Adding

/** A line that tells what is going on. steps: how many there are; of a single one nobody knows how far it is. */
function progress(text, steps = 1) {
  const doing = el("span", { class: "small" }, text), bar = el("progress", { max: steps, "aria-label": "Progress" });
  const line = el("li", {}, doing, bar);
  $("progress").append(line);
  return {
    at: (step, text) => { doing.textContent = text; if (steps > 1) bar.value = step; },
    done: (text) => { line.replaceChildren(el("span", { class: "small" }, text)); setTimeout(() => line.remove(), 5000); },
    failed: (text) => line.before(el("li", { class: "failed" }, text)),
    end: () => line.remove(),
  };
}

/** Sends a file. sent: called when all of it is with the server, which then reads and remembers it. */
function send(file, where, sent) {
  return new Promise((done, failed) => {
    const form = new FormData(), request = new XMLHttpRequest(); // fetch does not tell when a body is sent
    form.append("files", file, file.name || "pasted.txt");
    if (where) form.append("namespace", where);
    request.open("POST", "/memories/files");
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.upload.onload = sent;
    request.onload = () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* told below */ }
      if (request.status === 200) done(answer.results);
      else if (request.status === 401) askForKey().then(() => send(file, where, sent)).then(done, failed);
      else failed(new Error(answer.detail || request.statusText));
    };
    request.onerror = () => failed(new Error("the server cannot be reached"));
    request.send(form);
  });
}

function addFiles(files) {
  if (!files.length) return;
  const named = (file) => file.name || "what was pasted", count = files.length, where = namespace();
  const all = count > 1 ? `${count} files` : named(files[0]), line = progress(`${all}: waiting`, count);
  filesInTurn(async () => {
    const added = [];
    let kept = 0;
    for (const [i, file] of files.entries()) {
      const doing = (verb) => line.at(i, `${verb} ${named(file)} …${count > 1 ? ` (${i + 1} of ${count})` : ""}`);
      doing("Sending");
      try {
        added.push(...await send(file, where, () => doing("Reading and remembering")));
        kept += 1;
      } catch ({ message }) { line.failed(message.startsWith(named(file)) ? message : `${named(file)}: ${message}`); }
    }
    if (kept) line.done(`${kept < count ? `${kept} of ${all}` : all}: ${outcome(added)}`);
    else line.end();
    show();
    showNamespaces();
  });
}

function outcome(added) {
  if (added.every((memory) => memory.event === "NONE")) return "known already";
  return added.length > 1 ? `remembered as ${added.length} entries` : "remembered";
}

async function addText(event) {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text) return $("text").focus();
  const line = progress(`Remembering “${text.length > 60 ? `${text.slice(0, 60)}…` : text}” …`);
  try {
    const [added] = (await json("POST", "/memories", { text, namespace: namespace() })).results;
    $("text").value = "";
    line.done(added.event === "NONE" ? "That was known already." : "Remembered.");
    show();
    showNamespaces();
  } catch (error) {
    line.failed(error.message);
    line.end();
  }
}

// Asking

async function ask(event) {
  event.preventDefault();
  const question = $("question").value.trim();
  if (!question) return;
  asking?.abort();
  const own = asking = new AbortController();
  $("start").hidden = true;
  $("answers").hidden = false;
  $("why").hidden = true;
  for (const id of ["alone", "with"]) {
    $(id).textContent = $(`${id}-about`).textContent = "";
    $(id).classList.add("waiting");
  }
  await forgetNow();
  if (own.signal.aborted) return; // by a question that came meanwhile
  await Promise.all([answer(question, false, own.signal), answer(question, true, own.signal)]);
}

async function answer(question, from_memory, signal) {
  const text = $(from_memory ? "with" : "alone"), about = $(from_memory ? "with-about" : "alone-about");
  const where = namespace();
  if (from_memory) unsure(false);
  try {
    const history = talks[from_memory].slice(-MOST_TURNS);
    const body = { question, history, from_memory, stream: true, max_tokens: 64, namespace: where };
    if (from_memory) Object.assign(body, { hybrid: $("hybrid").checked, abstain: !$("anyway").checked });
    for await (const [name, data] of events("/ask", body, signal)) {
      if (name === "token") {
        text.classList.replace("waiting", "coming");
        text.append(data.text);
      }
      if (name === "recalls" && from_memory) why(data);
      if (name === "error") throw new Error(data.detail);
      if (name === "done") {
        text.textContent = data.text;
        if (from_memory) unsure(data.unsure);
        if (where === namespace()) talks[from_memory].push({ role: "user", content: question }, { role: "assistant", content: data.text });
        about.textContent = [
          `${data.prompt_tokens} tokens read`, `${seconds(data.timings.total)}`,
          from_memory && data.confidence !== null ? `confidence ${data.confidence.toFixed(2)}` : "",
        ].filter(Boolean).join(" · ");
      }
    }
  } catch (error) {
    if (error.name !== "AbortError") about.textContent = error.message;
  } finally { if (!signal.aborted) text.classList.remove("waiting", "coming"); }
}

function unsure(is) {
  $("doubt").hidden = !is;
  $("with").closest(".answer").classList.toggle("unsure", is);
}

/** Questions about what is remembered, until the first one is asked. The model writes them, which takes some seconds. */
async function suggest() {
  try {
    const where = namespace(), { results } = await json("GET", `/questions${where ? `?namespace=${encodeURIComponent(where)}` : ""}`);
    $("suggestions").replaceChildren(...results.map((question) => el("li", {}, el("button", {
      type: "button", onclick: () => { $("question").value = question; $("ask").requestSubmit(); },
    }, question))));
    $("start").hidden = !results.length || !$("answers").hidden;
  } catch { /* the page works without them */ }
}

function why({ recalls, remembered }) {
  $("why").hidden = false;
  $("why-told").textContent = remembered
    ? "The quoted sentences were used for this answer, through the model's weights."
    : "Nothing that is remembered answers this.";
  $("recalls").replaceChildren(...recalls.map(recalled));
}

function recalled(recall) {
  const sentences = recall.attached ? (recall.passages.length ? recall.passages : [{ text: recall.text || "", weight: 1 }]) : [];
  const quotes = sentences.map((sentence) => el("blockquote", {}, sentence.text));
  const told = sentences.map((sentence) => sentence.said ? el("p", { class: "small" }, who(sentence.said)) : null);
  const node = el("li", {},
    el("div", { class: "head" }, el("span", { class: "title" }, recall.title),
      recall.attached ? el("span", { class: "badge" }, "used for this answer") : null),
    el("p", { class: "small" }, score(recall.score), recall.source ? ` · ${recall.source}` : "",
      recall.attached ? ` · weight ${recall.weight.toFixed(2)}` : ""),
    ...quotes.flatMap((quote, i) => told[i] ? [quote, told[i]] : [quote]));
  if (recall.attached) {
    node.append(el("button", { type: "button", onclick: (event) => words({ id: recall.entry_id, namespace: recall.namespace }, quotes, event.target) }, "Show which words count"));
  }
  return node;
}

function who({ speaker, said_at }) {
  return said_at ? `${speaker}, ${said_at.slice(0, 16).replace("T", " ").replace(" 00:00", "")}` : speaker;
}

async function words(entry, quotes, button) {
  button.disabled = true;
  try {
    const [memory, found] = await Promise.all([
      json("GET", address(entry)), json("GET", address(entry, "/words"))]);
    const strongest = Math.max(...found.results.map((word) => word.strength), 1e-9);
    for (const quote of quotes) marked(quote, placed(memory.memory, found.results), memory.memory, strongest);
    button.replaceWith(el("p", { class: "small" }, found.results.length
      ? "The more colour, the more a word counts."
      : "This memory does not tell which words count."));
  } catch (error) { button.disabled = false; toast(error.message); }
}

/** Where the words stand in a text, one behind the other. */
function placed(text, found) {
  let at = 0;
  const places = [];
  for (const { word, strength } of found) {
    const letters = word.trim(), start = letters ? text.indexOf(letters, at) : -1;
    if (start < 0) continue;
    places.push([start, start + letters.length, strength]);
    at = start + letters.length;
  }
  return places;
}

function marked(quote, places, text, strongest) {
  const sentence = quote.textContent, start = text.indexOf(sentence);
  if (start < 0) return;
  const parts = [];
  let at = 0;
  for (const [from, to, strength] of places) {
    const begin = from - start, end = to - start;
    if (begin < at || end > sentence.length) continue;
    const mark = el("mark", { title: `strength ${strength.toFixed(2)}` }, sentence.slice(begin, end));
    mark.style.setProperty("--strength", (0.15 + (0.65 * strength) / strongest).toFixed(2));
    parts.push(sentence.slice(at, begin), mark);
    at = end;
  }
  quote.replaceChildren(...parts, sentence.slice(at));
}

// Hands

$("ask").addEventListener("submit", ask);
$("add").addEventListener("submit", addText);
$("edit-form").addEventListener("submit", save);
$("edit-cancel").addEventListener("click", () => $("edit-dialog").close());
$("text").addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) addText(event); });
$("files").addEventListener("change", (event) => { addFiles([...event.target.files]); event.target.value = ""; });
$("more").addEventListener("click", () => show(true));
$("namespace").addEventListener("change", () => {
  for (const turns of Object.values(talks)) turns.length = 0; // that was about other memories
  show();
  suggest();
});
let typed;
$("search").addEventListener("input", () => { clearTimeout(typed); typed = setTimeout(show, 250); });
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.closest("input, textarea, dialog")) { event.preventDefault(); $("search").focus(); }
});
document.addEventListener("paste", (event) => {
  if (event.clipboardData.files.length) { event.preventDefault(); addFiles([...event.clipboardData.files]); }
});
const holdsFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
document.addEventListener("dragover", (event) => { if (holdsFiles(event)) { event.preventDefault(); $("drop").hidden = false; } });
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) $("drop").hidden = true; });
document.addEventListener("drop", (event) => {
  $("drop").hidden = true;
  if (holdsFiles(event)) { event.preventDefault(); addFiles([...event.dataTransfer.files]); }
});
window.addEventListener("pagehide", () => { for (const at of leaving.keys()) deleted(at).catch(() => {}); });
showNamespaces();
show();
suggest();
