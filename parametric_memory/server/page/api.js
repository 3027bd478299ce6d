"use strict";
/* What is at which address, as /openapi.json describes it. */

function el(tag, text, ...inside) {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  node.append(...inside);
  return node;
}

/** A schema in words: its name, or what it is made of. */
function kind(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(kind).filter((name) => name !== "null").join(" or ");
  if (schema.type === "array") return `list of ${kind(schema.items || {})}`;
  if (schema.enum || schema.const !== undefined) return (schema.enum || [schema.const]).map((v) => JSON.stringify(v)).join(" or ");
  return schema.type || "anything";
}

function fields(schema, all) {
  const own = schema.$ref ? all[schema.$ref.split("/").pop()] : schema;
  const list = el("ul");
  for (const [name, about] of Object.entries(own.properties || {})) {
    const usual = about.default === undefined || about.default === null ? "" : `, ${JSON.stringify(about.default)} when not given`;
    const needed = (own.required || []).includes(name) ? ", needed" : "";
    list.append(el("li", "", el("code", name), el("span", ` ${kind(about)}${needed}${usual}`)));
  }
  return list;
}

function operation(method, path, about, all) {
  const node = el("details", "", el("summary", "", el("code", `${method.toUpperCase()} ${path}`), el("span", ` ${about.description || about.summary || ""}`)));
  for (const parameter of about.parameters || []) {
    node.append(el("p", "", el("code", parameter.name), el("span", ` in the ${parameter.in}: ${kind(parameter.schema)}`)));
  }
  for (const [type, body] of Object.entries(about.requestBody?.content || {})) {
    node.append(el("p", type), fields(body.schema, all));
  }
  return node;
}

async function show() {
  const described = await (await fetch("/openapi.json")).json();
  const groups = new Map();
  for (const [path, methods] of Object.entries(described.paths)) {
    for (const [method, about] of Object.entries(methods)) {
      const tag = about.tags?.[0] || "Other";
      if (!groups.has(tag)) groups.set(tag, el("section", "", el("h2", tag)));
      groups.get(tag).append(operation(method, path, about, described.components?.schemas || {}));
    }
  }
  document.getElementById("operations").append(...groups.values());
}

show();
