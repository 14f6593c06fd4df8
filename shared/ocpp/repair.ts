const TEXT = String.raw`"(?:[^"\\]|\\.)*"`;

/**
 * In this order: a name without a value, with the comma before it; the first name of an object without a value, with the comma after it;
 * any other text, or one without an end, which is passed over whole: nothing within a text is a name.
 */
const NAME_OR_TEXT = new RegExp(
  String.raw`,\s*${TEXT}\s*:\s*(?=[,}])|${TEXT}\s*:\s*(?:,\s*|(?=\}))|(${TEXT}|"[\s\S]*)`,
  'g',
);

/** The text without the names that have no value (`"transactionId":,`); undefined where it has none, as all JSON. */
export function withoutEmptyValues(text: string): string | undefined {
  const repaired = text.replace(NAME_OR_TEXT, '$1');
  return repaired === text ? undefined : repaired;
}
