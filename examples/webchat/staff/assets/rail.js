// The left edge: brand, views with their counts, who is signed in.

import { el, icon, remake, avatar } from "./dom.js";
import { countText } from "./dates.js";
import { state } from "./store.js";
import { views } from "./lists.js";
import { viewHref, officeHref } from "./router.js";
import { createSmart } from "./smart.js";
import { createBell } from "./notices.js";
import { createSwitch } from "./work.js";
import { menu } from "./overlay.js";

export function createRail({ onSwitch, onLeave }) {
  const app = el("span", { class: "brand-app" });
  const nav = el("ul", { class: "views" });
  const smart = createSmart();
  const bell = createBell();
  const work = createSwitch();
  const officeLink = el("a", { class: "view", href: officeHref("people"), title: "Office" }, icon("desk"), el("span", { class: "view-label" }, "Office"));
  const link = el("div", { class: "link-state", role: "status" });
  const who = el("button", { type: "button", class: "who", "aria-haspopup": "menu", "aria-expanded": "false", onclick: openSwitch });
  const node = el("div", { class: "rail" },
    el("div", { class: "brand" }, el("span", { class: "logo", "aria-hidden": "true" }, icon("inbox")),
      el("span", { class: "brand-text" }, el("strong", {}, "Frontdesk"), app), bell.button),
    el("nav", { "aria-label": "Views" }, nav, smart.node, el("ul", { class: "views office-link" }, el("li", {}, officeLink))), link, el("div", { class: "rail-foot" }, work.button, who));

  function openSwitch() {
    const others = state.agents.map((agent) => ({
      label: agent.name, hint: agent.role, face: avatar(agent, agent.name), checked: agent.id === state.me.id,
      run: () => { if (agent.id !== state.me.id) onSwitch(agent.id); },
    }));
    menu(who, "Signed in as", [...others, { label: "Sign out", run: onLeave }]);
  }

  function render() {
    app.textContent = (state.app && state.app.name) || "Support";
    const { view, ticket } = state.route;
    remake(nav, JSON.stringify([view, !!ticket, !!state.route.office, state.counts]), () => views.map((v) => {
      const count = state.counts[v.id];
      return el("li", {}, el("a", {
        href: viewHref(v.id), class: `view view-${v.id}${count ? "" : " none"}`, title: v.label,
        "aria-current": v.id === view && !state.route.office ? (ticket ? "true" : "page") : undefined,
      }, icon(v.icon), el("span", { class: "view-label" }, v.label),
      count === undefined ? null : el("span", { class: "count" }, countText(count))));
    }));
    smart.render();
    bell.render();
    work.render();
    if (state.route.office) officeLink.setAttribute("aria-current", "page"); else officeLink.removeAttribute("aria-current");
    const me = state.me;
    remake(who, JSON.stringify(me), () => [avatar(me, me.name), el("span", { class: "who-text" },
      el("span", { class: "who-name" }, me.name), el("small", {}, me.role || "Agent")), icon("down")]);
    who.setAttribute("aria-label", `Signed in as ${me.name}. Switch`);
    link.textContent = state.lost ? "Reconnecting…" : "";
    link.classList.toggle("shown", !!state.lost);
  }

  return { node, render };
}

// The sign-in screen of the demo: choose who you are.
export function signInScreen(agents, onPick) {
  return el("main", { class: "signin" }, el("div", { class: "signin-card" },
    el("div", { class: "brand" }, el("span", { class: "logo", "aria-hidden": "true" }, icon("inbox")), el("strong", {}, "Frontdesk")),
    el("h1", {}, "Who is at the desk?"),
    el("p", {}, "Choose a person to sign in as."),
    el("ul", {}, agents.map((agent) => el("li", {}, el("button", { type: "button", class: "person", onclick: () => onPick(agent.id) },
      avatar(agent, agent.name), el("span", { class: "who-text" }, el("span", { class: "who-name" }, agent.name), el("small", {}, agent.role || "Agent")),
      icon("back")))))));
}
