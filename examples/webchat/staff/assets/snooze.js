// Sleep: the usual moments, or one of one's own, with a reason.

import { el } from "./dom.js";
import { Refusal } from "./api.js";
import { fullTime } from "./dates.js";
import { menu, dialog, labelled } from "./overlay.js";

function at(days, hour) {
  const moment = new Date();
  moment.setDate(moment.getDate() + days);
  moment.setHours(hour, 0, 0, 0);
  return moment;
}

// choices are the usual moments that are yet to come.
export function choices(now = new Date()) {
  const monday = (8 - now.getDay()) % 7 || 7;
  return [
    { label: "In an hour", until: new Date(now.getTime() + 3600000) },
    { label: "In three hours", until: new Date(now.getTime() + 3 * 3600000) },
    { label: "Tomorrow morning", until: at(1, 9) },
    { label: "Next Monday", until: at(monday, 9) },
    { label: "In a week", until: at(7, 9) },
  ];
}

// snoozeMenu offers them at a button; run gets the moment and the reason.
export function snoozeMenu(button, run) {
  menu(button, "Snooze until", [
    ...choices().map((c) => ({ label: c.label, hint: fullTime(c.until.toISOString()), run: () => run(c.until, "") })),
    { label: "Another moment…", run: () => askMoment(run) },
  ]);
}

const local = (date) => new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);

export function askMoment(run) {
  const when = el("input", { type: "datetime-local", class: "control", value: local(at(1, 9)), min: local(new Date()) });
  const reason = el("input", { type: "text", class: "control", maxlength: "255", dir: "auto", placeholder: "Waiting for the post office, say" });
  return dialog({
    title: "Snooze this ticket", yes: "Snooze", text: "It is put aside until then. A message of the customer wakes it at once.",
    content: [labelled("Until", when), labelled("Reason (optional)", reason)],
    onSubmit() {
      const until = new Date(when.value);
      if (Number.isNaN(until.getTime()) || until <= new Date()) throw new Refusal("Choose a moment that is yet to come.");
      return run(until, reason.value.trim());
    },
  });
}
