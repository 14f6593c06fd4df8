import { describe, expect, test } from 'vitest';
import { routeSelection } from '#local/gateway/route-selection.ts';

describe('a route selection expression', () => {
  test.each(['$request.body.[2]', '$request.body[2]'])('takes an element of an array: %s', (expression) => {
    const select = routeSelection(expression);

    expect(select('[2,"1","BootNotification",{}]')).toBe('BootNotification');
  });

  test.each([
    ['$request.body.action', '{"action":"join"}', 'join'],
    ['$request.body.a.b[1].c', '{"a":{"b":[0,{"c":"deep"}]}}', 'deep'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: API Gateway's own syntax
    ['${request.body.a}/${request.body.b}', '{"a":"x","b":1}', 'x/1'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: API Gateway's own syntax
    ['${$request.body.action}', '{"action":"join"}', 'join'],
    ['$request.body.flag', '{"flag":true}', 'true'],
    ['$request.body.number', '{"number":7}', '7'],
  ])('%s of %s is %s', (expression, body, expected) => {
    const selected = routeSelection(expression)(body);

    expect(selected).toBe(expected);
  });

  test.each(['no JSON', '[2,"1"]', '{}', 'null', '[3,"1",null]', '""'])('selects nothing in %s', (body) => {
    const selected = routeSelection('$request.body.[2]')(body);

    expect(selected).toBe('');
  });

  test('does not find what every object inherits', () => {
    const selected = routeSelection('$request.body.constructor')('{}');

    expect(selected).toBe('');
  });

  test.each(['$request.header.action', '$context.routeKey', 'action'])('is refused when it is %s', (expression) => {
    expect(() => routeSelection(expression)).toThrow(expression);
  });
});
