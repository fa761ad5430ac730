// Invitations: how people come to work here; and the page on which they come in.

import { el, icon, iconButton } from "./dom.js";
import { call, errorText } from "./api.js";
import { dayText } from "./dates.js";
import { state } from "./store.js";
import { ask, dialog, labelled, toast } from "./overlay.js";
import { secretDialog } from "./keys.js";

// inviteDialog asks whom, and shows the link; a host would mail it.
export async function inviteDialog(teams) {
  const email = el("input", { type: "email", class: "control", maxlength: "254", placeholder: "name@fernhill.example" });
  const team = el("select", { class: "control" }, [["", "No team"], ...teams.map((t) => [t.id, t.name])].map(([v, text]) => el("option", { value: v }, text)));
  const groups = state.groups.map((g) => el("label", { class: "pick" }, el("input", { type: "checkbox", value: g.id }), el("span", { class: "pick-text" }, g.name)));
  let made = null;
  const ok = await dialog({
    title: "Invite somebody", yes: "Invite", text: "Whoever comes by the invitation starts as an agent.",
    content: [labelled("Email", email), labelled("Team", team), el("fieldset", { class: "picks" }, el("legend", { class: "form-label" }, "Groups"), groups)],
    onSubmit: async () => {
      made = await call("POST", "office/invitations", { email: email.value, team: team.value, groups: groups.map((b) => b.querySelector("input")).filter((i) => i.checked).map((i) => i.value) });
    },
  });
  if (ok && made) await secretDialog(`Invitation for ${made.email}`, `Send this link. It lets one person in, until ${dayText(made.expires)}.`, new URL(made.link, document.baseURI).href);
  return ok;
}

// invitationRows are the invitations that are open.
export function invitationRows(list, reload) {
  return list.map((i) => el("tr", { class: "invited" }, el("td", {}, el("div", { class: "member" }, el("span", { class: "avatar", "aria-hidden": "true" }, icon("write")),
    el("span", { class: "who-text" }, el("span", { class: "who-name", dir: "auto" }, i.email), el("small", {}, `Invited, until ${dayText(i.expires)}`)))),
  el("td", { "data-label": "Role" }, "Agent"), el("td", {}), el("td", { "data-label": "Groups" }, el("div", { class: "chips" }, (i.groups || []).map((g) => el("span", { class: "tag" }, (state.groups.find((x) => x.id === g) || { name: g }).name)))),
  el("td", {}, iconButton("close", `Take back the invitation of ${i.email}`, async () => {
    if (!(await ask({ title: "Take the invitation back?", text: `The link of ${i.email} lets nobody in any more.`, yes: "Take back", danger: true }))) return;
    try { await call("DELETE", `office/invitations/${encodeURIComponent(i.id)}`); } catch (err) { toast(errorText(err)); }
    reload();
  }))));
}

// joinScreen is where an invitation leads.
export function joinScreen(token, onJoined) {
  const name = el("input", { class: "control", maxlength: "255", autocomplete: "name", dir: "auto", required: true });
  const problem = el("p", { class: "form-problem", role: "alert", hidden: true });
  const form = el("form", { novalidate: true }, labelled("Your name", name, "Customers see it."), problem, el("div", { class: "ask-actions" }, el("button", { type: "submit", class: "button primary" }, "Come in")));
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    try { await call("POST", "join", { token, name: name.value }); onJoined(); } catch (err) {
      problem.textContent = errorText(err);
      problem.hidden = false;
    }
  });
  return el("main", { class: "signin" }, el("div", { class: "signin-card" },
    el("div", { class: "brand" }, el("span", { class: "logo", "aria-hidden": "true" }, icon("inbox")), el("strong", {}, "Frontdesk")),
    el("h1", {}, "Welcome to the desk"), el("p", {}, "You were invited to answer here."), form));
}
