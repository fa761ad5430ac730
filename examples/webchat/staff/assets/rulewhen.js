// A condition of a rule, as rows to fill in or as text.

import { el, iconButton, icon } from "./dom.js";
import { call, Refusal } from "./api.js";
import { state } from "./store.js";
import { toast } from "./overlay.js";
import { pointed } from "./smart.js";
import { priorityText, statusText } from "./tickets.js";
import { fieldName } from "./ruletext.js";

const areas = { ticket: "Ticket", field: "Fields", message: "Message", user: "Customer", assignee: "Who has it", queue: "Queue", app: "App", rating: "Rating", time: "Time of day", host: "Functions of the host", previous: "Before the change", previous_field: "Fields before the change" };
const plain = (text) => { const s = text.replaceAll("_", " "); return s[0].toUpperCase() + s.slice(1); };

const opText = {
  is: "is", is_not: "is not", one_of: "is one of", none_of: "is none of", contains: "contains", starts_with: "starts with", ends_with: "ends with", is_set: "is set", is_not_set: "is not set",
  "<": "is below", "<=": "is at most", ">": "is above", ">=": "is at least", between: "is between", changed: "has changed", changed_from: "has changed from", changed_to: "has changed to", changed_from_to: "has changed from … to",
};
const timeText = { "<": "is before", "<=": "is not after", ">": "is after", ">=": "is not before" };
const agoText = { "<": "is less long ago than", "<=": "is at most so long ago:", ">": "is longer ago than", ">=": "is at least so long ago:", between: "is so long ago, between" };
const counts = { is_set: 0, is_not_set: 0, changed: 0, one_of: Infinity, none_of: Infinity, between: 2, changed_from_to: 2 };
const take = (op) => counts[op] ?? 1;

// known are the values that a name can have, with what people call them; null where any
// text may stand.
function known(name) {
  const bare = name.name.replace(/^(ticket|previous)\./, "");
  const pairs = (list) => list.map((x) => [x.id, x.name]);
  switch (bare) {
    case "queue": return pairs(state.queues);
    case "group": case "assignee.groups": return pairs(state.groups);
    case "assignee": case "last_agent": case "message.agent": case "followers": return pairs(state.agents);
    case "tags": return state.tags.map((t) => [t, t]);
  }
  if (name.type === "bool") return [["true", "yes"], ["false", "no"]];
  const words = { priority: priorityText, status: statusText }[bare] || {};
  return name.values ? name.values.map((v) => [v, words[v] || plain(v)]) : null;
}

// chips edits a list of values: those chosen, and a control that adds one.
export function chips(label, values, options, placeholder = "Add one") {
  let chosen = [...values];
  const list = el("span", { class: "chips" });
  const text = (v) => ((options || []).find(([id]) => id === v) || [v, v])[1];
  const add = options ? el("select", { class: "control", "aria-label": label }) : el("input", { type: "text", class: "control", "aria-label": label, placeholder, dir: "auto", enterkeyhint: "done" });
  function paint() {
    list.replaceChildren(...chosen.map((v) => el("span", { class: "tag chip-tag", dir: "auto" }, text(v), iconButton("close", `Remove ${text(v)}`, () => { chosen = chosen.filter((x) => x !== v); paint(); add.focus(); }, { class: "tag-remove" }))));
    if (options) add.replaceChildren(...[["", placeholder], ...options.filter(([id]) => !chosen.includes(id))].map(([id, name]) => el("option", { value: id }, name)));
  }
  function put() {
    const v = add.value.trim();
    if (v && !chosen.includes(v)) chosen.push(v);
    add.value = "";
    paint();
  }
  add.addEventListener("change", put);
  if (!options) add.addEventListener("keydown", (e) => { if (e.key === "Enter" && !e.isComposing && add.value.trim()) { e.preventDefault(); put(); } });
  paint();
  return { node: el("span", { class: "chip-list" }, list, add), read: () => { put(); return chosen; } };
}

const select = (label, options, value) => el("select", { class: "control", "aria-label": label }, options.map(([v, text]) => el("option", { value: v, selected: v === value }, text)));

