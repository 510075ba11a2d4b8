/**
 * Runs before the first paint, so that a theme chosen by hand does not flash: the one script that is not a module.
 */
(function () {
  try {
    const theme = localStorage.getItem("sealwire.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Without storage there is no choice to keep.
  }
})();
