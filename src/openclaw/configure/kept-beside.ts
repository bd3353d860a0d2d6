/** Copies of settings that a change could not carry over whole; a person finds them beside the settings. */

/** As the machine names them, and nothing else: the name stands in our sentences. */
export const KEPT_NAME = /^openclaw\.json\.before-[0-9T-]{10,25}$/;

/** What a person is told where there is such a copy. */
export const keptNote = (name: string): string =>
  `The settings file could not be kept as it was written: what stood there before lies beside it as ${name}.`;

/** Said before settings of such a form are changed. */
export const COMMENTS_NOTE =
  'The settings file has comments or a form of its own: they are kept where that can be done, else the old file stays beside the new one.';
