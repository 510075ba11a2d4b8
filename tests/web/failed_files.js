/** A reporter of node's test runner that names the files in which something failed, a line each. @param {AsyncIterable<any>} events */
export default async function* failedFiles(events) {
  const files = new Set();
  for await (const { type, data } of events) if (type === "test:fail" && data.file) files.add(data.file);
  for (const file of files) yield `${file}\n`;
}