// single is the control of one value.
function single(name, value, label, unset) {
  const options = known(name);
  if (options) {
    const all = [...(unset ? [["", "not set"]] : []), ...options];
    return select(label, all.some(([v]) => v === value) || value === undefined || value === "" ? all : [...all, [value, value]], value);
  }
  const kind = name.type === "number" ? { inputmode: "decimal" } : name.type === "time" ? { placeholder: "2026-11-24" } : {};
  return Object.assign(el("input", { type: "text", class: "control", "aria-label": label, dir: "auto", ...kind }), { value: value ?? "" });
}

function row(names, part, onRemove) {
  const byArea = new Map();
  for (const n of names) {
    const [area, rest] = n.name.includes(".") ? n.name.split(/\.(.*)/) : ["", n.name];
    const title = areas[area] || (area ? plain(area) : "What has happened");
    byArea.set(title, [...(byArea.get(title) || []), [n.name, area === "field" ? fieldName(rest) : area === "ticket" || !area ? plain(rest) : `${title}: ${area === "previous_field" ? fieldName(rest) : rest.replaceAll("_", " ")}`]]);
  }
  const what = el("select", { class: "control", "aria-label": "What is asked" }, [...byArea].map(([title, list]) => el("optgroup", { label: title }, list.map(([id, text]) => el("option", { value: id }, text)))));
  const place = el("span", { class: "when-values" }), wrong = el("p", { class: "row-wrong", role: "alert", hidden: true });
  const node = el("div", { class: "when-row" });
  let op = null, read = () => [], unit = null;
  what.value = names.some((n) => n.name === part.name) ? part.name : "ticket.title";
  const name = () => names.find((n) => n.name === what.value) || names[0];

  function ops() {
    const n = name(), list = n.operators.map((o) => [o, (n.type === "time" && timeText[o]) || opText[o] || o]);
    if (n.type === "time") for (const o of Object.keys(agoText)) if (n.operators.includes(o)) list.push([`ago ${o}`, agoText[o]]);
    op = select("How it is asked", list, part.since ? `ago ${part.is}` : part.is);
    op.addEventListener("change", () => values([]));
  }
  function values(given) {
    const n = name(), [, ago, is] = /^(ago )?(.*)$/.exec(op.value), many = take(is), unset = is.startsWith("changed");
    unit = null;
    wrong.hidden = true;
    if (ago) {
      const inputs = Array.from({ length: many }, (_, i) => Object.assign(el("input", { type: "text", inputmode: "decimal", class: "control", "aria-label": `Value ${i + 1}` }), { value: given[i] ?? "" }));
      unit = select("Unit", [["minutes", "minutes"], ["hours", "hours"], ["days", "days"]], part.since || "hours");
      place.replaceChildren(...inputs, unit);
      read = () => inputs.map((i) => i.value.trim());
    } else if (many === Infinity) {
      const list = chips("Values", given, known(n));
      place.replaceChildren(list.node);
      read = list.read;
    } else {
      const inputs = Array.from({ length: many }, (_, i) => single(n, given[i], many > 1 ? `Value ${i + 1}` : "Value", unset));
      place.replaceChildren(...inputs);
      read = () => inputs.map((i) => i.value);
    }
    node.replaceChildren(what, op, place, iconButton("close", "Remove this row", onRemove, { class: "icon-button when-remove" }), wrong);
  }
  what.addEventListener("change", () => { part = {}; ops(); values([]); node.querySelector("[aria-label='How it is asked']").focus(); });
  ops();
  values(part.values || []);
  return {
    node,
    read() {
      const [, ago, is] = /^(ago )?(.*)$/.exec(op.value), values = read();
      return { name: what.value, is, ...(values.length ? { values } : {}), ...(ago ? { since: unit.value } : {}) };
    },
    show(text) { wrong.textContent = text; wrong.hidden = !text; },
  };
}

