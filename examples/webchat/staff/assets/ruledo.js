// What a rule does: a list of actions, each with what it needs.

import { el, icon, iconButton } from "./dom.js";
import { Refusal } from "./api.js";
import { state } from "./store.js";
import { labelled } from "./overlay.js";
import { priorityText } from "./tickets.js";
import { control } from "./fields.js";
import { readLength, written } from "./policies.js";
import { chips } from "./rulewhen.js";
import { verbGroups, verbText, minutesOf, nanoseconds } from "./ruletext.js";

const pairs = (list) => list.map((x) => [x.id, x.name]);
const line = (label, value, props) => Object.assign(el("input", { type: "text", class: "control", "aria-label": label, dir: "auto", ...props }), { value: value || "" });
const area = (label, value, rows = "2") => Object.assign(el("textarea", { class: "control", rows, "aria-label": label, dir: "auto" }), { value: value || "" });

export function pick(label, options, value) {
  const all = value && !options.some(([id]) => id === value) ? [...options, [value, value]] : options;
  return el("select", { class: "control", "aria-label": label }, all.map(([id, text]) => el("option", { value: id, selected: id === (value || "") }, text)));
}

// texts are what is said, in several languages.
function texts(given, label) {
  let rows = [];
  const list = el("div", { class: "do-texts" });
  function add(t) {
    const language = line("Language", t.language, { placeholder: "Any language", maxlength: "35", class: "control do-language", dir: "ltr" });
    const body = area(label, t.text);
    const made = { node: el("div", { class: "do-text" }, language, body, iconButton("close", "Remove this text", () => { rows = rows.filter((r) => r !== made); made.node.remove(); if (!rows.length) add({}); })),
      read: () => ({ ...t, language: language.value.trim(), text: body.value }) };
    rows.push(made);
    list.append(made.node);
    return body;
  }
  for (const t of given && given.length ? given : [{}]) add(t);
  return {
    node: el("div", {}, list, el("button", { type: "button", class: "text-button", onclick: () => add({}).focus() }, "Add a language"), el("small", { class: "soft" }, " Placeholders: {{user.name | there}}, {{ticket.number}}, {{field.KEY}}.")),
    read: () => rows.map((r) => r.read()).filter((t) => t.text.trim()),
  };
}

// fieldValue is the control of the field that is chosen, and changes with it.
function fieldValue(a) {
  const key = pick("Field", state.fields.map((f) => [f.key, f.name || f.key]), a.to);
  const place = el("span", { class: "do-value" });
  let value = null;
  function paint() {
    const f = state.fields.find((x) => x.key === key.value) || { type: "single_line" };
    value = control(f, f.type === "checkbox" ? a.text === "true" : a.text, { "aria-label": "Value" });
    place.replaceChildren(value.node);
  }
  key.addEventListener("change", () => { a = {}; paint(); });
  paint();
  return { nodes: [key, place], read: () => ({ to: key.value, text: value.value() === null ? "" : String(value.value()) }) };
}

const reader = (nodes, read) => ({ nodes, read });
const one = (node, key) => reader([node], () => ({ [key]: node.value.trim() }));

function reply(a, choices) {
  const quick = pick("Quick reply", [["", "Write the text here"], ...pairs(choices.replies)], a.quick_reply), t = texts(a.texts, "Text");
  const follow = () => { t.node.hidden = !!quick.value; };
  quick.addEventListener("change", follow);
  follow();
  return reader([quick, t.node], () => (quick.value ? { quick_reply: quick.value } : { texts: t.read() }));
}

function ask(a) {
  const t = texts(a.texts, "Question"), list = chips("Answers to pick", a.choices || [], null, "Add an answer");
  return reader([t.node, labelled("Answers to pick", list.node)], () => ({ texts: t.read(), choices: list.read() }));
}

function notify(a) {
  const agents = chips("Agents", a.agents || [], [["assignee", "Whoever has it"], ...pairs(state.agents)], "Add an agent"), groups = chips("Groups", a.groups || [], pairs(state.groups), "Add a group"), text = line("What they are told", a.text, { maxlength: "1000", placeholder: "What they are told" });
  return reader([agents.node, groups.node, text], () => ({ agents: agents.read(), groups: groups.read(), text: text.value.trim() }));
}

function snooze(a) {
  const span = line("For how long", written(minutesOf(a.for)), { placeholder: "1d" }), why = line("Reason", a.text, { placeholder: "Reason (optional)" });
  return reader([span, why], () => {
    const minutes = readLength(span.value, "For how long");
    if (!minutes) throw new Refusal("For how long is it put to sleep?");
    return { for: nanoseconds(minutes), text: why.value.trim() };
  });
}

