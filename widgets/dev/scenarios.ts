/** Runs to look at and to test with, as lists of operations: what the Python side would send. */

import type { Operation, Shape, Table } from "../src/protocol/rows";

/** Writes a run down. Times are given in seconds; `clock` is where the story is. */
export class Story {
  readonly ops: Operation[] = [];
  clock = 0;
  private nodes = 0;
  private readonly colors = new Map<string, number>();

  constructor(graph: string) {
    this.put("run", "run", { graph, status: "running", started: 1_700_000_000, step: 0, calls: 0, tokens: 0 });
    this.put("tree", "/", {
      parent: "",
      name: graph,
      path: "",
      kind: "graph",
      status: "running",
      order: 0,
      started: 0,
    });
  }

  put(table: Table, id: string, fields: Record<string, unknown>): this {
    this.ops.push([this.clock, table, id, fields]);
    return this;
  }

  add(id: string, text: string, field = "text"): this {
    this.ops.push([this.clock, "call", id, field, text]);
    return this;
  }

  node(id: string, name: string, parent = "/", kind: "node" | "subgraph" = "node"): this {
    const path = parent === "/" ? name : `${parent.slice(1).replaceAll("/", " › ")} › ${name}`;
    return this.put("tree", id, { parent, name, path, kind, status: "pending", order: this.nodes++ });
  }

  start(row: string, step: number, more: Record<string, unknown> = {}): this {
    const node = row.split("/").at(-1) ?? row;
    const color = this.colors.get(row) ?? this.colors.size;
    this.colors.set(row, color);
    this.put("tree", row, { status: "running", started: this.clock, color });
    return this.put("task", `t:${row}:${step}`, { row, node, step, started: this.clock, status: "running", ...more });
  }

  finish(row: string, step: number, more: Record<string, unknown> = {}): this {
    const begun = this.ops.findLast((op) => op[2] === `t:${row}:${step}` && op.length === 4 && "started" in op[3]);
    const { started } = begun?.[3] as { started: number };
    const status = more["status"] ?? "done";
    this.put("tree", row, { status, ended: this.clock, busy: this.clock - started });
    return this.put("task", `t:${row}:${step}`, { started, ended: this.clock, status, ...more });
  }

  release(step: number, ...rows: string[]): this {
    for (const row of rows) this.put("task", `t:${row}:${step}`, { released: this.clock });
    return this;
  }

  step(row: string, step: number): this {
    return this.put("step", `${row}@${step}`, { row, step, started: this.clock });
  }

  /** Text as tokens, one every `every` seconds. */
  stream(id: string, text: string, every: number, field = "text"): this {
    for (const token of text.match(/\S+\s*|\s+/g) ?? []) {
      this.clock = Math.round((this.clock + every) * 1e4) / 1e4;
      this.add(id, token, field);
    }
    return this;
  }

  wait(seconds: number): this {
    this.clock = Math.round((this.clock + seconds) * 1e4) / 1e4;
    return this;
  }
}

const JOKE = "Why did the ice-cream cone bring a cat to the party? Because it wanted a *purr-fect* topping.";
const POEM = "**Whiskers and waffles**\n\nA tabby sat where sundaes melt,\nand licked the sprinkles that it smelt;";

const JOKE_WRITER: Shape = {
  name: "joke_writer",
  nodes: [
    { name: "refine_topic" },
    {
      name: "write",
      graph: {
        name: "write",
        nodes: [{ name: "draft" }, { name: "polish" }, { name: "approve" }],
        edges: [
          ["__start__", "draft", false, ""],
          ["draft", "polish", false, ""],
          ["polish", "approve", true, "good"],
          ["polish", "draft", true, "again"],
          ["approve", "__end__", false, ""],
          ["polish", "__end__", true, ""],
        ],
      },
    },
    { name: "publish" },
  ],
  edges: [
    ["__start__", "refine_topic", false, ""],
    ["refine_topic", "write", false, ""],
    ["write", "publish", false, ""],
    ["publish", "__end__", false, ""],
  ],
};

