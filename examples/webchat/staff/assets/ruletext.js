// Rules in words: when they run, and what they do.

import { state } from "./store.js";
import { priorityText, statusText } from "./tickets.js";
import { queueName } from "./work.js";
import { written } from "./policies.js";

export const eventText = {
  end_user_message: "the customer writes", agent_message: "an agent answers", bot_message: "a bot answers", note: "a note is written", assigned: "an agent gets it", unassigned: "an agent gives it back",
  queue_changed: "its queue changes", group_changed: "its group changes", status_changed: "its status changes", resolved: "it is resolved", rejected: "it is rejected", reopened: "it is reopened",
  field_changed: "a field changes", tags_changed: "its tags change", label_changed: "its label changes", priority_changed: "its priority changes", title_changed: "its title changes",
  language_changed: "its language changes", rated: "the customer rates it", answered: "the customer says whether it is solved", snoozed: "it goes to sleep", woken: "it wakes up",
  at_risk: "a target is at risk", breached: "a target is missed",
};

export const clockText = {
  first_response: "Nobody has answered", next_response: "The customer waits for the next answer", end_user_silent: "The customer is silent", unchanged: "Nobody has changed anything",
  in_queue: "It is in its queue", field: "A date", online: "The customer is online", offline: "The customer is offline",
};

const clockSentence = {
  first_response: "When nobody has answered for ", next_response: "When the customer has waited for the next answer for ", end_user_silent: "When the customer has been silent for ",
  unchanged: "When nobody has changed anything for ", in_queue: "When it has been in its queue for ", online: "When the customer has been online for ", offline: "When the customer has been offline for ",
};

const minute = 60e9; // in nanoseconds, which the desk counts in
export const minutesOf = (ns) => (ns || 0) / minute;
export const nanoseconds = (minutes) => Math.round(minutes * 60) * 1e9;

export const fieldName = (key) => { const f = state.fields.find((x) => x.key === key); return (f && f.name) || key; };
export const agentName = (id) => (state.agents.find((a) => a.id === id) || {}).name || id;
export const groupName = (id) => (state.groups.find((g) => g.id === id) || {}).name || id;
const named = (list, id) => (list.find((x) => x.id === id) || {}).name || id;

