const PREFIX = "malapert-draft";

/**
 * What somebody has typed and not yet handed in, kept for this tab until it is: an expired session, a lost connection
 * and a reload leave it as it was. It is kept for one principal, so that nobody else who opens this tab reads it.
 */
export class Draft<Form> {
  readonly #key: string;

  constructor(principalId: string, ...of: string[]) {
    this.#key = [PREFIX, principalId, ...of].map(encodeURIComponent).join("/");
  }

  /** Returns what was kept, or null. */
  restore(): Form | null {
    const kept = sessionStorage.getItem(this.#key);
    if (kept === null) return null;
    try {
      return JSON.parse(kept) as Form;
    } catch {
      this.drop();
      return null;
    }
  }

  /** Keeps a form; returns false where the browser keeps nothing. */
  keep(form: Form): boolean {
    try {
      sessionStorage.setItem(this.#key, JSON.stringify(form));
      return true;
    } catch {
      return false;
    }
  }

  /** Forgets it. */
  drop(): void {
    sessionStorage.removeItem(this.#key);
  }
}

/** Gives every change that a form hands in a key of its own: the same change sent again is done once. */
export class OnceKeys {
  #last = "";
  #key = "";

  /** Returns the key of a body. */
  of(body: unknown): string {
    const text = JSON.stringify(body);
    if (text !== this.#last || !this.#key) {
      this.#last = text;
      this.#key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
        byte.toString(16).padStart(2, "0"),
      ).join("");
    }
    return this.#key;
  }
}
