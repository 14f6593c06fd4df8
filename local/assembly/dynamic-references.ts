/** `{{resolve:secretsmanager:<id or ARN>:SecretString:<json key>:<version stage>:<version id>}}` */
const reference = /\{\{resolve:([^}]*)\}\}/g;
const ofSecret = /^secretsmanager:(arn:(?:[^:]*:){5}[^:]*|[^:]+)(?::SecretString(?::([^:]*))?)?(?::[^:]*)*$/;

/** The value with CloudFormation's dynamic references replaced. `secretString` gives a secret's text by name or ARN. */
export function replaceReferences(value: unknown, secretString: (id: string) => string): unknown {
  if (typeof value === 'string') {
    return value.includes('{{resolve:')
      ? value.replace(reference, (_, inner: string) => lookUp(inner, secretString))
      : value;
  }
  if (Array.isArray(value)) return value.map((item) => replaceReferences(item, secretString));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, replaceReferences(field, secretString)]));
}

function lookUp(inner: string, secretString: (id: string) => string): string {
  const [, id, key] = ofSecret.exec(inner) ?? [];
  if (!id) throw new Error(`{{resolve:${inner}}} is not known here: only secretsmanager is`);
  const whole = secretString(id);
  if (!key) return whole;
  const part: unknown = Object.entries(JSON.parse(whole)).find(([name]) => name === key)?.[1];
  if (typeof part !== 'string') throw new Error(`{{resolve:${inner}}}: the secret has no key '${key}'`);
  return part;
}
