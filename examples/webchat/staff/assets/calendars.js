// Business hours: the desk's calendars, with their weeks, holidays and exceptions.

import { el, icon, iconButton, remake } from "./dom.js";
import { call, errorText, Refusal } from "./api.js";
import { changed } from "./base.js";
import { dayKey, dayText, timeText } from "./dates.js";
import { state } from "./store.js";
import { dialog, labelled, toast } from "./overlay.js";

const days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const dayName = (day) => day[0].toUpperCase() + day.slice(1);
const shortName = (day) => dayName(day).slice(0, 3);

// intervals are written as people write them: 09:00–12:00, 13:00–17:30.
const writeIntervals = (list) => (list || []).map((i) => `${i.from}–${i.to}`).join(", ");

function readIntervals(text, what) {
  return text.split(/[,;]/).map((part) => part.trim()).filter(Boolean).map((part) => {
    const found = /^(\d{1,2}:\d\d)\s*(?:[-–—]|to)\s*(\d{1,2}:\d\d)$/i.exec(part);
    if (!found) throw new Refusal(`${what}: write times as 09:00–12:00, 13:00–17:30, not “${part}”.`);
    return { from: found[1].padStart(5, "0"), to: found[2].padStart(5, "0") };
  });
}

// weekText joins days that are alike: Mon–Fri 09:00–17:30.
function weekText(week) {
  const runs = [];
  for (const day of days) {
    const text = writeIntervals(week[day]);
    const last = runs.at(-1);
    if (last && last.text === text) last.to = day; else runs.push({ from: day, to: day, text });
  }
  return runs.filter((r) => r.text).map((r) => `${r.from === r.to ? shortName(r.from) : `${shortName(r.from)}–${shortName(r.to)}`} ${r.text}`);
}

function stateText(c) {
  const at = c.next ? `${dayKey(c.next) === dayKey(Date.now()) ? "" : `${dayText(c.next)}, `}${timeText(c.next)}` : "";
  if (c.open) return at ? `Open until ${at}` : "Always open";
  return at ? `Closed until ${at}` : "Closed for good";
}

function textField(value, label, placeholder, extra = {}) {
  const node = el("input", { class: "control", "aria-label": label, placeholder, ...extra });
  node.value = value || "";
  return node;
}

// rows is a list in a form, whose entries can be added and taken away.
function rows(entries, make, label, addText) {
  const list = el("ul", { class: "plan-rows" });
  const add = (entry, focus) => {
    const row = make(entry);
    const node = el("li", {}, row.nodes, iconButton("close", `Remove this ${label}`, () => { node.remove(); plus.focus(); }));
    node.read = row.read;
    list.append(node);
    if (focus) { row.nodes[0].focus(); node.scrollIntoView({ block: "nearest" }); }
  };
  const plus = el("button", { type: "button", class: "button small", onclick: () => add({}, true) }, icon("plus"), addText);
  entries.forEach((e) => add(e));
  return { list, plus, add, read: () => [...list.children].map((n) => n.read()) };
}

function holidayRow(h) {
  const date = textField(h.date, "Date of the holiday", "2026-12-25 or 12-25", { maxlength: "10" });
  const name = textField(h.name, "Name of the holiday", "Name", { maxlength: "100", dir: "auto" });
  const closed = textField(writeIntervals(h.closed), "Closed", "Closed all day");
  return { nodes: [date, name, closed], read: () => ({ date: date.value.trim(), name: name.value.trim(), closed: readIntervals(closed.value, name.value || date.value) }) };
}

function exceptionRow(e) {
  const from = textField(e.from, "First day", "", { type: "date" });
  const to = textField(e.to, "Last day", "", { type: "date" });
  const name = textField(e.name, "Name of the exception", "Name", { maxlength: "100", dir: "auto" });
  const open = textField(writeIntervals(e.open), "Open", "Closed all day");
  return { nodes: [from, to, name, open], read: () => ({ from: from.value, to: to.value, name: name.value.trim(), open: readIntervals(open.value, name.value || from.value) }) };
}

const regionName = (code) => {
  try {
    const [country, part] = code.split("-");
    return new Intl.DisplayNames(["en"], { type: "region" }).of(country) + (part ? `, ${part}` : "");
  } catch { return code; }
};

// countryHolidays adds a country's holidays of three years to a list.
function countryHolidays(regions, list) {
  const pick = el("select", { class: "control", "aria-label": "Country or region" }, regions.map((r) => [regionName(r), r]).sort((a, b) => a[0].localeCompare(b[0])).map(([text, r]) => el("option", { value: r }, text)));
  const first = new Date().getFullYear();
  const button = el("button", { type: "button", class: "button small", onclick: async () => {
    button.disabled = true;
    try {
      const got = await call("GET", `office/holidays?region=${encodeURIComponent(pick.value)}&first=${first}&last=${first + 2}`);
      const there = new Set(list.read().map((h) => h.date));
      got.holidays.filter((h) => !there.has(h.date)).forEach((h) => list.add(h));
    } catch (err) { toast(errorText(err)); }
    button.disabled = false;
  } }, `Add ${first} to ${first + 2}`);
  return el("div", { class: "plan-region" }, pick, button);
}

