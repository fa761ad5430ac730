// Custom fields: a control for each type, the card in the details, and the form for
// those that a ticket needs before it can be resolved.

import { el } from "./dom.js";
import { Refusal } from "./api.js";
import { state, change } from "./store.js";
import { dialog, labelled } from "./overlay.js";

const label = (field) => field.name || field.key;

// control makes the input of a field; value() is what the desk takes, null for nothing.
export function control(field, value, extra = {}) {
  const text = value === undefined || value === null ? "" : String(value);
  if (field.type === "checkbox") {
    const node = el("input", { type: "checkbox", checked: value === true, ...extra });
    return { node, value: () => node.checked };
  }
  if (field.type === "dropdown") {
    const names = (field.options || []).filter((o) => !o.archived || o.name === text).map((o) => o.name);
    const node = el("select", { class: "control", ...extra }, el("option", { value: "" }, "—"),
      names.map((name) => el("option", { value: name, selected: name === text }, name)));
    return { node, value: () => node.value || null };
  }
  if (field.type === "multi_line") {
    const node = el("textarea", { class: "control", rows: "3", dir: "auto", ...extra });
    node.value = text;
    return { node, value: () => node.value.trim() || null };
  }
  const kind = { number: "number", date: "date" }[field.type] || "text";
  const node = el("input", { type: kind, class: "control", dir: "auto", step: kind === "number" ? "any" : undefined, maxlength: kind === "text" ? "255" : undefined, ...extra });
  node.value = text;
  return { node, value: () => (node.value.trim() === "" ? null : kind === "number" ? Number(node.value) : node.value.trim()) };
}

// shown is a value as people read it.
export function shown(field, value) {
  if (field.type === "checkbox") return value ? "Yes" : "";
  return value === undefined || value === null ? "" : String(value);
}

const empty = (ticket, field) => { const v = (ticket.fields || {})[field.key]; return v === undefined || v === null || v === "" || v === false; };
export const missing = (ticket) => state.fields.filter((f) => f.required && empty(ticket, f));

// editFields is the form behind "Edit" in the details.
export function editFields(ticket) {
  const fields = state.fields.filter((f) => f.editable);
  const controls = fields.map((f) => [f, control(f, (ticket.fields || {})[f.key])]);
  return dialog({
    title: "Fields of this ticket", yes: "Save", content: controls.map(([f, c]) => labelled(`${label(f)}${f.required ? " (required to resolve)" : ""}`, c.node)),
    onSubmit: () => change(ticket.id, "set", { fields: Object.fromEntries(controls.map(([f, c]) => [f.key, c.value()])) }),
  });
}

// askMissing asks for what has to be there before somebody resolves, and says
// whether it is there now.
export async function askMissing(ticket, keys, yes = "Save and resolve") {
  const fields = keys ? state.fields.filter((f) => keys.includes(f.key)) : missing(ticket);
  const controls = fields.map((f) => [f, control(f, (ticket.fields || {})[f.key])]);
  const done = await dialog({
    title: "Before you resolve", text: "Your team wants to know this of every ticket that is resolved.", yes,
    content: controls.map(([f, c]) => labelled(label(f), c.node)),
    onSubmit() {
      const open = controls.find(([, c]) => c.value() === null || c.value() === false);
      if (open) { open[1].node.focus(); throw new Refusal(`Please fill in: ${label(open[0])}.`); }
      return change(ticket.id, "set", { fields: Object.fromEntries(controls.map(([f, c]) => [f.key, c.value()])) });
    },
  });
  return !!done;
}
