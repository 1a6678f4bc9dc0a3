/** The chat messages in the JSON text of a state value, as written by `lgstream/views/text/json_preview.py`. */

export interface StateMessage {
  /** "human", "ai", "tool", "system"; "" for a line that says how many messages were left out. */
  role: string;
  name: string;
  text: string;
  calls: StateToolCall[];
}

interface StateToolCall {
  name: string;
  args: string;
}

type Fields = Record<string, unknown>;

/** The messages in `text`, or undefined if it is not a JSON list of messages. */
export function parseMessages(text: string): StateMessage[] | undefined {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return undefined; // truncated
  }
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const messages = list.map(parseMessage);
  return messages.every((message) => message !== undefined) ? messages : undefined;
}

function parseMessage(item: unknown): StateMessage | undefined {
  if (typeof item === "string") return { role: "", name: "", text: item, calls: [] };
  if (typeof item !== "object" || item === null) return undefined;
  const fields = item as Fields;
  const role = fields["role"] ?? fields["type"];
  if (typeof role === "string" && "content" in fields) return toMessage(role, fields);
  const [[kind, body] = ["", undefined], ...others] = Object.entries(fields);
  if (others.length > 0) return undefined;
  if (typeof body === "string" || Array.isArray(body)) return toMessage(kind, { content: body });
  return typeof body === "object" && body !== null ? toMessage(kind, body as Fields) : undefined;
}

const ROLE_ALIASES: Record<string, string> = { user: "human", assistant: "ai" };

function toMessage(kind: string, { content, name, tool_calls: calls }: Fields): StateMessage {
  const role = kind.replace(/MessageChunk$|Message$/, "").toLowerCase();
  return {
    role: ROLE_ALIASES[role] ?? role,
    name: typeof name === "string" ? name : "",
    text: contentText(content),
    calls: Array.isArray(calls) ? calls.map(parseToolCall).filter(({ name }) => name !== "") : [],
  };
}

function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (content === undefined || content === null) return "";
  if (!Array.isArray(content)) return JSON.stringify(content);
  const texts = content.map((block) =>
    typeof block === "string" ? block : String((block as Fields | null)?.["text"] ?? (block as Fields)?.["type"] ?? ""),
  );
  return texts.filter(Boolean).join("\n");
}

function parseToolCall(item: unknown): StateToolCall {
  const { name = "", args = {} } = (typeof item === "object" && item !== null ? item : {}) as Fields;
  return { name: String(name), args: typeof args === "string" ? args : JSON.stringify(args) };
}
