// Taking out for good what shouldn't have been written.

import { errorText } from "./api.js";
import { el, icon, iconButton } from "./dom.js";
import { state, change, putMessage, reloadThread } from "./store.js";
import { ask, dialog, menu, toast } from "./overlay.js";

export const mayRedact = () => (state.may || []).includes("redact");

async function take(msg, body, question, told) {
  if (!(await ask({ ...question, danger: true, yes: "Remove for good" }))) return;
  try {
    const { message } = await change(msg.ticket, "redact", { seq: msg.seq, ...body });
    if (message) putMessage(message);
    toast(told, "good");
  } catch (err) {
    toast(errorText(err));
  }
}

const forGood = "There is no way back. The customer’s chat and the history forget it, too.";

function removeMenu(button, msg) {
  const files = (msg.attachments || []).filter((a) => !a.redacted);
  menu(button, "Remove", [
    msg.text && !(msg.redacted && msg.redacted.whole) ? {
      label: "Remove what it says", face: icon("close"), danger: true,
      run: () => take(msg, {}, { title: "Remove this message?", text: `What it says goes; its files stay. ${forGood}` }, "The message was removed."),
    } : null,
    ...files.map((a) => ({
      label: `Remove ${a.name}`, face: icon("file"), danger: true,
      run: () => take(msg, { attachments: [a.id] }, { title: "Remove this file?", text: `${a.name} goes. ${forGood}` }, "The file was removed."),
    })),
  ].filter(Boolean));
}

// removeButton opens what can be taken out of a message; null where there is nothing,
// or it isn't for this agent to do.
export function removeButton(msg) {
  const something = (msg.text && !(msg.redacted && msg.redacted.whole)) || (msg.attachments || []).some((a) => !a.redacted);
  if (!mayRedact() || !something) return null;
  return iconButton("more", "Remove…", (e) => removeMenu(e.currentTarget, msg), { class: "remove-button", "aria-haspopup": "menu", "aria-expanded": "false" });
}

// removeCards takes payment cards' numbers out of all of a ticket.
export async function removeCards(ticket) {
  const done = await dialog({
    title: "Remove card numbers?", danger: true, yes: "Remove for good",
    text: `The numbers of payment cards go, but for their last four digits, wherever they are on #${ticket.number}: in messages, fields, the title and the history. There is no way back.`,
    content: el("span", {}),
    onSubmit: () => change(ticket.id, "redact_cards"),
  });
  if (!done) return;
  await reloadThread(ticket.id).catch(() => {});
  toast(done.removed ? `Card numbers were removed in ${done.removed} ${done.removed === 1 ? "place" : "places"}.` : "There are no card numbers on this ticket.", "good");
}
