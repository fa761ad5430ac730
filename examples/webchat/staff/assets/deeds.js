// Actions as people read them: what a macro does, and what a bulk change did.

import { state, agentName } from "./store.js";
import { span } from "./dates.js";

const nanosecond = 1e6; // in a millisecond

export const lasting = (ms) => Math.round(ms) * nanosecond;

// describe says what an action will do.
export function describe(action) {
  const { do: verb, to, text, tags } = action;
  const field = state.fields.find((f) => f.key === to);
  const group = state.groups.find((g) => g.id === to);
  const say = {
    assign: () => `assigns ${agentName(to) || to}`,
    assign_group: () => `gives it to ${group ? group.name : to}`,
    assign_queue: () => `moves it to the queue ${to}`,
    assign_bot: () => `gives it to the bot ${to}`,
    unassign: () => "takes it from its agent",
    title: () => `sets the title to “${text}”`,
    priority: () => (text ? `sets the priority to ${text}` : "takes the priority away"),
    label: () => (text ? `sets the label to “${text}”` : "takes the label away"),
    language: () => `sets the language to ${text}`,
    field: () => `${text ? `sets ${field ? field.name : to} to “${text}”` : `clears ${field ? field.name : to}`}`,
    add_tags: () => `adds ${(tags || []).map((t) => `“${t}”`).join(", ")}`,
    remove_tags: () => `removes ${(tags || []).map((t) => `“${t}”`).join(", ")}`,
    reply: () => "sends one more reply",
    note: () => "adds a note",
    resolve: () => "resolves",
    reject: () => "rejects",
    reopen: () => "reopens",
    snooze: () => `snoozes for ${span((action.for || 0) / nanosecond)}`,
    wake: () => "wakes it",
    ask_rating: () => "asks for a rating",
  }[verb];
  return say ? say() : verb;
}

export const describeAll = (actions) => actions.map(describe).join(", ");
