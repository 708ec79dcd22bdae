// The command line of a measurement.

import { parseArgs } from "node:util";

/**
 * Reads `--runs N`, `--quick`, `--write` and `--only a,b`. `parts` are the names that may follow `--only`, and
 * `usual.runs` is the number of runs where none is given.
 */
export function options(parts, usual, argv = process.argv.slice(2)) {
  const { values } = parseArgs({
    args: argv,
    options: {
      runs: { type: "string" },
      quick: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      only: { type: "string" },
    },
  });
  const runs = Number(values.runs ?? (values.quick ? 1 : usual.runs));
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs: ${values.runs} is not a number of runs`);
  const only = values.only?.split(",") ?? parts;
  const unknown = only.filter((part) => !parts.includes(part));
  if (unknown.length > 0) throw new Error(`--only: there is no ${unknown.join(", ")}; there are ${parts.join(", ")}`);
  return { runs, only, quick: values.quick, write: values.write };
}
