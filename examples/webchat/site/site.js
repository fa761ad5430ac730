// The page's own button opens the chat through the widget's small interface.
document.getElementById("ask").addEventListener("click", () => {
  if (window.Frontdesk) window.Frontdesk.open();
});
