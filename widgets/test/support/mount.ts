/** A view on a run in a page, painted when the test says so. */

import { afterEach } from "vitest";
import { FakeModel } from "../../dev/fakeModel";
import type { Operation } from "../../src/protocol/rows";
import { RunView } from "../../src/runview";
import { Store } from "../../src/model/store";
import type { Traits } from "../../src/protocol/messages";
import { Transport } from "../../src/protocol/transport";
import { grow } from "./resizeObserver";

export interface Mounted {
  store: Store;
  model: FakeModel;
  transport: Transport;
  view: RunView;
  element: HTMLElement;
  /** Apply operations and paint. */
  play(ops: readonly Operation[]): void;
  paint(): void;
  one(selector: string): HTMLElement;
  all(selector: string): HTMLElement[];
  texts(selector: string): string[];
}

const views: RunView[] = [];
afterEach(() => views.splice(0).forEach((view) => view.destroy()));

export function mount(ops: readonly Operation[] = [], traits: Partial<Traits> = {}): Mounted {
  const store = new Store(
    () => undefined,
    () => 0,
  );
  const model = new FakeModel(traits);
  const transport = new Transport(model, store);
  const view = new RunView(store, transport, traits.part);
  views.push(view);
  const { element } = view;
  document.body.replaceChildren(element);
  const all = (selector: string): HTMLElement[] => [...element.querySelectorAll<HTMLElement>(selector)];
  const mounted: Mounted = {
    store,
    model,
    transport,
    view,
    element,
    all,
    play: (more) => {
      store.apply(more);
      mounted.paint();
    },
    paint: () => {
      store.flush();
      grow();
    },
    one: (selector) => {
      const [match] = all(selector);
      if (match === undefined) throw new Error(`nothing matches ${selector} in ${element.outerHTML}`);
      return match;
    },
    texts: (selector) => all(selector).map((element) => element.textContent ?? ""),
  };
  mounted.play(ops);
  return mounted;
}

export function press(target: Element, key: string): void {
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

export function type(input: HTMLInputElement, text: string): void {
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

/** A pointer event at `x` pixels from the left; the field of a slider in jsdom is 0 wide unless `lay` gave it a width. */
export function point(target: Element, kind: string, x: number, more: MouseEventInit = {}): void {
  target.dispatchEvent(new MouseEvent(kind, { clientX: x, buttons: 1, bubbles: true, cancelable: true, ...more }));
}

/** Say that an element is so many pixels wide, from the left edge on. */
export function lay(element: Element, width: number): void {
  element.getBoundingClientRect = () => new DOMRect(0, 0, width, 20);
}