/** The design's picture: a joke writer at 4.2 s. */
export function running(): Story {
  const s = new Story("joke_writer").put("run", "run", { shape: JOKE_WRITER });
  s.node("/refine_topic", "refine_topic").node("/write", "write", "/", "subgraph");
  s.node("/write/draft", "draft", "/write").node("/write/polish", "polish", "/write");
  s.node("/write/approve", "approve", "/write").node("/publish", "publish");
  s.step("/", 1).put("run", "run", { step: 1 }).start("/refine_topic", 1, { input: '{\n  "topic": "ice cream"\n}' });
  s.put("note", "n1", {
    row: "/refine_topic",
    task: "t:/refine_topic:1",
    path: "refine_topic",
    at: 0.02,
    text: '{\n  "progress": "topic refined",\n  "added": ["cats"]\n}',
  });
  s.wait(0.03).finish("/refine_topic", 1, {
    diff: [["topic", '"ice cream"', '"ice cream and cats"']],
    released: 0.03,
    update: '{\n  "topic": "ice cream and cats"\n}',
  });
  s.put("step", "/@1", { ended: s.clock, values: { topic: '"ice cream and cats"' } });
  s.wait(0.05)
    .step("/", 2)
    .put("run", "run", { step: 2 })
    .start("/write", 2)
    .step("/write", 1)
    .start("/write/draft", 1, {
      parent: "t:/write:2",
      input: '{\n  "topic": "ice cream and cats"\n}',
      triggers: ["branch:to:draft"],
    });
  s.put("call", "c1", {
    row: "/write/draft",
    task: "t:/write/draft:1",
    path: "write › draft",
    role: "model",
    model: "smollm2",
    tags: ["joke"],
    started: s.clock,
  });
  s.wait(0.2)
    .put("call", "c1", { first: s.clock })
    .stream("c1", JOKE, 0.1)
    .put("call", "c1", { ended: s.clock, tokens: 128 });
  s.put("tree", "/write/draft", { tokens: 128 }).put("run", "run", { calls: 1, tokens: 128, rate: 61, step: 2 });
  s.finish("/write/draft", 1, {
    released: s.clock,
    input: '{\n  "topic": "ice cream and cats"\n}',
    diff: [
      ["joke", '""', '"Why did the ice-cream cone bring a cat to the party? Because it wanted a purr-fect topping."'],
    ],
    update: `{\n  "joke": ${JSON.stringify(JOKE)}\n}`,
  });
  s.put("step", "/write@1", { ended: s.clock, values: { topic: '"ice cream and cats"', joke: JSON.stringify(JOKE) } });
  s.wait(0.02).step("/write", 2).start("/write/polish", 2, { parent: "t:/write:2" });
  s.put("call", "c2", {
    row: "/write/polish",
    task: "t:/write/polish:2",
    path: "write › polish",
    role: "model",
    model: "smollm2",
    tags: ["poem"],
    started: s.clock,
  });
  s.stream(
    "c2",
    "The user wants a poem. Two lines, then a look at the office for items that rhyme.",
    0.02,
    "reasoning",
  );
  s.put("call", "c2", { first: s.clock }).stream("c2", POEM, 0.06);
  s.put("call", "c2", { tool_calls: [{ id: "x", name: "get_items", args: '{"place": "off' }] });
  return s.put("tree", "/write/polish", { tokens: 86 }).put("run", "run", { calls: 2, tokens: 214, rate: 58, step: 2 });
}

