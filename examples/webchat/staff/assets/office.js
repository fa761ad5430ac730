// The office: who works here, what they may, who is kept out, and what was done.
// It takes the place of list and conversation while the address says so.

import { el, icon, iconButton, avatar, remake } from "./dom.js";
import { call, errorText } from "./api.js";
import { changed } from "./base.js";
import { dayText } from "./dates.js";
import { state } from "./store.js";
import { officeHref, viewHref } from "./router.js";
import { dialog, labelled, menu, toast } from "./overlay.js";
import { createAudit } from "./audit.js";
import { createBans } from "./bans.js";
import { createMail } from "./mail.js";
import { createPolicies } from "./policies.js";
import { createCalendars } from "./calendars.js";
import { createQueues } from "./queues.js";
import { createNow } from "./now.js";
import { createStaffWork } from "./staffwork.js";
import { createRules } from "./rules.js";
import { createBots } from "./bots.js";
import { createLabels } from "./labels.js";
import { createHelp } from "./help.js";
import { createKeys } from "./keys.js";
import { inviteDialog, invitationRows } from "./invite.js";

export const can = (what) => (state.may || []).includes(what);

const roleText = { agent: "Agent", supervisor: "Supervisor", admin: "Admin" };
const seesText = { all: "All tickets", groups: "Those of their groups", own: "Their own" };

let office = null; // as last loaded

async function load() {
  const next = await call("GET", "office");
  if (can("configure")) next.invitations = (await call("GET", "office/invitations")).invitations;
  office = next;
  changed();
}

// attempt does something, and loads anew what came of it.
async function attempt(work) {
  try { await work(); } catch (err) { toast(errorText(err)); }
  await load().catch((err) => toast(errorText(err)));
}

const leads = (id) => office.teams.some((t) => t.id === id && t.supervisor === state.me.id);

function select(label, options, value, onPick, disabled) {
  const node = el("select", { class: "control", "aria-label": label, disabled, onchange: () => onPick(node.value) },
    options.map(([v, text]) => el("option", { value: v, selected: v === value }, text)));
  return node;
}

// People

function memberRow(m) {
  const admin = can("configure");
  const mayPromote = m.id !== state.me.id && (admin || (can("change roles") && leads(m.team) && m.role !== "admin"));
  const roles = Object.entries(roleText).filter(([id]) => admin || id !== "admin" || m.role === "admin");
  return el("tr", { class: m.inactive ? "off" : "" },
    el("td", {}, el("div", { class: "member" }, avatar(m, m.name), el("span", { class: "who-text" }, el("span", { class: "who-name", dir: "auto" }, m.name), el("small", { dir: "auto" }, m.email || "")))),
    el("td", { "data-label": "Role" }, mayPromote && !m.inactive
      ? select(`Role of ${m.name}`, roles, m.role, (role) => attempt(() => call("POST", "office/role", { agent: m.id, role })))
      : roleText[m.role]),
    el("td", { "data-label": "Team" }, admin
      ? select(`Team of ${m.name}`, [["", "No team"], ...office.teams.filter((t) => !t.archived || t.id === m.team).map((t) => [t.id, t.name])], m.team, (team) => attempt(() => call("POST", "office/member", { agent: m.id, team })))
      : (office.teams.find((t) => t.id === m.team) || {}).name || "—"),
    el("td", { "data-label": "Groups" }, el("div", { class: "chips" }, (m.groups || []).map((g) => el("span", { class: "tag" }, (state.groups.find((x) => x.id === g) || { name: g }).name)),
      admin || leads(m.team) ? iconButton("write", `Groups of ${m.name}`, () => editGroups(m), { class: "tag-remove" }) : null)),
    el("td", { "data-label": "Since" }, m.inactive ? "Former member" : dayText(m.created), admin && m.id !== state.me.id ? memberMenu(m) : null));
}

function memberMenu(m) {
  const button = iconButton("more", `More on ${m.name}`, () => menu(button, m.name, [m.inactive
    ? { label: "Bring back", run: () => attempt(() => call("POST", "office/activate", { agent: m.id })) }
    : { label: "Deactivate…", danger: true, run: () => deactivate(m) }]), { "aria-haspopup": "menu", "aria-expanded": "false" });
  return button;
}

function deactivate(m) {
  const to = el("select", { class: "control" }, [["", "Back to their groups and queues"], ...office.members.filter((x) => x.id !== m.id && !x.inactive).map((x) => [x.id, x.name])].map(([v, text]) => el("option", { value: v }, text)));
  return dialog({
    title: `Deactivate ${m.name}?`, yes: "Deactivate", danger: true, text: "What was done and written stays. Nothing more can be done, from this moment.",
    content: labelled("Open tickets go to", to),
    onSubmit: async () => {
      await call("POST", "office/deactivate", { agent: m.id, to: to.value });
      await load();
    },
  });
}

