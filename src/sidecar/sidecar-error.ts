/** The one kind of failure that the machine's own program expects; the server has a sentence for each code. */

export class SidecarError extends Error {
  readonly code: string;
  readonly detail: string;

  /** @param detail what some other program said about it: foreign, and free of secrets. */
  constructor(code: string, detail = '') {
    super(code);
    this.name = 'SidecarError';
    this.code = code;
    this.detail = detail;
  }
}