/** The same, to its end. */
export function done(): Story {
  const s = running();
  s.put("call", "c2", {
    tool_calls: [{ id: "x", name: "get_items", args: '{"place": "office"}' }],
    ended: s.wait(0.3).clock,
    tokens: 90,
    folded: 1,
  });
  s.put("call", "c3", {
    row: "/write/polish",
    task: "t:/write/polish:2",
    path: "write › polish",
    role: "tool",
    name: "get_items",
    started: s.clock,
    ended: s.clock,
    text: "books, pencils, pictures",
  });
  s.finish("/write/polish", 2, {
    released: s.clock,
    diff: [
      ["poem", "", JSON.stringify(POEM)],
      ["rounds", "0", "1"],
    ],
  });
  s.put("step", "/write@2", {
    ended: s.clock,
    values: { joke: JSON.stringify(JOKE), poem: JSON.stringify(POEM), rounds: "1" },
  });
  s.finish("/write", 2, { released: s.clock, diff: [["poem", "", JSON.stringify(POEM)]] });
  s.put("step", "/@2", {
    ended: s.clock,
    values: { topic: '"ice cream and cats"', joke: JSON.stringify(JOKE), poem: JSON.stringify(POEM) },
  });
  s.wait(0.01)
    .step("/", 3)
    .start("/publish", 3)
    .wait(0.2)
    .finish("/publish", 3, { released: s.clock, diff: [["published", "False", "True"]] });
  s.put("step", "/@3", { ended: s.clock, values: { topic: '"ice cream and cats"', published: "True" } });
  s.put("tree", "/", { status: "done", ended: s.clock, busy: s.clock });
  return s.put("run", "run", { status: "done", ended: s.clock, calls: 2, tokens: 218, rate: 57, step: 3 });
}

/** Parallel workers, one of which fails. */
export function failed(): Story {
  const s = new Story("research");
  s.node("/plan", "plan")
    .step("/", 1)
    .start("/plan", 1)
    .wait(0.4)
    .finish("/plan", 1, { released: s.clock, diff: [["topics", "[]", '["tides", "eels", "amber"]']] });
  s.put("step", "/@1", { ended: s.clock, values: { topics: '["tides", "eels", "amber"]' } }).step("/", 2);
  const names = ["worker #1", "worker #2", "worker #3"];
  names.forEach((name, index) => {
    s.node(`/${name}`, name).start(`/${name}`, 2, { node: "worker", input: `{"topic": ${index}}` });
    s.put("call", `c${index}`, {
      row: `/${name}`,
      task: `t:/${name}:2`,
      path: name,
      role: "model",
      model: "gpt-4o-mini",
      tags: ["research", "cheap"],
      started: s.clock,
    });
  });
  s.put("run", "run", { calls: 3, tokens: 187, rate: 81, step: 2 });
  s.wait(0.35);
  names.forEach((_, index) => s.put("call", `c${index}`, { first: s.clock }));
  s.stream(
    "c0",
    "Tides come from the Moon, and a third of them from the Sun.\n\n1. spring tides\n2. neap tides\n",
    0.03,
  );
  s.put("call", "c0", { ended: s.clock, tokens: 61 }).finish("/worker #1", 2, {
    diff: [["notes", "", '"Tides come from…"']],
  });
  s.stream(
    "c1",
    "Eels are catadromous:\n\n| stage | water |\n|---|---|\n| leptocephalus | sea |\n| yellow eel | river |\n\n",
    0.03,
  );
  s.stream(
    "c2",
    "Amber is `fossil` resin. See https://example.org/amber and snake_case_names for $5.\n\n```python\nprint(a_b_c)\n```\n",
    0.04,
  );
  const error = "RateLimitError: 429, you exceeded your current quota";
  s.put("call", "c1", { ended: s.clock, error, tokens: 66 }).put("call", "c2", { ended: s.clock, tokens: 60 });
  s.finish("/worker #2", 2, {
    status: "failed",
    error,
    traceback: `Traceback (most recent call last):\n  File "research.py", line 31, in worker\n    answer = model.invoke(question)\n${error}`,
  });
  s.finish("/worker #3", 2, { status: "stopped" }).release(2, "/worker #1", "/worker #2", "/worker #3");
  s.put("tree", "/", { status: "failed", ended: s.clock, busy: s.clock });
  return s.put("run", "run", { status: "failed", ended: s.clock, error, step: 2 });
}