function editGroups(m) {
  const boxes = state.groups.map((g) => el("label", { class: "pick" }, el("input", { type: "checkbox", value: g.id, checked: (m.groups || []).includes(g.id) }), el("span", { class: "pick-text" }, g.name)));
  return dialog({
    title: `Groups of ${m.name}`, yes: "Save", content: el("fieldset", { class: "picks" }, boxes),
    onSubmit: async () => {
      await call("POST", "office/groups", { agent: m.id, groups: boxes.map((b) => b.querySelector("input")).filter((i) => i.checked).map((i) => i.value) });
      await load();
    },
  });
}

function people() {
  return el("section", { "aria-labelledby": "people-title" },
    el("header", { class: "office-head" }, el("div", {}, el("h2", { id: "people-title" }, "People"), el("p", { class: "soft" }, "Who works here, in which team and groups.")),
      can("configure") ? el("button", { type: "button", class: "button primary", onclick: async () => { if (await inviteDialog(office.teams.filter((t) => !t.archived))) load(); } }, icon("plus"), "Invite") : null),
    el("table", { class: "office-table" }, el("thead", {}, el("tr", {}, ["Name", "Role", "Team", "Groups", "Since"].map((t) => el("th", { scope: "col" }, t)))),
      el("tbody", {}, office.members.map(memberRow), invitationRows(office.invitations || [], load))),
    el("header", { class: "office-head second" }, el("div", {}, el("h2", {}, "Teams"), el("p", { class: "soft" }, "A team has a supervisor, who looks after its groups, tags, bans and roles. It can narrow what its members may.")),
      can("configure") ? el("button", { type: "button", class: "button", onclick: () => editTeam() }, icon("plus"), "New team") : null),
    el("div", { class: "team-cards" }, office.teams.map(teamCard)));
}

function teamCard(t) {
  const lead = office.members.find((m) => m.id === t.supervisor) || { name: t.supervisor };
  const n = office.members.filter((m) => m.team === t.id && !m.inactive).length;
  return el("article", { class: `team-card${t.archived ? " off" : ""}` },
    el("h3", { dir: "auto" }, t.name, can("configure") ? iconButton("write", `Change ${t.name}`, () => editTeam(t), { class: "tag-remove" }) : null),
    el("p", { class: "member" }, avatar(lead, lead.name, "small"), el("span", { class: "who-text" }, el("span", {}, lead.name), el("small", {}, `leads ${n} ${n === 1 ? "member" : "members"}`))),
    (t.off || []).length ? el("p", { class: "soft small" }, `Members may not ${t.off.join(", ")}.`) : null,
    t.sees && t.sees !== "all" ? el("p", { class: "soft small" }, `Members see at most: ${seesText[t.sees].toLowerCase()}.`) : null,
    t.archived ? el("p", { class: "soft small" }, "Archived") : null);
}

const toggles = () => office.grants.filter((g) => g.agent === "toggle" || g.supervisor === "toggle");

function editTeam(t = { name: "", supervisor: "", off: [], sees: "", archived: false }) {
  const name = el("input", { class: "control", maxlength: "255", dir: "auto" });
  name.value = t.name;
  const lead = el("select", { class: "control" }, office.members.filter((m) => m.role !== "agent" && !m.inactive).map((m) => el("option", { value: m.id, selected: m.id === t.supervisor }, m.name)));
  const sees = el("select", { class: "control" }, [["", "As their role"], ["groups", seesText.groups], ["own", seesText.own]].map(([v, text]) => el("option", { value: v, selected: v === t.sees }, text)));
  const off = toggles().map((g) => el("label", { class: "pick" }, el("input", { type: "checkbox", value: g.permission, checked: !(t.off || []).includes(g.permission) }), el("span", { class: "pick-text" }, sentence(g.permission))));
  const archived = el("input", { type: "checkbox", checked: t.archived });
  return dialog({
    title: t.id ? t.name : "New team", yes: "Save", wide: true,
    content: [labelled("Name", name), labelled("Supervisor", lead), labelled("Members see at most", sees),
      el("fieldset", { class: "picks" }, el("legend", { class: "form-label" }, "What members may, if their role has it"), off),
      t.id ? el("label", { class: "pick" }, archived, el("span", { class: "pick-text" }, "Archived: nobody joins it")) : null],
    onSubmit: async () => {
      await call("POST", "office/team", { ...t, name: name.value, supervisor: lead.value, sees: sees.value, archived: archived.checked,
        off: off.map((b) => b.querySelector("input")).filter((i) => !i.checked).map((i) => i.value) });
      await load();
    },
  });
}

// What permissions are called where their own name says little.
const permissionText = {
  converse: "Answer tickets, notes, tags and fields", organise: "Groups, tags and bans", configure: "Set the desk up: people, apps, fields, shared views",
};
const sentence = (text) => permissionText[text] || text[0].toUpperCase() + text.slice(1);

// Roles

