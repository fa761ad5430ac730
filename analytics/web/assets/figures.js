// Choices take effect at once. Without this script, the button does it.
const form = document.getElementById("choices");
form?.addEventListener("change", (e) => {
  if (e.target.type !== "date") form.requestSubmit();
});
// Dates are applied together: when the second one is left, or Enter is pressed.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