/** An agent that calls its tools three times and repeats a node of its own. */
export function circles(): Story {
  const shape: Shape = {
    name: "agent",
    nodes: ["plan", "agent", "tools", "critic"].map((name) => ({ name })),
    edges: [
      ["__start__", "plan", false, ""],
      ["plan", "agent", false, ""],
      ["agent", "tools", true, "call"],
      ["tools", "agent", false, ""],
      ["agent", "critic", true, ""],
      ["critic", "critic", true, "retry"],
      ["critic", "__end__", true, ""],
    ],
  };
  const s = new Story("agent").put("run", "run", { shape });
  for (const name of ["plan", "agent", "tools", "critic"]) s.node(`/${name}`, name);
  const nodes = ["plan", "agent", "tools", "agent", "tools", "agent", "critic", "critic"];
  nodes.forEach((name, at) => {
    s.step("/", at + 1)
      .start(`/${name}`, at + 1)
      .wait(0.2);
    s.finish(`/${name}`, at + 1, { released: s.clock }).put("step", `/@${at + 1}`, { ended: s.clock });
  });
  s.put("tree", "/", { status: "done", ended: s.clock });
  return s.put("run", "run", { status: "done", ended: s.clock, step: nodes.length });
}

/** A chat with a tool, its messages in the state. */
export function chat(): Story {
  const s = new Story("chat").node("/agent", "agent").node("/tools", "tools");
  const said = [
    '{"human": "What is the weather in Oslo?"}',
    '{"ai": {"content": "Let me look.", "tool_calls": [{"name": "weather", "args": {"city": "Oslo"}, "id": "c1"}]}}',
    '{"tool": {"name": "weather", "content": "rain"}}',
    '{"ai": "It rains, and will until Tuesday."}',
  ];
  s.put("step", "/@0", {
    row: "/",
    step: 0,
    started: 0,
    ended: 0,
    values: { messages: `[${said[0]}]` },
    messages: "messages",
  });
  ["/agent", "/tools", "/agent"].forEach((row, at) => {
    s.step("/", at + 1)
      .start(row, at + 1)
      .wait(0.4);
    const diff = [["messages", `${at + 1} items`, `${at + 2} items, new: [${said[at + 1]}]`]];
    s.finish(row, at + 1, { released: s.clock, diff });
    const values = {
      messages: `[${said.slice(0, at + 2).join(", ")}]`,
      plan: JSON.stringify("look, then tell. ".repeat(20)),
      n: String(at),
    };
    s.put("step", `/@${at + 1}`, { ended: s.clock, values, messages: "messages" });
  });
  s.put("tree", "/", { status: "done", ended: s.clock });
  return s.put("run", "run", { status: "done", ended: s.clock, step: 3 });
}

/** An agent whose two tools run at the same time, one of them tried three times, with what they cost. */
export function agent(): Story {
  const s = new Story("agent").node("/agent", "agent").node("/tools #1", "tools #1").node("/tools #2", "tools #2");
  const model = (id: string, step: number): Story =>
    s
      .step("/", step)
      .start("/agent", step)
      .put("call", id, {
        row: "/agent",
        task: `t:/agent:${step}`,
        path: "agent",
        role: "model",
        model: "gpt-4o-mini",
        started: s.clock,
      })
      .wait(0.4)
      .put("call", id, { first: s.clock });
  model("c1", 1).stream("c1", "I look both up. ", 0.08);
  s.put("call", "c1", {
    tool_calls: [
      { id: "x", name: "search", args: '{"query": "eels in autumn"}' },
      { id: "y", name: "weather", args: '{"city": "Oslo"}' },
    ],
    usage: { input: 420, output: 61, total: 481, cached: 400 },
    tokens: 61,
    cost: 0.00012,
    ended: s.wait(0.3).clock,
  }).finish("/agent", 1, { released: s.clock, diff: [["messages", "1 item", "2 items"]] });
  s.step("/", 2).start("/tools #1", 2, { node: "tools" }).start("/tools #2", 2, { node: "tools" });
  const tool = (id: string, name: string, row: string, args: string): Story =>
    s.put("call", id, { row, task: `t:${row}:2`, path: row.slice(1), role: "tool", name, args, started: s.clock });
  tool("t1", "search", "/tools #1", '{"query": "eels in autumn"}');
  tool("t2", "weather", "/tools #2", '{"city": "Oslo"}');
  const retries: [number, number, string][] = [];
  for (let page = 1; page <= 4; page++) {
    s.wait(0.3).put("note", `p${page}`, {
      row: "/tools #1",
      task: "t:/tools #1:2",
      path: "tools #1",
      at: s.clock,
      text: `page ${page} of 4`,
      call: "t1",
    });
    if (page > 2) continue;
    const at = s.clock;
    retries.push([at, at + 0.1 * page, "ConnectTimeout: the weather is late"]);
    s.put("task", "t:/tools #2:2", { retries: [...retries], tries: page + 1 });
  }
  s.put("call", "t2", { text: "rain until Tuesday", status: "success", ended: s.clock }).finish("/tools #2", 2);
  s.wait(0.4).put("call", "t1", { text: "eels leave rivers\nat new moon", status: "success", ended: s.clock });
  s.finish("/tools #1", 2).release(2, "/tools #1", "/tools #2");
  model("c2", 3).stream("c2", "It **rains**, and eels leave for the sea.", 0.08);
  s.put("call", "c2", { usage: { input: 530, output: 34, total: 564 }, tokens: 34, cost: 0.00019, ended: s.clock });
  s.finish("/agent", 3, { released: s.clock, diff: [["messages", "4 items", "5 items"]] });
  s.put("tree", "/", { status: "done", ended: s.clock, busy: s.clock, tokens: 95 });
  return s.put("run", "run", {
    status: "done",
    ended: s.clock,
    calls: 2,
    tokens: 95,
    rate: 34,
    cost: 0.00031,
    step: 3,
  });
}

