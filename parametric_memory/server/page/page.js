"use strict";
/* The page of a memory: shows it, adds to it, asks it. Whatever a document says is put in as text, never as markup. */

const UNDO_MS = 8000, PAGE = 20;
const $ = (id) => document.getElementById(id);
let page = 1, asking = null, searching = 0;
const leaving = new Map(); // ids of entries that are forgotten when nobody takes it back

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
  if (!response.ok) throw new Error(await told(response));
  return response;
}

const json = async (...request) => (await call(...request)).json();

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

function entry(memory) {
  const about = [memory.source, size(memory.bytes), when(memory.updated_at)].filter(Boolean).join(" · ");
  const node = el("li", { "data-id": memory.id },
    el("div", { class: "head" },
      el("span", { class: "title" }, memory.title),
      el("button", { type: "button", class: "forget", "aria-label": `Forget ${memory.title}`, onclick: () => forget(memory, node) }, "Forget")),
    el("details", {}, el("summary", { class: "small", title: new Date(memory.updated_at).toLocaleString() }, about),
      el("p", { class: "whole" }, memory.memory)),
    memory.memory.trim() === memory.title ? null : el("p", { class: "excerpt" }, memory.memory.slice(0, 400)),
    memory.score === undefined ? null : score(memory.score));
  return node;
}

async function show(more = false) {
  const own = ++searching, query = $("search").value.trim();
  page = more ? page + 1 : 1;
  try {
    const where = namespace() ? `&namespace=${encodeURIComponent(namespace())}` : "";
    const found = query
      ? await json("POST", "/search", { query, limit: PAGE, namespace: namespace() })
      : await json("GET", `/memories?page=${page}&page_size=${PAGE}${where}`);
    if (own !== searching) return;
    if (!more) $("entries").replaceChildren();
    $("entries").append(...found.results.filter((memory) => !leaving.has(memory.id)).map(entry));
    const total = query ? found.results.length : found.total;
    $("count").textContent = total ? `${total}${query ? " found" : ""}` : "";
    $("nothing").hidden = total > 0;
    $("nothing").textContent = query ? "Nothing like that is remembered." : "Nothing is remembered yet.";
    $("more").hidden = Boolean(query) || page * PAGE >= found.total;
  } catch (error) { toast(error.message); }
}

async function showNamespaces() {
  try {
    const found = await json("GET", "/namespaces");
    $("namespace").placeholder = found.usual;
    $("namespaces").replaceChildren(...found.results.map((n) => el("option", { value: n.namespace }, `${n.entries} entries`)));
  } catch (error) { toast(error.message); }
}

function forget(memory, node) {
  const next = node.nextElementSibling || node.previousElementSibling;
  node.remove();
  (next ? next.querySelector(".forget") : $("search")).focus();
  const gone = setTimeout(() => really(memory.id), UNDO_MS);
  leaving.set(memory.id, gone);
  const line = toast(`Forgot “${memory.title.slice(0, 60)}”`, "Undo", () => {
    clearTimeout(leaving.get(memory.id));
    leaving.delete(memory.id);
    show();
  });
  line.querySelector("button").focus();
}

async function really(id) {
  clearTimeout(leaving.get(id));
  try { await call("DELETE", `/memories/${encodeURIComponent(id)}`, null, { keepalive: true }); } catch (error) { toast(error.message); }
  leaving.delete(id);
}

const forgetNow = () => Promise.all([...leaving.keys()].map(really));

// Adding

function progress(name) {
  const bar = el("progress", { max: 100 }), line = el("li", {}, el("span", { class: "small" }, name), bar);
  $("progress").append(line);
  return {
    at: (part) => { bar.value = part * 100; if (part >= 1) bar.removeAttribute("value"); },
    done: (text) => { line.replaceChildren(el("span", { class: "small" }, text)); setTimeout(() => line.remove(), 5000); },
    failed: (text) => line.replaceChildren(el("span", { class: "failed" }, `${name}: ${text}`)),
  };
}

function send(file, line) {
  return new Promise((done, failed) => {
    const form = new FormData(), request = new XMLHttpRequest();
    form.append("files", file, file.name || "pasted.txt");
    if (namespace()) form.append("namespace", namespace());
    request.open("POST", "/memories/files");
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => line.at(event.loaded / event.total);
    request.onload = () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* told below */ }
      if (request.status === 200) done(answer.results);
      else failed(new Error(answer.detail || request.statusText));
    };
    request.onerror = () => failed(new Error("the server cannot be reached"));
    request.send(form);
  });
}

