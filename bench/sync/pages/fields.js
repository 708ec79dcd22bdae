// RxDB's JSON schema out of a short list of fields.

const TYPES = {
  id: { type: "string", maxLength: 36 },
  code: { type: "string", maxLength: 32 },
  string: { type: "string" },
  "string?": { type: ["string", "null"] },
  integer: { type: "integer" },
  boolean: { type: "boolean" },
  array: { type: "array", items: { type: "object" } },
};

export function fieldsOf(fields) {
  const properties = Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, TYPES[type]]));
  const required = Object.keys(fields).filter((name) => ["id", "code"].includes(fields[name]));
  return { type: "object", properties, required };
}