/** A graph that asks a human. */
export function waiting(): Story {
  const s = new Story("booking");
  s.node("/find", "find").node("/confirm", "confirm").node("/book", "book");
  s.step("/", 1)
    .start("/find", 1)
    .wait(0.8)
    .finish("/find", 1, { released: s.clock, diff: [["hotel", "", '"McKittrick"']] });
  s.put("step", "/@1", { ended: s.clock, values: { hotel: '"McKittrick"' } })
    .step("/", 2)
    .start("/confirm", 2)
    .wait(0.1);
  s.finish("/confirm", 2, {
    status: "waiting",
    question: '{\n  "question": "Book the McKittrick for two nights?",\n  "price": 210\n}',
  });
  s.put("tree", "/", { status: "waiting", ended: s.clock, busy: s.clock });
  return s.put("run", "run", {
    status: "waiting",
    ended: s.clock,
    step: 2,
    note: "Waits for an answer: go on with Command(resume=...).",
  });
}

/** The same with forms, while the kernel waits for the answers (`open`) or does not. */
export function asking(open = true): Story {
  const s = waiting();
  s.put("task", "t:/confirm:2", {
    ask: [
      { id: "q1", value: { question: "Book the McKittrick for two nights?", price: 210 }, schema: null },
      {
        id: "q2",
        value: { message: "Which room?", options: ["front", "garden", "tower"] },
        schema: null,
      },
      {
        id: "q3",
        value: { tool: "pay", args: { amount: 210, currency: "EUR" } },
        schema: {
          type: "object",
          properties: { amount: { type: "integer" }, note: { type: "string" } },
          required: ["amount"],
        },
      },
    ],
  });
  return s.put("run", "run", { asks: open, note: "" });
}

/** A graph that stops at a breakpoint, its state to be edited. */
export function paused(): Story {
  const s = new Story("booking").node("/find", "find").node("/book", "book");
  s.step("/", 1).start("/find", 1).wait(0.8);
  s.finish("/find", 1, { released: s.clock, diff: [["hotel", "", '"McKittrick"']] });
  s.put("step", "/@1", { ended: s.clock, values: { hotel: '"McKittrick"', nights: "2" } });
  s.put("tree", "/", { status: "waiting", ended: s.clock, busy: s.clock });
  return s.put("run", "run", {
    status: "waiting",
    ended: s.clock,
    step: 1,
    asks: true,
    note: "waits at a breakpoint before book",
    pause: { id: "breakpoint", before: ["book"], value: { hotel: "McKittrick", nights: 2 } },
  });
}

