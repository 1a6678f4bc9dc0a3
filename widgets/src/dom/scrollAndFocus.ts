/** The focus and the scroll positions inside an element, which the page forgets when the element is moved. */
export class ScrollAndFocus {
  #focused: HTMLElement | undefined;
  readonly #scrolled = new Map<Element, number>();

  constructor(element: HTMLElement) {
    element.addEventListener("focusin", ({ target }) => (this.#focused = target as HTMLElement));
    // Only a focus that the reader moved away: an element that is taken out of the page loses it as well.
    element.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget !== null) this.#focused = undefined;
    });
    const noteScroll = ({ target }: Event): void => {
      if (element.isConnected) this.#scrolled.set(target as Element, (target as Element).scrollTop);
    };
    element.addEventListener("scroll", noteScroll, true);
  }

  /** Restore both after the element has been moved. */
  restore(): void {
    for (const [element, top] of this.#scrolled) element.scrollTop = top;
    const isFree = document.activeElement === null || document.activeElement === document.body;
    if (isFree) this.#focused?.focus({ preventScroll: true });
  }
}
