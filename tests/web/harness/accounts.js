/** What people with accounts do at the page, as people do it. */

/** @typedef {import("./browser.js").Person} Person */

export const PASSWORD = "kettle orbit thimble";

/** Makes an account from the door; gives its recovery code. @param {Person} person @param {string} name @param {{ password?: string, skip?: boolean }} [how] */
export async function createAccount(person, name, { password = PASSWORD, skip = false } = {}) {
  person.name = name;
  await person.page.getByRole("button", { name: "Create an account" }).click();
  await person.page.locator("#account-name").fill(name);
  const code = await choosePassword(person, password, { skip });
  await person.keyed();
  return code;
}

/** Chooses a password, and types two groups of the code back or skips that. @param {Person} person @param {string} password @param {{ skip?: boolean }} [how] */
export async function choosePassword(person, password, { skip = false } = {}) {
  const { page } = person;
  await page.locator("#password").fill(password);
  await page.locator("#password").press("Enter");
  const code = await shownCode(person);
  await page.getByRole("button", { name: "I have written it down" }).click();
  if (skip) {
    await page.getByRole("button", { name: "Skip this" }).click();
    await page.getByRole("button", { name: "Go on without" }).click();
  } else {
    await typeBack(person, code);
  }
  return code;
}

/** @param {Person} person */
export async function shownCode(person) {
  await person.waits(person.page.locator(".code li").nth(6));
  return (await person.page.locator(".code li").allTextContents()).join("-");
}

/** Types the groups that are asked for. @param {Person} person @param {string} code */
export async function typeBack(person, code) {
  const groups = code.split("-");
  for (const input of await person.page.locator("input.group").all()) {
    const group = Number((await input.getAttribute("id"))?.split("-")[1]);
    await input.fill(groups[group].toLowerCase());
  }
  await person.page.getByRole("button", { name: "Check", exact: true }).click();
}

/** Goes to the door of accounts. @param {Person} person @param {"Password" | "Recovery code" | "Start fresh"} [way] */
export async function accountDoor(person, way = "Password") {
  await person.page.getByRole("button", { name: "Sign in", exact: true }).click();
  await person.page.getByRole("button", { name: way, exact: true }).click();
}

/** Types name and password at the door. @param {Person} person @param {string} name @param {string} [password] */
export async function typePassword(person, name, password = PASSWORD) {
  person.name = name;
  await person.page.locator("#account-name").fill(name);
  await person.page.locator("#password").fill(password);
  await person.page.locator("#password").press("Enter");
}

/** Signs in by password and waits for the lobby. @param {Person} person @param {string} name @param {string} [password] */
export async function signInTo(person, name, password) {
  await accountDoor(person);
  await typePassword(person, name, password);
  await person.keyed();
}

/** Calls a command of the page's session that no screen has. @param {Person} person @param {string} command @param {object} fields */
export function callCommand(person, command, fields) {
  return person.page.evaluate(
    async ([name, body]) => (await fetch(`/api/${name}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })).json(),
    /** @type {const} */ ([command, fields]),
  );
}
