// A page-side module as a page gets it: joined with what it imports, by the package's own Python.
import { execFileSync } from "node:child_process";

const CODE = `
import sys, pathlib
from intentional_nb import panels
from intentional_nb.panels.bundle import bundle
sys.stdout.buffer.write(bundle(pathlib.Path(panels.__file__).parent / sys.argv[1]).encode())
`;

/** @param {string} name a file in the folder of the panels, such as "chat.js" */
export function load(name) {
  const source = execFileSync(process.env.PYTHON ?? "python3", ["-c", CODE, name]);
  return import(`data:text/javascript;base64,${source.toString("base64")}`);
}
