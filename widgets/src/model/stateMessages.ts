/** Messages in the text of a state's value, as `lgstream/views/preview.py` writes them. Pure. */

export interface Message {
  /** "human", "ai", "tool", "system"; "" for a line that tells how many were left out. */
  role: string;
  name: string;
  text: string;
  calls: { name: string; args: string }[];
}

type Fields = Record<string, unknown>;

/** The messages, or undefined where the text is not a list of them. */
export function messages(text: string): Message[] | undefined {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return undefined; // cut short
  }
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const found = list.map(message);
  return found.every((one) => one !== undefined) ? found : undefined;
}

function message(item: unknown): Message | undefined {
  if (typeof item === "string") return { role: "", name: "", text: item, calls: [] };
  if (typeof item !== "object" || item === null) return undefined;
  const given = item as Fields;
  const role = given["role"] ?? given["type"];
  if (typeof role === "string" && "content" in given) return filled(role, given);
  const [[kind, body] = ["", undefined], ...others] = Object.entries(given);
  if (others.length > 0) return undefined;
  if (typeof body === "string" || Array.isArray(body)) return filled(kind, { content: body });
  return typeof body === "object" && body !== null ? filled(kind, body as Fields) : undefined;
}

const ROLES: Record<string, string> = { user: "human", assistant: "ai" };

function filled(kind: string, { content, name, tool_calls: calls }: Fields): Message {
  const role = kind.replace(/MessageChunk$|Message$/, "").toLowerCase();
  return {
    role: ROLES[role] ?? role,
    name: typeof name === "string" ? name : "",
    text: spoken(content),
    calls: Array.isArray(calls) ? calls.map(call).filter(({ name }) => name !== "") : [],
  };
}

function spoken(content: unknown): string {
  if (typeof content === "string") return content;
  if (content === undefined || content === null) return "";
  if (!Array.isArray(content)) return JSON.stringify(content);
  const texts = content.map((block) =>
    typeof block === "string" ? block : String((block as Fields | null)?.["text"] ?? (block as Fields)?.["type"] ?? ""),
  );
  return texts.filter(Boolean).join("\n");
}

function call(given: unknown): { name: string; args: string } {
  const { name = "", args = {} } = (typeof given === "object" && given !== null ? given : {}) as Fields;
  return { name: String(name), args: typeof args === "string" ? args : JSON.stringify(args) };
}