function group(names, form, depth, onRemove) {
  const any = select("How the rows are joined", [["", "All of these"], ["any", "Any of these"]], form.any ? "any" : "");
  const list = el("div", { class: "when-list" });
  let parts = [];
  function add(part) {
    const away = () => { parts = parts.filter((p) => p !== made); made.node.remove(); node.classList.toggle("empty", !parts.length); button.focus(); };
    const made = part.group ? group(names, part.group, depth + 1, away) : row(names, part, away);
    parts.push(made);
    list.append(made.node);
    node.classList.remove("empty");
    return made;
  }
  const focus = (made) => made.node.querySelector("select").focus();
  const button = el("button", { type: "button", class: "text-button", onclick: () => focus(add({ name: "ticket.title", is: "contains" })) }, "Add a condition");
  const node = el("div", { class: `when-group${depth > 1 ? " inner" : ""} empty`, role: "group", "aria-label": "Conditions" },
    el("div", { class: "when-head" }, any, depth > 1 ? iconButton("close", "Remove this group", onRemove, { class: "icon-button when-remove" }) : null), list,
    el("div", { class: "when-foot" }, button, depth < 5 ? el("button", { type: "button", class: "text-button", onclick: () => focus(add({ group: { any: !form.any, parts: [{ name: "ticket.title", is: "contains" }] } })) }, "Add a group") : null));
  for (const p of form.parts || []) add(p);
  return {
    node,
    read: () => ({ any: any.value === "any", parts: parts.map((p) => (p.rows ? { group: p.read() } : p.read())) }),
    rows: () => parts,
    show(text) { if (text) toast(text); },
  };
}

// createCondition edits a condition: rows while it can be rows, else text.
export function createCondition(names, rule) {
  const text = Object.assign(el("textarea", { class: "control filter", rows: "3", spellcheck: "false", autocapitalize: "off", "aria-label": "Condition", "aria-describedby": "rule-when-error", placeholder: 'ticket.priority >= "high" and "vip" in ticket.tags' }), { value: rule.when || "" });
  const wrong = el("div", { class: "filter-error", id: "rule-when-error", role: "alert", hidden: true });
  const place = el("div", {}), hint = el("small", { class: "soft" });
  let rows = null;
  const tabs = ["Form", "Text"].map((label) => el("button", { type: "button", class: "seg", onclick: () => show(label === "Form") }, label));
  text.addEventListener("input", () => { wrong.hidden = true; });

  function paint() {
    tabs.forEach((t, i) => t.setAttribute("aria-pressed", String(!!rows === (i === 0))));
    place.replaceChildren(rows ? rows.node : text);
    hint.textContent = rows ? (rows.rows().length ? "" : "Without conditions it runs on every ticket.") : "Empty: it runs on every ticket.";
  }

  // show turns rows into text, or text into rows, if that can be.
  async function show(form) {
    if (form === !!rows) return;
    try {
      if (form) rows = group(names, (await call("POST", "office/ruletry/condition", { when: text.value })).form, 1);
      else {
        text.value = (await call("POST", "office/ruletry/condition", { form: rows.read() })).when;
        rows = null;
      }
      wrong.hidden = true;
      paint();
    } catch (err) {
      if (!refused(err)) toast(err.message);
    }
  }

  // refused shows what is wrong with the condition, if an error is about that.
  function refused(err) {
    const at = err.body && err.body.condition;
    if (at && !rows) {
      pointed(wrong, text.value, at);
      text.focus();
      return true;
    }
    const path = /^parts((?:\.\d+|\.group\.parts)*)/.exec((err.body && err.body.field) || "");
    if (path && rows) {
      let here = rows;
      for (const i of path[1].match(/\d+/g) || []) here = (here.rows && here.rows()[Number(i)]) || here;
      here.show(err.message.replace(/^[\w.]+: /, ""));
      here.node.querySelector("select, input").focus();
      return true;
    }
    return false;
  }

  if (rule.form) rows = group(names, rule.form, 1);
  const asWas = rows && JSON.stringify(rows.read());
  paint();
  return {
    node: el("div", { class: "rule-when" }, el("div", { class: "segs", role: "group", "aria-label": "How the condition is written" }, tabs), place, wrong, hint,
      rule.unformed && rule.when ? el("p", { class: "soft small" }, icon("info"), " This condition says more than rows can.") : null),
    // What nobody has touched stays as it is written.
    body: () => (rows && JSON.stringify(rows.read()) !== asWas ? { form: rows.read(), when: "" } : { form: null, when: rows ? rule.when : text.value }),
    refused(err) { if (refused(err)) throw new Refusal("The condition can’t be understood yet."); },
  };
}
