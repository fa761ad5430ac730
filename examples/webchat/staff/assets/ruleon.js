// When a rule runs: on a new ticket, on what happens to it, when a time is up, or at
// times of the clock.

import { el } from "./dom.js";
import { call, errorText, Refusal } from "./api.js";
import { state } from "./store.js";
import { labelled } from "./overlay.js";
import { readLength, written } from "./policies.js";
import { chips } from "./rulewhen.js";
import { pick } from "./ruledo.js";
import { eventText, clockText, minutesOf, nanoseconds, readCron, weekdays } from "./ruletext.js";

const kinds = [["created", "A customer begins a ticket"], ["event", "Something happens to a ticket"], ["time", "A time is up"], ["schedule", "At certain times"]];
const input = (label, value, props) => Object.assign(el("input", { type: "text", class: "control", "aria-label": label, ...props }), { value: value ?? "" });
const capital = (s) => s[0].toUpperCase() + s.slice(1);

function happening(on, got) {
  const boxes = got.events.map((e) => el("label", { class: "pick" }, el("input", { type: "checkbox", value: e, checked: (on.events || []).includes(e) }), el("span", { class: "pick-text" }, capital(eventText[e] || e))));
  const fields = chips("Fields", on.fields || [], state.fields.map((f) => [f.key, f.name || f.key]), "Any field"), which = labelled("Which fields", fields.node);
  const ticked = () => boxes.map((b) => b.querySelector("input")).filter((i) => i.checked).map((i) => i.value);
  const follow = () => { which.hidden = !ticked().includes("field_changed"); };
  const node = el("div", { onchange: follow }, el("fieldset", { class: "picks on-events" }, el("legend", { class: "hidden-text" }, "What happens"), boxes), which);
  follow();
  return { node, read: () => ({ events: ticked(), ...(ticked().includes("field_changed") && fields.read().length ? { fields: fields.read() } : {}) }) };
}

function clock(on, got, rule, whole) {
  const dates = state.fields.filter((f) => f.type === "date");
  const which = pick("What is waited for", got.clocks.filter((c) => c !== "field" || dates.length).map((c) => [c, clockText[c] || c]), on.clock || "first_response");
  const span = input("For how long", on.kind === "time" ? written(Math.abs(minutesOf(on.after))) : "2h", { maxlength: "20" });
  const side = pick("Before or after", [["after", "after it"], ["before", "before it"]], on.after < 0 ? "before" : "after");
  const field = pick("Date", dates.map((f) => [f.key, f.name || f.key]), on.field);
  const hours = pick("Which time counts", [["all", "All time counts"], ["", "Business time, by the nearest calendar"], ...got.choices.calendars.map((c) => [c.id, `Business time: ${c.name}`])], on.business ? on.calendar || "" : "all");
  hours.value = on.business ? on.calendar || "" : "all";
  const overdue = el("input", { type: "checkbox", checked: !!rule.overdue });
  const count = el("span", { class: "soft small", role: "status" });
  const ask = el("button", { type: "button", class: "text-button", async onclick() {
    count.textContent = "Counting…";
    try {
      const n = await call("POST", "office/ruletry/overdue", whole());
      count.textContent = n.tickets ? `${n.tickets}${n.more ? " or more" : ""} ${n.tickets === 1 && !n.more ? "ticket is" : "tickets are"} overdue already.` : "No ticket is overdue now.";
    } catch (err) { count.textContent = errorText(err); }
  } }, "How many are overdue already?");
  const node = el("div", {}, el("div", { class: "on-line" }, which, span, field, side, hours), el("label", { class: "check" }, overdue, "Act on what is overdue already, too"), el("p", { class: "on-overdue" }, ask, " ", count));
  const follow = () => { const date = which.value === "field"; field.hidden = side.hidden = !date; hours.hidden = date; };
  which.addEventListener("change", follow);
  follow();
  return {
    node, overdue: () => overdue.checked,
    read() {
      const date = which.value === "field", minutes = readLength(span.value, "For how long");
      if (!minutes && !date) throw new Refusal("For how long? Write a time as 45m, 2h or 3d.");
      return { clock: which.value, after: nanoseconds(minutes) * (date && side.value === "before" ? -1 : 1), ...(date ? { field: field.value } : hours.value === "all" ? {} : { business: true, ...(hours.value ? { calendar: hours.value } : {}) }) };
    },
  };
}

const everies = [["day", "Every day"], ["workday", "Monday to Friday"], ["week", "Every week"], ["month", "Every month"], ["hour", "Every hour"], ["cron", "As a cron line"]];

function schedule(on) {
  const c = on.cron ? readCron(on.cron) || { every: "cron" } : { every: "day" };
  const every = pick("How often", everies, c.every), at = input("At", c.at || "09:00", { type: "time" });
  const week = pick("Day of the week", weekdays.map((d, i) => [String(i), d]), String(c.every === "week" ? c.day : 1)), day = input("Day of the month", c.every === "month" ? c.day : 1, { type: "number", min: "1", max: "31" });
  const minute = input("Minute", c.minute ?? 0, { type: "number", min: "0", max: "59" }), cron = input("Cron", on.cron || "0 9 * * *", { spellcheck: "false", class: "control filter" });
  const zone = input("Time zone", on.kind === "schedule" ? on.zone : Intl.DateTimeFormat().resolvedOptions().timeZone, { placeholder: "UTC", list: "time-zones" });
  const zones = el("datalist", { id: "time-zones" }, (Intl.supportedValuesOf ? Intl.supportedValuesOf("timeZone") : []).map((z) => el("option", { value: z })));
  const needs = new Map([[at, ["day", "workday", "week", "month"]], [week, ["week"]], [day, ["month"]], [minute, ["hour"]], [cron, ["cron"]]]);
  const follow = () => { for (const [node, on] of needs) node.hidden = !on.includes(every.value); };
  every.addEventListener("change", follow);
  follow();
  const read = () => {
    const [h, m] = at.value.split(":").map(Number);
    if (Number.isNaN(h + m)) throw new Refusal("At what time?");
    const line = { day: `${m} ${h} * * *`, workday: `${m} ${h} * * 1-5`, week: `${m} ${h} * * ${week.value}`, month: `${m} ${h} ${day.value} * *`, hour: `${minute.value} * * * *`, cron: cron.value.trim() }[every.value];
    return { cron: line, zone: zone.value.trim() };
  };
  return { node: el("div", {}, el("div", { class: "on-line" }, every, week, day, minute, at, cron, zone, zones), el("small", { class: "soft" }, "It looks at all open tickets then.")), read };
}

// createTrigger edits the trigger; whole gives the rule as it is filled in.
export function createTrigger(rule, got, whole) {
  const kind = el("select", { class: "control", "aria-label": "When it runs" }, kinds.map(([id, text]) => el("option", { value: id, selected: id === rule.on.kind }, text)));
  const place = el("div", {});
  let made = null;
  function paint() {
    const make = { event: () => happening(rule.on, got), time: () => clock(rule.on, got, rule, whole), schedule: () => schedule(rule.on) }[kind.value];
    made = make ? make() : null;
    place.replaceChildren(...(made ? [made.node] : []));
  }
  kind.addEventListener("change", paint);
  paint();
  return { node: el("div", { class: "rule-on" }, kind, place), read: () => ({ kind: kind.value, ...(made ? made.read() : {}) }), overdue: () => !!(made && made.overdue && made.overdue()) };
}