function roles() {
  const access = office.access;
  const admin = can("configure");
  const save = (change) => attempt(() => call("POST", "office/access", { ...access, ...change }));
  const cell = (role, grant, permission) => {
    if (grant === "always") return el("span", { class: "yes" }, icon("check"), el("span", { class: "hidden-text" }, "Yes"));
    if (grant === "own_teams") return el("span", { class: "soft" }, "In own teams");
    if (grant !== "toggle") return el("span", { class: "faint" }, "—");
    const on = access[role].may.includes(permission);
    return el("input", { type: "checkbox", class: "switch", role: "switch", checked: on, disabled: !admin, "aria-label": `${roleText[role]}: ${permission}`,
      onchange: () => save({ [role]: { ...access[role], may: on ? access[role].may.filter((p) => p !== permission) : [...access[role].may, permission] } }) });
  };
  const order = { always: 0, own_teams: 1, toggle: 2, "": 3 };
  const rows = [...office.grants].filter((g) => g.admin).sort((a, b) => order[a.agent] - order[b.agent] || order[a.supervisor] - order[b.supervisor] || a.permission.localeCompare(b.permission));
  return el("section", { "aria-labelledby": "roles-title" },
    el("header", { class: "office-head" }, el("div", {}, el("h2", { id: "roles-title" }, "Roles"), el("p", { class: "soft" }, admin ? "Switches take effect at once, for everybody who has the role." : "Only admins change these."))),
    el("table", { class: "office-table matrix" }, el("thead", {}, el("tr", {}, ["", "Agent", "Supervisor", "Admin"].map((t) => el("th", { scope: "col" }, t)))),
      el("tbody", {},
        el("tr", {}, el("th", { scope: "row" }, "Sees"), ["agent", "supervisor"].map((role) => el("td", { "data-label": roleText[role] },
          select(`What ${roleText[role]}s see`, Object.entries(seesText), access[role].sees, (sees) => save({ [role]: { ...access[role], sees } }), !admin))), el("td", { "data-label": "Admin" }, seesText.all)),
        rows.map((g) => el("tr", {}, el("th", { scope: "row" }, sentence(g.permission)),
          el("td", { "data-label": "Agent" }, cell("agent", g.agent, g.permission)), el("td", { "data-label": "Supervisor" }, cell("supervisor", g.supervisor, g.permission)), el("td", { "data-label": "Admin" }, cell("admin", g.admin, g.permission)))))));
}

// The page

export const panes = [["people", "People", "person"], ["roles", "Roles", "checks"], ["queues", "Queues", "all"], ["now", "Now", "clock"], ["figures", "Figures", "chart"], ["work", "At work", "hand"], ["rules", "Rules", "filter"], ["bots", "Bots", "chat"], ["labels", "Labels", "tag"], ["help", "Help center", "note"], ["hours", "Hours", "clock"], ["service", "Service", "bell"], ["mail", "Mail", "mail"], ["bans", "Bans", "reject"], ["keys", "API keys", "bolt"], ["audit", "Audit log", "eye"]];

// What panes are for, where not everybody sees them.
const needs = { mail: "configure", audit: "configure", keys: "configure", rules: "configure", bots: "configure", labels: "configure", help: "edit FAQs", now: "see real-time figures", figures: "see analytics" };

// Panes that are pages of their own, which bring back here.
const pages = { figures: "figures/" };

export function createOffice() {
  const body = el("div", { class: "office-body" });
  const audit = createAudit(), bans = createBans(), mail = createMail(), hours = createCalendars(), service = createPolicies(), queues = createQueues(), now = createNow(), work = createStaffWork(), rules = createRules(), bots = createBots(), labels = createLabels(), help = createHelp();
  const keys = createKeys(() => (office ? office.grants : []).filter((g) => g.admin).map((g) => g.permission));
  const own = { audit, bans, mail, keys, hours, service, queues, now, work, rules, bots, labels, help };
  const tabs = el("ul", { class: "office-tabs" });
  const node = el("main", { class: "office", id: "office", tabindex: "-1", hidden: true },
    el("header", { class: "office-top" }, el("a", { class: "icon-button", href: viewHref("waiting"), "aria-label": "Back to the tickets", title: "Back to the tickets" }, icon("back")), el("h1", {}, "Office"), el("nav", { "aria-label": "Office" }, tabs)), body);
  let shown = null;

  function render() {
    const pane = state.route.office;
    node.hidden = !pane;
    if (shown === "now" && pane !== "now") now.close();
    if (!pane) { shown = null; return; }
    remake(tabs, JSON.stringify([pane, state.may]), () => panes.filter(([id]) => !(id in needs) || can(needs[id])).map(([id, label, name]) => el("li", {}, el("a", {
      href: pages[id] || officeHref(id), class: "office-tab", "aria-current": id === pane ? "page" : undefined }, icon(name), label))));
    if (shown !== pane) {
      shown = pane;
      node.scrollTop = 0;
      tabs.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
      delete body.dataset.sign;
      load().catch((err) => toast(errorText(err)));
      if (own[pane]) own[pane].load();
    }
    if (own[pane]) {
      own[pane].render();
      remake(body, pane, () => own[pane].node);
    } else if (office) {
      remake(body, JSON.stringify([pane, office, state.may, state.groups]), () => (pane === "roles" ? roles() : people()));
    }
  }
  return { node, render };
}