function edit(got, load, c) {
  const fresh = !c;
  const old = c || { id: "", name: "", archived: false, hours: { zone: Intl.DateTimeFormat().resolvedOptions().timeZone, week: Object.fromEntries(days.slice(0, 5).map((d) => [d, [{ from: "09:00", to: "17:30" }]])) } };
  const name = textField(old.name, "Name", "Office hours", { maxlength: "255", dir: "auto" });
  const zone = textField(old.hours.zone || "UTC", "Time zone", "Europe/Berlin", { list: "zones", maxlength: "100" });
  const zones = el("datalist", { id: "zones" }, (Intl.supportedValuesOf ? Intl.supportedValuesOf("timeZone") : []).map((z) => el("option", { value: z })));
  const week = days.map((d) => [d, textField(writeIntervals(old.hours.week[d]), dayName(d), "Closed")]);
  const hs = rows(old.hours.holidays || [], holidayRow, "holiday", "Holiday");
  const es = rows(old.hours.exceptions || [], exceptionRow, "exception", "Exception");
  const desks = el("input", { type: "checkbox" });
  const archived = el("input", { type: "checkbox", checked: old.archived });
  return dialog({
    title: fresh ? "New calendar" : old.name, yes: "Save", wide: true,
    content: el("div", { class: "plan" }, labelled("Name", name), labelled("Time zone", zone), zones,
      el("fieldset", {}, el("legend", { class: "form-label" }, "Week"), el("p", { class: "soft small" }, "As 09:00–12:00, 13:00–17:30. 22:00–06:00 goes over midnight; a whole day is 00:00–24:00."),
        week.map(([d, node]) => el("label", { class: "plan-day" }, el("span", {}, dayName(d)), node))),
      el("fieldset", {}, el("legend", { class: "form-label" }, "Holidays"), countryHolidays(got.regions, hs), hs.list, hs.plus),
      el("fieldset", {}, el("legend", { class: "form-label" }, "Exceptions"), el("p", { class: "soft small" }, "Dates on which other hours count, whatever week and holidays say."), es.list, es.plus),
      fresh && !got.calendars.some((x) => x.desk) ? el("label", { class: "pick" }, desks, el("span", { class: "pick-text" }, "The desk’s own: it counts where nothing else is set")) : null,
      fresh ? null : el("label", { class: "pick" }, archived, el("span", { class: "pick-text" }, "Archived: not offered any more, and goes on where it is used"))),
    onSubmit: async () => {
      const hours = { zone: zone.value.trim() === "UTC" ? "" : zone.value.trim(), week: Object.fromEntries(week.map(([d, node]) => [d, readIntervals(node.value, dayName(d))])), holidays: hs.read(), exceptions: es.read() };
      await call("POST", "office/calendars", { id: old.id, revision: old.revision, name: name.value.trim(), hours, archived: archived.checked, desk: desks.checked });
      await load();
    },
  });
}

export function createCalendars() {
  const content = el("div", { class: "team-cards" });
  const may = () => (state.may || []).includes("configure");
  let got = null;
  const node = el("section", { "aria-labelledby": "calendars-title" },
    el("header", { class: "office-head" }, el("div", {}, el("h2", { id: "calendars-title" }, "Hours"), el("p", { class: "soft" }, "When somebody is here. Platforms, queues and service targets go by these calendars.")),
      el("button", { type: "button", class: "button", hidden: true, onclick: () => got && edit(got, load) }, icon("plus"), "New calendar")), content);

  async function load() {
    try { got = await call("GET", "office/calendars"); } catch (err) { toast(errorText(err)); }
    changed();
  }

  const many = (n, one) => `${n} ${one}${n === 1 ? "" : "s"}`;
  const card = (c) => el("article", { class: `team-card${c.archived ? " off" : ""}` },
    el("h3", { dir: "auto" }, c.name, may() ? iconButton("write", `Change ${c.name}`, () => edit(got, load, c), { class: "tag-remove" }) : null),
    el("p", { class: `plan-state${c.open ? " open" : ""}` }, icon("clock"), stateText(c)),
    el("ul", { class: "plan-week" }, weekText(c.hours.week).map((line) => el("li", {}, line))),
    el("p", { class: "soft small" }, [c.desk ? "The desk’s own" : "", c.hours.zone || "UTC", c.hours.holidays ? many(c.hours.holidays.length, "holiday") : "", c.hours.exceptions ? many(c.hours.exceptions.length, "exception") : "", c.archived ? "Archived" : ""].filter(Boolean).join(" · ")));

  function render() {
    node.querySelector("header .button").hidden = !got || !may();
    if (!got) return;
    remake(content, JSON.stringify([got, may()]), () => (got.calendars.length ? got.calendars.map(card) : el("p", { class: "empty-line" }, "There are no calendars: the desk is always open.")));
  }
  return { node, load, render };
}