function pairOf(first, second) { return reader([first[0], second[0]], () => ({ [first[1]]: first[0].value.trim(), [second[1]]: second[0].value.trim() })); }

// inputs are what each verb needs; the others need nothing.
const inputs = {
  assign_queue: (a) => one(pick("Queue", pairs(state.queues), a.to), "to"), escalate: (a) => one(pick("Queue", pairs(state.queues), a.to), "to"),
  assign: (a) => one(pick("Agent", pairs(state.agents), a.to), "to"), assign_group: (a) => one(pick("Group", pairs(state.groups), a.to), "to"), assign_bot: (a) => one(line("Bot", a.to, { placeholder: "Id of the bot" }), "to"),
  assign_available: (a) => pairOf([pick("Agent", pairs(state.agents), a.to), "to"], [pick("Else to the queue", [["", "Else to the default queue"], ...state.queues.map((q) => [q.id, `Else to ${q.name}`])], a.else), "else"]),
  priority: (a) => one(pick("Priority", [...Object.entries(priorityText), ["", "None"]], a.text), "text"),
  label: (a) => one(line("Label", a.text, { placeholder: "Empty takes it away" }), "text"), title: (a) => one(line("Title", a.text, { maxlength: "255" }), "text"), language: (a) => one(line("Language", a.text, { placeholder: "en, pt-BR …" }), "text"),
  add_tags: (a) => { const t = chips("Tags", a.tags || [], state.tags.map((x) => [x, x]), "Add a tag"); return reader([t.node], () => ({ tags: t.read() })); },
  remove_tags: (a) => { const t = chips("Tags", a.tags || [], state.tags.map((x) => [x, x]), "Add a tag"); return reader([t.node], () => ({ tags: t.read() })); },
  field: fieldValue, reply, ask, notify, snooze,
  note: (a) => { const t = texts(a.texts, "Note"); return reader([t.node], () => ({ texts: t.read() })); },
  webhook: (a) => pairOf([line("Address", a.to, { placeholder: "https://example.com/hook", inputmode: "url", dir: "ltr" }), "to"], [line("Secret", a.text, { type: "password", placeholder: "Secret that signs it (optional)", autocomplete: "off" }), "text"]),
  call: (a) => pairOf([line("Function", a.to, { placeholder: "Name of the function", dir: "ltr" }), "to"], [line("Argument", a.text, { placeholder: "What it is given (optional)" }), "text"]),
};
const tall = ["reply", "ask", "note", "notify"];

function card(a, choices, { onRemove, onUp }) {
  const verb = el("select", { class: "control", "aria-label": "What it does" }, verbGroups.map(([label, verbs]) => el("optgroup", { label }, verbs.map((v) => el("option", { value: v, selected: v === a.do }, verbText[v])))));
  const place = el("div", { class: "do-inputs" }), wrong = el("p", { class: "row-wrong", role: "alert", hidden: true });
  let made = null;
  function paint(given) {
    made = inputs[verb.value] ? inputs[verb.value](given, choices) : reader([], () => ({}));
    place.classList.toggle("tall", tall.includes(verb.value));
    place.replaceChildren(...made.nodes);
    wrong.hidden = true;
  }
  verb.addEventListener("change", () => paint({}));
  paint(a);
  return {
    node: el("li", { class: "do-card" }, el("div", { class: "do-head" }, verb, iconButton("back", "Do it earlier", onUp, { class: "icon-button policy-up do-up" }), iconButton("close", "Remove this action", onRemove)), place, wrong),
    read: () => ({ do: verb.value, ...made.read() }),
    show(text) { wrong.textContent = text; wrong.hidden = !text; },
  };
}

// createActions edits the list.
export function createActions(given, choices) {
  let cards = [];
  const list = el("ol", { class: "do-list" });
  function add(a) {
    const made = card(a, choices, {
      onRemove() { cards = cards.filter((c) => c !== made); made.node.remove(); button.focus(); },
      onUp() {
        const i = cards.indexOf(made);
        if (i < 1) return;
        [cards[i - 1], cards[i]] = [cards[i], cards[i - 1]];
        list.insertBefore(made.node, made.node.previousElementSibling);
        made.node.querySelector(".do-up").focus();
      },
    });
    cards.push(made);
    list.append(made.node);
    return made;
  }
  const button = el("button", { type: "button", class: "button small", onclick: () => add({ do: "add_tags" }).node.querySelector("select").focus() }, icon("plus"), "Add an action");
  for (const a of given.length ? given : [{ do: "assign_queue" }]) add(a);
  return {
    node: el("div", {}, list, button),
    read: () => cards.map((c) => c.read()),
    show(place, text) { cards.forEach((c, i) => c.show(i === place ? text : "")); if (cards[place]) cards[place].node.querySelector("select").focus(); },
  };
}