// listed joins as people do: a, b or c.
export const listed = (words, last) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`);

export const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

// readCron finds the plain schedules: { every, day, at, minute }, or null.
export function readCron(cron) {
  const [m, h, d, month, w, more] = (cron || "").trim().split(/\s+/);
  const whole = (s) => /^\d+$/.test(s || "");
  if (more !== undefined || !whole(m) || month !== "*") return null;
  if (h === "*" && d === "*" && w === "*") return { every: "hour", minute: Number(m) };
  if (!whole(h)) return null;
  const at = `${h.padStart(2, "0")}:${m.padStart(2, "0")}`;
  if (d === "*" && w === "*") return { every: "day", at };
  if (d === "*" && w === "1-5") return { every: "workday", at };
  if (d === "*" && /^[0-6]$/.test(w)) return { every: "week", day: Number(w), at };
  if (whole(d) && w === "*") return { every: "month", day: Number(d), at };
  return null;
}

function scheduleText(on) {
  const c = readCron(on.cron), zone = on.zone ? ` (${on.zone.split("/").at(-1).replaceAll("_", " ")})` : " (UTC)";
  if (!c) return `At “${on.cron}”${zone}`;
  switch (c.every) {
    case "hour": return `Every hour at :${String(c.minute).padStart(2, "0")}`;
    case "day": return `Every day at ${c.at}${zone}`;
    case "workday": return `Monday to Friday at ${c.at}${zone}`;
    case "week": return `Every ${weekdays[c.day]} at ${c.at}${zone}`;
  }
  return `On day ${c.day} of each month at ${c.at}${zone}`;
}

// triggerText says when a rule runs.
export function triggerText(on, choices = { calendars: [] }) {
  switch (on.kind) {
    case "created": return "When a customer begins a ticket";
    case "event": return `When ${listed((on.events || []).map((e) => (e === "field_changed" && (on.fields || []).length ? `${listed(on.fields.map(fieldName), "or")} changes` : eventText[e] || e)), "or")}`;
    case "schedule": return scheduleText(on);
  }
  const span = written(Math.abs(minutesOf(on.after)));
  if (on.clock === "field") return `${span ? `${span} ${on.after < 0 ? "before" : "after"}` : "On"} “${fieldName(on.field)}”`;
  return `${clockSentence[on.clock] || `${on.clock} `}${span}${on.business ? ` of business time${on.calendar ? ` (${named(choices.calendars, on.calendar)})` : ""}` : ""}`;
}

export const verbText = {
  assign_queue: "Move to a queue", assign: "Give to an agent", assign_available: "Give to an agent who can take it", assign_group: "Offer to a group", assign_bot: "Give to a bot", escalate: "Escalate to a queue",
  unassign: "Take from its agent", unassign_default: "Back to the default queue", return: "Back to its queue",
  reply: "Answer", ask: "Ask a question", note: "Leave a note", notify: "Tell agents",
  priority: "Set the priority", add_tags: "Add tags", remove_tags: "Remove tags", label: "Set the label", title: "Set the title", language: "Set the language", field: "Fill in a field",
  resolve: "Resolve", reject: "Reject", reopen: "Reopen", snooze: "Put to sleep", wake: "Wake up", ask_rating: "Ask for a rating", webhook: "Call a webhook", call: "Call a function",
};

export const verbGroups = [
  ["Who has it", ["assign_queue", "assign", "assign_available", "assign_group", "assign_bot", "escalate", "unassign", "unassign_default", "return"]],
  ["What is said", ["reply", "ask", "note", "notify"]],
  ["What is known of it", ["priority", "add_tags", "remove_tags", "label", "title", "language", "field"]],
  ["Where it stands", ["resolve", "reject", "reopen", "snooze", "wake", "ask_rating"]],
  ["Outside", ["webhook", "call"]],
];

const quoted = (s) => `“${s}”`;
const short = (s, n = 70) => { const all = [...(s || "").replace(/\s+/g, " ").trim()]; return all.length > n ? `${all.slice(0, n).join("")}…` : all.join(""); };
const said = (a) => { const texts = a.texts || []; return (texts.find((t) => !t.language || t.language === "en") || texts[0] || {}).text || ""; };
const host = (url) => { try { return new URL(url).host; } catch { return url; } };

// actionText says what an action does.
export function actionText(a, choices = { replies: [] }) {
  const more = (a.texts || []).length > 1 ? ` (${a.texts.length} languages)` : "";
  switch (a.do) {
    case "assign_queue": return `Move to ${queueName(a.to)}`;
    case "escalate": return `Escalate to ${queueName(a.to)}`;
    case "assign": return `Give to ${agentName(a.to)}`;
    case "assign_available": return `Give to ${agentName(a.to)}, or to ${a.else ? queueName(a.else) : "the default queue"}`;
    case "assign_group": return `Offer to ${groupName(a.to)}`;
    case "assign_bot": return `Give to the bot ${a.to}`;
    case "reply": return a.quick_reply ? `Answer with ${quoted(named(choices.replies, a.quick_reply))}` : `Answer ${quoted(short(said(a)))}${more}`;
    case "ask": return `Ask ${quoted(short(said(a)))}${more}${(a.choices || []).length ? `: ${listed(a.choices, "or")}` : ""}`;
    case "note": return `Note ${quoted(short(said(a)))}`;
    case "notify": return `Tell ${listed([...(a.agents || []).map((id) => (id === "assignee" ? "whoever has it" : agentName(id))), ...(a.groups || []).map(groupName)], "and")} ${quoted(short(a.text))}`;
    case "priority": return a.text ? `Set the priority to ${(priorityText[a.text] || a.text).toLowerCase()}` : "Take the priority away";
    case "add_tags": return `Add ${listed((a.tags || []).map(quoted), "and")}`;
    case "remove_tags": return `Remove ${listed((a.tags || []).map(quoted), "and")}`;
    case "label": return a.text ? `Label it ${quoted(a.text)}` : "Take the label away";
    case "title": return `Call it ${quoted(short(a.text))}`;
    case "language": return `Set the language to ${a.text}`;
    case "field": return a.text ? `Set ${fieldName(a.to)} to ${quoted(short(a.text))}` : `Clear ${fieldName(a.to)}`;
    case "snooze": return `Put to sleep for ${written(minutesOf(a.for))}`;
    case "webhook": return `Call ${host(a.to)}`;
    case "call": return `Call the function ${a.to}`;
  }
  return verbText[a.do] || a.do;
}

export const resultText = { done: "Done", unchanged: "Was so already", skipped: "Skipped", failed: "Failed" };

// causeText says why a rule ran.
export function causeText(run) {
  const why = { cron: "on schedule", once: "once per ticket", epoch: "when its time had come" }[run.cause.split("/")[0]] || "at once";
  return `${why}${run.depth ? `, after ${run.depth} ${run.depth === 1 ? "other rule" : "other rules"}` : ""}`;
}

// valueText is a value of a ticket as people read it.
export function valueText(what, value) {
  if (!value) return "nothing";
  switch (what) {
    case "queue": return queueName(value);
    case "group": return groupName(value);
    case "assignee": return agentName(value);
    case "priority": return priorityText[value] || value;
    case "status": return statusText[value] || value;
    case "snoozed": return new Date(value).toLocaleString();
  }
  return value;
}
