/**
 * A line that is written over itself on a terminal, once a second so that time passes in it. Elsewhere
 * each new text is a line of its own.
 */
export class LiveLine {
  readonly #output: NodeJS.WriteStream;
  #timer: NodeJS.Timeout | null = null;
  #last = '';

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  show(text: () => string): void {
    this.#stopTimer();
    if (!this.#output.isTTY) {
      this.#output.write(`${text()}\n`);
      return;
    }
    this.#draw(text());
    this.#timer = setInterval(() => this.#draw(text()), 1_000);
    this.#timer.unref();
  }

  /** Takes the line away; what is written next begins in its place. */
  end(): void {
    this.#stopTimer();
    if (this.#last === '') return;
    this.#draw('');
  }

  #draw(text: string): void {
    this.#last = text;
    // Without line wrapping for a moment: what is too long for the window must not become two lines.
    this.#output.write(`\r\u001b[2K\u001b[?7l${text}\u001b[?7h`);
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