/** `count` parallel tasks in one superstep. */
export function wide(count = 2000): Story {
  const s = new Story("map_reduce").put("run", "run", {
    shape: {
      name: "map_reduce",
      nodes: [{ name: "split" }, { name: "worker" }],
      edges: [
        ["__start__", "split", false, ""],
        ["split", "worker", true, ""],
        ["worker", "__end__", false, ""],
      ],
    } satisfies Shape,
  });
  s.node("/split", "split")
    .step("/", 1)
    .start("/split", 1)
    .wait(0.2)
    .finish("/split", 1, { released: s.clock })
    .step("/", 2);
  for (let n = 1; n <= count; n++)
    s.node(`/worker #${n}`, `worker #${n}`).start(`/worker #${n}`, 2, { node: "worker" });
  for (let n = 1; n <= count; n++) s.wait(0.002).finish(`/worker #${n}`, 2);
  for (let n = 1; n <= count; n++) s.release(2, `/worker #${n}`);
  return s.put("run", "run", { step: 2 });
}

const WORDS = "the quick `brown` fox jumps over a *lazy* dog and thinks about rivers, amber and eels in autumn ".split(
  " ",
);

/** One call of `count` tokens. */
export function long(count = 20_000): Story {
  const s = new Story("essay");
  s.node("/write", "write").step("/", 1).start("/write", 1);
  s.put("call", "c", {
    row: "/write",
    task: "t:/write:1",
    path: "write",
    role: "model",
    model: "m",
    started: 0,
    first: 0,
  });
  for (let n = 0; n < count; n++) {
    s.wait(0.002).add(
      "c",
      n % 120 === 119 ? "\n\n" : n % 600 === 0 ? "\n\n## A part\n\n" : `${WORDS[n % WORDS.length]} `,
    );
  }
  return s.put("run", "run", { calls: 1, tokens: count });
}

/** `calls` parallel calls of a model, `count` tokens in all, that come in turn. */
export function parallel(calls = 200, count = 20_000): Story {
  const s = new Story("research").node("/plan", "plan").step("/", 1);
  for (let n = 1; n <= calls; n++) {
    const [row, name] = [`/worker #${n}`, `worker #${n}`];
    s.node(row, name).start(row, 1, { node: "worker" });
    s.put("call", `c${n}`, { row, task: `t:${row}:1`, path: name, role: "model", model: "m", started: 0, first: 0 });
  }
  for (let n = 0; n < count; n++) s.wait(0.0005).add(`c${1 + (n % calls)}`, `${WORDS[n % WORDS.length]} `);
  return s.put("run", "run", { calls, tokens: count });
}

/** What a model may write to harm the page it is shown on. */
export const HOSTILE = [
  "[click](javascript:alert(1)) [two](JaVaScRiPt:alert(1)) [three]( javascript:alert(1)) [four](data:text/html,x)",
  "[five](vbscript:x) [six](//evil.example/x) [seven](\tjavascript:alert(1)) [eight](https://ok.example/a)",
  "![pixel](https://evil.example/p.png) ![d](data:image/svg+xml,x) <img src=x onerror=alert(1)> <script>alert(1)</script>",
  "<a href='javascript:alert(1)'>raw</a> <iframe src=x></iframe> <svg onload=alert(1)> <style>*{display:none}</style>",
  "mail <b>me</b>: [mail](mailto:a@b.example), https://raw.example/path\n\n```<script>\nx\n```\n",
].join("\n\n");

export function hostile(): Story {
  const s = new Story('<img src=x onerror="alert(1)">');
  s.node("/<b>n</b>", "<b>n</b>").step("/", 1).start("/<b>n</b>", 1);
  s.put("call", "c", {
    row: "/<b>n</b>",
    task: "t:/<b>n</b>:1",
    path: "<b>n</b>",
    role: "model",
    model: "<i>m</i>",
    started: 0,
  });
  return s.stream("c", HOSTILE, 0.01);
}

export const SCENARIOS: Record<string, () => Story> = {
  running,
  done,
  failed,
  circles,
  agent,
  chat,
  waiting,
  asking,
  told: () => asking(false),
  paused,
  wide,
  long,
  longest: () => long(100_000),
  parallel,
  hostile,
};
