/** What the intrinsic functions of one stack's template refer to. Each throws when there is no such thing. */
export interface Scope {
  ref(name: string): unknown;
  attribute(logicalId: string, name: string): unknown;
  importValue(name: string): unknown;
  stackOutput(stack: string, output: string): unknown;
  condition(name: string): boolean;
  mapping(map: string, topLevelKey: string, secondLevelKey: string): unknown;
}

/** The value of `{ Ref: 'AWS::NoValue' }`: the property that has it is left out. */
export const noValue = Symbol('AWS::NoValue');

export class Unresolvable extends Error {
  override name = 'Unresolvable';
  /** Where in the resource: `Properties.Environment.Variables.TABLE`. */
  readonly property: string;
  readonly reason: string;

  constructor(property: string, reason: string) {
    super(`${property}: ${reason}`);
    this.property = property;
    this.reason = reason;
  }
}

type Functions = Record<string, (argument: unknown, scope: Scope, path: string) => unknown>;

/** A template's value with its intrinsic functions evaluated, recursively. */
export function resolve(value: unknown, scope: Scope, path: string): unknown {
  if (Array.isArray(value)) {
    return value.map((item, i) => resolve(item, scope, `${path}[${i}]`)).filter((item) => item !== noValue);
  }
  if (!isObject(value)) return value;

  const [[name, argument] = ['', undefined], ...others] = Object.entries(value);
  if (others.length === 0 && (name === 'Ref' || name === 'Condition' || name.startsWith('Fn::'))) {
    // `Condition` is also an ordinary property, of a policy statement for one.
    if (name === 'Condition' && typeof argument !== 'string') return resolveFields(value, scope, path);
    const intrinsic = functions[name];
    if (!intrinsic) throw new Unresolvable(path, `${name} is not known here`);
    try {
      return intrinsic(argument, scope, path);
    } catch (cause) {
      if (cause instanceof Unresolvable) throw cause;
      throw new Unresolvable(path, `${name}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
  return resolveFields(value, scope, path);
}

const functions: Functions = {
  Ref: (argument, scope) => scope.ref(text(argument)),
  Condition: (argument, scope) => scope.condition(text(argument)),
  'Fn::GetAtt': (argument, scope, path) => {
    const [logicalId, ...attribute] = typeof argument === 'string' ? argument.split('.') : list(argument);
    return scope.attribute(text(logicalId), text(resolve(attribute.join('.'), scope, path)));
  },
  'Fn::ImportValue': (argument, scope, path) => scope.importValue(text(resolve(argument, scope, path))),
  // Every stack is in the one region that there is here.
  'Fn::GetStackOutput': (argument, scope, path) => {
    if (!isObject(argument)) throw new Error(`expected fields, not ${JSON.stringify(argument)}`);
    const { StackName, OutputName } = resolveFields(argument, scope, path);
    return scope.stackOutput(text(StackName), text(OutputName));
  },
  'Fn::Join': (argument, scope, path) => {
    const [separator, values] = list(argument);
    return list(resolve(values, scope, path))
      .map(text)
      .join(text(separator));
  },
  'Fn::Split': (argument, scope, path) => {
    const [separator, value] = list(argument);
    return text(resolve(value, scope, path)).split(text(separator));
  },
  'Fn::Select': (argument, scope, path) => {
    const [index, values] = list(resolve(argument, scope, path));
    const value = list(values)[Number(index)];
    if (value === undefined) throw new Error(`there is no element ${text(index)}`);
    return value;
  },
  'Fn::Sub': (argument, scope, path) => {
    const [template, variables] = typeof argument === 'string' ? [argument, {}] : list(argument);
    const own = Object.entries(isObject(variables) ? variables : {});
    const values = new Map(own.map(([name, value]) => [name, resolve(value, scope, path)]));
    return text(template).replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (values.has(name)) return text(values.get(name));
      const dot = name.indexOf('.');
      return text(dot < 0 ? scope.ref(name) : scope.attribute(name.slice(0, dot), name.slice(dot + 1)));
    });
  },
  'Fn::Base64': (argument, scope, path) => Buffer.from(text(resolve(argument, scope, path))).toString('base64'),
  'Fn::FindInMap': (argument, scope, path) => {
    const [map, first, second] = list(resolve(argument, scope, path)).map(text);
    return scope.mapping(text(map), text(first), text(second));
  },
  'Fn::If': (argument, scope, path) => {
    const [condition, whenTrue, whenFalse] = list(argument);
    return resolve(scope.condition(text(condition)) ? whenTrue : whenFalse, scope, path);
  },
  'Fn::Equals': (argument, scope, path) => {
    const [a, b] = list(resolve(argument, scope, path));
    return JSON.stringify(a) === JSON.stringify(b);
  },
  'Fn::And': (argument, scope, path) => list(resolve(argument, scope, path)).every((value) => value === true),
  'Fn::Or': (argument, scope, path) => list(resolve(argument, scope, path)).some((value) => value === true),
  'Fn::Not': (argument, scope, path) => list(resolve(argument, scope, path))[0] !== true,
};

function resolveFields(value: Record<string, unknown>, scope: Scope, path: string): Record<string, unknown> {
  const fields = Object.entries(value).map(([key, field]) => [key, resolve(field, scope, `${path}.${key}`)] as const);
  return Object.fromEntries(fields.filter(([, field]) => field !== noValue));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error(`expected a list, not ${JSON.stringify(value)}`);
  return value;
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`expected a string, not ${typeof value === 'symbol' ? 'AWS::NoValue' : JSON.stringify(value)}`);
}