async function addFiles(files) {
  for (const file of files) {
    const line = progress(file.name || "pasted file");
    try {
      const added = await send(file, line);
      line.done(`${file.name}: ${added.length === 1 ? "remembered" : `${added.length} entries`}`);
    } catch (error) { line.failed(error.message); }
  }
  show();
  showNamespaces();
}

async function addText(event) {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text) return $("text").focus();
  const line = progress(text.slice(0, 60));
  try {
    const [added] = (await json("POST", "/memories", { text, namespace: namespace() })).results;
    $("text").value = "";
    line.done(added.event === "NONE" ? "That was known already." : "Remembered.");
    show();
    showNamespaces();
  } catch (error) { line.failed(error.message); }
}

// Asking

async function ask(event) {
  event.preventDefault();
  const question = $("question").value.trim();
  if (!question) return;
  asking?.abort();
  asking = new AbortController();
  await forgetNow();
  $("answers").hidden = false;
  $("why").hidden = true;
  await Promise.all([answer(question, false, asking.signal), answer(question, true, asking.signal)]);
}

async function answer(question, from_memory, signal) {
  const text = $(from_memory ? "with" : "alone"), about = $(from_memory ? "with-about" : "alone-about");
  text.textContent = about.textContent = "";
  text.classList.add("coming");
  try {
    const body = { question, from_memory, stream: true, max_tokens: 64, namespace: namespace() };
    for await (const [name, data] of events("/ask", body, signal)) {
      if (name === "token") text.append(data.text);
      if (name === "recalls" && from_memory) why(data);
      if (name === "error") throw new Error(data.detail);
      if (name === "done") {
        text.textContent = data.text;
        about.textContent = [
          `${data.prompt_tokens} tokens read`, `${seconds(data.timings.total)}`,
          from_memory && data.confidence !== null ? `confidence ${data.confidence.toFixed(2)}` : "",
        ].filter(Boolean).join(" · ");
      }
    }
  } catch (error) {
    if (error.name !== "AbortError") about.textContent = error.message;
  } finally { if (!signal.aborted) text.classList.remove("coming"); }
}

function why({ recalls, remembered }) {
  $("why").hidden = false;
  $("why-told").textContent = remembered
    ? "These entries were found. The rows of the attached sentences were in the weights for this one answer."
    : "Nothing that is remembered was near enough: both answers come from the model alone.";
  $("recalls").replaceChildren(...recalls.map(recalled));
}

function recalled(recall) {
  const sentences = recall.attached ? (recall.passages.length ? recall.passages : [{ text: recall.text || "", weight: 1 }]) : [];
  const quotes = sentences.map((sentence) => el("blockquote", {}, sentence.text));
  const node = el("li", {},
    el("div", { class: "head" }, el("span", { class: "title" }, recall.title),
      recall.attached ? el("span", { class: "badge" }, "attached") : null),
    el("p", { class: "small" }, score(recall.score), recall.source ? ` · ${recall.source}` : "",
      recall.attached ? ` · weight ${recall.weight.toFixed(2)}` : ""),
    ...quotes);
  if (recall.attached) {
    node.append(el("button", { type: "button", onclick: (event) => words(recall.entry_id, quotes, event.target) }, "Show the words that have rows"));
  }
  return node;
}

async function words(id, quotes, button) {
  button.disabled = true;
  try {
    const [memory, found] = await Promise.all([
      json("GET", `/memories/${encodeURIComponent(id)}`), json("GET", `/memories/${encodeURIComponent(id)}/words`)]);
    const strongest = Math.max(...found.results.map((word) => word.strength), 1e-9);
    for (const quote of quotes) marked(quote, placed(memory.memory, found.results), memory.memory, strongest);
    button.replaceWith(el("p", { class: "small" }, found.results.length
      ? "Marked: words with a row of their own; the more colour, the stronger."
      : "The rows of this adapter do not stand for words."));
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
$("text").addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) addText(event); });
$("files").addEventListener("change", (event) => { addFiles([...event.target.files]); event.target.value = ""; });
$("more").addEventListener("click", () => show(true));
$("namespace").addEventListener("change", () => show());
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
window.addEventListener("pagehide", forgetNow);
showNamespaces();
show();
