/** What the triggers of a task tell about the nodes it waited for. */

/** The nodes that a trigger waits for, if it joins several ("join:a+b:c"); else none. */
export function joinedNodes(trigger: string): string[] {
  const [kind, names] = trigger.split(":");
  return kind === "join" && names ? names.split("+") : [];
}
