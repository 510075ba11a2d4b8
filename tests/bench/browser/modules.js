/** Where the page's modules are. @param {import("../../web/harness/browser.js").Person} person @returns {Promise<string>} */
export function modules({ page }) {
  return page.evaluate(() => {
    const main = performance.getEntriesByType("resource").find(({ name }) => name.endsWith("/main.js"));
    return new URL(".", main?.name).href;
  });
}
