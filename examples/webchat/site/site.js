// The page's own button opens the chat through the widget's small interface.
document.getElementById("ask").addEventListener("click", () => {
  if (window.Frontdesk) window.Frontdesk.open();
});

// Signing in: the shop says who its customer is, and the chat is told.
const account = document.getElementById("account");
const button = document.getElementById("account-button");
const menu = document.getElementById("account-menu");
const choices = [...menu.querySelectorAll("[data-customer]")];
const remembered = "fernhill-customer";

const customer = () => localStorage.getItem(remembered) || "";

// The chat's script is async: it may come later than this one.
const chat = new Promise((resolve) => {
  if (window.Frontdesk) resolve(window.Frontdesk);
  else document.querySelector('script[src$="/widget.js"]').addEventListener("load", () => resolve(window.Frontdesk));
});

function show() {
  const chosen = choices.find((c) => c.dataset.customer === customer()) || choices.at(-1);
  const known = chosen.dataset.customer !== "";
  for (const c of choices) c.setAttribute("aria-pressed", String(c === chosen));
  button.textContent = known ? chosen.lastChild.textContent : "Sign in";
  menu.querySelector(".guest").textContent = known ? "Sign out" : "Stay a guest";
}

function open(on) {
  menu.hidden = !on;
  button.setAttribute("aria-expanded", String(on));
}

async function signIn() {
  const id = customer();
  const { login, logout } = await chat;
  if (!id) return logout();
  const answer = await fetch(`/account?customer=${encodeURIComponent(id)}`);
  if (!answer.ok) throw new Error(`account: ${answer.status}`);
  return login(await answer.json());
}

menu.addEventListener("click", (e) => {
  const choice = e.target.closest("[data-customer]");
  if (!choice) return;
  const before = customer();
  localStorage.setItem(remembered, choice.dataset.customer);
  open(false);
  show();
  button.focus();
  if (choice.dataset.customer !== before) signIn().catch((err) => console.error("sign-in:", err));
});
button.addEventListener("click", () => open(menu.hidden));
account.addEventListener("keydown", (e) => {
  if (e.key !== "Escape" || menu.hidden) return;
  open(false);
  button.focus();
});
document.addEventListener("pointerdown", (e) => { if (!account.contains(e.target)) open(false); });
account.addEventListener("focusout", (e) => { if (e.relatedTarget && !account.contains(e.relatedTarget)) open(false); });
// The chat tells its own tabs; here only the name changes.
window.addEventListener("storage", (e) => { if (e.key === remembered) show(); });

show();
if (customer()) signIn().catch((err) => console.error("sign-in:", err));
